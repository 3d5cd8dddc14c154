"""The workbook's own tables of habitats, bands and multipliers beside the statutory ones.

Whatever they say, the statutory figure is used; a difference is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bng_opt.errors import InputError
from bng_opt.market.backend.pricing import is_pseudo
from bng_opt.market.cells import RawTable, Report, Row
from bng_opt.market.habitats import FindHabitat
from bng_opt.market.ids import rows_of
from bng_opt.places import Category, multiplier
from bng_opt.reference import Distinctiveness, Ledger, normalise
from bng_opt.reference.conditions import distinctiveness_score

_REMEDY = "The statutory one is used; mend the workbook."
_ROUNDING = Decimal("0.005")
"""A third written with two decimals is a third."""

_BANDS: Mapping[str, Distinctiveness] = {
    **{normalise(band.value): band for band in Distinctiveness},
    "vhigh": Distinctiveness.VERY_HIGH,
    "vlow": Distinctiveness.VERY_LOW,
}
_TIERS = {category.tier: category for category in Category}


def compare_catalogue(table: RawTable, report: Report, find: FindHabitat) -> None:
    """Warn of habitats of ``HabitatCatalog`` that aren't as the statutory metric has them."""
    for row in rows_of(table, report):
        name = row.text("habitat_name", required=True)
        if not name or is_pseudo(name):
            continue
        try:
            habitat = find(name)
        except InputError as error:
            row.adopt("habitat_name", error.findings, warn=True)
            continue
        _compare_word(row, "UmbrellaType", habitat.ledger.value)
        _compare_band(row, habitat.distinctiveness)
        if habitat.ledger is Ledger.AREA:
            _compare_word(row, "broader_type", habitat.broad_habitat)


def compare_levels(table: RawTable, report: Report) -> None:
    """Warn of scores of ``DistinctivenessLevels`` that aren't the statutory ones."""
    for row in rows_of(table, report):
        name, level = row.text("distinctiveness_name", required=True), row.number("level_value")
        band = _BANDS.get(normalise(name))
        if band is None:
            if name:
                row.warn("distinctiveness_name", f'"{name}" is no distinctiveness.', _REMEDY)
            continue
        score = distinctiveness_score(Ledger.AREA, band)
        if level is not None and level != score:
            row.warn("level_value", f"{band.value} scores {score}, not {level}.", _REMEDY)


def compare_risk(table: RawTable, report: Report) -> None:
    """Warn of multipliers of ``SRM`` that aren't the statutory ones, nor their inverses."""
    for row in rows_of(table, report):
        tier, figure = row.text("tier", required=True), row.number("multiplier")
        category = _TIERS.get(tier.casefold())
        if category is None:
            if tier:
                row.warn("tier", f'"{tier}" is no tier.', _REMEDY)
            continue
        statutory = multiplier(category)
        allowed = (statutory, 1 / statutory)
        if figure is not None and all(abs(figure - each) > _ROUNDING for each in allowed):
            message = f"The multiplier of {tier} is {statutory}, not {figure}."
            row.warn("multiplier", message, _REMEDY)


def _compare_word(row: Row, column: str, statutory: str) -> None:
    text = row.text(column)
    if text and normalise(text) != normalise(statutory):
        row.warn(column, f'The statutory metric has "{statutory}", not "{text}".', _REMEDY)


def _compare_band(row: Row, statutory: Distinctiveness) -> None:
    text = row.text("distinctiveness_name")
    if text and _BANDS.get(normalise(text)) is not statutory:
        message = f'The statutory metric has "{statutory.value}", not "{text}".'
        row.warn("distinctiveness_name", message, _REMEDY)
