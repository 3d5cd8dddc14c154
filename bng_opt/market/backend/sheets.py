"""The sheets of the broker's back-end workbook and their columns.

Columns that the broker's own programs don't know (such as ``fixed_fee_gbp``) stand last: they
carry what the three tables of a market hold and the workbook otherwise would not.
"""

from __future__ import annotations

from bng_opt.market.schema import BANKS as MARKET_BANKS
from bng_opt.market.schema import STOCK as MARKET_STOCK
from bng_opt.market.schema import Column, TableSchema

_WATERS = ("waterbody", "operational_catchment", "marine_plan_area")
OWN_BANK_COLUMNS = (*_WATERS, "bgs_reference", "fixed_fee_gbp")
OWN_STOCK_COLUMNS = ("gross_units", "baseline_habitat", "baseline_units")


def _own(schema: TableSchema, names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(column for column in schema.columns if column.name in names)


BANKS = TableSchema(
    "Banks",
    (
        Column("bank_id", "unique id", required=True),
        Column("bank_name", "name", required=True),
        Column("lpa_name", "local planning authority"),
        Column("nca_name", "National Character Area"),
        Column("postcode", "postcode"),
        Column("address", "not used"),
        Column("lat", "latitude [degrees, WGS84]"),
        Column("lon", "longitude [degrees, WGS84]"),
        Column("BANK_KEY", "what other sheets may call the bank"),
        *_own(MARKET_BANKS, OWN_BANK_COLUMNS),
    ),
)

STOCK = TableSchema(
    "Stock",
    (
        Column("stock_id", "unique id", required=True),
        Column("bank_id", "the selling bank"),
        Column("habitat_name", "habitat", required=True),
        Column("quantity_available", "units for sale where the next column is blank"),
        Column("available_excl_quotes", "units for sale, quoted ones included"),
        Column("quoted", "of them, units in open quotes"),
        Column("bank_name", "the selling bank, where there is no bank_id"),
        Column("BANK_KEY", "the selling bank, where there is no bank_id"),
        *_own(MARKET_STOCK, OWN_STOCK_COLUMNS),
    ),
)

PRICING = TableSchema(
    "Pricing",
    (
        Column("bank_id", "the selling bank"),
        Column("habitat_name", "habitat", required=True),
        Column("contract_size", "fractional, small, medium, large", required=True),
        Column("tier", "local, adjacent, far", required=True),
        Column("price", "per unit after the multiplier [GBP]", required=True),
        Column("broader_type", "not used"),
        Column("distinctiveness_name", "not used"),
        Column("bank_name", "the selling bank, where there is no bank_id"),
        Column("BANK_KEY", "the selling bank, where there is no bank_id"),
    ),
)

CATALOGUE = TableSchema(
    "HabitatCatalog",
    (
        Column("habitat_name", "habitat", required=True),
        Column("broader_type", "broad habitat"),
        Column("distinctiveness_name", "distinctiveness"),
        Column("UmbrellaType", "area, hedgerow or watercourse"),
    ),
)

LEVELS = TableSchema(
    "DistinctivenessLevels",
    (
        Column("distinctiveness_name", "distinctiveness", required=True),
        Column("level_value", "score", required=True),
    ),
)

RISK = TableSchema(
    "SRM",
    (
        Column("tier", "local, adjacent, far", required=True),
        Column("multiplier", "spatial risk multiplier, or its inverse", required=True),
    ),
)

TRADING_RULES = "TradingRules"

MARKET_SHEETS = {"banks": BANKS, "stock": STOCK, "pricing": PRICING}
"""By the table of the market that each is read as."""

COMPARED = (CATALOGUE, LEVELS, RISK)
"""Sheets that are compared with the statutory tables, which stay what counts."""

SIGNS = (*(schema.name for schema in COMPARED), TRADING_RULES)
"""Sheets that a workbook of the three tables doesn't have: any of them marks the back end."""
