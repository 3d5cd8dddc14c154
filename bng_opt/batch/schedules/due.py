"""What is to be handed over: noted with the run that made it, tried until it comes about.

A try is claimed by putting off the next one: who dies while he tries is followed by another
some time later. So nothing is lost, and what was sent just before a crash may come twice, with
the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.batch.schedules.runs import Delivery, ScheduledRun, delivery_of
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.market.store.tables import DeliveryKind, DeliveryRow, DeliveryState
from bng_opt.market.store.upsert import insert

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""Before each further try at a delivery; then the owner is told."""
_A_TRY = timedelta(minutes=15)
"""A try that says nothing for so long has died with its process."""


def add_deliveries(session: Session, run: ScheduledRun, schedule: Schedule, now: datetime) -> None:
    """Note who gets what of a run that is finished."""
    for kind, target in _targets(run, schedule):
        add_delivery(session, run.id, kind, target, "", now)


def add_delivery(
    session: Session, run_id: int, kind: DeliveryKind, target: str, about: str, now: datetime
) -> None:
    """Note a delivery, once."""
    values = {
        "run_id": run_id,
        "kind": kind.value,
        "target": target,
        "about": about,
        "state": DeliveryState.DUE.value,
        "attempts": 0,
        "due_at": now,
        "error": "",
    }
    new = insert(session, DeliveryRow).values(**values)
    known = ["run_id", "kind", "target", "about"]
    session.execute(new.on_conflict_do_nothing(index_elements=known))


def take_delivery(session: Session, run_id: int | None, now: datetime) -> Delivery | None:
    """Take what is due first, of one run or of any; None if nothing is."""
    is_due = [DeliveryRow.state == DeliveryState.DUE.value, DeliveryRow.due_at <= now]
    if run_id is not None:
        is_due.append(DeliveryRow.run_id == run_id)
    first = sa.select(DeliveryRow).where(*is_due).order_by(DeliveryRow.due_at, DeliveryRow.id)
    row = session.scalar(first.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    row.attempts += 1
    row.due_at = now + _A_TRY
    session.flush()
    return delivery_of(row)


def delivered(session: Session, delivery: Delivery, now: datetime) -> None:
    """Keep that a delivery came about."""
    done = {"state": DeliveryState.DONE.value, "finished_at": now, "error": ""}
    session.execute(sa.update(DeliveryRow).where(*_still(delivery)).values(**done))


def not_delivered(
    session: Session, delivery: Delivery, error: str, *, for_good: bool, now: datetime
) -> bool:
    """Keep that a try failed; return whether it was the last."""
    last = for_good or delivery.attempts > len(PAUSES)
    if last:
        values = {"state": DeliveryState.FAILED.value, "finished_at": now, "error": error}
    else:
        values = {"due_at": now + PAUSES[delivery.attempts - 1], "error": error}
    found = session.execute(sa.update(DeliveryRow).where(*_still(delivery)).values(**values))
    return last and bool(found.rowcount)  # type: ignore[attr-defined]


def _targets(run: ScheduledRun, schedule: Schedule) -> Iterator[tuple[DeliveryKind, str]]:
    handover = run.handover
    if handover is None:
        raise ValueError(f"run {run.id} isn't finished")
    if run.to_owner:
        yield DeliveryKind.OWNER, schedule.owner
        return
    if handover.sound and (handover.is_whole or schedule.send_partial):
        if schedule.folder is not None:
            yield DeliveryKind.FOLDER, str(schedule.folder)
        for address in schedule.recipients:
            yield DeliveryKind.EMAIL, address
    if schedule.owner and (not handover.is_whole or handover.left_out):
        yield DeliveryKind.OWNER, schedule.owner


def _still(delivery: Delivery) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        DeliveryRow.id == delivery.id,
        DeliveryRow.state == DeliveryState.DUE.value,
        DeliveryRow.attempts == delivery.attempts,
    )
