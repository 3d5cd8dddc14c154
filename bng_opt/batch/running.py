"""Run reports: one or a thousand, in processes of this machine or on a cluster.

Each run has a kernel of its own. One that fails stops no other: its notebook is kept, the error
on top. What was made before of the same inputs isn't run again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bng_opt.batch.batch_run import BatchRun
from bng_opt.batch.file_names import file_stems
from bng_opt.batch.formats import ALL_FORMATS, checked_formats
from bng_opt.batch.index import read_index, write_index
from bng_opt.batch.input_hash import InputHashes
from bng_opt.batch.parameters import WRITTEN
from bng_opt.batch.report_run import Format, OutputFile, ReportRun, RunState
from bng_opt.batch.request import ReportRequest, read_request
from bng_opt.batch.work import Made, Task
from bng_opt.batch.workers import each_as_made, working
from bng_opt.errors import Finding, InputError
from bng_opt.settings import Settings
from bng_opt.whole_files import prepare_folder, write_whole

_LOCK = ".bng-opt.lock"

OnDone = Callable[[ReportRun], None]
_log = logging.getLogger(__name__)


def run_report(
    name: str,
    parameters: Mapping[str, Any] | None,
    out: str | PathLike[str],
    *,
    formats: Iterable[str] = ALL_FORMATS,
    title: str = "",
    base: Path | None = None,
    settings: Settings | None = None,
    force: bool = False,
) -> ReportRun:
    """Run one report.

    Parameters
    ----------
    name
        Of the report, or the path of a notebook.
    parameters
        Values by name, or their text.
    out
        The folder for its files, made if it isn't there.
    formats
        Of ``ipynb``, ``html`` and ``pdf``.
    title
        What it is called, and its files after it; the report's name without.
    base
        The folder that relative paths of parameters begin in; the working folder without.
    settings
        As for :func:`run_batch`.
    force
        Whether to make again what hasn't changed.

    Returns
    -------
    ReportRun
        What became of it; that no lawful purchase exists is told by its ``exit_status``.

    Raises
    ------
    InputError
        With everything that can't be, before it is run.
    """
    request = read_request(name, parameters, base=base, title=title, settings=settings)
    batch = run_batch(request, out, formats=formats, settings=settings, jobs=1, force=force)
    return batch.runs[0]


def run_batch(
    request: ReportRequest,
    out: str | PathLike[str],
    *,
    formats: Iterable[str] = ALL_FORMATS,
    settings: Settings | None = None,
    jobs: int | None = None,
    force: bool = False,
    on_done: OnDone | None = None,
) -> BatchRun:
    """Run all that is asked for, some at a time.

    Parameters
    ----------
    request
        From :func:`bng_opt.batch.read_request`.
    out
        The folder for the files and their index, made if it isn't there.
    formats
        Of ``ipynb``, ``html`` and ``pdf``. A run that fails leaves its notebook in any case, and
        no PDF.
    settings
        ``scheduler`` and ``workers`` say where they run, ``database`` what the market ``store``
        is, ``pdf_engine`` what makes PDFs. Those of the environment without.
    jobs
        How many at a time on this machine; the settings' ``workers`` without.
    force
        Whether to make again what hasn't changed.
    on_done
        Called with each run as it ends.

    Returns
    -------
    BatchRun
        What became of each, in the order of the request. The folder's index tells the same, and
        is brought up to date after each run: what an interruption leaves undone is done the next
        time.

    Raises
    ------
    InputError
        Before anything is run: if a format is unknown or can't be made on this machine, or
        another batch is at work in the folder.
    SchedulerError
        If the settings name a scheduler that can't be reached.
    """
    settings = settings or Settings()
    wanted = checked_formats(formats, settings)
    folder = prepare_folder(out).resolve()
    _spare_source(request, folder)
    with _alone_in(folder):
        batch = _Batch(request, folder, wanted, settings, on_done)
        batch.find_kept(force)
        batch.make_waiting(jobs)
        return batch.as_run()


class _Batch:
    """A batch at work, and how each of its runs stands."""

    def __init__(
        self,
        request: ReportRequest,
        folder: Path,
        formats: tuple[Format, ...],
        settings: Settings,
        on_done: OnDone | None,
    ) -> None:
        self._request, self._folder = request, folder
        self._formats, self._settings = formats, settings
        self._on_done = on_done
        self._earlier = {run.stem: run for run in read_index(folder)}
        self._runs = self._waiting()

    def find_kept(self, force: bool) -> None:
        """Find the runs that were made before of the same inputs, and need not be again."""
        for number, run in enumerate(self._runs):
            before = self._earlier.get(run.stem)
            if force or before is None or before.digest != run.digest:
                continue
            if before.is_whole(self._folder, self._formats) and self._has_written(number):
                self._runs[number] = replace(before, title=run.title, state=RunState.KEPT)
                self._tell(self._runs[number])

    def make_waiting(self, jobs: int | None) -> None:
        """Make all others."""
        self._write_index()
        todo = [n for n, run in enumerate(self._runs) if run.state is RunState.WAITING]
        if not todo:
            return
        settings = self._settings
        if jobs is not None:
            settings = settings.model_copy(update={"workers": jobs})
        with working(settings) as (executor, work):
            tasks = {number: self._task(number, work) for number in todo}
            for number, made in each_as_made(executor, tasks):
                self._runs[number] = self._written(made, self._runs[number].files)
                self._write_index()
                self._tell(self._runs[number])

    def as_run(self) -> BatchRun:
        """Return what became of it."""
        return BatchRun(
            self._request.report.name, self._folder, tuple(self._runs), self._request.left_out
        )

    def _waiting(self) -> list[ReportRun]:
        report, hashes = self._request.report, InputHashes(self._settings, datetime.now(UTC).date())
        runs = self._request.runs
        stems = file_stems(run.title for run in runs)
        found = []
        for run, stem in zip(runs, stems, strict=True):
            digest = hashes.of_run(report, run.parameters, self._formats)
            before = self._earlier.get(stem)
            files = before.files if before else {}
            found.append(ReportRun(run.title, report.name, stem, digest, files=files))
        return found

    def _has_written(self, number: int) -> bool:
        """Return whether the folders that the report itself writes into are there still."""
        given = self._request.runs[number].parameters
        return all(Path(given[name]).exists() for name in WRITTEN if given.get(name))

    def _task(self, number: int, work: str) -> Task:
        report = self._request.report
        return Task(
            self._runs[number],
            report.words,
            report.text,
            self._request.runs[number].parameters,
            self._formats,
            self._settings,
            work,
        )

    def _written(self, made: Made, before: Mapping[Format, OutputFile]) -> ReportRun:
        """Write the files of a run, and remove what it left before and leaves no more."""
        files = {}
        for form, content in made.contents.items():
            path = self._folder / f"{made.run.stem}.{form.value}"
            write_whole(path, content)
            files[form] = OutputFile.of(path.name, content)
        for form in set(before) - set(files):
            (self._folder / before[form].name).unlink(missing_ok=True)
        return replace(made.run, files=files)

    def _write_index(self) -> None:
        stems = {run.stem for run in self._runs}
        others = [run for stem, run in self._earlier.items() if stem not in stems]
        write_index(self.as_run(), others)

    def _tell(self, run: ReportRun) -> None:
        _log.info("Report %s: %s, %.1f s", run.title, run.state.value, run.seconds)
        if self._on_done is not None:
            self._on_done(run)


def _spare_source(request: ReportRequest, folder: Path) -> None:
    """See that no report is written over the notebook that makes it."""
    if folder == request.report.path.parent:
        message = "The report's own notebook is in this folder, and might be written over."
        raise InputError(Finding(message, "Give another folder.", file=str(folder)))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for one batch: another would write the same index."""
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        remedy = "Wait until it has ended, or give another folder."
        message = "Another batch of reports is at work in this folder."
        raise InputError(Finding(message, remedy, file=str(folder))) from None
    try:
        yield
    finally:
        lock.release()
