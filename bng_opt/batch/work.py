"""What a worker does with one run: execute it, judge it, and make its files' contents."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from bng_opt.batch.content.outcome import outcome_of
from bng_opt.batch.execution import Executed, execute
from bng_opt.batch.failures import exit_status_of, findings_of
from bng_opt.batch.orphans import end_with_parent
from bng_opt.batch.render import report_page, report_pdf
from bng_opt.batch.report_run import Format, ReportRun, RunState
from bng_opt.errors import Finding
from bng_opt.logs import log_context, set_up_logging
from bng_opt.quotes.documents.pdf import NoPdfError
from bng_opt.settings import Settings


@dataclass(frozen=True)
class Task:
    """A run to be made, with all that a worker needs for it.

    Attributes
    ----------
    run
        As it waits.
    words
        What its report is called in words.
    text
        The notebook as JSON.
    work
        A folder of this machine for what a run leaves behind, which is removed after the batch:
        the worker's process then does nothing else. Empty on other machines.
    """

    run: ReportRun
    words: str
    text: str
    parameters: Mapping[str, Any]
    formats: tuple[Format, ...]
    settings: Settings
    work: str


@dataclass(frozen=True)
class Made:
    """A run that came to its end, and the contents of its files."""

    run: ReportRun
    contents: Mapping[Format, bytes]


def do(task: Task) -> Made:
    """Make one run, whatever comes of it; a function of a module, as workers need it."""
    if task.work:
        end_with_parent()
        set_up_logging(task.settings)
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C reaches every process of the terminal: who asked for the run ends it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin, made_at = perf_counter(), datetime.now(UTC)
    with log_context(job=task.run.stem):
        executed = execute(task.text, task.parameters, task.settings, task.work)
        run = _judged(task.run, executed)
        made = _rendered(task, executed, run, made_at)
    when, seconds = made_at.isoformat(timespec="seconds"), round(perf_counter() - begin, 2)
    return replace(made, run=replace(made.run, made_at=when, seconds=seconds))


def _judged(run: ReportRun, executed: Executed) -> ReportRun:
    if executed.failure is not None:
        return replace(
            run,
            state=RunState.FAILED,
            exit_status=exit_status_of(executed.failure),
            findings=findings_of(executed.failure),
        )
    outcome = outcome_of(executed.notebook)
    if outcome is None:
        return replace(run, state=RunState.MADE)
    return replace(
        run,
        state=RunState.MADE,
        exit_status=outcome.exit_status,
        result=outcome.result,
        proof=outcome.proof,
        findings=tuple(Finding(f"{each.name}: {each.why}", "") for each in outcome.failed),
    )


def _rendered(task: Task, executed: Executed, run: ReportRun, made_at: datetime) -> Made:
    """Return the files: of a failed run its notebook in any case, and never a PDF."""
    import nbformat

    failed = run.state is RunState.FAILED
    wanted = {*task.formats, Format.NOTEBOOK} if failed else {*task.formats}
    contents: dict[Format, bytes] = {}
    if Format.NOTEBOOK in wanted:
        contents[Format.NOTEBOOK] = nbformat.writes(executed.notebook).encode()  # type: ignore[no-untyped-call]
    if wanted <= {Format.NOTEBOOK}:
        return Made(run, contents)
    title = task.words if run.title == run.report else f"{run.title}: {task.words}"
    page = report_page(executed.notebook, title, made_at, run.findings if failed else ())
    if Format.HTML in wanted:
        contents[Format.HTML] = page.encode()
    if Format.PDF in wanted and not failed:
        try:
            contents[Format.PDF] = report_pdf(page, task.settings.pdf_engine, made_at)
        except NoPdfError as error:
            found = (*run.findings, *error.findings)
            run = replace(run, state=RunState.FAILED, exit_status=error.exit_status, findings=found)
    return Made(run, contents)
