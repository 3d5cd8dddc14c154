"""The sheet ``Pricing``: prices per delivered unit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.market.backend.banks import BankKeys
from bng_opt.market.backend.translation import loud_row, quiet_rows, translated
from bng_opt.market.cells import RawTable, Report, Row
from bng_opt.market.habitats import FindHabitat
from bng_opt.market.records import PriceBasis
from bng_opt.reference import normalise

_SAME = {
    "habitat": "habitat_name",
    "contract_size": "contract_size",
    "tier": "tier",
    "price": "price",
}
_PSEUDO = "netgain"
"""What the names of habitats begin with that only stand for a need, never for stock."""


def market_pricing(
    table: RawTable, keys: BankKeys, stock: RawTable | None, report: Report, find: FindHabitat
) -> RawTable:
    """Return the sheet as the table ``pricing``, per delivered unit.

    Left out with a warning: prices of pseudo habitats that no stock has, and rows that say
    again what an earlier row says.
    """
    pseudo = _pseudo_habitats(table, stock)
    report.warnings += [_pseudo_warning(table, name, count) for name, count in pseudo.items()]
    named = ((row, keys.of(row, report)) for row in quiet_rows(table))
    wanted = [(row, bank) for row, bank in named if row.text("habitat_name") not in pseudo]
    kept = list(_once(wanted, report, find))
    made: dict[str, list[object]] = {
        "bank_id": [bank for _, bank in kept],
        "basis": [PriceBasis.DELIVERED.value] * len(kept),
    }
    headings = {"bank_id": keys.column(table, report)}
    rows = [(row.row_number, row.cells) for row, _ in kept]
    return translated(table, "pricing", _SAME, made, headings, rows)


def is_pseudo(name: str) -> bool:
    """Return whether a name stands for a need, such as "Net Gain (Low-equivalent)"."""
    return normalise(name).startswith(_PSEUDO)


def _pseudo_habitats(table: RawTable, stock: RawTable | None) -> dict[str, int]:
    """Return how many rows price each pseudo habitat that no stock line names."""
    sold = {normalise(row.text("habitat")) for row in quiet_rows(stock)} if stock else set()
    counts: dict[str, int] = {}
    for row in quiet_rows(table):
        name = row.text("habitat_name")
        if is_pseudo(name) and normalise(name) not in sold:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _pseudo_warning(table: RawTable, name: str, count: int) -> Finding:
    rows = "1 price" if count == 1 else f"{count} prices"
    return Finding(
        f'{rows} of "{name}" left out: it is no habitat and no stock has it.',
        "Nothing need be done; what any habitat may fill is priced by the habitat sold.",
        table.file,
        table.sheet,
        column="habitat_name",
    )


def _once(
    rows: list[tuple[Row, str]], report: Report, find: FindHabitat
) -> Iterator[tuple[Row, str]]:
    """Return the rows without those that repeat an earlier one, which are warned of."""
    first: dict[tuple[str, ...], tuple[int, Decimal | None]] = {}
    habitats: dict[str, str] = {}
    for row, bank in rows:
        written = row.text("habitat_name")
        if written not in habitats:
            habitats[written] = _canonical(written, find)
        words = (row.text("contract_size").casefold(), row.text("tier").casefold())
        price = row.number("price")
        number, earlier = first.setdefault(
            (bank, habitats[written], *words), (row.row_number, price)
        )
        if number != row.row_number and price == earlier and row.sound("price"):
            message = f"The row says what row {number} says: it is left out."
            loud_row(row, report).warn("price", message, "Keep one of them.")
            continue
        yield row, bank


def _canonical(name: str, find: FindHabitat) -> str:
    try:
        return find(name).name
    except InputError:
        return normalise(name)
