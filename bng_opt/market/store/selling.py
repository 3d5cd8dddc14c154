"""Reserve, sell and give back stock of a store: one transaction each.

>>> from bng_opt.market.store.selling import reserve_stock, sell_stock
>>> number = reserve_stock(store, {"S1": Decimal("1.5")}, by="Ann")  # doctest: +SKIP
>>> sell_stock(store, number, by="Ann")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from bng_opt.market.store import reservations
from bng_opt.market.store.database import Store

HOLD = timedelta(hours=168)
"""How long stock is set aside where nobody says otherwise: a week."""


def reserve_stock(
    store: Store,
    lines: Mapping[str, Decimal],
    *,
    by: str,
    hold: timedelta = HOLD,
    revision_id: int | None = None,
    purpose: str = "",
) -> int:
    """Set stock aside, all lines or none; see :func:`bng_opt.market.store.reservations.reserve`.

    Parameters
    ----------
    hold
        For how long.

    Returns
    -------
    The number of the reservation.
    """

    def within(session: Session) -> int:
        now = store.clock()
        return reservations.reserve(
            session,
            lines,
            now=now,
            by=by,
            expires_at=now + hold,
            revision_id=revision_id,
            purpose=purpose,
        )

    return store.run(within)


def sell_stock(store: Store, reservation_id: int, *, by: str) -> None:
    """Turn stock that is held into a sale."""
    store.run(lambda session: reservations.sell(session, reservation_id, now=store.clock(), by=by))


def release_stock(store: Store, reservation_id: int, *, by: str) -> None:
    """Give stock that is held back to the market."""
    store.run(
        lambda session: reservations.release(session, reservation_id, now=store.clock(), by=by)
    )


def cancel_sale(store: Store, reservation_id: int, *, by: str) -> None:
    """Call off a sale: its stock goes back to the market."""
    store.run(
        lambda session: reservations.cancel(session, reservation_id, now=store.clock(), by=by)
    )


def expire_stock(store: Store) -> tuple[int, ...]:
    """Give back the stock of all reservations whose time is over; return their numbers."""
    return store.run(lambda session: reservations.expire_due(session, store.clock()))
