"""Runs of schedules and their deliveries, as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.batch.delivery.handover import Handover
from bng_opt.errors import Finding, InputError
from bng_opt.market.store.tables import (
    DeliveryKind,
    DeliveryRow,
    DeliveryState,
    ScheduledRunRow,
    ScheduledRunState,
)

OPEN = (ScheduledRunState.WAITING.value, ScheduledRunState.RUNNING.value)


@dataclass(frozen=True)
class ScheduledRun:
    """A run of a schedule.

    Attributes
    ----------
    planned_at
        For when it was planned; when it was asked for, where somebody did.
    missed
        How many earlier times it makes up for.
    asked_by
        Who asked for it by hand; empty for a time of the schedule.
    to_owner
        Whether the owner alone gets what it makes.
    worker, attempts
        In whose hands it is, for which time.
    handover
        What it gave; None while it is open.
    """

    id: int
    schedule: str
    planned_at: datetime
    missed: int
    asked_by: str
    to_owner: bool
    state: ScheduledRunState
    worker: str
    attempts: int
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    folder: Path
    exit_status: int | None
    handover: Handover | None

    @property
    def is_open(self) -> bool:
        """Return whether it isn't finished."""
        return self.state.value in OPEN

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, times in UTC and ISO 8601."""
        return {
            "id": self.id,
            "schedule": self.schedule,
            "planned_at": self.planned_at.isoformat(),
            "missed": self.missed,
            "asked_by": self.asked_by or None,
            "to_owner": self.to_owner,
            "state": self.state.value,
            "attempts": self.attempts,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "folder": str(self.folder),
            "exit_status": self.exit_status,
            "outcome": self.handover.as_dict() if self.handover else None,
        }


@dataclass(frozen=True)
class Delivery:
    """Something that is handed over.

    Attributes
    ----------
    target
        A folder, or an address.
    about
        What the owner is told of: a delivery that failed; empty for the run.
    due_at
        When it is tried next.
    error
        Why the last try failed.
    """

    id: int
    run_id: int
    kind: DeliveryKind
    target: str
    about: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    error: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, times in UTC and ISO 8601."""
        return {
            "kind": self.kind.value,
            "target": self.target,
            "about": self.about or None,
            "state": self.state.value,
            "attempts": self.attempts,
            "next_try_at": self.due_at.isoformat() if self.finished_at is None else None,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "error": self.error or None,
        }


def run_of(row: ScheduledRunRow) -> ScheduledRun:
    """Return a row as a run."""
    return ScheduledRun(
        id=row.id,
        schedule=row.schedule,
        planned_at=row.planned_at,
        missed=row.missed,
        asked_by=row.asked_by,
        to_owner=row.to_owner,
        state=ScheduledRunState(row.state),
        worker=row.worker,
        attempts=row.attempts,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        finished_at=row.finished_at,
        folder=Path(row.folder),
        exit_status=row.exit_status,
        handover=None if row.outcome is None else Handover.from_dict(row.outcome),
    )


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return a row as a delivery."""
    return Delivery(
        id=row.id,
        run_id=row.run_id,
        kind=DeliveryKind(row.kind),
        target=row.target,
        about=row.about,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        finished_at=row.finished_at,
        error=row.error,
    )


def find_runs(session: Session, schedule: str | None, limit: int) -> tuple[ScheduledRun, ...]:
    """Return the latest runs, of one schedule or of all, the newest first."""
    statement = sa.select(ScheduledRunRow).order_by(ScheduledRunRow.id.desc()).limit(limit)
    if schedule is not None:
        statement = statement.where(ScheduledRunRow.schedule == schedule)
    return tuple(run_of(row) for row in session.scalars(statement))


def get_run(session: Session, run_id: int) -> ScheduledRun:
    """Return a run by its number.

    Raises
    ------
    InputError
        If there is none.
    """
    row = session.get(ScheduledRunRow, run_id)
    if row is None:
        remedy = "Look at the runs there are: bng-opt schedule history."
        raise InputError(Finding(f"There is no run {run_id} of a schedule.", remedy))
    return run_of(row)


def deliveries_of(session: Session, run_ids: Sequence[int]) -> tuple[Delivery, ...]:
    """Return the deliveries of runs, in the order in which they came up."""
    statement = sa.select(DeliveryRow).where(DeliveryRow.run_id.in_(run_ids))
    return tuple(delivery_of(row) for row in session.scalars(statement.order_by(DeliveryRow.id)))
