"""A quote's stock: set aside for it, let go, sold."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store import reservations
from bng_opt.market.store.tables import (
    LineKind,
    QuoteLineRow,
    QuoteRow,
    ReservationRow,
    ReservationState,
    RevisionRow,
)
from bng_opt.quantities import ZERO
from bng_opt.quotes.book import QuoteBook, label_of


def live_reservation(session: Session, row: RevisionRow) -> ReservationRow | None:
    """Return the reservation of a revision that is held or sold, None if there is none."""
    live = (ReservationState.HELD.value, ReservationState.SOLD.value)
    return session.scalar(
        select(ReservationRow).where(
            ReservationRow.revision_id == row.id, ReservationRow.state.in_(live)
        )
    )


def hold_stock(book: QuoteBook, session: Session, quote: QuoteRow, row: RevisionRow) -> int:
    """Set aside all stock that a revision buys, for as long as the settings say.

    What it holds already is let go in the same transaction, so that holding again only
    makes it longer.

    Returns
    -------
    int
        The reservation.

    Raises
    ------
    InputError
        If the revision buys no stock.
    StockError
        If a line hasn't enough that is free; nothing is set aside then.
    """
    units = dict(
        session.execute(
            select(QuoteLineRow.stock_id, QuoteLineRow.units).where(
                QuoteLineRow.revision_id == row.id, QuoteLineRow.kind == LineKind.UNITS.value
            )
        ).all()
    )
    lines = {stock_id: n or ZERO for stock_id, n in units.items() if stock_id}
    if not lines:
        label = label_of(quote, row)
        raise InputError(Finding(f"Quote {label} buys no stock.", "There is nothing to reserve."))
    let_go(book, session, quote, row, "reserved again")
    now = book.store.clock()
    until = now + timedelta(hours=book.settings.reservation_hours)
    number = reservations.reserve(
        session, lines, now=now, by=book.by, expires_at=until, revision_id=row.id,
        purpose=label_of(quote, row),
    )  # fmt: skip
    book.note(session, quote, row, "reserved", reservation=number, until=until.isoformat())
    return number


def let_go(book: QuoteBook, session: Session, quote: QuoteRow, row: RevisionRow, why: str) -> bool:
    """Give back the stock that a revision holds; returns whether it held any."""
    reservation = live_reservation(session, row)
    if reservation is None or reservation.state != ReservationState.HELD.value:
        return False
    now = book.store.clock()
    if reservation.expires_at <= now:
        reservations.expire_due(session, now)
        return False
    reservations.release(session, reservation.id, now=now, by=book.by)
    book.note(session, quote, row, "released", reservation=reservation.id, why=why)
    return True


def sell_stock(book: QuoteBook, session: Session, quote: QuoteRow, row: RevisionRow) -> None:
    """Turn the stock that a revision holds into a sale, taking it first where it holds none.

    Raises
    ------
    StockError
        If the stock is no longer free.
    """
    reservation = live_reservation(session, row)
    expired = reservation is not None and reservation.expires_at <= book.store.clock()
    bought = session.scalars(
        select(QuoteLineRow.id).where(
            QuoteLineRow.revision_id == row.id, QuoteLineRow.kind == LineKind.UNITS.value
        )
    ).first()
    if bought is None:
        return
    if reservation is None or expired:
        number = hold_stock(book, session, quote, row)
    else:
        number = reservation.id
    reservations.sell(session, number, now=book.store.clock(), by=book.by)
    book.note(session, quote, row, "sold", reservation=number)
