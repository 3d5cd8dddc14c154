"""A market counted: what is for sale at which price, by habitat, planning authority and NCA."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from bng_opt.batch.content.blocks import Block, Column, Row, RowKind, named, table, units_shown
from bng_opt.market import Bank, ContractSize, Market, StockLine, Tier
from bng_opt.quantities import ZERO, pounds, rate_text, round_money
from bng_opt.reference import Habitat, Ledger, catalogue


@dataclass(frozen=True)
class HabitatStock:
    """What a market has of one habitat.

    Attributes
    ----------
    lines
        The stock lines with units for sale that have a price somewhere.
    prices
        What they cost locally at one contract size, the lowest first [GBP/unit]; a line that
        has no price there has none here.
    """

    habitat: Habitat
    lines: tuple[StockLine, ...]
    prices: tuple[Decimal, ...]

    @property
    def units(self) -> Decimal:
        """Return the units for sale [units]."""
        return sum((line.units for line in self.lines), ZERO)

    @property
    def quoted(self) -> Decimal:
        """Return how many of them stand in open quotes [units]."""
        return sum((line.quoted_units for line in self.lines), ZERO)

    @property
    def banks(self) -> frozenset[str]:
        """Return the ids of the banks that sell it."""
        return frozenset(line.bank_id for line in self.lines)

    @property
    def median_gbp(self) -> Decimal | None:
        """Return the middle price [GBP/unit]; None without any."""
        return round_money(median(self.prices)) if self.prices else None


def for_sale(market: Market) -> tuple[StockLine, ...]:
    """Return the stock lines that can be bought: with units, and with a price somewhere."""
    unpriced = {line.stock_id for line in market.unpriced}
    return tuple(line for line in market.stock if line.units > 0 and line.stock_id not in unpriced)


def by_habitat(market: Market, size: ContractSize) -> tuple[HabitatStock, ...]:
    """Return what a market has of each habitat, in the order of the statutory lists.

    Parameters
    ----------
    size
        The contract size of the prices. They are those of a local bank, whose multiplier is
        1: per unit bought and per unit that counts are then the same.
    """
    lines: dict[str, list[StockLine]] = {}
    for line in for_sale(market):
        lines.setdefault(line.habitat.name, []).append(line)
    return tuple(
        HabitatStock(
            habitat, tuple(lines[habitat.name]), local_prices(market, lines[habitat.name], size)
        )
        for habitat in catalogue().habitats
        if habitat.name in lines
    )


def local_prices(
    market: Market, lines: Iterable[StockLine], size: ContractSize
) -> tuple[Decimal, ...]:
    """Return what lines cost locally at a contract size, the lowest first [GBP/unit]."""
    prices = (market.price_for(line, Tier.LOCAL, size) for line in lines)
    return tuple(sorted(price.price_gbp for price in prices if price is not None))


def stock_table(stocks: Sequence[HabitatStock], size: ContractSize) -> Block:
    """Return stock and prices by habitat, with the sum of each ledger."""
    columns = (
        Column("Habitat", width=30),
        Column("Band"),
        Column("Banks", True),
        Column("Units", True),
        Column("Quoted", True),
        Column("Lowest", True),
        Column("Median", True),
        Column("Highest", True),
    )
    rows: list[Row] = []
    for ledger in Ledger:
        own = [stock for stock in stocks if stock.habitat.ledger is ledger]
        if not own:
            continue
        rows.append(Row((f"{ledger.value.capitalize()} units", *[""] * 7), RowKind.GROUP))
        rows += [_stock_row(stock) for stock in own]
        banks = frozenset(bank for stock in own for bank in stock.banks)
        sums = (sum((s.units for s in own), ZERO), sum((s.quoted for s in own), ZERO))
        cells = ("", str(len(banks)), units_shown(sums[0]), _known(sums[1]), "", "", "")
        rows.append(Row((f"Sum of {ledger.value} units", *cells), RowKind.SUM))
    caption = (
        "Units before the multiplier, of which quoted to others; price of a unit from a local "
        f"bank at contract size {size.value}, before VAT"
    )
    return table(caption, columns, rows)


def _stock_row(stock: HabitatStock) -> Row:
    prices = stock.prices
    ends = (prices[0], stock.median_gbp, prices[-1]) if prices else (None, None, None)
    return Row(
        (
            stock.habitat.name,
            stock.habitat.distinctiveness.value,
            str(len(stock.banks)),
            units_shown(stock.units),
            _known(stock.quoted),
            *("none" if each is None else rate_text(each) for each in ends),
        )
    )


def size_table(market: Market, stocks: Sequence[HabitatStock]) -> Block:
    """Return the middle price of each habitat by contract size."""
    columns = (
        Column("Habitat", width=40),
        *(Column(size.value.capitalize(), True) for size in ContractSize),
    )
    rows = [
        Row(
            (
                stock.habitat.name,
                *(_middle(local_prices(market, stock.lines, size)) for size in ContractSize),
            )
        )
        for stock in stocks
    ]
    return table("Median price of a unit from a local bank by contract size", columns, rows)


def _known(units: Decimal) -> str:
    return units_shown(units) if units else ""


def _middle(prices: Sequence[Decimal]) -> str:
    return pounds(median(prices)) if prices else "none"


def area_table(market: Market, title: str, area_of: Callable[[Bank], str]) -> Block:
    """Return the stock of each area that has a bank.

    Parameters
    ----------
    title
        What the areas are.
    area_of
        Returns the area of a bank.
    """
    columns = (
        Column(title, width=34),
        Column("Banks", True),
        *(Column(f"{ledger.value.capitalize()} units", True) for ledger in Ledger),
        Column("Habitats", True),
    )
    lines: dict[str, list[StockLine]] = {}
    for line in for_sale(market):
        lines.setdefault(area_of(market.bank(line.bank_id)), []).append(line)
    rows = [Row((area, *_area_cells(own))) for area, own in sorted(lines.items())]
    if rows:
        rows.append(Row(("Together", *_area_cells(for_sale(market))), RowKind.TOTAL))
    return table("Units for sale before the multiplier", columns, rows)


def _area_cells(lines: Sequence[StockLine]) -> Iterator[str]:
    yield str(len({line.bank_id for line in lines}))
    for ledger in Ledger:
        units = sum((line.units for line in lines if line.habitat.ledger is ledger), ZERO)
        yield _known(units)
    yield str(len({line.habitat.name for line in lines}))


def unpriced_table(market: Market) -> Block:
    """Return the stock lines that have no price at all, so that nobody can buy them."""
    columns = (Column("Bank", width=40), Column("Habitat"), Column("Units", True))
    rows = [
        Row(
            (
                named(market.bank(line.bank_id).name, line.stock_id),
                line.habitat.name,
                units_shown(line.units),
            )
        )
        for line in market.unpriced
    ]
    return table("Lines without a price at any distance and contract size", columns, rows)
