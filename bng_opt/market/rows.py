"""Records as the rows of the tables: the one form that is written and hashed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bng_opt.market.parcels import Parcel
from bng_opt.market.records import ANY, Bank, BlankPrice, Price, StockLine

Value = str | Decimal | None


def decimal_text(number: Decimal) -> str:
    """Return a number in its shortest plain spelling, so that 1, 1.0 and 1E0 are one.

    Examples
    --------
    >>> decimal_text(Decimal("1.50")), decimal_text(Decimal("1E+2")), decimal_text(Decimal("-0"))
    ('1.5', '100', '0')
    """
    if not number:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cell_text(value: Value) -> str:
    """Return a cell as it is written in a CSV file; blank for None."""
    if value is None:
        return ""
    return decimal_text(value) if isinstance(value, Decimal) else value


def bank_row(bank: Bank) -> tuple[Value, ...]:
    """Return the row of ``banks`` in the order of its columns."""
    place = bank.place
    return (
        bank.bank_id,
        bank.name,
        place.lpa,
        place.nca,
        None if place.lat is None else Decimal(repr(float(place.lat))),
        None if place.lon is None else Decimal(repr(float(place.lon))),
        bank.postcode,
        place.waterbody,
        place.operational_catchment,
        place.marine_plan_area,
        bank.bgs_reference,
        bank.fixed_fee_gbp,
    )


def stock_row(line: StockLine) -> tuple[Value, ...]:
    """Return the row of ``stock`` in the order of its columns."""
    return (
        line.stock_id,
        line.bank_id,
        line.habitat.name,
        line.units,
        line.gross_units,
        None if line.baseline_habitat is None else line.baseline_habitat.name,
        line.baseline_units,
        line.quoted_units,
    )


def price_row(row: Price | BlankPrice) -> tuple[Value, ...]:
    """Return the row of ``pricing`` in the order of its columns."""
    return (
        row.bank_id,
        ANY if row.habitat is None else row.habitat.name,
        ANY if row.contract_size is None else row.contract_size.value,
        ANY if row.tier is None else row.tier.value,
        row.price_gbp if isinstance(row, Price) else None,
        row.basis.value if isinstance(row, Price) else None,
    )


def parcel_row(parcel: Parcel) -> tuple[Value, ...]:
    """Return the row of ``parcels`` in the order of its columns."""
    after, before = parcel.after, parcel.before
    return (
        parcel.stock_id,
        parcel.works.value,
        parcel.size,
        after.condition.value,
        after.significance,
        parcel.advance,
        parcel.delay,
        after.encroachment,
        after.riparian,
        "" if before is None else before.habitat.name,
        "" if before is None else before.condition.value,
        "" if before is None else before.significance,
        "" if before is None else before.encroachment,
        "" if before is None else before.riparian,
    )


def text_rows(rows: Iterator[tuple[Value, ...]]) -> Iterator[list[str]]:
    """Return rows with every cell as text."""
    return ([cell_text(value) for value in row] for row in rows)
