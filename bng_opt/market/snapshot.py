"""The market as one frozen value: what is sold at which price, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bng_opt.errors import Finding, InputError
from bng_opt.market.parcels import Parcel
from bng_opt.market.records import (
    ANY,
    Bank,
    BlankPrice,
    ContractSize,
    Price,
    StockLine,
    Tier,
)
from bng_opt.market.rows import Value, bank_row, parcel_row, price_row, stock_row, text_rows
from bng_opt.market.schema import BANKS, PARCELS, PRICING, STOCK
from bng_opt.quantities import ZERO, units_text
from bng_opt.reference import Habitat, Ledger, nearest

if TYPE_CHECKING:
    import pandas as pd

_SNAPSHOT_FORM = "bng-opt market 1"
"""Named in every fingerprint, so that a change of its form changes it."""


@dataclass(frozen=True, repr=False)
class Market:
    """Every bank, stock line and price of one moment.

    Records may be given in any order: they are kept by bank id, by stock id, and by bank,
    habitat, tier and contract size.

    Attributes
    ----------
    banks, stock, prices
        The records, sorted.
    blank_prices
        Price rows without a price: what they cover is not sold.
    parcels
        What stock lines are on the ground, where it is stated, by stock id.
    notes
        What the reading found worth knowing; not part of the content.

    Raises
    ------
    InputError
        If an id or a price row stands twice, or a record names a bank that isn't there.
    """

    banks: tuple[Bank, ...]
    stock: tuple[StockLine, ...]
    prices: tuple[Price, ...]
    blank_prices: tuple[BlankPrice, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    notes: tuple[Finding, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "banks", tuple(sorted(self.banks, key=lambda bank: bank.bank_id)))
        keep(self, "stock", tuple(sorted(self.stock, key=lambda line: line.stock_id)))
        keep(self, "prices", tuple(sorted(self.prices, key=lambda row: row.key)))
        keep(self, "blank_prices", tuple(sorted(self.blank_prices, key=lambda row: row.key)))
        keep(self, "parcels", tuple(sorted(self.parcels, key=lambda parcel: parcel.stock_id)))
        findings = [*self._repeated_ids(), *self._unknown_banks(), *self._unknown_lines()]
        if findings:
            raise InputError(findings)

    def _repeated_ids(self) -> Iterator[Finding]:
        ids: dict[str, list[Hashable]] = {
            "bank_id": [bank.bank_id for bank in self.banks],
            "stock_id": [line.stock_id for line in self.stock],
            "parcel": [parcel.stock_id for parcel in self.parcels],
            "price row": [row.key for row in (*self.prices, *self.blank_prices)],
        }
        for kind, values in ids.items():
            for value in _repeated(values):
                yield Finding(f"The {kind} {value!r} stands more than once.", "Keep one of them.")

    def _unknown_banks(self) -> Iterator[Finding]:
        named = {line.bank_id for line in self.stock}
        named |= {row.bank_id for row in (*self.prices, *self.blank_prices)}
        for bank_id in sorted(named - self._banks_by_id.keys()):
            yield _unknown_bank(bank_id, self._banks_by_id)

    def _unknown_lines(self) -> Iterator[Finding]:
        for stock_id in sorted(self._parcels_by_line.keys() - {s.stock_id for s in self.stock}):
            message = f'A parcel is of the stock line "{stock_id}", which isn\'t there.'
            yield Finding(message, "Add the line to stock, or take the parcel out.")

    @cached_property
    def _parcels_by_line(self) -> Mapping[str, Parcel]:
        return {parcel.stock_id: parcel for parcel in self.parcels}

    def parcel_of(self, stock_id: str) -> Parcel | None:
        """Return what a stock line is on the ground; None where that isn't stated."""
        return self._parcels_by_line.get(stock_id)

    @cached_property
    def _banks_by_id(self) -> Mapping[str, Bank]:
        return {bank.bank_id: bank for bank in self.banks}

    @cached_property
    def _lines_by_bank(self) -> Mapping[str, tuple[StockLine, ...]]:
        lines: dict[str, list[StockLine]] = {}
        for line in self.stock:
            lines.setdefault(line.bank_id, []).append(line)
        return {bank_id: tuple(own) for bank_id, own in lines.items()}

    @cached_property
    def _price_index(self) -> Mapping[tuple[str, str], Mapping[tuple[str, str], Price | None]]:
        index: dict[tuple[str, str], dict[tuple[str, str], Price | None]] = {}
        for row in (*self.prices, *self.blank_prices):
            bank_id, habitat, tier, size = row.key
            group = index.setdefault((bank_id, habitat), {})
            group[tier, size] = row if isinstance(row, Price) else None
        return index

    def bank(self, bank_id: str) -> Bank:
        """Return the bank of this id.

        Raises
        ------
        InputError
            If there is none; it offers the nearest three.
        """
        try:
            return self._banks_by_id[bank_id]
        except KeyError:
            raise InputError(_unknown_bank(bank_id, self._banks_by_id)) from None

    def lines_of(self, bank_id: str) -> tuple[StockLine, ...]:
        """Return the stock lines of a bank, by stock id; none if it sells nothing."""
        self.bank(bank_id)
        return self._lines_by_bank.get(bank_id, ())

    def price_for(self, line: StockLine, tier: Tier, size: ContractSize) -> Price | None:
        """Return the price of a stock line at a tier and a contract size.

        The most specific row counts, looking at habitat first, then tier, then contract
        size. If that row is blank the price isn't known: no wider row stands in for it.

        Returns
        -------
        Price or None
            None if the line isn't sold there.
        """
        return self.listed_price(line.bank_id, line.habitat, tier, size)

    def listed_price(
        self, bank_id: str, habitat: Habitat | None, tier: Tier, size: ContractSize
    ) -> Price | None:
        """Return a bank's price of a habitat as :meth:`price_for` finds it for a line.

        Parameters
        ----------
        habitat
            None for any that the bank's price list doesn't name.
        """
        index = self._price_index
        names = (ANY,) if habitat is None else (habitat.name, ANY)
        for name in names:
            group = index.get((bank_id, name))
            if group is None:
                continue
            for key in ((tier, size), (tier, ANY), (ANY, size), (ANY, ANY)):
                if key in group:
                    return group[key]
        return None

    @cached_property
    def unpriced(self) -> tuple[StockLine, ...]:
        """Return the lines that have no price at any tier and contract size: never sold."""
        places = [(tier, size) for tier in Tier for size in ContractSize]
        return tuple(
            line
            for line in self.stock
            if all(self.price_for(line, tier, size) is None for tier, size in places)
        )

    @cached_property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what the reading noted, and one finding for each line without a price."""
        return (*self.notes, *(_no_price(line) for line in self.unpriced))

    @cached_property
    def snapshot(self) -> str:
        """Return the SHA-256 of the content [64 hex digits], whatever its order or spelling.

        Two markets with the same records have the same snapshot: it is the cache key and
        the reference in reports.
        """
        digest = hashlib.sha256(_SNAPSHOT_FORM.encode())
        for name, rows in self.tables():
            table = json.dumps([name, list(text_rows(rows))], ensure_ascii=False)
            digest.update(table.encode())
        return digest.hexdigest()

    def tables(self) -> Iterator[tuple[str, Iterator[tuple[Value, ...]]]]:
        """Return the name and the rows of each table, in the schema's columns.

        Parcels come last, and only where there are any.
        """
        price_rows: list[Price | BlankPrice] = [*self.prices, *self.blank_prices]
        price_rows.sort(key=lambda row: row.key)
        yield BANKS.name, map(bank_row, self.banks)
        yield STOCK.name, map(stock_row, self.stock)
        yield PRICING.name, map(price_row, price_rows)
        if self.parcels:
            yield PARCELS.name, map(parcel_row, self.parcels)

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables as DataFrames, which :func:`load_market` reads back.

        Returns
        -------
        dict of str to DataFrame
            ``banks``, ``stock`` and ``pricing`` (and ``parcels``, where any are stated), with
            the columns of the market folder
            (``bng_opt.market.schema`` says what each means). Units, pounds and degrees are
            float64, missing ones NaN; words are str, missing ones empty.
        """
        from bng_opt.market.frames import market_frames

        return market_frames(self)

    def summary(self) -> str:
        """Return the market as a short report."""
        stating = sum(line.states_baseline for line in self.stock)
        fees = sum(bank.fixed_fee_gbp > 0 for bank in self.banks)
        lines = [
            f"Market {self.snapshot[:12]}: {len(self.banks):,} banks, "
            f"{len(self.stock):,} stock lines, {len(self.prices):,} prices",
            *(self._ledger_text(ledger) for ledger in Ledger),
            f"  lines that state a baseline: {stating:,}; banks with a fixed fee: {fees:,}",
            *([f"  lines that state their land: {len(self.parcels):,}"] if self.parcels else []),
            f"  lines without any price, not sold: {len(self.unpriced):,}; "
            f"blank price rows: {len(self.blank_prices):,}",
            f"  warnings: {len(self.warnings):,}",
        ]
        return "\n".join(lines)

    def _ledger_text(self, ledger: Ledger) -> str:
        own = [line for line in self.stock if line.habitat.ledger is ledger]
        units = sum((line.units for line in own), ZERO)
        habitats = len({line.habitat.name for line in own})
        return (
            f"  {ledger.value}: {units_text(units)} units on {len(own):,} lines, "
            f"{habitats} habitat types"
        )

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Market of {len(self.banks)} banks and {len(self.stock)} stock lines>"


def _repeated(values: Iterable[Hashable]) -> list[Hashable]:
    return [value for value, count in Counter(values).items() if count > 1]


def _unknown_bank(bank_id: str, known: Iterable[str]) -> Finding:
    names = ", ".join(f'"{name}"' for name in nearest(bank_id, known))
    return Finding(f'Unknown bank "{bank_id}".', f"Nearest ids: {names}.")


def _no_price(line: StockLine) -> Finding:
    return Finding(
        f'Stock line "{line.stock_id}" ({line.habitat.name}, bank "{line.bank_id}") has no '
        "price: it is not sold.",
        "Add a row to pricing for its bank and habitat, or fill in the blank price.",
        file="stock",
    )
