"""Checks of a whole store: that the database is sound, and that its books add up.

Each check looks and changes nothing; what it finds is said with the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Select,
    and_,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from bng_opt.errors import Finding
from bng_opt.market.store.database import Store
from bng_opt.market.store.migrate import differences_from_schema
from bng_opt.market.store.tables import (
    QuoteLineRow,
    QuoteRow,
    ReservationLineRow,
    ReservationRow,
    ReservationState,
    RevisionRow,
    StockRow,
    Table,
)
from bng_opt.quantities import ZERO, pounds, units_text

_RESTORE = "Restore the latest backup: bng-opt db restore."
_BY_HAND = "The audit log says who changed it; mend the row, or go back to a backup."
_SCHEMA = "Go back to a backup; the tables were changed by something other than bng-opt."


def check_store(store: Store) -> tuple[Finding, ...]:
    """Return everything that is wrong with a store, none if it is sound.

    Parameters
    ----------
    store
        One with the tables of this version.

    Raises
    ------
    StoreError
        If the database is so damaged that it can't be read.
    """
    with store.read() as session:
        damage = list(check_integrity(session))
        differences = list(check_schema(session))
        # What isn't as it is mapped can't be added up.
        books = [] if differences else [one for check in _BOOKS for one in check(session)]
    return (*damage, *differences, *books)


def check_integrity(session: Session) -> Iterator[Finding]:
    """Yield what the database itself finds wrong with its pages and indexes."""
    if session.get_bind().dialect.name == "sqlite":
        for (said,) in session.execute(text("PRAGMA integrity_check")):
            if said != "ok":
                yield Finding(f"The file of the store is damaged: {said}.", _RESTORE)
        return
    invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
    for (index,) in session.execute(text(invalid)):
        yield Finding(f"The index {index} is invalid.", f"REINDEX INDEX {index}")
    unchecked = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    for (name,) in session.execute(text(unchecked)):
        yield Finding(f"The rule {name} was never checked on older rows.", _SCHEMA)
    # The server has no quicker look at every page: reading a damaged one is an error.
    for table in Table.metadata.sorted_tables:
        session.execute(select(func.count()).select_from(table))


def check_schema(session: Session) -> Iterator[Finding]:
    """Yield how the tables differ from those that this version makes."""
    for difference in differences_from_schema(session.connection()):
        yield Finding(f"The tables aren't as bng-opt makes them: {difference}.", _SCHEMA)


def check_references(session: Session) -> Iterator[Finding]:
    """Yield rows that refer to a row that isn't there."""
    for table in Table.metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            count = session.scalar(_orphans(key)) or 0
            if count:
                columns = ", ".join(column.name for column in key.columns)
                message = (
                    f"{count} rows of {table.name} name in {columns} "
                    f"what isn't in {key.referred_table.name}."
                )
                yield Finding(message, _BY_HAND)


def check_stock(session: Session) -> Iterator[Finding]:
    """Yield stock lines whose counters aren't the sums of their reservations, or oversold."""
    held = _reserved_in(session, ReservationState.HELD)
    sold = _reserved_in(session, ReservationState.SOLD)
    for row in session.scalars(select(StockRow).order_by(StockRow.stock_id)):
        counted = (
            ("reserved", row.reserved, held.get(row.stock_id, ZERO)),
            ("sold", row.sold, sold.get(row.stock_id, ZERO)),
        )
        for what, counter, total in counted:
            if counter != total:
                message = (
                    f"Stock line {row.stock_id} counts {units_text(counter)} units as {what}, "
                    f"its reservations add up to {units_text(total)}."
                )
                yield Finding(message, _BY_HAND)
        if row.sold + row.reserved > row.units:
            over = units_text(row.sold + row.reserved - row.units)
            message = f"Stock line {row.stock_id} is oversold by {over} units."
            yield Finding(message, "Cancel or release what can't be delivered.")


def check_quotes(session: Session) -> Iterator[Finding]:
    """Yield revisions whose totals aren't the sums of their lines."""
    total = func.coalesce(func.sum(QuoteLineRow.net), ZERO, type_=QuoteLineRow.net.type)
    statement = (
        select(QuoteRow.reference, RevisionRow, total)
        .join(RevisionRow, RevisionRow.quote_id == QuoteRow.id)
        .outerjoin(QuoteLineRow, QuoteLineRow.revision_id == RevisionRow.id)
        .group_by(QuoteRow.reference, RevisionRow.id)
        .order_by(QuoteRow.reference, RevisionRow.revision)
    )
    for reference, revision, lines in session.execute(statement):
        name = f"Revision {revision.revision} of {reference}"
        yield from _unequal(f"{name}: its net total", revision.net, "its lines", lines)
        gross = revision.net + revision.vat
        yield from _unequal(f"{name}: its gross total", revision.gross, "net and VAT", gross)


def check_numbers(session: Session) -> Iterator[Finding]:
    """Yield years whose quotes aren't numbered 1, 2, 3… without a gap."""
    found: dict[int, list[int]] = {}
    statement = select(QuoteRow.year, QuoteRow.number).order_by(QuoteRow.year, QuoteRow.number)
    for year, number in session.execute(statement):
        found.setdefault(year, []).append(number)
    for year, numbers in found.items():
        missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
        if missing:
            listed = ", ".join(map(str, missing[:10])) + (", …" if missing[10:] else "")
            yield Finding(f"Quotes of {year} lack the numbers {listed}.", _BY_HAND)


def check_reservations(session: Session) -> Iterator[Finding]:
    """Yield reservations without stock."""
    line = aliased(ReservationLineRow)
    statement = select(ReservationRow.id).where(
        ~exists().where(line.reservation_id == ReservationRow.id)
    )
    for number in session.scalars(statement.order_by(ReservationRow.id)):
        yield Finding(f"Reservation {number} has no lines.", _BY_HAND)


_BOOKS: tuple[Callable[[Session], Iterator[Finding]], ...] = (
    check_references,
    check_stock,
    check_reservations,
    check_quotes,
    check_numbers,
)


def _unequal(what: str, stated: Decimal, of: str, total: Decimal) -> Iterator[Finding]:
    if stated != total:
        message = f"{what} is {pounds(stated)}, but {of} add up to {pounds(total)}."
        yield Finding(message, _BY_HAND)


def _reserved_in(session: Session, state: ReservationState) -> dict[str, Decimal]:
    statement = (
        select(ReservationLineRow.stock_id, func.sum(ReservationLineRow.units).label("units"))
        .join(ReservationRow, ReservationRow.id == ReservationLineRow.reservation_id)
        .where(ReservationRow.state == state.value)
        .group_by(ReservationLineRow.stock_id)
    )
    return {row.stock_id: row.units for row in session.execute(statement)}


def _orphans(key: ForeignKeyConstraint) -> Select[Any]:
    """Return the count of rows whose whole key is set but names no row."""
    child, parent = key.table.alias("child"), key.referred_table.alias("parent")
    pairs = [(child.c[one.parent.name], parent.c[one.column.name]) for one in key.elements]
    named: ColumnElement[bool] = and_(*(column.is_not(None) for column, _ in pairs))
    there = exists().where(*(column == target for column, target in pairs))
    return select(func.count()).select_from(child).where(named, ~there.select_from(parent))
