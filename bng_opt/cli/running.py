"""What the commands of ``bng-opt`` share: find a plan, stop on Ctrl-C, print, say errors."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import typer

from bng_opt.cli.inputs import Job, Params, read_job
from bng_opt.errors import BngOptError, ExitStatus, Finding, InputError, SolverError

if TYPE_CHECKING:
    from bng_opt.optimiser.plan import Plan
    from bng_opt.optimiser.progress import Progress

_BETWEEN_LINES_S = 1.0
"""Progress is told at most so often, but every new phase is [s]."""
_KEEPING = "Stopping with the best plan so far; press Ctrl-C again to leave without it."
_LEAVING = "Stopping; press Ctrl-C again to leave at once."


class UsageError(InputError):
    """The command line can't be understood."""


def find_plan(params: Params, *, progress: bool = False) -> tuple[Job, Plan]:
    """Read a job and find its plan.

    Parameters
    ----------
    params
        The command's options.
    progress
        Whether to say on stderr how the search stands.
    """
    begin = perf_counter()
    check_folder(params)
    job = read_job(params)
    read_seconds = perf_counter() - begin
    return job, search(job, read_seconds, progress=progress, cached=not params.get("no_cache"))


def search(
    job: Job,
    read_seconds: float = 0.0,
    *,
    progress: bool = False,
    keep_best: bool = True,
    cached: bool = False,
) -> Plan:
    """Find the plan of a job.

    Parameters
    ----------
    keep_best
        Whether Ctrl-C ends the search with its best plan, or the command altogether.
    cached
        Whether to look for the plan among those kept, and keep it.
    """
    import bng_opt

    with stopping_quietly(_KEEPING if keep_best else _LEAVING) as cancelled:
        plan = bng_opt.optimise(
            job.requirement,
            job.market,
            job.site,
            job.policy,
            read_seconds=read_seconds,
            on_progress=progress_teller() if progress else None,
            cancelled=cancelled,
            cache=bng_opt.Cache() if cached else None,
        )
        if cancelled() and not keep_best:
            raise stopped()
        return plan


def check_folder(params: Params) -> None:
    """Find out before the search, not after, whether results can be written."""
    from bng_opt.whole_files import prepare_folder

    if params.get("out"):
        prepare_folder(params["out"])


@contextmanager
def stopping_quietly(words: str = _KEEPING) -> Iterator[Callable[[], bool]]:
    """Yield what says whether Ctrl-C was pressed; pressed twice, it interrupts at once.

    Parameters
    ----------
    words
        What is said on stderr when it is pressed.

    Raises
    ------
    SolverError
        If the work inside was interrupted.
    """
    stopped_by: list[int] = []
    earlier: Any = None

    def heed(number: int, frame: object) -> None:
        stopped_by.append(number)
        typer.echo(words, err=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # Only the main thread may set handlers; elsewhere nobody presses Ctrl-C.
    on_main = threading.current_thread() is threading.main_thread()
    try:
        if on_main:
            earlier = signal.signal(signal.SIGINT, heed)
        yield lambda: bool(stopped_by)
    except KeyboardInterrupt:
        raise stopped() from None
    finally:
        if on_main:
            signal.signal(signal.SIGINT, earlier or signal.default_int_handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn Ctrl-C into an error that says so, where there is no best answer to keep."""
    try:
        yield
    except KeyboardInterrupt:
        raise stopped() from None


def stopped() -> SolverError:
    """Return the error of a command stopped from the keyboard."""
    remedy = "Run it again; --time-limit stops a search and returns its best plan."
    return SolverError(Finding("Stopped from the keyboard before an answer.", remedy))


def progress_teller() -> Callable[[Progress], None]:
    """Return what prints progress on stderr: every new phase, and news now and then."""
    last: list[Progress] = []

    def tell(progress: Progress) -> None:
        before = last[-1] if last else None
        if before is not None and progress.phase is before.phase:
            soon = progress.elapsed_s - before.elapsed_s < _BETWEEN_LINES_S
            if soon or _figures(progress) == _figures(before):
                return
        last[:] = [progress]
        typer.echo(str(progress), err=True)

    return tell


def _figures(progress: Progress) -> tuple[float | None, float | None]:
    return progress.best_gbp, progress.bound_gbp


def show_plan(plan: Plan, out: Path | None, as_json: bool) -> None:
    """Print a plan and write its files."""
    from bng_opt.output import to_json, write_plan

    typer.echo(to_json(plan.as_dict(), ascii_only=True) if as_json else plan.summary())
    if out:
        say_written(write_plan(plan, out), as_json)


def say_answer(document: object, texts: Sequence[str], as_json: bool) -> None:
    """Print an answer: its document as JSON, or its texts with blank lines between."""
    from bng_opt.output import to_json

    typer.echo(to_json(document, ascii_only=True) if as_json else "\n\n".join(texts))


def say_written(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say which files were written, on stderr where stdout is for JSON."""
    typer.echo("\nWrote " + ", ".join(map(str, paths)), err=as_json)


def say_error(error: BngOptError, as_json: bool) -> int:
    """Print an error, as JSON on stdout or in words on stderr, and return its exit status."""
    from bng_opt.output import error_json, error_text, to_json

    if as_json:
        typer.echo(to_json(error_json(error), ascii_only=True))
    else:
        typer.echo(error_text(error), err=True)
    return int(error.exit_status)


def say_usage_error(error: Any, as_json: bool) -> int:
    """Print what is wrong with a command line and return the exit status."""
    if not as_json:
        error.show()
        return int(ExitStatus.BAD_INPUT)
    command = error.ctx.command_path if error.ctx else "bng-opt"
    finding = Finding(error.format_message(), f"See '{command} --help'.")
    return say_error(UsageError(finding), as_json)
