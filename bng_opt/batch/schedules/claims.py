"""Who carries out a schedule when: one at a time, each of its times once, none lost.

A claim is a row that names its holder. It is made in one transaction that holds the schedule's
row, so that of two who look at the same moment one finds it taken. A claim whose holder has
ended, or was silent for long, is taken over; who has lost one can't write over his successor.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.schedules.due import add_deliveries
from bng_opt.batch.schedules.runs import OPEN, ScheduledRun, run_of
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.times import count_times, latest_time
from bng_opt.errors import Finding, InputError, LostError
from bng_opt.market.store.tables import ScheduledRunRow, ScheduledRunState, ScheduleRow
from bng_opt.market.store.upsert import insert
from bng_opt.runtime.hands import is_gone
from bng_opt.settings import Settings

BEATS_TO_BE_LOST = 6
"""Whoever misses so many heartbeats counts as lost."""
_MOST_COUNTED = 1000
"""Times missed are counted up to this: beyond, it is only known that they were many."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """That somebody wants a run now.

    Attributes
    ----------
    by
        Who.
    to_owner
        Whether the owner alone is to get it.
    """

    by: str
    to_owner: bool = False


@dataclass(frozen=True)
class Claimant:
    """Who claims, and by what rules.

    Attributes
    ----------
    name
        Of the process (:func:`bng_opt.runtime.hands.own_name`).
    settings
        How often a holder says that he lives, how often a lost run is tried again, and where
        reports are made.
    heeds_silence
        Whether a holder that was silent for long counts as lost: not just after the store was
        out of reach, when nobody could have said anything.
    """

    name: str
    settings: Settings
    heeds_silence: bool = True

    def has_lost(self, run: ScheduledRunRow, now: datetime) -> bool:
        """Return whether an open run is in nobody's hands any more."""
        if run.state == ScheduledRunState.WAITING.value or is_gone(run.worker):
            return True
        silent = timedelta(seconds=BEATS_TO_BE_LOST * self.settings.heartbeat_s)
        return self.heeds_silence and now - run.heartbeat_at > silent

    def folder_of(self, schedule: str, planned_at: datetime) -> Path:
        """Return where the reports of a run are made: a folder of its own."""
        seconds = "%Y%m%dT%H%M%S" + (".%f" if planned_at.microsecond else "")
        stamp = f"{planned_at.astimezone(UTC):{seconds}}Z"
        return self.settings.schedule_folder.expanduser().absolute() / schedule / stamp


def see(session: Session, schedule: Schedule, now: datetime) -> ScheduleRow:
    """Return a schedule's row, nobody else's until the transaction ends.

    A schedule that wasn't seen before, or not with these times, begins now: its earlier times
    are not missed, they never were.
    """
    values = {"name": schedule.name, "timing": schedule.timing, "seen_to": now}
    new = insert(session, ScheduleRow).values(**values)
    session.execute(new.on_conflict_do_nothing(index_elements=["name"]))
    locked = sa.select(ScheduleRow).where(ScheduleRow.name == schedule.name).with_for_update()
    row = session.scalars(locked).one()
    if row.timing != schedule.timing:
        row.timing, row.seen_to = schedule.timing, now
    return row


def is_called_for(session: Session, schedule: Schedule, who: Claimant, now: datetime) -> bool:
    """Return whether :func:`claim` would find something to do; changes nothing."""
    row = session.get(ScheduleRow, schedule.name)
    if row is None or row.timing != schedule.timing:
        return False
    run = _open(session, schedule.name)
    if run is not None:
        return who.has_lost(run, now)
    return latest_time(schedule.cron, schedule.zone, row.seen_to, now) is not None


def claim(
    session: Session, schedule: Schedule, who: Claimant, now: datetime, asked: Asked | None = None
) -> ScheduledRun | None:
    """Take what there is to do for a schedule, and return it; None if there is nothing.

    What others left unfinished comes first. Of the times since it was last seen to, however
    many they are, the latest is run, once.

    Parameters
    ----------
    asked
        That somebody wants a run now, whether or not its time has come.

    Raises
    ------
    InputError
        If a run is asked for while another goes on.
    """
    row = see(session, schedule, now)
    run = _open(session, schedule.name)
    if run is not None and not who.has_lost(run, now):
        if asked is not None:
            raise _goes_on(run)
        return None
    if run is not None:
        if run.state == ScheduledRunState.RUNNING.value:
            _log.warning("Run %s lost %s in attempt %s", run.id, run.worker, run.attempts)
        if run.attempts <= who.settings.job_retries:
            return _taken(session, run, who, now)
        _give_up(session, run, schedule, now)
    if asked is not None:
        fresh = _begun(schedule, who, now, now)
        fresh.asked_by, fresh.to_owner = asked.by, asked.to_owner
        return _added(session, fresh)
    moment = latest_time(schedule.cron, schedule.zone, row.seen_to, now)
    if moment is None:
        return None
    fresh = _begun(schedule, who, moment, now)
    times = (schedule.cron, schedule.zone, row.seen_to, moment)
    fresh.missed = count_times(*times, _MOST_COUNTED + 1) - 1
    if fresh.missed:
        _log.warning("%s missed %s earlier times; it runs once", schedule.name, fresh.missed)
    row.seen_to = moment
    return _added(session, fresh)


def beat(session: Session, run: ScheduledRun, now: datetime) -> bool:
    """Say that a run is still worked on; return False if it has gone to others."""
    statement = sa.update(ScheduledRunRow).where(*_still(run)).values(heartbeat_at=now)
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def hand_back(session: Session, run: ScheduledRun) -> bool:
    """Leave a run to whoever comes next; the attempt doesn't count. False if it is held no more."""
    row = _held(session, run)
    if row is None:
        return False
    row.state, row.worker = ScheduledRunState.WAITING.value, ""
    row.attempts -= 1
    return True


def finish(
    session: Session, run: ScheduledRun, schedule: Schedule, handover: Handover, now: datetime
) -> bool:
    """Keep what a run gave and note who gets it; False if it is held no more."""
    row = _held(session, run)
    if row is None:
        return False
    _close(session, row, schedule, handover, now)
    return True


def handover_of(schedule: Schedule, planned_at: datetime) -> Handover:
    """Return what is known of a run before it gave anything."""
    local = planned_at.astimezone(schedule.zone)
    is_whole_minute = not (local.second or local.microsecond)
    clock = "%Y-%m-%d_%H%M" if is_whole_minute else "%Y-%m-%d_%H%M%S"
    return Handover(
        schedule.name,
        schedule.title,
        schedule.owner,
        f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({schedule.zone.key})",
        # An hour that comes twice comes under two names.
        f"{local:{clock}}" + ("_again" if local.fold else ""),
    )


def _close(
    session: Session, row: ScheduledRunRow, schedule: Schedule, handover: Handover, now: datetime
) -> None:
    done = ScheduledRunState.DONE if handover.is_whole else ScheduledRunState.FAILED
    row.state, row.finished_at, row.heartbeat_at = done.value, now, now
    row.exit_status, row.outcome = int(handover.exit_status), handover.as_dict()
    session.flush()
    add_deliveries(session, run_of(row), schedule, now)


def _give_up(session: Session, row: ScheduledRunRow, schedule: Schedule, now: datetime) -> None:
    message = f"The run lost its process {row.attempts} times, at last {row.worker}."
    remedy = "See whether the machine runs out of memory, or ends processes."
    error = LostError(Finding(message, remedy))
    _log.error("Run %s: %s", row.id, error)
    handover = handover_of(schedule, row.planned_at).of_error(error)
    _close(session, row, schedule, handover, now)
    session.flush()


def _open(session: Session, schedule: str) -> ScheduledRunRow | None:
    is_open = ScheduledRunRow.schedule == schedule, ScheduledRunRow.state.in_(OPEN)
    return session.scalar(sa.select(ScheduledRunRow).where(*is_open))


def _begun(
    schedule: Schedule, who: Claimant, planned_at: datetime, now: datetime
) -> ScheduledRunRow:
    return ScheduledRunRow(
        schedule=schedule.name,
        planned_at=planned_at,
        missed=0,
        asked_by="",
        to_owner=False,
        state=ScheduledRunState.RUNNING.value,
        worker=who.name,
        attempts=1,
        started_at=now,
        heartbeat_at=now,
        folder=str(who.folder_of(schedule.name, planned_at)),
    )


def _added(session: Session, row: ScheduledRunRow) -> ScheduledRun:
    session.add(row)
    session.flush()
    return run_of(row)


def _taken(session: Session, row: ScheduledRunRow, who: Claimant, now: datetime) -> ScheduledRun:
    row.state, row.worker = ScheduledRunState.RUNNING.value, who.name
    row.attempts += 1
    row.heartbeat_at = now
    # Another machine may keep its reports elsewhere.
    row.folder = str(who.folder_of(row.schedule, row.planned_at))
    session.flush()
    return run_of(row)


def _held(session: Session, run: ScheduledRun) -> ScheduledRunRow | None:
    return session.scalar(sa.select(ScheduledRunRow).where(*_still(run)).with_for_update())


def _still(run: ScheduledRun) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ScheduledRunRow.id == run.id,
        ScheduledRunRow.state == ScheduledRunState.RUNNING.value,
        ScheduledRunRow.worker == run.worker,
        ScheduledRunRow.attempts == run.attempts,
    )


def _goes_on(run: ScheduledRunRow) -> InputError:
    began = f"{run.started_at:%Y-%m-%d %H:%M} UTC"
    message = f"{run.schedule} is being run already, since {began} ({run.worker})."
    remedy = f"Wait until it is done: bng-opt schedule show {run.schedule}."
    return InputError(Finding(message, remedy))
