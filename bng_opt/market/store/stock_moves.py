"""What a reservation does to stock: guarded changes that the database carries out alone.

A stock line is taken by one UPDATE that holds only if enough is free at that moment, and a
reservation changes its state by one UPDATE that only one of many can win.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import exists, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from bng_opt.errors import Finding
from bng_opt.market.store.tables import BankRow, ReservationRow, ReservationState, StockRow, Table
from bng_opt.quantities import ZERO, units_text

REOPTIMISE = "Optimise again on the market as it is now (of a quote: bng-opt quote revise)."


@dataclass(frozen=True)
class Move:
    """What a change of state does to the counters of a stock line, for each of its units."""

    start: ReservationState
    end: ReservationState
    reserved: int
    sold: int


SELL = Move(ReservationState.HELD, ReservationState.SOLD, reserved=-1, sold=+1)
RELEASE = Move(ReservationState.HELD, ReservationState.RELEASED, reserved=-1, sold=0)
EXPIRE = Move(ReservationState.HELD, ReservationState.EXPIRED, reserved=-1, sold=0)
CANCEL = Move(ReservationState.SOLD, ReservationState.CANCELLED, reserved=0, sold=-1)


def take(session: Session, stock_id: str, units: Decimal) -> bool:
    """Reserve units of one line if they are free and for sale; return whether it did."""
    for_sale = exists().where(BankRow.bank_id == StockRow.bank_id, BankRow.active)
    statement = (
        update(StockRow)
        .where(
            StockRow.stock_id == stock_id,
            StockRow.active,
            for_sale,
            StockRow.units - StockRow.sold - StockRow.reserved >= units,
        )
        .values(reserved=StockRow.reserved + units)
    )
    return _change(session, statement, StockRow, stock_id)


def count(session: Session, lines: Mapping[str, Decimal], move: Move) -> None:
    """Change the counters of stock lines, in the order that everybody takes them."""
    for stock_id, units in sorted(lines.items()):
        statement = (
            update(StockRow)
            .where(StockRow.stock_id == stock_id)
            .values(
                reserved=StockRow.reserved + move.reserved * units,
                sold=StockRow.sold + move.sold * units,
            )
        )
        _change(session, statement, StockRow, stock_id)


def won(
    session: Session, reservation_id: int, move: Move, now: datetime, *, alive: bool = False
) -> bool:
    """Change a reservation's state if it is the one expected; return whether it did.

    Parameters
    ----------
    alive
        Whether a reservation whose time is over is left as it is.
    """
    statement = update(ReservationRow).where(
        ReservationRow.id == reservation_id, ReservationRow.state == move.start.value
    )
    if alive:
        statement = statement.where(ReservationRow.expires_at > now)
    statement = statement.values(state=move.end.value, closed_at=now)
    return _change(session, statement, ReservationRow, reservation_id)


def shortage(session: Session, stock_id: str, wanted: Decimal) -> Finding:
    """Say why a line could not be taken, as it stands now."""
    statement = (
        select(StockRow.units, StockRow.sold, StockRow.reserved, StockRow.active, StockRow.habitat)
        .add_columns(BankRow.active, BankRow.bank_name)
        .join(BankRow, BankRow.bank_id == StockRow.bank_id)
        .where(StockRow.stock_id == stock_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return Finding(f"There is no stock line {stock_id} in the store.", REOPTIMISE)
    units, sold, reserved, line_active, habitat, bank_active, bank = row
    line = f"Stock line {stock_id} ({habitat}, {bank})"
    if not (line_active and bank_active):
        return Finding(f"{line} is no longer for sale.", REOPTIMISE)
    free = max(units - sold - reserved, ZERO)
    message = f"{line}: {units_text(wanted)} units wanted, {units_text(free)} free."
    return Finding(message, REOPTIMISE)


def _change(session: Session, statement: Any, kind: type[Table], key: object) -> bool:
    """Carry out an UPDATE of one row on the database's own values; return whether it did."""
    unsynchronised = {"synchronize_session": False}
    result = session.execute(statement, execution_options=unsynchronised)
    loaded = session.identity_map.get(identity_key(kind, key))
    if loaded is not None:
        session.expire(loaded)
    return cast("CursorResult[Any]", result).rowcount == 1
