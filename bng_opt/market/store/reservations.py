"""Stock that is set aside, sold and given back: counted in the database, never twice.

Each function works in the transaction of its caller, so that a quote's state and its stock
change together; their twins on a whole store are in :mod:`bng_opt.market.store.selling`. Rows are
taken in one order by everybody, reservations before stock lines and each sorted, so that two
buyers can't hold each other up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError, StockError
from bng_opt.market.store.audit import record
from bng_opt.market.store.stock_moves import (
    CANCEL,
    EXPIRE,
    RELEASE,
    REOPTIMISE,
    SELL,
    Move,
    count,
    shortage,
    take,
    won,
)
from bng_opt.market.store.tables import ReservationLineRow, ReservationRow, ReservationState
from bng_opt.market.store.types import MOST_UNITS, UNIT_STEP
from bng_opt.quantities import ZERO, units_text

BY_ITSELF = "bng-opt"
"""Who the audit log names where no person acted: a reservation's time ran out."""

_LIVE = (ReservationState.HELD.value, ReservationState.SOLD.value)


def reserve(
    session: Session,
    lines: Mapping[str, Decimal],
    *,
    now: datetime,
    by: str,
    expires_at: datetime,
    revision_id: int | None = None,
    purpose: str = "",
) -> int:
    """Set stock aside, all lines or none.

    Parameters
    ----------
    session
        A transaction that writes.
    lines
        Units by stock id, whole multiples of 0.0001 [units].
    now, by
        When, and who.
    expires_at
        From this moment on the stock is free again.
    revision_id
        The revision of a quote it is for; one holds stock once.
    purpose
        What it is for otherwise.

    Returns
    -------
    The number of the reservation.

    Raises
    ------
    InputError
        If units or times can't be.
    StockError
        If stock is lacking, with every line that lacks it; nothing is taken then.
    """
    _check_asked(lines, now, expires_at)
    # A caller that catches the error and carries on keeps nothing of it either.
    with session.begin_nested():
        due = _due(session, now, stock_ids=lines, revision_id=revision_id)
        _expire(session, due, now)
        _check_not_held(session, revision_id)
        short = [
            stock_id for stock_id in sorted(lines) if not take(session, stock_id, lines[stock_id])
        ]
        if short:
            raise StockError(shortage(session, stock_id, lines[stock_id]) for stock_id in short)
        reservation = ReservationRow(
            revision_id=revision_id,
            purpose=purpose,
            state=ReservationState.HELD.value,
            made_at=now,
            made_by=by,
            expires_at=expires_at,
        )
        _add_once(session, reservation)
        session.add_all(
            ReservationLineRow(reservation_id=reservation.id, stock_id=stock_id, units=units)
            for stock_id, units in sorted(lines.items())
        )
        details = {
            "lines": _as_text(lines),
            "expires_at": expires_at.isoformat(),
            "revision_id": revision_id,
            "purpose": purpose,
        }
        _record(session, reservation.id, "reserved", now, by, details)
        session.flush()
    return reservation.id


def sell(session: Session, reservation_id: int, *, now: datetime, by: str) -> None:
    """Turn stock that is held into a sale.

    Raises
    ------
    InputError
        If there is no such reservation.
    StockError
        If it doesn't hold stock any more: expired, released or sold already.
    """
    _close(session, reservation_id, SELL, now, by, alive=True)


def release(session: Session, reservation_id: int, *, now: datetime, by: str) -> None:
    """Give stock that is held back to the market.

    Raises
    ------
    InputError
        If there is no such reservation.
    StockError
        If it doesn't hold stock any more.
    """
    _close(session, reservation_id, RELEASE, now, by)


def cancel(session: Session, reservation_id: int, *, now: datetime, by: str) -> None:
    """Call off a sale: its stock goes back to the market.

    Raises
    ------
    InputError
        If there is no such reservation.
    StockError
        If it is no sale.
    """
    _close(session, reservation_id, CANCEL, now, by)


def expire_due(session: Session, now: datetime) -> tuple[int, ...]:
    """Give back the stock of all reservations whose time is over; return their numbers."""
    return _expire(session, _due(session, now), now)


def live_units(session: Session, now: datetime) -> dict[str, Decimal]:
    """Return what reservations hold at a moment, sales left out, by stock id [units]."""
    statement = (
        select(ReservationLineRow.stock_id, func.sum(ReservationLineRow.units).label("units"))
        .join(ReservationRow, ReservationRow.id == ReservationLineRow.reservation_id)
        .where(ReservationRow.state == ReservationState.HELD.value, ReservationRow.expires_at > now)
        .group_by(ReservationLineRow.stock_id)
        .order_by(ReservationLineRow.stock_id)
    )
    return dict(session.execute(statement).all())


def lines_of(session: Session, reservation_id: int) -> dict[str, Decimal]:
    """Return the units of a reservation by stock id, sorted [units]."""
    statement = select(ReservationLineRow.stock_id, ReservationLineRow.units).where(
        ReservationLineRow.reservation_id == reservation_id
    )
    return dict(sorted(session.execute(statement)))


def _check_asked(lines: Mapping[str, Decimal], now: datetime, expires_at: datetime) -> None:
    findings = [
        Finding(
            f"{units} units of stock line {stock_id} can't be reserved.",
            f"Reserve a positive multiple of {UNIT_STEP}, at most {MOST_UNITS}.",
        )
        for stock_id, units in lines.items()
        if not (units.is_finite() and 0 < units <= MOST_UNITS) or units % UNIT_STEP
    ]
    if not lines:
        findings.append(Finding("Nothing is to be reserved.", "Name stock lines and units."))
    if expires_at <= now:
        message = f"A reservation until {_moment(expires_at)} is over before it begins."
        findings.append(Finding(message, "Give a later moment."))
    if findings:
        raise InputError(findings)


def _check_not_held(session: Session, revision_id: int | None) -> None:
    if revision_id is None:
        return
    statement = select(ReservationRow.id).where(
        ReservationRow.revision_id == revision_id, ReservationRow.state.in_(_LIVE)
    )
    held = session.scalars(statement).one_or_none()
    if held is not None:
        raise StockError(_held_already(held))


def _add_once(session: Session, reservation: ReservationRow) -> None:
    """Add a reservation; another for the same revision may have come first."""
    try:
        with session.begin_nested():
            session.add(reservation)
    except IntegrityError:
        _check_not_held(session, reservation.revision_id)
        raise


def _held_already(reservation_id: int) -> Finding:
    return Finding(
        f"The quote has its stock already (reservation {reservation_id}).",
        "Release that reservation first, or go on with it.",
    )


def _due(
    session: Session,
    now: datetime,
    *,
    stock_ids: Iterable[str] | None = None,
    revision_id: int | None = None,
) -> list[int]:
    """Return the reservations whose time is over, all or those in the way."""
    statement = select(ReservationRow.id).where(
        ReservationRow.state == ReservationState.HELD.value, ReservationRow.expires_at <= now
    )
    if stock_ids is not None:
        of_lines = select(ReservationLineRow.reservation_id).where(
            ReservationLineRow.stock_id.in_(list(stock_ids))
        )
        in_the_way: ColumnElement[bool] = ReservationRow.id.in_(of_lines)
        if revision_id is not None:
            in_the_way |= ReservationRow.revision_id == revision_id
        statement = statement.where(in_the_way)
    return list(session.scalars(statement.order_by(ReservationRow.id)))


def _expire(session: Session, reservation_ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    over = tuple(one for one in reservation_ids if won(session, one, EXPIRE, now))
    back: dict[str, Decimal] = {}
    for reservation_id in over:
        lines = lines_of(session, reservation_id)
        for stock_id, units in lines.items():
            back[stock_id] = back.get(stock_id, ZERO) + units
        _record(session, reservation_id, "expired", now, BY_ITSELF, {"lines": _as_text(lines)})
    count(session, back, EXPIRE)
    return over


def _close(
    session: Session, reservation_id: int, move: Move, now: datetime, by: str, alive: bool = False
) -> None:
    """Bring a reservation to its next state, with its stock."""
    with session.begin_nested():
        if not won(session, reservation_id, move, now, alive=alive):
            raise _not_in_state(session, reservation_id, move)
        lines = lines_of(session, reservation_id)
        count(session, lines, move)
        _record(session, reservation_id, move.end.value, now, by, {"lines": _as_text(lines)})
        session.flush()


def _not_in_state(session: Session, reservation_id: int, move: Move) -> InputError | StockError:
    row = session.get(ReservationRow, reservation_id, populate_existing=True)
    if row is None:
        message = f"There is no reservation {reservation_id}."
        return InputError(Finding(message, "bng-opt quote list shows which quotes hold stock."))
    if row.state == move.start.value:
        message = f"Reservation {reservation_id} expired at {_moment(row.expires_at)}."
        return StockError(Finding(message, REOPTIMISE))
    message = f"Reservation {reservation_id} is {row.state}, not {move.start.value}."
    held = move.start is ReservationState.HELD and row.state != ReservationState.SOLD
    return StockError(Finding(message, REOPTIMISE if held else "Nothing was changed."))


def _record(
    session: Session,
    reservation_id: int,
    action: str,
    now: datetime,
    by: str,
    details: Mapping[str, object],
) -> None:
    record(
        session,
        at=now,
        who=by,
        action=action,
        kind="reservation",
        subject=str(reservation_id),
        details=details,
    )


def _as_text(lines: Mapping[str, Decimal]) -> dict[str, str]:
    return {stock_id: units_text(units) for stock_id, units in sorted(lines.items())}


def _moment(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")
