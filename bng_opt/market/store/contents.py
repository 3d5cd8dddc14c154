"""What the store holds of a market: its rows as the tables have them, with their state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.market.rows import Value
from bng_opt.market.schema import PARCELS
from bng_opt.market.store.tables import BankRow, ParcelRow, PriceRowRow, StockRow, Table

PriceKey = tuple[str, str, str, str]
"""Bank, habitat, contract size and tier, ``*`` for any."""


@dataclass(frozen=True)
class KeptBank:
    """A bank's row of ``banks``, and whether it sells."""

    row: tuple[Value, ...]
    active: bool


@dataclass(frozen=True)
class KeptLine:
    """A line's row of ``stock`` with its whole units; of them, those sold and reserved."""

    row: tuple[Value, ...]
    active: bool
    sold: Decimal
    reserved: Decimal

    @property
    def bank_id(self) -> str:
        """Return whose it is."""
        return str(self.row[1])

    @property
    def units(self) -> Decimal:
        """Return the whole stock [units]."""
        units = self.row[3]
        if not isinstance(units, Decimal):
            raise TypeError(f"{units!r} is no number of units")
        return units


@dataclass(frozen=True)
class PriceSpan:
    """A price and when it holds; both parts of it are None where nothing is sold."""

    id: int
    price: Decimal | None
    basis: str | None
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Return whether a day is within the validity."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def core(kind: type[Table]) -> sa.Table:
    """Return a table as rows without objects: far faster for thousands of them."""
    return kind.metadata.tables[kind.__tablename__]


def kept_banks(session: Session) -> dict[str, KeptBank]:
    """Return all banks by id, withdrawn ones too."""
    table = core(BankRow)
    rows = session.execute(sa.select(table).order_by(table.c.bank_id))
    return {row.bank_id: KeptBank(_bank_values(row), row.active) for row in rows}


def _bank_values(row: Any) -> tuple[Value, ...]:
    return (
        row.bank_id,
        row.bank_name,
        row.lpa,
        row.nca,
        None if row.lat is None else Decimal(repr(row.lat)),
        None if row.lon is None else Decimal(repr(row.lon)),
        row.postcode,
        row.waterbody,
        row.operational_catchment,
        row.marine_plan_area,
        row.bgs_reference,
        row.fixed_fee_pence,
    )


def kept_lines(session: Session, *, lock: bool = False) -> dict[str, KeptLine]:
    """Return all stock lines by id, withdrawn ones too.

    Parameters
    ----------
    lock
        Whether nobody else may change them until the transaction ends; taken in the order
        in which everybody takes them.
    """
    table = core(StockRow)
    statement = sa.select(table).order_by(table.c.stock_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return {
        row.stock_id: KeptLine(_stock_values(row), row.active, row.sold_e4, row.reserved_e4)
        for row in session.execute(statement)
    }


def _stock_values(row: Any) -> tuple[Value, ...]:
    return (
        row.stock_id,
        row.bank_id,
        row.habitat,
        row.units_e4,
        row.gross_e4,
        row.baseline_habitat,
        row.baseline_e4,
        row.quoted_e4,
    )


def kept_parcels(session: Session) -> dict[str, tuple[Value, ...]]:
    """Return the rows of ``parcels`` by stock id, of withdrawn lines too."""
    table = core(ParcelRow)
    columns = [table.c[name] for name in PARCELS.names]
    rows = session.execute(sa.select(*columns).order_by(table.c.stock_id))
    return dict(_parcel_values(tuple(row)) for row in rows)


def _parcel_values(row: tuple[str, ...]) -> tuple[str, tuple[Value, ...]]:
    stock_id, works, size, *words = row
    return stock_id, (stock_id, works, Decimal(size), *words)


def price_spans(session: Session, day: date) -> Mapping[PriceKey, tuple[PriceSpan, ...]]:
    """Return the prices that hold on a day or after it, by what they are for, in order of time."""
    spans: dict[PriceKey, list[PriceSpan]] = {}
    for key, span in _spans(session, day):
        spans.setdefault(key, []).append(span)
    return {key: tuple(own) for key, own in spans.items()}


def _spans(session: Session, day: date) -> Iterator[tuple[PriceKey, PriceSpan]]:
    table = core(PriceRowRow)
    statement = (
        sa.select(table)
        .where(sa.or_(table.c.valid_to.is_(None), table.c.valid_to > day))
        .order_by(table.c.valid_from, table.c.id)
    )
    for row in session.execute(statement):
        key = (row.bank_id, row.habitat, row.contract_size, row.tier)
        yield key, PriceSpan(row.id, row.price_pence, row.basis, row.valid_from, row.valid_to)
