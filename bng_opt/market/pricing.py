"""Rows of ``pricing`` as records: every rule of what such a row may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from bng_opt.errors import Finding
from bng_opt.market.cells import Lookup, RawTable, Report, Row
from bng_opt.market.habitats import FindHabitat, statutory_habitat
from bng_opt.market.ids import BankIds, Once, rows_of
from bng_opt.market.records import ANY, BlankPrice, ContractSize, Price, PriceBasis, Tier
from bng_opt.reference import Habitat

Word = TypeVar("Word", bound=StrEnum)

_SIZES: Mapping[str, ContractSize | None] = {
    **{str(size): size for size in ContractSize},
    ANY: None,
}
_TIERS: Mapping[str, Tier | None] = {**{str(tier): tier for tier in Tier}, ANY: None}
_BASES: Mapping[str, PriceBasis | None] = {str(basis): basis for basis in PriceBasis}


def read_pricing(
    table: RawTable, bank_ids: BankIds, report: Report, find: FindHabitat = statutory_habitat
) -> tuple[list[Price], list[BlankPrice]]:
    """Return the prices and the blank prices; rows with errors are reported and left out."""
    once = Once()
    habitats = Lookup(_any_or(find))
    prices: list[Price] = []
    blanks: list[BlankPrice] = []
    for row in rows_of(table, report):
        record = _price(row, once, bank_ids, habitats)
        if isinstance(record, Price):
            prices.append(record)
        elif record is not None:
            blanks.append(record)
            row.adopt("price", [_blank_price(record)], warn=True)
    return prices, blanks


def _price(
    row: Row, once: Once, bank_ids: BankIds, habitats: Lookup[Habitat | None]
) -> Price | BlankPrice | None:
    bank_id = bank_ids.of(row)
    habitat = habitats.of(row, "habitat", required=True)
    size = _word(row, "contract_size", _SIZES)
    tier = _word(row, "tier", _TIERS)
    price = row.number("price")
    basis = _word(row, "basis", _BASES, required=price is not None)
    if price is not None and price <= 0:
        row.error("price", f"The price is {price}.", "Write pounds above 0, or leave it blank.")
    if bank_id is None or not row.sound("bank_id", "habitat", "contract_size", "tier"):
        return None
    record: Price | BlankPrice
    if price is None or basis is None:
        record = BlankPrice(bank_id, habitat, size, tier)
    else:
        record = Price(bank_id, habitat, size, tier, price, basis)
    once.check(row, "price", record.key, "A price for the same bank, habitat, size and tier")
    return record if row.sound() else None


def _any_or(find: FindHabitat) -> Callable[[str], Habitat | None]:
    return lambda text: None if text == ANY else find(text)


def _word(
    row: Row, column: str, words: Mapping[str, Word | None], *, required: bool = True
) -> Word | None:
    """Return what the word of a cell stands for; None for ``*``, blank, or wrong (reported)."""
    text = row.text(column, required=required)
    if text in words:
        return words[text]
    if text and text.casefold() in words:
        return words[text.casefold()]
    if text:
        spoken = column.replace("_", " ")
        row.error(column, f'"{text}" is no {spoken}.', f"Write one of {', '.join(words)}.")
    return None


def _blank_price(row: BlankPrice) -> Finding:
    habitat = "any habitat" if row.habitat is None else row.habitat.name
    tier = "any tier" if row.tier is None else f"tier {row.tier}"
    size = (
        "any contract size" if row.contract_size is None else f"contract size {row.contract_size}"
    )
    return Finding(
        f'The price is blank: bank "{row.bank_id}" does not sell {habitat} at {tier} and '
        f"{size}, even where a wider row has a price.",
        "Fill in the price, or take the row out to let a wider row apply.",
    )
