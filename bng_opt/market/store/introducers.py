"""Introducers: who brings customers, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.audit import record
from bng_opt.market.store.database import Store
from bng_opt.market.store.names import email_problems, name_key, name_problems
from bng_opt.market.store.tables import DiscountKind, IntroducerRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.reference import nearest


@dataclass(frozen=True)
class Introducer:
    """An account of an introducer.

    Attributes
    ----------
    discount
        Its terms; ``inherit`` means those of its parent.
    percent
        With the terms ``percentage``: per cent off the units [%]; None otherwise.
    parent
        The name of the parent account, empty if there is none.
    """

    name: str
    discount: DiscountKind = DiscountKind.NONE
    percent: Decimal | None = None
    parent: str = ""
    email: str = ""
    active: bool = True

    def __post_init__(self) -> None:
        """Refuse terms that can't be."""
        findings = [*name_problems(self.name, "introducer"), *email_problems(self.email)]
        findings += percent_problems(self.discount, self.percent)
        if self.discount is DiscountKind.INHERIT and not self.parent:
            findings.append(
                Finding("Terms are inherited, but there is no parent.", "Name the parent account.")
            )
        if findings:
            raise InputError(findings)

    def as_dict(self) -> dict[str, object]:
        """Return the introducer as plain values."""
        return {
            "name": self.name,
            "discount": self.discount.value,
            "percent": None if self.percent is None else float(self.percent),
            "parent": self.parent,
            "email": self.email,
            "active": self.active,
        }


def percent_problems(kind: DiscountKind, percent: Decimal | None) -> list[Finding]:
    """Return what is wrong with a percentage beside the kind of a discount."""
    if kind is not DiscountKind.PERCENTAGE:
        if percent is None:
            return []
        return [Finding(f"Terms {kind.value} take no percentage.", "Leave it out.")]
    if percent is None:
        return [Finding("A percentage discount states no percentage.", "Give it, as 5 or 7.5.")]
    fine = percent.is_finite() and percent == round(percent, 2)
    if fine and 0 < percent < 100:
        return []
    remedy = "Give more than 0 and less than 100, with at most two decimals."
    return [Finding(f"{percent}% is no discount.", remedy)]


def keep_introducer(store: Store, introducer: Introducer, *, by: str) -> Introducer:
    """Add an introducer, or change the terms of one that is there.

    Raises
    ------
    InputError
        If the parent isn't known, or is a child of this account.
    AccessError
        If who acts is a user without the role admin.
    """
    with store.write() as session:
        authorise(session, by, Role.ADMIN)
        row = session.scalar(
            select(IntroducerRow).where(IntroducerRow.name_key == name_key(introducer.name))
        )
        action = "added" if row is None else "changed"
        if row is None:
            row = IntroducerRow(
                name=introducer.name.strip(),
                name_key=name_key(introducer.name),
                made_at=store.clock(),
                made_by=by,
            )
            session.add(row)
        parent = find_introducer(session, introducer.parent) if introducer.parent else None
        row.discount_kind, row.percent = introducer.discount.value, introducer.percent
        row.email, row.active = introducer.email, introducer.active
        row.parent_id = None
        session.flush()
        if parent is not None:
            _refuse_circle(session, row, parent)
            row.parent_id = parent.id
        record(
            session, at=store.clock(), who=by, action=action, kind="introducer",
            subject=row.name, details=introducer.as_dict(),
        )  # fmt: skip
    return introducer


def find_introducer(session: Session, name: str) -> IntroducerRow:
    """Return the introducer of this name.

    Raises
    ------
    InputError
        If there is none, or the account is closed.
    """
    row = session.scalar(select(IntroducerRow).where(IntroducerRow.name_key == name_key(name)))
    if row is None:
        names = nearest(name, session.scalars(select(IntroducerRow.name)).all())
        known = f"Nearest: {', '.join(names)}. " if names else ""
        remedy = f"{known}Add one: bng-opt introducer add {name!r}"
        raise InputError(Finding(f'There is no introducer "{name}".', remedy))
    if not row.active:
        remedy = "Choose another, or let an admin open it again."
        raise InputError(Finding(f'The account of introducer "{row.name}" is closed.', remedy))
    return row


def terms_of(session: Session, row: IntroducerRow) -> tuple[DiscountKind, Decimal | None]:
    """Return an introducer's terms, those of the nearest ancestor that has its own."""
    current: IntroducerRow | None = row
    while current is not None and current.discount_kind == DiscountKind.INHERIT.value:
        current = _parent(session, current)
    if current is None:
        return DiscountKind.NONE, None
    return DiscountKind(current.discount_kind), current.percent


def list_introducers(store: Store) -> tuple[Introducer, ...]:
    """Return all introducers by name."""
    with store.read() as session:
        rows = session.scalars(select(IntroducerRow).order_by(IntroducerRow.name_key)).all()
        names = {row.id: row.name for row in rows}
    return tuple(
        Introducer(
            row.name,
            DiscountKind(row.discount_kind),
            row.percent,
            names.get(row.parent_id, "") if row.parent_id else "",
            row.email,
            row.active,
        )
        for row in rows
    )


def _parent(session: Session, row: IntroducerRow) -> IntroducerRow | None:
    return session.get(IntroducerRow, row.parent_id) if row.parent_id else None


def _refuse_circle(session: Session, row: IntroducerRow, parent: IntroducerRow) -> None:
    ancestor: IntroducerRow | None = parent
    while ancestor is not None:
        if ancestor.id == row.id:
            raise InputError(
                Finding(
                    f'"{parent.name}" is an account under "{row.name}" itself.',
                    "Name a parent that isn't one of its own children.",
                )
            )
        ancestor = _parent(session, ancestor)
