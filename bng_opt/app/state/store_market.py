"""The store's market as the page takes it, and whether it has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.market import Market
from bng_opt.market.store import Store
from bng_opt.market.store.lists import PriceList, price_lists
from bng_opt.market.store.snapshots import market_at
from bng_opt.market.store.tables import AuditRow, ReservationRow, ReservationState

_STOCK = ("market", "reservation", "quote")
"""What the audit log says of these changes the stock, or what stands in quotes."""


@dataclass(frozen=True)
class Mark:
    """Tells quickly whether a store's market may be another than it was.

    Attributes
    ----------
    last_change
        The newest line of the audit log on the market, reservations and quotes.
    day
        Prices hold by the day.
    held
        How many reservations hold: one whose time is over frees its stock without a line in
        the log.
    """

    last_change: int
    day: date
    held: int


@dataclass(frozen=True)
class StoreMarket:
    """The store's market at one moment.

    Attributes
    ----------
    changed_at
        When stock or prices were changed last; None if they never were.
    price_list
        The newest version of the price list.
    """

    market: Market
    at: datetime
    mark: Mark
    changed_at: datetime | None
    price_list: PriceList | None


def read_store_market(store: Store) -> StoreMarket:
    """Return the store's market as it is now.

    Raises
    ------
    StoreError
        If the store can't be read.
    """
    now = store.clock()
    with store.read() as session:
        return StoreMarket(
            market_at(session, now),
            now,
            _mark(session, now),
            _changed_at(session),
            next(iter(price_lists(session)), None),
        )


def read_mark(store: Store) -> Mark:
    """Return the mark of the store's market as it is now.

    Raises
    ------
    StoreError
        If the store can't be read.
    """
    with store.read() as session:
        return _mark(session, store.clock())


def _mark(session: Session, now: datetime) -> Mark:
    last = sa.select(sa.func.max(AuditRow.id)).where(AuditRow.subject_kind.in_(_STOCK))
    held = sa.select(sa.func.count(ReservationRow.id)).where(
        ReservationRow.state == ReservationState.HELD.value, ReservationRow.expires_at > now
    )
    return Mark(session.scalar(last) or 0, now.date(), session.scalar(held) or 0)


def _changed_at(session: Session) -> datetime | None:
    newest = sa.select(sa.func.max(AuditRow.at)).where(AuditRow.subject_kind.in_(_STOCK))
    return session.scalar(newest)
