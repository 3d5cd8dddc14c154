"""Jobs as rows of the store: the guarded changes of their state, and their results.

Whoever holds a job is named in its row: the desk while it is queued, the worker while it
runs. Each change states whose hands it expects, so that a job claimed twice runs once and
who has lost a job can't write over its successor.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from bng_opt.errors import BngOptError, Finding, InputError, StoreError
from bng_opt.market.store.tables import JobRow, JobState, ResultRow
from bng_opt.runtime.job import Job, JobKind

_DAMAGED = "Submit the job again, or restore the latest backup: bng-opt db restore."


@dataclass(frozen=True)
class Held:
    """A job that a worker holds, with what it needs to do it.

    Attributes
    ----------
    worker, attempt
        In whose hands it is, for which time: by both its changes are guarded.
    payload
        What is asked (:mod:`bng_opt.runtime.job_kinds`).
    """

    job_id: str
    kind: JobKind
    worker: str
    attempt: int
    payload: bytes
    timeout_s: float | None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Attributes
    ----------
    result
        What it gave, as a document; None where it gave nothing.
    best
        What is said of its best plan.
    error
        Why it failed, None where it didn't.
    """

    result: bytes | None = None
    best: Mapping[str, Any] | None = None
    error: BngOptError | None = None


WITHOUT_PAYLOAD = defer(JobRow.payload)
"""An option for looks at rows: what is asked may be large, and only a worker needs it."""


def job_of(row: JobRow) -> Job:
    """Return a row as a job."""
    error = row.error or {}
    return Job(
        id=row.id,
        kind=JobKind(row.kind),
        state=JobState(row.state),
        key=row.key,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        attempts=row.attempts,
        worker=row.worker,
        timeout_s=row.timeout_s,
        cancel_requested=row.cancel_requested,
        progress=row.progress,
        best=row.best,
        error=tuple(Finding(**finding) for finding in error.get("findings", ())),
        error_kind=error.get("kind", ""),
        exit_status=error.get("exit_status"),
        result_key=row.result_key,
        title=row.title,
    )


def row_of(session: Session, job_id: str) -> JobRow:
    """Return a job's row.

    Raises
    ------
    InputError
        If there is none of this id.
    """
    row = session.get(JobRow, job_id, options=[WITHOUT_PAYLOAD])
    if row is None:
        remedy = "Look at the jobs there are: bng-opt job list."
        raise InputError(Finding(f'There is no job "{job_id}".', remedy))
    return row


def locked(session: Session, job_id: str, *states: JobState) -> JobRow | None:
    """Return a job's row, nobody else's until the transaction ends; None if it stands otherwise."""
    statement = sa.select(JobRow).where(JobRow.id == job_id).with_for_update()
    if states:
        statement = statement.where(JobRow.state.in_([state.value for state in states]))
    return session.scalar(statement)


def claim(session: Session, job_id: str, worker: str, now: datetime) -> Held | None:
    """Take a queued job to run it; None if it is no longer queued."""
    row = locked(session, job_id, JobState.QUEUED)
    if row is None:
        return None
    row.state, row.worker = JobState.RUNNING.value, worker
    row.attempts += 1
    row.started_at = row.heartbeat_at = now
    row.progress = row.best = None
    return Held(row.id, JobKind(row.kind), worker, row.attempts, row.payload, row.timeout_s)


def listen(session: Session, held: Held) -> bool | None:
    """Return whether a job that is held is to stop; None if it is held no more."""
    statement = sa.select(JobRow.cancel_requested).where(*_still(held))
    return session.scalar(statement)


def beat(
    session: Session,
    held: Held,
    now: datetime,
    progress: Mapping[str, Any] | None,
    best: Mapping[str, Any] | None,
) -> None:
    """Say that a job is still worked on, and how it stands."""
    values = {"heartbeat_at": now, "progress": progress, "best": best}
    session.execute(sa.update(JobRow).where(*_still(held)).values(**values))


def finish(session: Session, held: Held, outcome: Outcome, now: datetime) -> JobState | None:
    """Keep how an attempt ended, and return the state; None if the job is held no more.

    A job that was asked to stop is cancelled however it ended, with what it gave.
    """
    row = session.scalar(sa.select(JobRow).where(*_still(held)).with_for_update())
    if row is None:
        return None
    if row.cancel_requested:
        state = JobState.CANCELLED
    else:
        state = JobState.FAILED if outcome.error else JobState.DONE
        row.error = error_document(outcome.error) if outcome.error else None
    if outcome.result is not None:
        row.result_key = _keep_result(session, held, outcome.result, now)
    # A cancelled job without a result still says how far its search had come.
    if outcome.best is not None or state is not JobState.CANCELLED:
        row.best = None if outcome.best is None else dict(outcome.best)
    row.state, row.finished_at, row.heartbeat_at = state.value, now, now
    return state


def error_document(error: BngOptError) -> dict[str, Any]:
    """Return an error as a job keeps it: kind, exit status and all findings."""
    return {
        "kind": type(error).__name__,
        "exit_status": int(error.exit_status),
        "findings": [finding.as_dict() for finding in error.findings],
    }


def load_result(session: Session, job_id: str, key: str) -> bytes:
    """Return the result of a job that is kept under a key.

    Raises
    ------
    StoreError
        If there is nothing, or it isn't what the key says.
    """
    row = session.get(ResultRow, key)
    if row is None:
        raise StoreError(Finding(f"No result is kept under {key[:12]}.", _DAMAGED))
    try:
        content = zlib.decompress(row.content)
    except zlib.error as error:
        raise StoreError(Finding(f"Result {key[:12]} can't be read.", _DAMAGED)) from error
    if _result_key(job_id, content) != key:
        raise StoreError(Finding(f"Result {key[:12]} isn't what was kept.", _DAMAGED))
    return content


def _keep_result(session: Session, held: Held, content: bytes, now: datetime) -> str:
    key, packed = _result_key(held.job_id, content), zlib.compress(content, 6)
    session.add(ResultRow(key=key, kind=held.kind.value, content=packed, made_at=now))
    return key


def _result_key(job_id: str, content: bytes) -> str:
    return hashlib.sha256(job_id.encode() + b"\n" + content).hexdigest()


def _still(held: Held) -> Sequence[sa.ColumnElement[bool]]:
    return (
        JobRow.id == held.job_id,
        JobRow.state == JobState.RUNNING.value,
        JobRow.worker == held.worker,
        JobRow.attempts == held.attempt,
    )
