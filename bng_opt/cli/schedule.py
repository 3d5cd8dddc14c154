"""The commands ``bng-opt schedule``: reports at set times, and to whom they go."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer, say_written
from bng_opt.cli.store import ByOption, StoreOption, opened, say_table, settings_of, word
from bng_opt.errors import ExitStatus, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.batch.schedules.runs import Delivery, ScheduledRun
    from bng_opt.batch.schedules.schedule import Schedule
    from bng_opt.batch.schedules.snippets.snippet import Place, Snippet
    from bng_opt.market.store import Store
    from bng_opt.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_SHOWN_TIMES = 5
_LISTED = 20
_TIME = "%Y-%m-%d %H:%M"

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's.", show_default=False)]


class Target(StrEnum):
    """Another scheduler to write a snippet for."""

    SYSTEMD = "systemd"
    CRON = "cron"
    KUBERNETES = "kubernetes"


@app.command("run", epilog=given.EPILOG)
def run(store: StoreOption = None) -> int:
    """Carry out the schedules of the settings until it is told to end.

    Times missed meanwhile are made up for once, by the latest of them. Ctrl-C or SIGTERM ends
    it; a report that is being made is handed back, and the next to run goes on with it.
    """
    settings = settings_of(store)
    schedules = _schedules(settings)
    if not schedules:
        remedy = "Add a [[schedule]] table to the settings file; bng-opt settings says which."
        raise InputError(Finding("The settings have no schedules.", remedy))
    try:
        from bng_opt.batch.schedules.service import Service
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("apscheduler"):
            raise
        remedy = (
            "Install the extra: pip install 'bng-opt[schedule]'; or let another scheduler do it: "
            "bng-opt schedule snippets."
        )
        raise InputError(Finding("APScheduler isn't installed.", remedy)) from None
    from bng_opt.batch.schedules.stopping import Stopping

    with Stopping() as stopping, opened(settings) as store_, Service(store_, settings, schedules):
        _say_begin(schedules, store_.clock())
        while not stopping.told.wait(1.0):
            pass
    return ExitStatus.DONE


@app.command("list", epilog=given.EPILOG)
def list_schedules(store: StoreOption = None, as_json: given.Json = False) -> int:
    """List the schedules: when each runs next, and how its last run went."""
    settings = settings_of(store)
    schedules = _schedules(settings)
    with opened(settings) as store_:
        now = store_.clock()
        last = {each.name: _last(store_, each.name) for each in schedules}
    rows = [_row(schedule, last[schedule.name], now) for schedule in schedules]
    if as_json:
        documents = [_document(schedule, last[schedule.name], now, 1) for schedule in schedules]
        say_answer({"schedules": documents}, [], as_json)
    else:
        say_table("schedules", rows, as_json, none="The settings have no schedules.")
    return ExitStatus.DONE


@app.command("show", epilog=given.EPILOG)
def show(name: _Name, store: StoreOption = None, as_json: given.Json = False) -> int:
    """Say all of a schedule: its next times, its last run, and who got it."""
    settings = settings_of(store)
    schedule = _schedule(settings, name)
    with opened(settings) as store_:
        now, last = store_.clock(), _last(store_, name)
        deliveries = _deliveries(store_, last)
    document = _document(schedule, last, now, _SHOWN_TIMES)
    document["deliveries"] = [each.as_dict() for each in deliveries]
    say_answer(document, _shown(schedule, last, deliveries, now), as_json)
    return ExitStatus.DONE


@app.command("history", epilog=given.EPILOG)
def history(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Of one alone.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option("--count", help="At most so many.", min=1)] = _LISTED,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """List runs, the newest first, times in UTC."""
    from bng_opt.batch.schedules.runs import deliveries_of, find_runs

    with opened(settings_of(store)) as store_, store_.read() as session:
        runs = find_runs(session, name, count)
        deliveries = deliveries_of(session, [each.id for each in runs])
    by_run = {each.id: [one for one in deliveries if one.run_id == each.id] for each in runs}
    if as_json:
        documents = [
            {**each.as_dict(), "deliveries": [one.as_dict() for one in by_run[each.id]]}
            for each in runs
        ]
        say_answer({"runs": documents}, [], as_json)
    else:
        rows = [_run_row(each, by_run[each.id]) for each in runs]
        say_table("runs", rows, as_json)
    return ExitStatus.DONE


@app.command("run-now", epilog=given.EPILOG)
def run_now(
    name: _Name,
    to_owner: Annotated[
        bool, typer.Option("--to-owner", help="Let the owner alone get it: a rehearsal.")
    ] = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Carry out a schedule now, and hand over what it makes.

    What was left unfinished of it is gone on with first. Exit status 4 if what was made couldn't
    be handed over so far.
    """
    from bng_opt.batch.schedules.carrying_out import carry_out
    from bng_opt.batch.schedules.claims import Asked
    from bng_opt.batch.schedules.handing_over import hand_over
    from bng_opt.batch.schedules.stopping import Stopping
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    schedule = _schedule(settings, name)
    if to_owner and not schedule.owner:
        remedy = "Give it an owner, or set schedule_owner: an e-mail address."
        raise InputError(Finding(f"{name} has no owner to send it to.", remedy))
    asked = Asked(acting_user(settings), to_owner)
    with Stopping() as stopping, opened(settings) as store_:
        hand_over(store_, settings)
        made = carry_out(store_, settings, schedule, stopping, asked=asked)
        deliveries = _deliveries(store_, made)
    if made is None:
        raise ValueError("a run that is asked for was neither made nor refused")
    document = {**made.as_dict(), "deliveries": [each.as_dict() for each in deliveries]}
    say_answer(document, ["\n".join(_told_run(made, deliveries))], as_json)
    return _status(made, deliveries)


@app.command("deliver", epilog=given.EPILOG)
def deliver(store: StoreOption = None, as_json: given.Json = False) -> int:
    """Hand over what is due and hasn't been yet; "bng-opt schedule run" does so by itself."""
    from bng_opt.batch.schedules.handing_over import hand_over

    settings = settings_of(store)
    with opened(settings) as store_:
        done = hand_over(store_, settings)
    say_answer({"handed_over": done}, [f"Handed over: {done}."], as_json)
    return ExitStatus.DONE


@app.command("snippets", epilog=given.EPILOG)
def snippets(
    name: _Name,
    target: Annotated[
        str, typer.Option("--for", metavar="|".join(Target), help="Which scheduler is to run it.")
    ] = Target.SYSTEMD.value,
    image: Annotated[
        str, typer.Option("--image", help="Kubernetes: the image that has bng-opt.")
    ] = "",
    machine_timezone: Annotated[
        str, typer.Option("--machine-timezone", help="cron: that of its machine; else this one's.")
    ] = "",
    cronie: Annotated[
        bool, typer.Option("--cronie", help="cron: it is cronie, and heeds CRON_TZ.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the files into this folder.", metavar="FOLDER",
                     show_default=False),
    ] = None,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:  # fmt: skip
    """Write a schedule for systemd, cron or Kubernetes, instead of "bng-opt schedule run"."""
    schedule = _schedule(settings_of(store), name)
    wanted = word(Target, target, "--for")
    snippet = _snippet(schedule, wanted, image, machine_timezone, cronie)
    document = {"files": dict(snippet.files), "notes": list(snippet.notes)}
    if out is None:
        texts = [f"# {file}\n{content.rstrip()}" for file, content in snippet.files.items()]
        say_answer(document, texts, as_json)
    else:
        written = _write(out, snippet.files)
        say_answer(document, ["\n".join(snippet.files)], as_json)
        say_written(written, as_json)
    for note in snippet.notes:
        typer.echo(f"Note: {note}", err=True)
    return ExitStatus.DONE


def _schedules(settings: Settings) -> tuple[Schedule, ...]:
    from bng_opt.batch.schedules.reading import read_schedules

    return read_schedules(settings)


def _schedule(settings: Settings, name: str) -> Schedule:
    from bng_opt.batch.schedules.reading import find_schedule

    return find_schedule(_schedules(settings), name)


def _last(store: Store, name: str) -> ScheduledRun | None:
    from bng_opt.batch.schedules.runs import find_runs

    with store.read() as session:
        return next(iter(find_runs(session, name, 1)), None)


def _deliveries(store: Store, run: ScheduledRun | None) -> tuple[Delivery, ...]:
    from bng_opt.batch.schedules.runs import deliveries_of

    if run is None:
        return ()
    with store.read() as session:
        return deliveries_of(session, [run.id])


def _say_begin(schedules: Sequence[Schedule], now: datetime) -> None:
    """Say on stderr what is waited for: logs tell the rest."""
    for schedule in sorted(schedules, key=lambda each: each.next_after(now)):
        typer.echo(f"{schedule.name}: {_when(schedule.next_after(now), schedule)}", err=True)
    typer.echo("Ctrl-C ends it.", err=True)


def _when(moment: datetime, schedule: Schedule) -> str:
    return f"{moment:%a {_TIME}} ({schedule.zone.key})"


def _row(schedule: Schedule, last: ScheduledRun | None, now: datetime) -> dict[str, object]:
    return {
        "name": schedule.name,
        "report": Path(schedule.report).stem,
        "cron": str(schedule.cron),
        "next": _when(schedule.next_after(now), schedule),
        "last": f"{last.planned_at.astimezone(schedule.zone):{_TIME}}" if last else None,
        "state": last.state.value if last else None,
    }


def _document(
    schedule: Schedule, last: ScheduledRun | None, now: datetime, times: int
) -> dict[str, Any]:
    moments = [now]
    for _ in range(times):
        moments.append(schedule.next_after(moments[-1]))
    return {
        **schedule.as_dict(),
        "next": [moment.isoformat() for moment in moments[1:]],
        "last_run": last.as_dict() if last else None,
    }


def _shown(
    schedule: Schedule,
    last: ScheduledRun | None,
    deliveries: Sequence[Delivery],
    now: datetime,
) -> list[str]:
    facts = schedule.as_dict()
    facts["parameters"] = [f"{name}={value}" for name, value in schedule.parameters.items()]
    lines = [f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in facts.items()]
    moments = [now]
    for _ in range(_SHOWN_TIMES):
        moments.append(schedule.next_after(moments[-1]))
    times = ["Next times:", *(f"  {_when(moment, schedule)}" for moment in moments[1:])]
    told = ["No run yet."] if last is None else _told_run(last, deliveries)
    return ["\n".join(lines), "\n".join(times), "\n".join(told)]


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _told_run(run: ScheduledRun, deliveries: Sequence[Delivery]) -> list[str]:
    lines = [
        f"Run {run.id}, planned for {run.planned_at:{_TIME}} UTC: {run.state.value}",
        f"  Files: {run.folder}",
    ]
    if run.missed:
        lines.append(f"  It makes up for {run.missed} earlier times that were missed.")
    if run.handover is not None:
        for each in run.handover.runs:
            words = ". ".join(filter(None, [each.state.value, each.result]))
            lines.append(f"  {each.title}: {words}")
            lines += [f"    {finding}" for finding in each.findings]
        lines += [f"  {finding}" for finding in run.handover.findings]
        lines += [f"  Left out: {finding}" for finding in run.handover.left_out]
    for one in deliveries:
        lines.append(f"  {one.kind.value} {one.target}: {one.state.value}")
        lines += [f"    {one.error}"] if one.error else []
    return lines


def _run_row(run: ScheduledRun, deliveries: Sequence[Delivery]) -> dict[str, object]:
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    undone = [one for one in deliveries if one.state.value != "done"]
    return {
        "run": run.id,
        "schedule": run.schedule,
        "planned": f"{run.planned_at:{_TIME}}",
        "state": run.state.value,
        "seconds": None if seconds is None else f"{seconds:.0f}",
        "missed": run.missed or None,
        "asked by": run.asked_by or None,
        "handed over": f"{len(deliveries) - len(undone)} of {len(deliveries)}",
    }


def _status(run: ScheduledRun, deliveries: Sequence[Delivery]) -> int:
    if run.is_open or run.exit_status is None:
        return ExitStatus.NOT_PROVEN
    undone = any(one.state.value != "done" for one in deliveries)
    if run.exit_status == ExitStatus.DONE and undone:
        return ExitStatus.NOT_PROVEN
    return run.exit_status


def _snippet(
    schedule: Schedule, target: Target, image: str, machine_timezone: str, cronie: bool
) -> Snippet:
    from bng_opt.batch.schedules.snippets.crontab import crontab_line, machine_zone
    from bng_opt.batch.schedules.snippets.kubernetes import cron_job
    from bng_opt.batch.schedules.snippets.systemd import systemd_units
    from bng_opt.market.store.database import utc_now

    now = utc_now()
    if target is Target.KUBERNETES:
        return cron_job(schedule, image, now)
    if target is Target.SYSTEMD:
        return systemd_units(schedule, _place(), now)
    from bng_opt.batch.schedules.reading import read_zone

    machine = read_zone(machine_timezone) if machine_timezone else machine_zone()
    return crontab_line(schedule, _place(), now, machine=machine, cronie=cronie)


def _place() -> Place:
    """Return how this very installation is run, by who asks."""
    import getpass

    from bng_opt.batch.schedules.snippets.snippet import Place
    from bng_opt.settings import settings_file

    program = Path(sys.executable).with_name("bng-opt")
    if not program.is_file():
        remedy = "Install the package where its command is put beside Python: pip install bng-opt."
        raise InputError(Finding("The command bng-opt isn't beside Python.", remedy))
    file = settings_file()
    return Place(program, file.absolute() if file else None, getpass.getuser())


def _write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    from bng_opt.whole_files import prepare_folder, write_whole

    path = prepare_folder(folder)
    for name, content in files.items():
        write_whole(path / name, content.encode())
    return tuple(path / name for name in files)
