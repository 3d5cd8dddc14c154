"""The columns of the market tables, in the order they are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: its name, what it means, and whether every table must have it."""

    name: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    """A table of the market: ``<name>.csv``, or the sheet or DataFrame of that name."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)


BANKS = TableSchema(
    "banks",
    (
        Column("bank_id", "unique id", required=True),
        Column("bank_name", "name", required=True),
        Column("lpa", "local planning authority", required=True),
        Column("nca", "National Character Area", required=True),
        Column("lat", "latitude [degrees, WGS84]"),
        Column("lon", "longitude [degrees, WGS84]"),
        Column("postcode", "postcode"),
        Column("waterbody", "WFD waterbody id"),
        Column("operational_catchment", "WFD operational catchment"),
        Column("marine_plan_area", "marine plan area"),
        Column("bgs_reference", "reference on the biodiversity gain sites register"),
        Column("fixed_fee_gbp", "charged once per purchase [GBP]; blank is 0"),
    ),
)

STOCK = TableSchema(
    "stock",
    (
        Column("stock_id", "unique id", required=True),
        Column("bank_id", "the selling bank", required=True),
        Column("habitat", "habitat as in the statutory metric", required=True),
        Column("units", "net units free to sell, before the multiplier", required=True),
        Column("gross_units", "the whole line's units after the works"),
        Column("baseline_habitat", "the habitat lost by the works"),
        Column("baseline_units", "the whole line's units before the works"),
        Column("quoted_units", "of units, how many stand in open quotes; blank is 0"),
    ),
)

PRICING = TableSchema(
    "pricing",
    (
        Column("bank_id", "the selling bank", required=True),
        Column("habitat", "habitat, or * for any", required=True),
        Column("contract_size", "fractional, small, medium, large, or * for any", required=True),
        Column("tier", "local, adjacent, far, or * for any", required=True),
        Column("price", "per unit [GBP]; blank is not known, hence not sold", required=True),
        Column(
            "basis", "unit (per unit bought) or delivered (after the multiplier)", required=True
        ),
    ),
)

PARCELS = TableSchema(
    "parcels",
    (
        Column("stock_id", "the stock line that is this land", required=True),
        Column("works", "creation or enhancement of the line's habitat", required=True),
        Column("size", "of the whole line's land [ha, or km]", required=True),
        Column("condition", "condition aimed at", required=True),
        Column("significance", "strategic significance aimed at; blank is Low"),
        Column("advance", "begun so long before the losses [years]; blank is 0"),
        Column("delay", "begun so long after the losses [years]; blank is 0"),
        Column("encroachment", "of a watercourse, aimed at"),
        Column("riparian", "riparian encroachment of a watercourse, aimed at"),
        Column("baseline_habitat", "the habitat that is there before; blank if nothing is lost"),
        Column("baseline_condition", "its condition"),
        Column("baseline_significance", "its strategic significance; blank is Low"),
        Column("baseline_encroachment", "of a watercourse, before"),
        Column("baseline_riparian", "riparian encroachment of a watercourse, before"),
    ),
)
"""What stock lines are on the ground. A market may do without this table."""

SCHEMAS = (BANKS, STOCK, PRICING)
"""The tables that every market has."""
ALL_SCHEMAS = (*SCHEMAS, PARCELS)


def schema_of(name: str) -> TableSchema:
    """Return the table of this name."""
    return next(schema for schema in ALL_SCHEMAS if schema.name == name)
