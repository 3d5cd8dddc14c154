"""Snapshots: the store's market of one moment as one frozen, hashed value.

What is free is the whole stock less what is sold and what live reservations hold. A
reservation whose time is over counts for nothing, even before anybody closes it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, StoreError
from bng_opt.market.rebuild import market_of, values_of
from bng_opt.market.rows import Value, text_rows
from bng_opt.market.schema import PARCELS, SCHEMAS
from bng_opt.market.snapshot import Market
from bng_opt.market.store.contents import (
    KeptLine,
    kept_banks,
    kept_lines,
    kept_parcels,
    price_spans,
)
from bng_opt.market.store.database import Store
from bng_opt.market.store.tables import (
    QuoteLineRow,
    QuoteState,
    ReservationLineRow,
    ReservationRow,
    ReservationState,
    RevisionRow,
    SnapshotRow,
)
from bng_opt.quantities import ZERO

_DAMAGED = "Restore the latest backup of the store: bng-opt db restore."


@dataclass(frozen=True)
class Claims:
    """What stands against the stock lines of a moment, by stock id [units].

    Attributes
    ----------
    reserved
        Held by live reservations.
    quoted
        In quotes that were sent and hold no stock.
    """

    reserved: Mapping[str, Decimal]
    quoted: Mapping[str, Decimal]

    def on(self, line: KeptLine) -> tuple[Decimal, Decimal]:
        """Return what is free of a line, and how much of that stands in quotes [units]."""
        stock_id, listed = str(line.row[0]), line.row[7]
        free = line.units - line.sold - self.reserved.get(stock_id, ZERO)
        quoted = Decimal(listed or 0) + self.quoted.get(stock_id, ZERO)
        return max(free, ZERO), max(min(quoted, free), ZERO)


def read_market(
    store: Store, *, at: datetime | None = None, leaving_out_quote: int | None = None
) -> Market:
    """Return the market as a solve sees it at one moment: what is free, at the day's prices.

    Parameters
    ----------
    store
        Where to look.
    at
        The moment that decides which reservations live and which prices hold; now by
        default.
    leaving_out_quote
        The id of a quote whose own reservation and quoted units count as free, to revise it.

    Returns
    -------
    Market
        Active banks and their active lines. ``quoted_units`` is what the list says is quoted,
        and what stands in quotes that were sent and hold no stock.
    """
    with store.read() as session:
        return market_at(session, at or store.clock(), leaving_out_quote=leaving_out_quote)


def market_at(session: Session, at: datetime, *, leaving_out_quote: int | None = None) -> Market:
    """Return the market of :func:`read_market`, as one session sees it."""
    claims = claims_at(session, at, leaving_out_quote=leaving_out_quote)

    def free(line: KeptLine) -> tuple[Value, ...]:
        units, quoted = claims.on(line)
        return (*line.row[:3], units, *line.row[4:7], quoted)

    return _market(session, at, free)


def whole_market_at(session: Session, at: datetime) -> Market:
    """Return the market with its whole stock, as it was listed, at the day's prices."""
    return _market(session, at, lambda line: line.row)


def _market(
    session: Session, at: datetime, stock_row: Callable[[KeptLine], tuple[Value, ...]]
) -> Market:
    banks = {key: bank.row for key, bank in kept_banks(session).items() if bank.active}
    stock = [
        stock_row(line)
        for line in kept_lines(session).values()
        if line.active and line.bank_id in banks
    ]
    day = at.date()
    pricing = [
        (*key, span.price, span.basis)
        for key, spans in price_spans(session, day).items()
        for span in spans
        if key[0] in banks and span.holds_on(day)
    ]
    named = {str(row[0]) for row in stock}
    parcels = [row for key, row in kept_parcels(session).items() if key in named]
    market = market_of(banks.values(), stock, pricing, parcels)
    # The fingerprint is part of every scenario: better made once while reading.
    _ = market.snapshot
    return market


def claims_at(session: Session, at: datetime, *, leaving_out_quote: int | None = None) -> Claims:
    """Return what stands against the stock at a moment."""
    return Claims(
        _reserved(session, at, leaving_out_quote), _quoted(session, at, leaving_out_quote)
    )


def _reserved(session: Session, at: datetime, but_of: int | None) -> dict[str, Decimal]:
    units = ReservationLineRow.units
    statement = (
        sa.select(ReservationLineRow.stock_id, sa.func.sum(units, type_=units.type))
        .join(ReservationRow, ReservationRow.id == ReservationLineRow.reservation_id)
        .outerjoin(RevisionRow, RevisionRow.id == ReservationRow.revision_id)
        .where(_holds(at))
        .group_by(ReservationLineRow.stock_id)
    )
    if but_of is not None:
        others = RevisionRow.quote_id.is_(None) | (RevisionRow.quote_id != but_of)
        statement = statement.where(others)
    return dict(session.execute(statement).all())


def _quoted(session: Session, at: datetime, but_of: int | None) -> dict[str, Decimal]:
    holding = sa.exists().where(
        ReservationRow.revision_id == RevisionRow.id,
        _holds(at) | (ReservationRow.state == ReservationState.SOLD.value),
    )
    units = QuoteLineRow.units
    statement = (
        sa.select(QuoteLineRow.stock_id, sa.func.sum(units, type_=units.type))
        .join(RevisionRow, RevisionRow.id == QuoteLineRow.revision_id)
        .where(
            RevisionRow.state == QuoteState.SENT.value,
            # A quote that is no longer valid claims nothing, even before anybody closes it.
            RevisionRow.valid_until.is_(None) | (RevisionRow.valid_until >= at.date()),
            QuoteLineRow.stock_id.is_not(None),
            units.is_not(None),
            ~holding,
        )
        .group_by(QuoteLineRow.stock_id)
    )
    if but_of is not None:
        statement = statement.where(RevisionRow.quote_id != but_of)
    rows = session.execute(statement)
    return {stock_id: total for stock_id, total in rows if stock_id and total}


def _holds(at: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        ReservationRow.state == ReservationState.HELD.value, ReservationRow.expires_at > at
    )


def keep_snapshot(session: Session, market: Market, at: datetime) -> str:
    """Keep a market under its hash, once, and return the hash.

    Parameters
    ----------
    session
        The transaction that needs it kept.
    market
        What to keep.
    at
        When.
    """
    key = market.snapshot
    if _is_kept(session, key):
        return key
    tables = {name: list(text_rows(rows)) for name, rows in market.tables()}
    content = zlib.compress(json.dumps(tables, ensure_ascii=False).encode(), 6)
    try:
        with session.begin_nested():
            session.add(SnapshotRow(hash=key, made_at=at, content=content))
    except sa.exc.IntegrityError:
        # Another kept the same market meanwhile, which is all that was wanted.
        if not _is_kept(session, key):
            raise
    return key


def load_snapshot(session: Session, key: str) -> Market:
    """Return the market that is kept under a hash.

    Raises
    ------
    StoreError
        If there is none, or it isn't what the hash says.
    """
    content = session.scalar(sa.select(SnapshotRow.content).where(SnapshotRow.hash == key))
    if content is None:
        message = f"No market is kept under {key[:12]}."
        raise StoreError(Finding(message, "Give the hash that a quote or plan names."))
    try:
        tables = json.loads(zlib.decompress(content))
        banks, stock, pricing = (values_of(each, tables[each.name]) for each in SCHEMAS)
        parcels = values_of(PARCELS, tables.get(PARCELS.name, []))
        market = market_of(banks, stock, pricing, parcels)
    except (zlib.error, ValueError, KeyError, ArithmeticError) as error:
        raise StoreError(Finding(f"Snapshot {key[:12]} can't be read.", _DAMAGED)) from error
    if market.snapshot != key:
        message = f"Snapshot {key[:12]} holds another market ({market.snapshot[:12]})."
        raise StoreError(Finding(message, _DAMAGED))
    return market


def _is_kept(session: Session, key: str) -> bool:
    statement = sa.select(sa.exists().where(SnapshotRow.hash == key))
    return bool(session.scalar(statement))
