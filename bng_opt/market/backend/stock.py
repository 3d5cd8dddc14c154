"""The sheet ``Stock``: units for sale, and those in quotes."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.market.backend.banks import BankKeys
from bng_opt.market.backend.sheets import OWN_STOCK_COLUMNS
from bng_opt.market.backend.translation import loud_row, quiet_rows, translated
from bng_opt.market.cells import RawTable, Report, Row

_UNITS = ("available_excl_quotes", "quantity_available")
_SAME = {"stock_id": "stock_id", "habitat": "habitat_name"}
_SAME |= {name: name for name in OWN_STOCK_COLUMNS}


def market_stock(table: RawTable, keys: BankKeys, report: Report) -> RawTable:
    """Return the sheet as the table ``stock``.

    Units for sale are ``available_excl_quotes`` where that is filled, else
    ``quantity_available``. More quoted than that is cut down to it, with a warning.
    """
    rows = list(quiet_rows(table))
    filled = [_units_column(row) for row in rows]
    made: dict[str, list[object]] = {
        "bank_id": [keys.of(row, report) for row in rows],
        "units": [row.raw(column) for row, column in zip(rows, filled, strict=True)],
        "quoted_units": [
            _quoted(row, row.number(column), report)
            for row, column in zip(rows, filled, strict=True)
        ],
    }
    there = [column for column in _UNITS if column in table.positions]
    headings = {
        "bank_id": keys.column(table, report),
        "units": " or ".join(there or _UNITS),
        "quoted_units": "quoted",
    }
    return translated(table, "stock", _SAME, made, headings)


def _units_column(row: Row) -> str:
    return _UNITS[0] if row.is_filled(_UNITS[0]) else _UNITS[1]


def _quoted(row: Row, units: Decimal | None, report: Report) -> object:
    """Return the quoted units of a row, at most those for sale."""
    quoted = row.number("quoted")
    if quoted is None or units is None or quoted <= units or units < 0:
        return row.raw("quoted")
    loud_row(row, report).warn(
        "quoted",
        f"{quoted} units are quoted, but only {units} are for sale: {units} are taken.",
        "Check both figures.",
    )
    return units
