"""Workers of this machine or of a cluster, and what becomes of the runs that they are given."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory

from bng_opt.batch.report_run import RunState
from bng_opt.batch.work import Made, Task, do
from bng_opt.errors import ExitStatus, Finding
from bng_opt.runtime.executors import JobExecutor, make_executor
from bng_opt.settings import Settings

_log = logging.getLogger(__name__)


@contextmanager
def working(settings: Settings) -> Iterator[tuple[JobExecutor, str]]:
    """Yield what runs them, and a folder for their work; what still runs is ended with it."""
    with TemporaryDirectory(prefix="bng-opt-reports-", ignore_cleanup_errors=True) as work:
        executor = make_executor(settings)
        try:
            yield executor, "" if settings.scheduler else work
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def each_as_made(executor: JobExecutor, tasks: Mapping[int, Task]) -> Iterator[tuple[int, Made]]:
    """Yield what becomes of each task as it ends."""
    numbers: dict[Future[Made], int] = {
        executor.submit(do, task): number for number, task in tasks.items()
    }
    waiting = set(numbers)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=numbers.__getitem__):
            # Let go of at once: the files of a thousand reports don't fit into memory.
            number = numbers.pop(future)
            yield number, _made_by(future, tasks[number])


def _made_by(future: Future[Made], task: Task) -> Made:
    try:
        return future.result()
    except Exception as error:
        return _lost(task, error)


def _lost(task: Task, error: Exception) -> Made:
    """Return the run of a worker that was lost, or that failed outside its notebook."""
    _log.error("The report %s could not be made", task.run.title, exc_info=error)
    if isinstance(error, BrokenExecutor | CancelledError):
        remedy = "Run it again, with fewer at a time if memory is short."
        finding = Finding("Its worker was lost: ended from outside, or out of memory.", remedy)
        status = ExitStatus.NOT_PROVEN
    else:
        finding = Finding(f"Unexpected {type(error).__name__}: {error}.", "Please report it.")
        status = ExitStatus.BUG
    failed = replace(task.run, state=RunState.FAILED, exit_status=status, findings=(finding,))
    return Made(failed, {})
