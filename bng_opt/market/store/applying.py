"""Carry out the plan of an import: rows in bulk, within the transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.market.rows import Value, cell_text
from bng_opt.market.schema import BANKS, PARCELS, STOCK
from bng_opt.market.store.contents import core
from bng_opt.market.store.differences import Change, ChangeKind
from bng_opt.market.store.planning import Contents, ImportPlan
from bng_opt.market.store.tables import BankRow, ParcelRow, PriceListRow, PriceRowRow, StockRow
from bng_opt.market.store.validity import NewSpan, SpanEdits

_BANK_COLUMNS = (
    *("bank_id", "bank_name", "lpa", "nca", "lat", "lon", "postcode", "waterbody"),
    *("operational_catchment", "marine_plan_area", "bgs_reference", "fixed_fee_pence"),
)
_STOCK_COLUMNS = (
    *("stock_id", "bank_id", "habitat", "units_e4", "gross_e4", "baseline_habitat"),
    *("baseline_e4", "quoted_e4"),
)

_Record = dict[str, Any]


def apply_rows(session: Session, plan: ImportPlan, contents: Contents) -> None:
    """Add, change and withdraw banks and stock lines, and what these are on the ground."""
    banks = [change for change in plan.changes if change.table == BANKS.name]
    stock = [change for change in plan.changes if change.table == STOCK.name]
    # A bank before its lines, which name it.
    _apply(session, core(BankRow), "bank_id", _new_rows(banks, _bank), contents.banks.keys())
    _apply(session, core(StockRow), "stock_id", _new_rows(stock, _line), contents.lines.keys())
    _withdraw(session, core(BankRow).c.bank_id, banks)
    _withdraw(session, core(StockRow).c.stock_id, stock)
    _apply_parcels(session, [c for c in plan.changes if c.table == PARCELS.name])


def _apply_parcels(session: Session, changes: Iterable[Change]) -> None:
    """Put the new rows in place of the old: nothing else names a parcel."""
    table = core(ParcelRow)
    keys = [{"the_key": change.key} for change in changes]
    if not keys:
        return
    gone = sa.delete(table).where(table.c.stock_id == sa.bindparam("the_key"))
    session.connection().execute(gone, keys)
    rows = [
        dict(zip(PARCELS.names, map(cell_text, change.after), strict=True))
        for change in changes
        if change.after is not None
    ]
    if rows:
        session.connection().execute(sa.insert(table), rows)


def _new_rows(changes: Iterable[Change], record: Any) -> list[_Record]:
    return [record(change.after) for change in changes if change.after is not None]


def _bank(row: tuple[Value, ...]) -> _Record:
    own: _Record = dict(zip(_BANK_COLUMNS, row, strict=True))
    own |= {name: None if own[name] is None else float(own[name]) for name in ("lat", "lon")}
    return {**own, "active": True}


def _line(row: tuple[Value, ...]) -> _Record:
    return {**dict(zip(_STOCK_COLUMNS, row, strict=True)), "active": True}


def _apply(
    session: Session, table: sa.Table, key: str, rows: list[_Record], known: Iterable[str]
) -> None:
    """Insert the rows that are new, and update those that are there, withdrawn ones too."""
    there = set(known)
    new = [row for row in rows if row[key] not in there]
    old = [{f"the_{name}": value for name, value in row.items()} for row in rows]
    old = [row for row in old if row[f"the_{key}"] in there]
    if new:
        nothing = {"sold_e4": 0, "reserved_e4": 0} if "sold_e4" in table.c else {}
        session.execute(sa.insert(table), [{**row, **nothing} for row in new])
    if old:
        values: _Record = {name: sa.bindparam(f"the_{name}") for name in rows[0] if name != key}
        statement = sa.update(table).where(table.c[key] == sa.bindparam(f"the_{key}"))
        session.connection().execute(statement.values(values), old)


def _withdraw(session: Session, key: sa.Column[Any], changes: Iterable[Change]) -> None:
    gone = [{"the_key": c.key} for c in changes if c.kind is ChangeKind.WITHDRAWN]
    if gone:
        statement = sa.update(key.table).where(key == sa.bindparam("the_key"))
        session.connection().execute(statement.values(active=False), gone)


def apply_prices(session: Session, spans: SpanEdits, made: PriceListRow) -> None:
    """Add a version of the price list, and end and begin the prices that it changes."""
    session.add(made)
    session.flush()
    table = core(PriceRowRow)
    by_id = table.c.id == sa.bindparam("the_id")
    connection = session.connection()
    if spans.dropped:
        connection.execute(sa.delete(table).where(by_id), _ids(spans.dropped))
    if spans.ended:
        ending = sa.update(table).where(by_id).values(valid_to=made.valid_from)
        connection.execute(ending, _ids(spans.ended))
    if spans.begun:
        rows = [_span(span, made.id, made.valid_from) for span in spans.begun]
        connection.execute(sa.insert(table), rows)


def _ids(ids: Iterable[int]) -> list[Mapping[str, int]]:
    return [{"the_id": one} for one in ids]


def _span(span: NewSpan, list_id: int, begin: date) -> _Record:
    bank_id, habitat, size, tier = span.key
    return {
        "price_list_id": list_id,
        "bank_id": bank_id,
        "habitat": habitat,
        "contract_size": size,
        "tier": tier,
        "price_pence": span.price,
        "basis": span.basis,
        "valid_from": begin,
        "valid_to": span.valid_to,
    }
