"""What a market has in stock, as the page lists it: by habitat, by bank, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from bng_opt.market import Bank, ContractSize, Market, PriceBasis, StockLine, Tier
from bng_opt.quantities import ZERO
from bng_opt.reference import Habitat, Ledger

_PLACES = [(tier, size) for tier in Tier for size in ContractSize]


@dataclass(frozen=True)
class PriceRange:
    """The listed prices of something [GBP/unit].

    Attributes
    ----------
    least, most
        Over all tiers and contract sizes.
    delivered
        Whether some of them are for the unit that counts after the spatial risk multiplier.
    """

    least: Decimal
    most: Decimal
    delivered: bool

    @staticmethod
    def over(ranges: Iterable[PriceRange | None]) -> PriceRange | None:
        """Return the range over several; None if there is none."""
        found = [each for each in ranges if each is not None]
        if not found:
            return None
        return PriceRange(
            min(each.least for each in found),
            max(each.most for each in found),
            any(each.delivered for each in found),
        )


@dataclass(frozen=True)
class HabitatStock:
    """What there is of one habitat.

    Attributes
    ----------
    banks, lines
        How many have it, in how many lines.
    units
        Free to sell [units], with a price.
    prices
        None where no line has any.
    unpriced
        Lines without a price: they aren't sold, and aren't in the units.
    """

    habitat: Habitat
    banks: int
    lines: int
    units: Decimal
    prices: PriceRange | None
    unpriced: int


@dataclass(frozen=True)
class BankStock:
    """What one bank has.

    Attributes
    ----------
    units
        Free to sell with a price, by ledger [units].
    """

    bank: Bank
    lines: int
    units: Mapping[Ledger, Decimal]
    prices: PriceRange | None
    unpriced: int


@dataclass(frozen=True)
class LineStock:
    """A stock line and its prices; None where it has none and isn't sold."""

    line: StockLine
    prices: PriceRange | None


class StockBook:
    """A market's stock, worked out once for all that the page shows of it."""

    def __init__(self, market: Market) -> None:
        self.market = market

    @cached_property
    def lines(self) -> tuple[LineStock, ...]:
        """Return every stock line with its prices, by stock id."""
        return tuple(LineStock(line, _prices(self.market, line)) for line in self.market.stock)

    @cached_property
    def habitats(self) -> tuple[HabitatStock, ...]:
        """Return the stock by habitat, in the order of the ledgers and then by name."""
        by_habitat: dict[Habitat, list[LineStock]] = {}
        for each in self.lines:
            by_habitat.setdefault(each.line.habitat, []).append(each)
        ledgers = list(Ledger)
        found = sorted(by_habitat, key=lambda h: (ledgers.index(h.ledger), h.name))
        return tuple(_habitat_stock(habitat, by_habitat[habitat]) for habitat in found)

    @cached_property
    def banks(self) -> tuple[BankStock, ...]:
        """Return the stock by bank, by the banks' names."""
        by_bank: dict[str, list[LineStock]] = {bank.bank_id: [] for bank in self.market.banks}
        for each in self.lines:
            by_bank[each.line.bank_id].append(each)
        banks = sorted(self.market.banks, key=lambda bank: (bank.name.casefold(), bank.bank_id))
        return tuple(_bank_stock(bank, by_bank[bank.bank_id]) for bank in banks)

    def units_of(self, ledger: Ledger) -> Decimal:
        """Return what is for sale in a ledger [units]."""
        return sum((each.units for each in self.habitats if each.habitat.ledger is ledger), ZERO)

    def habitats_like(self, text: str) -> tuple[HabitatStock, ...]:
        """Return the habitats that a search finds; all for a blank one."""
        return tuple(each for each in self.habitats if _matches(text, each.habitat.name))

    def banks_like(self, text: str) -> tuple[BankStock, ...]:
        """Return the banks that a search finds by name, id or place; else by what they sell."""
        if not text.strip():
            return self.banks
        if named := tuple(each for each in self.banks if _matches(text, *_names_of(each.bank))):
            return named
        sellers = self._sellers_like(text)
        return tuple(each for each in self.banks if each.bank.bank_id in sellers)

    def lines_of(self, bank: Bank) -> tuple[LineStock, ...]:
        """Return the lines of a bank."""
        return tuple(each for each in self.lines if each.line.bank_id == bank.bank_id)

    def _sellers_like(self, text: str) -> frozenset[str]:
        return frozenset(
            each.line.bank_id for each in self.lines if _matches(text, each.line.habitat.name)
        )


def _prices(market: Market, line: StockLine) -> PriceRange | None:
    found = [
        price for tier, size in _PLACES if (price := market.price_for(line, tier, size)) is not None
    ]
    if not found:
        return None
    amounts = [price.price_gbp for price in found]
    delivered = any(price.basis is PriceBasis.DELIVERED for price in found)
    return PriceRange(min(amounts), max(amounts), delivered)


def _habitat_stock(habitat: Habitat, lines: list[LineStock]) -> HabitatStock:
    priced = [each for each in lines if each.prices is not None]
    return HabitatStock(
        habitat,
        len({each.line.bank_id for each in priced}),
        len(priced),
        sum((each.line.units for each in priced), ZERO),
        PriceRange.over(each.prices for each in priced),
        len(lines) - len(priced),
    )


def _bank_stock(bank: Bank, lines: list[LineStock]) -> BankStock:
    priced = [each for each in lines if each.prices is not None]
    units = {
        ledger: sum(
            (each.line.units for each in priced if each.line.habitat.ledger is ledger), ZERO
        )
        for ledger in Ledger
    }
    prices = PriceRange.over(each.prices for each in priced)
    return BankStock(bank, len(priced), units, prices, len(lines) - len(priced))


def _names_of(bank: Bank) -> tuple[str, ...]:
    return (bank.name, bank.bank_id, bank.place.lpa, bank.place.nca)


def _matches(text: str, *names: str) -> bool:
    """Return whether every word of a search is in the names, whatever its case."""
    together = " ".join(names).casefold()
    return all(word in together for word in text.casefold().split())
