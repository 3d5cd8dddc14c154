"""Queueing work: once, however often it is submitted while it is in flight."""

from __future__ import annotations

import logging
from datetime import datetime
from math import inf
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.logs import log_context
from bng_opt.market.store import Store
from bng_opt.market.store.names import name_key
from bng_opt.market.store.snapshots import keep_snapshot
from bng_opt.market.store.tables import JobRow, JobState, JobSubmitterRow
from bng_opt.market.store.upsert import insert
from bng_opt.runtime.job import IN_FLIGHT, Job, JobKind
from bng_opt.runtime.job_kinds import Asked, payload_of
from bng_opt.runtime.job_rows import job_of

_log = logging.getLogger(__name__)


def queue(store: Store, asked: Asked, *, by: str, timeout_s: float | None, hands: str) -> Job:
    """Queue what is asked, unless it is in flight already, and return its job.

    Parameters
    ----------
    by
        Who asks.
    timeout_s
        How long one attempt may take [s]; None for no limit.
    hands
        In whose hands a new job is.

    Raises
    ------
    InputError
        If the time-out can't be.
    StoreError
        If the store can't be written.
    """
    if timeout_s is not None and not 0 < timeout_s < inf:
        remedy = "Give seconds above 0, or none."
        raise InputError(Finding(f"A time-out of {timeout_s} s can't be.", remedy))
    key, payload = asked.key(timeout_s), payload_of(asked)

    new_id = str(uuid4())

    def add(session: Session) -> Job:
        now = store.clock()
        if (same := _in_flight(session, asked.kind, key)) is not None:
            return _joined(session, job_of(same), by)
        keep_snapshot(session, asked.market, now)
        row = _row(new_id, asked, key, payload, by, timeout_s, hands, now)
        return _joined(session, _add_once(session, row), by)

    job = store.run(add)
    with log_context(job=job.id):
        what = "asked" if job.id == new_id else "under way already, asked"
        _log.info("Job %s %s for by %s: %s", job.id, what, by, job.kind.value)
    return job


def _row(
    job_id: str, asked: Asked, key: str, payload: bytes, by: str, timeout_s: float | None,
    hands: str, now: datetime,
) -> JobRow:  # fmt: skip
    return JobRow(
        id=job_id,
        kind=asked.kind.value,
        key=key,
        payload=payload,
        title=asked.title,
        search_key=name_key(f"{asked.title} {by}"),
        state=JobState.QUEUED.value,
        submitted_by=by,
        submitted_at=now,
        heartbeat_at=now,
        worker=hands,
        timeout_s=timeout_s,
        attempts=0,
        cancel_requested=False,
    )


def _in_flight(session: Session, kind: JobKind, key: str) -> JobRow | None:
    """Return the job that does this work already, None if there is none."""
    statement = sa.select(JobRow).where(
        JobRow.kind == kind.value,
        JobRow.key == key,
        JobRow.state.in_(IN_FLIGHT),
        ~JobRow.cancel_requested,
    )
    return session.scalar(statement)


def _joined(session: Session, job: Job, by: str) -> Job:
    """Note who submitted a job, once."""
    session.execute(
        insert(session, JobSubmitterRow)
        .values(job_id=job.id, name=by)
        .on_conflict_do_nothing(index_elements=["job_id", "name"])
    )
    return job


def submitters_of(session: Session, job_id: str) -> list[str]:
    """Return who submitted a job, by name."""
    names = sa.select(JobSubmitterRow.name).where(JobSubmitterRow.job_id == job_id)
    return list(session.scalars(names.order_by(JobSubmitterRow.name)))


def leave(session: Session, job_id: str, by: str) -> bool:
    """Take one of several submitters off a job; return whether that is what was done."""
    names = submitters_of(session, job_id)
    if by not in names or len(names) == 1:
        return False
    session.execute(
        sa.delete(JobSubmitterRow).where(
            JobSubmitterRow.job_id == job_id, JobSubmitterRow.name == by
        )
    )
    return True


def _add_once(session: Session, row: JobRow) -> Job:
    """Add a queued job, unless another has added the same work just now; return which it is."""
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError:
        other = _in_flight(session, JobKind(row.kind), row.key)
        if other is None:
            raise
        return job_of(other)
    return job_of(row)
