"""The commands ``bng-opt job``: work in the background."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.inputs import Params, read_job
from bng_opt.cli.running import say_answer, say_written
from bng_opt.cli.store import ByOption, StoreOption, opened, settings_of, word
from bng_opt.errors import ExitStatus

if TYPE_CHECKING:
    from bng_opt.runtime.jobs import Desk, Job
    from bng_opt.runtime.told import Told
    from bng_opt.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_LISTED = 50
_LOOK_S = 0.5
"""``job work --until-idle`` looks so often whether anything is left [s]."""

_Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.", show_default=False)]
_Timeout = Annotated[
    float | None,
    typer.Option("--timeout", help="Wait no longer.", metavar="SECONDS", min=0.0),
]


@app.command("submit", cls=given.SeveralValues, epilog=given.EPILOG)
def submit(
    ctx: typer.Context,
    kind: Annotated[
        str,
        typer.Option("--kind", help="optimise, alternatives or report.", metavar="KIND"),
    ] = "optimise",
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", help="End an attempt then, with its best plan.", metavar="SECONDS"
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Run it from here and wait.")] = False,
    metric: given.Metric = None,
    requirement: given.Table = None,
    market: given.MarketSource = None,
    lpa: given.Lpa = None,
    nca: given.Nca = None,
    postcode: given.Postcode = None,
    point: given.Point = None,
    grid_reference: given.GridReference = None,
    waterbody: given.Waterbody = None,
    operational_catchment: given.Catchment = None,
    marine_plan_area: given.Marine = None,
    neighbour: given.Neighbour = None,
    not_neighbour: given.NotNeighbour = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_use: given.MustUse = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    gap_gbp: given.Gap = None,
    time_limit: given.TimeLimit = None,
    no_cache: given.NoCache = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Queue a scenario and say its job; the same work in flight isn't queued twice.

    "bng-opt job work" and the service run what is queued; with --wait this command does.
    """
    settings = settings_of(store, by)
    with _desk(settings, runs=wait) as desk:
        job = _submitted(desk, settings, kind, ctx.params)
        if not wait:
            say_answer(job.as_dict(), [job.summary()], as_json)
            return ExitStatus.DONE
        with _told_to_end() as told:
            return _waited(desk, job.id, None, told, as_json)


@app.command("show", epilog=given.EPILOG)
def show(
    job_id: _Id,
    out: given.Out = None,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Say how a job stands, and write its files."""
    with _desk(settings_of(store)) as desk:
        job = desk.get(job_id)
        contents = desk.documents(job_id) if out else {}
    say_answer(job.as_dict(), [job.summary()], as_json)
    if out:
        say_written(_write(out, contents), as_json)
    return ExitStatus.DONE


@app.command("list", epilog=given.EPILOG)
def list_jobs(
    state: Annotated[
        str | None, typer.Option("--state", help="Only those that stand so.", metavar="STATE")
    ] = None,
    submitter: Annotated[
        str | None,
        typer.Option("--submitted-by", help="Only those of this person.", metavar="NAME"),
    ] = None,
    count: Annotated[int, typer.Option("--count", help="At most so many.", min=1)] = _LISTED,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """List jobs, the newest first, times in UTC."""
    from bng_opt.runtime.jobs import JobState

    wanted = None if state is None else word(JobState, state, "--state")
    with _desk(settings_of(store)) as desk:
        jobs = desk.find(wanted, submitter, count)
    say_answer({"jobs": [job.as_dict() for job in jobs]}, ["\n".join(_table(jobs))], as_json)
    return ExitStatus.DONE


@app.command("cancel", epilog=given.EPILOG)
def cancel(
    job_id: _Id, store: StoreOption = None, by: ByOption = None, as_json: given.Json = False
) -> int:
    """Ask a job to stop, for all who submitted it; its best plan so far is kept."""
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with _desk(settings) as desk:
        job = desk.cancel(job_id, by=acting_user(settings))
    say_answer(job.as_dict(), [job.summary()], as_json)
    return ExitStatus.DONE


@app.command("wait", epilog=given.EPILOG)
def wait_for(
    job_id: _Id, timeout: _Timeout = None, store: StoreOption = None, as_json: given.Json = False
) -> int:
    """Wait until a job is finished; the exit status is that of the work."""
    with _desk(settings_of(store)) as desk, _told_to_end() as told:
        return _waited(desk, job_id, timeout, told, as_json)


@app.command("work", epilog=given.EPILOG)
def work(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End once nothing is queued or running.")
    ] = False,
    store: StoreOption = None,
) -> int:
    """Run what is queued, and what others left unfinished, until it is told to end.

    Ctrl-C or SIGTERM ends it; jobs that run here are left to the next who works.
    """
    settings = settings_of(store)
    with _told_to_end() as told, _desk(settings, runs=True) as desk:
        desk.recover()
        while not told.wait(_LOOK_S):
            if until_idle and not _in_flight(desk):
                break
    return ExitStatus.DONE


@contextmanager
def _desk(settings: Settings, *, runs: bool = False) -> Iterator[Desk]:
    from bng_opt.runtime.jobs import Desk

    with opened(settings) as store, Desk(store, settings, runs=runs) as desk:
        yield desk


def _submitted(desk: Desk, settings: Settings, kind: str, params: Params) -> Job:
    from bng_opt.runtime.jobs import JobKind
    from bng_opt.settings import acting_user

    read, known = read_job(params), word(JobKind, kind, "--kind")
    return desk.submit_scenario(
        known,
        read.requirement,
        read.market,
        read.site,
        read.policy,
        by=acting_user(settings),
        timeout_s=params["timeout"],
        cache=not params.get("no_cache"),
    )


@contextmanager
def _told_to_end() -> Iterator[Told]:
    """Yield what is set once Ctrl-C or SIGTERM tells the command to end."""
    from bng_opt.runtime.told import Told

    told = Told()
    earlier = {
        number: signal.signal(number, lambda *_: told.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield told
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _waited(desk: Desk, job_id: str, timeout_s: float | None, told: Told, as_json: bool) -> int:
    """Wait for a job, say it, and return the exit status of its work."""
    left = timeout_s
    while True:
        step = _LOOK_S if left is None else min(_LOOK_S, left)
        job = desk.wait(job_id, step)
        left = None if left is None else left - step
        if job.is_finished or told.is_set() or (left is not None and left <= 0):
            break
    say_answer(job.as_dict(), [job.summary()], as_json)
    return job.status


def _in_flight(desk: Desk) -> bool:
    from bng_opt.runtime.jobs import JobState

    return any(desk.find(state, limit=1) for state in (JobState.QUEUED, JobState.RUNNING))


def _table(jobs: Sequence[Job]) -> list[str]:
    from bng_opt.optimiser.text_table import Column, text_table
    from bng_opt.quantities import pounds

    if not jobs:
        return ["No jobs yet."]
    titles = ("Job", "Kind", "State", "Submitted", "By")
    columns = [*map(Column, titles), Column("Best plan", right=True)]
    rows = [
        (
            job.id,
            job.kind.value,
            job.state.value,
            f"{job.submitted_at:%Y-%m-%d %H:%M}",
            job.submitted_by,
            pounds(job.best["total_gbp"]) if job.best else "",
        )
        for job in jobs
    ]
    return list(text_table(columns, rows))


def _write(folder: Path, contents: dict[str, bytes]) -> tuple[Path, ...]:
    from bng_opt.whole_files import prepare_folder, write_whole

    path = prepare_folder(folder)
    for name, content in contents.items():
        write_whole(path / name, content)
    return tuple(path / name for name in contents)
