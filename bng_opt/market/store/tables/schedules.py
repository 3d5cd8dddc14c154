"""Tables of schedules: how far each has come, its runs, and what is handed over to whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bng_opt.market.store.tables.base import Table, holds, one_of
from bng_opt.market.store.types import UtcTime


class ScheduledRunState(StrEnum):
    """Where a run of a schedule stands."""

    WAITING = "waiting"
    """Begun and handed back: whoever runs schedules next goes on with it."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class DeliveryKind(StrEnum):
    """What a delivery is."""

    FOLDER = "folder"
    EMAIL = "email"
    """To a recipient: what was made."""
    OWNER = "owner"
    """An e-mail to the owner: what failed."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    DUE = "due"
    DONE = "done"
    FAILED = "failed"


class ScheduleRow(Table):
    """A schedule that was seen: its times up to ``seen_to`` are seen to.

    ``timing`` is what its times were worked out from: where the settings say another, times
    before now were never promised.
    """

    __tablename__ = "schedules"
    __table_args__ = (holds("name_not_blank", "name <> ''"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    timing: Mapped[str]
    seen_to: Mapped[datetime] = mapped_column(UtcTime)


_OPEN = text("state IN ('waiting', 'running')")


class ScheduledRunRow(Table):
    """A run of a schedule; one at a time is open."""

    __tablename__ = "scheduled_runs"
    __table_args__ = (
        UniqueConstraint("schedule", "planned_at"),
        one_of("state", ScheduledRunState),
        holds("attempts_not_negative", "attempts >= 0"),
        holds("missed_not_negative", "missed >= 0"),
        holds("finish_whole", "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)"),
        Index(
            "uq_scheduled_runs_open",
            "schedule",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule: Mapped[str] = mapped_column(ForeignKey("schedules.name"))
    planned_at: Mapped[datetime] = mapped_column(UtcTime)
    missed: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[str] = mapped_column(default="")
    to_owner: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    worker: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    folder: Mapped[str]
    exit_status: Mapped[int | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class DeliveryRow(Table):
    """What is handed over, to one folder or one address."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "target", "about"),
        one_of("kind", DeliveryKind),
        one_of("state", DeliveryState),
        holds("target_not_blank", "target <> ''"),
        holds("attempts_not_negative", "attempts >= 0"),
        holds("finish_whole", "(state = 'due') = (finished_at IS NULL)"),
        Index("ix_deliveries_state", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("scheduled_runs.id"))
    kind: Mapped[str]
    target: Mapped[str]
    about: Mapped[str] = mapped_column(default="")
    """Which delivery failed, where that is what the owner is told; empty for the run itself."""
    state: Mapped[str] = mapped_column(default=DeliveryState.DUE.value)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str] = mapped_column(default="")
