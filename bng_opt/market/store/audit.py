"""The audit log: every change with who and when, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.market.store.tables import AuditRow


def record(
    session: Session,
    *,
    at: datetime,
    who: str,
    action: str,
    kind: str,
    subject: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write down a change.

    Parameters
    ----------
    session
        The transaction that makes the change: both are kept, or neither.
    at, who
        When, and by whom.
    action, kind, subject
        What was done to what: ``"accepted"``, ``"quote"``, ``"BNG-2026-00001"``.
    details
        What changed, as plain values; never a password.
    """
    session.add(
        AuditRow(
            at=at,
            who=who,
            action=action,
            subject_kind=kind,
            subject=subject,
            details=dict(details or {}),
        )
    )


def entries(
    session: Session, *, subject: str = "", who: str = "", limit: int | None = None
) -> list[AuditRow]:
    """Return the newest changes first: of one subject, by one person, at most so many."""
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if subject:
        statement = statement.where(AuditRow.subject == subject)
    if who:
        statement = statement.where(AuditRow.who == who)
    return list(session.scalars(statement))


def history(session: Session, kind: str, subject: str) -> list[AuditRow]:
    """Return what was done to one subject, the earliest first."""
    statement = (
        select(AuditRow)
        .where(AuditRow.subject_kind == kind, AuditRow.subject == subject)
        .order_by(AuditRow.id)
    )
    return list(session.scalars(statement))
