"""What has changed between two markets: banks, stock and prices, in the field's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    RowKind,
    bullets,
    joined,
    named,
    paragraph,
    part,
    table,
    units_shown,
)
from bng_opt.batch.content.stock_and_prices import HabitatStock, by_habitat
from bng_opt.market import ContractSize, Market, Price
from bng_opt.quantities import ZERO, counted, rate_text
from bng_opt.reference import Ledger

MOST_LINES = 40
"""Changed stock lines that are named: the largest; more fill pages that nobody reads."""


class Kind(StrEnum):
    """What became of a stock line."""

    ADDED = "new"
    WITHDRAWN = "withdrawn"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True)
class LineChange:
    """A stock line whose units for sale are others than before.

    Attributes
    ----------
    before, after
        Units for sale [units]; None where the line isn't on the market.
    """

    stock_id: str
    bank: str
    habitat: str
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal:
        """Return how many units came or went [units]."""
        return (self.after or ZERO) - (self.before or ZERO)

    @property
    def kind(self) -> Kind:
        """Return what became of the line."""
        if self.before is None:
            return Kind.ADDED
        if self.after is None:
            return Kind.WITHDRAWN
        return Kind.MORE if self.change > 0 else Kind.LESS


@dataclass(frozen=True)
class PriceMoves:
    """How many rows of the price list moved, and how."""

    raised: int
    lowered: int
    added: int
    withdrawn: int

    @property
    def any(self) -> int:
        """Return how many moved at all."""
        return self.raised + self.lowered + self.added + self.withdrawn


@dataclass(frozen=True)
class MarketChange:
    """Two markets beside each other."""

    before: Market
    after: Market

    @property
    def is_none(self) -> bool:
        """Return whether both are the same."""
        return self.before.snapshot == self.after.snapshot

    def banks(self) -> tuple[list[str], list[str]]:
        """Return the names of the banks that came and that went."""
        old = {bank.bank_id: bank.name for bank in self.before.banks}
        new = {bank.bank_id: bank.name for bank in self.after.banks}
        came = [f"{name} ({key})" for key, name in new.items() if key not in old]
        went = [f"{name} ({key})" for key, name in old.items() if key not in new]
        return came, went

    def lines(self) -> tuple[LineChange, ...]:
        """Return the stock lines that changed, the largest change first."""
        old = {line.stock_id: line for line in self.before.stock}
        new = {line.stock_id: line for line in self.after.stock}
        names = {bank.bank_id: bank.name for bank in (*self.before.banks, *self.after.banks)}
        changes = []
        for key in old.keys() | new.keys():
            before, after = old.get(key), new.get(key)
            known = after or before
            if known is None or (before and after and before.units == after.units):
                continue
            change = LineChange(
                key,
                names[known.bank_id],
                known.habitat.name,
                before.units if before else None,
                after.units if after else None,
            )
            changes.append(change)
        return tuple(sorted(changes, key=lambda each: (-abs(each.change), each.stock_id)))

    def price_moves(self) -> PriceMoves:
        """Return how many rows of the price list moved."""
        old, new = _by_key(self.before), _by_key(self.after)
        both = [(old[key].price_gbp, new[key].price_gbp) for key in old.keys() & new.keys()]
        return PriceMoves(
            sum(after > before for before, after in both),
            sum(after < before for before, after in both),
            len(new.keys() - old.keys()),
            len(old.keys() - new.keys()),
        )


def change_words(change: MarketChange) -> str:
    """Return the changes in one sentence."""
    if change.is_none:
        return "Nothing has changed."
    came, went = change.banks()
    moves = change.price_moves()
    parts = [
        f"{counted(len(came), 'bank')} more" if came else "",
        f"{counted(len(went), 'bank')} fewer" if went else "",
        f"{counted(len(change.lines()), 'stock line')} changed" if change.lines() else "",
        f"{counted(moves.raised, 'price')} raised" if moves.raised else "",
        f"{counted(moves.lowered, 'price')} lowered" if moves.lowered else "",
        f"{counted(moves.added, 'price')} added" if moves.added else "",
        f"{counted(moves.withdrawn, 'price')} withdrawn" if moves.withdrawn else "",
    ]
    said = ", ".join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}." if said else "Only particulars of banks or lines."


def change_blocks(change: MarketChange, size: ContractSize) -> Block:
    """Return the changes of banks, stock and prices."""
    if change.is_none:
        return paragraph("Nothing has changed: stock, prices and banks are the same.")
    came, went = change.banks()
    return joined(
        (
            paragraph(change_words(change)),
            part("Banks that came", bullets(came)),
            part("Banks that went", bullets(went)),
            part("Stock and median price by habitat", _habitat_table(change, size)),
            part("Stock lines", _line_table(change.lines())),
        )
    )


def _habitat_table(change: MarketChange, size: ContractSize) -> Block:
    columns = (
        Column("Habitat", width=32),
        Column("Units before", True),
        Column("Now", True),
        Column("Change", True),
        Column("Price before", True),
        Column("Now", True),
        Column("Change", True),
    )
    old = {stock.habitat.name: stock for stock in by_habitat(change.before, size)}
    new = {stock.habitat.name: stock for stock in by_habitat(change.after, size)}
    caption = (
        f"Units for sale, and median price of a unit from a local bank at contract size {size}"
    )
    return table(caption, columns, list(_habitat_rows(old, new)))


def _habitat_rows(
    old: Mapping[str, HabitatStock], new: Mapping[str, HabitatStock]
) -> Iterator[Row]:
    habitats = {stock.habitat for stock in (*old.values(), *new.values())}
    for ledger in Ledger:
        rows = []
        for name in sorted(habitat.name for habitat in habitats if habitat.ledger is ledger):
            units = tuple(side[name].units if name in side else ZERO for side in (old, new))
            prices = tuple(side[name].median_gbp if name in side else None for side in (old, new))
            if units[0] != units[1] or prices[0] != prices[1]:
                rows.append(Row((name, *_unit_cells(*units), *_price_cells(*prices))))
        if rows:
            yield Row((f"{ledger.value.capitalize()} units", *[""] * 6), RowKind.GROUP)
            yield from rows


def _unit_cells(before: Decimal, after: Decimal) -> tuple[str, str, str]:
    return units_shown(before), units_shown(after), _signed_units(after - before)


def _price_cells(before: Decimal | None, after: Decimal | None) -> tuple[str, str, str]:
    moved = ""
    if before and after and before != after:
        moved = f"{(after - before) / before:+.1%}"
    return _price(before), _price(after), moved


def _price(amount: Decimal | None) -> str:
    return "none" if amount is None else rate_text(amount)


def _line_table(lines: tuple[LineChange, ...]) -> Block:
    columns = (
        Column("Bank", width=32),
        Column("Habitat"),
        Column("Before", True),
        Column("Now", True),
        Column("Change", True),
    )
    rows = [
        Row(
            (
                named(line.bank, line.stock_id),
                line.habitat,
                Kind.ADDED.value if line.before is None else units_shown(line.before),
                Kind.WITHDRAWN.value if line.after is None else units_shown(line.after),
                _signed_units(line.change),
            )
        )
        for line in lines[:MOST_LINES]
    ]
    rest = len(lines) - len(rows)
    note = f"And {counted(rest, 'line')} with smaller changes." if rest else ""
    caption = "Units of each line before the multiplier, the largest change first"
    return joined((table(caption, columns, rows), paragraph(note, "note")))


def _signed_units(units: Decimal) -> str:
    if not units:
        return ""
    return f"+{units_shown(units)}" if units > 0 else f"-{units_shown(-units)}"


def _by_key(market: Market) -> dict[tuple[str, str, str, str], Price]:
    return {row.key: row for row in market.prices}
