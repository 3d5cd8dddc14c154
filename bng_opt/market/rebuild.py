"""Rows of the tables back as records, where they were checked before they were kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache

from bng_opt.market.parcels import Parcel
from bng_opt.market.records import (
    ANY,
    Bank,
    BlankPrice,
    ContractSize,
    Price,
    PriceBasis,
    StockLine,
    Tier,
)
from bng_opt.market.rows import Value
from bng_opt.market.schema import BANKS, PARCELS, PRICING, STOCK, TableSchema
from bng_opt.market.snapshot import Market
from bng_opt.metric.units import HabitatState
from bng_opt.places import Place
from bng_opt.quantities import ZERO
from bng_opt.reference import Habitat, catalogue
from bng_opt.reference.conditions import find_condition
from bng_opt.reference.multipliers import Intervention

_FIGURES = {
    BANKS.name: ("lat", "lon", "fixed_fee_gbp"),
    STOCK.name: ("units", "gross_units", "baseline_units", "quoted_units"),
    PRICING.name: ("price",),
    PARCELS.name: ("size",),
}
"""The columns that hold numbers."""


def market_of(
    banks: Iterable[Sequence[Value]],
    stock: Iterable[Sequence[Value]],
    pricing: Iterable[Sequence[Value]],
    parcels: Iterable[Sequence[Value]] = (),
) -> Market:
    """Return the market of tables of rows, each in the order of its columns.

    Raises
    ------
    InputError
        If a place or a habitat is none that the statutory tables have.
    """
    prices: list[Price] = []
    blanks: list[BlankPrice] = []
    for row in pricing:
        record = _price(row)
        if isinstance(record, Price):
            prices.append(record)
        else:
            blanks.append(record)
    lines = {line.stock_id: line for line in map(_line, stock)}
    return Market(
        tuple(map(_bank, banks)), tuple(lines.values()), tuple(prices), tuple(blanks),
        tuple(_parcel(row, lines) for row in parcels),
    )  # fmt: skip


def values_of(schema: TableSchema, rows: Iterable[Sequence[str]]) -> Iterable[tuple[Value, ...]]:
    """Return rows that were written as text with their numbers as numbers."""
    figures = [name in _FIGURES[schema.name] for name in schema.names]
    for row in rows:
        yield tuple(
            (Decimal(text) if text else None) if is_figure else text
            for text, is_figure in zip(row, figures, strict=True)
        )


def _bank(row: Sequence[Value]) -> Bank:
    bank_id, name, lpa, nca, lat, lon, postcode, waterbody, catchment, marine, reference, fee = row
    place = Place(
        _text(lpa),
        _text(nca),
        _text(waterbody) or None,
        _text(catchment) or None,
        _text(marine) or None,
        None if lat is None else float(lat),
        None if lon is None else float(lon),
    )
    return Bank(
        _text(bank_id), _text(name), place, _text(postcode), _text(reference), _number(fee) or ZERO
    )


def _line(row: Sequence[Value]) -> StockLine:
    stock_id, bank_id, habitat, units, gross, baseline, lost, quoted = row
    return StockLine(
        _text(stock_id),
        _text(bank_id),
        _habitat(_text(habitat)),
        _number(units) or ZERO,
        _number(gross),
        _habitat(_text(baseline)) if baseline else None,
        _number(lost),
        _number(quoted) or ZERO,
    )


def _parcel(row: Sequence[Value], lines: Mapping[str, StockLine]) -> Parcel:
    stock_id, works, size, *words = row
    condition, significance, advance, delay, encroachment, riparian, *before = map(_text, words)
    line = lines[_text(stock_id)]
    after = HabitatState(
        line.habitat, find_condition(condition), significance, encroachment, riparian
    )
    habitat, was, was_significant, *water = before
    start = (
        HabitatState(_habitat(habitat), find_condition(was), was_significant, *water)
        if habitat
        else None
    )
    return Parcel(
        line.stock_id, Intervention(_text(works)), _number(size) or ZERO, after, start, advance,
        delay,
    )  # fmt: skip


def _price(row: Sequence[Value]) -> Price | BlankPrice:
    bank_id, habitat, size, tier, price, basis = row
    about = (
        _text(bank_id),
        None if habitat == ANY else _habitat(_text(habitat)),
        None if size == ANY else ContractSize(_text(size)),
        None if tier == ANY else Tier(_text(tier)),
    )
    pounds = _number(price)
    if pounds is None:
        return BlankPrice(*about)
    return Price(*about, pounds, PriceBasis(_text(basis)))


@cache
def _habitat(name: str) -> Habitat:
    return catalogue().find(name)


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _number(value: Value) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    raise TypeError(f"{value!r} is no number")
