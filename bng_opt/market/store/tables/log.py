"""Tables of what was done: the audit log, and the runtime's jobs and results."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bng_opt.market.store.tables.base import Table, holds, one_of
from bng_opt.market.store.types import UtcTime


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AuditRow(Table):
    """A change: when, who, what, to what; written in the transaction that makes it."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_subject", "subject_kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    who: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


_IN_FLIGHT = text("state IN ('queued', 'running') AND NOT cancel_requested")


class JobRow(Table):
    """Work for the runtime; identical work under way that nobody stops is one job.

    ``search_key`` is what a search looks in: title and submitter, without regard to case.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", JobState),
        holds("attempts_not_negative", "attempts >= 0"),
        Index("ix_jobs_state", "state", "heartbeat_at"),
        Index(
            "uq_jobs_in_flight",
            "kind",
            "key",
            unique=True,
            sqlite_where=_IN_FLIGHT,
            postgresql_where=_IN_FLIGHT,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(String(64))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    title: Mapped[str] = mapped_column(default="")
    search_key: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=JobState.QUEUED.value)
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    worker: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    timeout_s: Mapped[float | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    best: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    result_key: Mapped[str | None] = mapped_column(String(64))


class JobSubmitterRow(Table):
    """Who submitted a job: everybody who asked the same while it was in flight."""

    __tablename__ = "job_submitters"
    __table_args__ = (holds("name_not_blank", "name <> ''"),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, index=True)


class ResultRow(Table):
    """What a job gave, by the key of its work."""

    __tablename__ = "results"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
