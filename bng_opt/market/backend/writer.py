"""A market as the sheets of the broker's back-end workbook."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bng_opt.errors import Finding
from bng_opt.market.backend.sheets import (
    BANKS,
    CATALOGUE,
    LEVELS,
    OWN_BANK_COLUMNS,
    OWN_STOCK_COLUMNS,
    PRICING,
    RISK,
    STOCK,
)
from bng_opt.market.records import ContractSize, Price, PriceBasis, StockLine, Tier
from bng_opt.market.rows import Value, bank_row, stock_row
from bng_opt.market.schema import BANKS as MARKET_BANKS
from bng_opt.market.schema import STOCK as MARKET_STOCK
from bng_opt.market.sheet_writer import SheetRows
from bng_opt.market.snapshot import Market
from bng_opt.places import Category, multiplier
from bng_opt.quantities import round_money
from bng_opt.reference import Distinctiveness, Habitat, Ledger, catalogue
from bng_opt.reference.conditions import distinctiveness_score

_RISKS = {Tier(category.tier): multiplier(category) for category in Category}
_BANK_COLUMNS = {"lpa_name": "lpa", "nca_name": "nca"}
_STOCK_COLUMNS = {
    "habitat_name": "habitat",
    "quantity_available": "units",
    "available_excl_quotes": "units",
    "quoted": "quoted_units",
}


def backend_sheets(market: Market) -> tuple[list[SheetRows], list[Finding]]:
    """Return the sheets of a back-end workbook, and what such a workbook can't say.

    Prices are per delivered unit, as that workbook has them: those per unit bought are
    divided by the multiplier of their tier and rounded to the penny. A row for any habitat,
    tier or contract size becomes a row for each of what the bank has in stock.

    Parameters
    ----------
    market
        What to write.
    """
    prices = list(_price_rows(market))
    rounded = sum(exact != shown for *_, exact, shown in prices)
    sheets = [
        SheetRows(BANKS.name, BANKS.names, list(_banks(market))),
        SheetRows(STOCK.name, STOCK.names, list(_stock(market))),
        SheetRows(PRICING.name, PRICING.names, [_priced(*row) for row in prices]),
        SheetRows(CATALOGUE.name, CATALOGUE.names, list(_catalogue())),
        SheetRows(LEVELS.name, LEVELS.names, list(_levels())),
        SheetRows(RISK.name, RISK.names, [(tier.value, risk) for tier, risk in _RISKS.items()]),
    ]
    return sheets, list(_losses(market, rounded))


def _banks(market: Market) -> Iterator[tuple[Value, ...]]:
    for bank in market.banks:
        own = dict(zip(MARKET_BANKS.names, bank_row(bank), strict=True))
        yield tuple(own.get(_BANK_COLUMNS.get(name, name)) for name in BANKS.names)


def _stock(market: Market) -> Iterator[tuple[Value, ...]]:
    for line in market.stock:
        own = dict(zip(MARKET_STOCK.names, stock_row(line), strict=True))
        yield tuple(own.get(_STOCK_COLUMNS.get(name, name)) for name in STOCK.names)


_PriceRow = tuple[StockLine, ContractSize, Tier, Decimal, Decimal]


def _price_rows(market: Market) -> Iterator[_PriceRow]:
    """Return a price for each habitat, contract size and tier that a bank sells at."""
    for bank in market.banks:
        lines = {line.habitat.name: line for line in market.lines_of(bank.bank_id)}
        for _, line in sorted(lines.items()):
            for size in ContractSize:
                for tier in Tier:
                    price = market.price_for(line, tier, size)
                    if price is not None:
                        exact = _delivered(price, tier)
                        yield line, size, tier, exact, round_money(exact)


def _delivered(price: Price, tier: Tier) -> Decimal:
    """Return a price per delivered unit [GBP/unit]."""
    if price.basis is PriceBasis.DELIVERED:
        return price.price_gbp
    return price.price_gbp / _RISKS[tier]


def _priced(
    line: StockLine, size: ContractSize, tier: Tier, exact: Decimal, shown: Decimal
) -> tuple[Value, ...]:
    habitat = line.habitat
    own: dict[str, Value] = {
        "bank_id": line.bank_id,
        "habitat_name": habitat.name,
        "contract_size": size.value,
        "tier": tier.value,
        "price": shown,
        "broader_type": _broader_type(habitat),
        "distinctiveness_name": habitat.distinctiveness.value,
    }
    return tuple(own.get(name) for name in PRICING.names)


def _broader_type(habitat: Habitat) -> str:
    return habitat.broad_habitat or habitat.ledger.value.title()


def _catalogue() -> Iterator[tuple[Value, ...]]:
    for habitat in catalogue().habitats:
        band, ledger = habitat.distinctiveness.value, habitat.ledger.value
        yield habitat.name, _broader_type(habitat), band, ledger


def _levels() -> Iterator[tuple[Value, ...]]:
    for band in Distinctiveness:
        yield band.value, Decimal(distinctiveness_score(Ledger.AREA, band))


def _losses(market: Market, rounded: int) -> Iterator[Finding]:
    """Return what programs that know this workbook will not see of the market."""
    stating = sum(line.states_baseline for line in market.stock)
    fees = sum(bank.fixed_fee_gbp > 0 for bank in market.banks)
    if stating or fees:
        own = ", ".join((*OWN_BANK_COLUMNS, *OWN_STOCK_COLUMNS))
        yield Finding(
            f"{fees} fixed fees and the baselines of {stating} lines stand in columns of ours, "
            "which the broker's own programs don't know.",
            f"bng-opt reads them back: {own}.",
        )
    if rounded:
        yield Finding(
            f"{rounded} prices per unit bought have no exact price per delivered unit: rounded "
            "to the penny.",
            "Export the folder or the workbook of the three tables to keep them exact.",
        )
    sold = {(line.bank_id, line.habitat.name) for line in market.stock}
    unsold = sum(
        row.habitat is not None and (row.bank_id, row.habitat.name) not in sold
        for row in market.prices
    )
    if unsold:
        yield Finding(
            f"{unsold} prices of habitats that their bank has no stock of are left out.",
            "Export the folder or the workbook of the three tables to keep them.",
        )
