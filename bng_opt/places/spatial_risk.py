"""The spatial risk multiplier: how much of a unit counts, by how far the bank is.

Statutory Biodiversity Metric user guide, chapter 6, table 9; the figures are read from
``bng_opt/reference/spatial_risk.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING

from bng_opt.places.kinds import Basis, Category
from bng_opt.places.neighbours import marine_neighbours
from bng_opt.places.place import given
from bng_opt.places.schemes import Judgement, get_scheme
from bng_opt.places.water import catchment_key, complete_catchments

if TYPE_CHECKING:
    from bng_opt.places.place import Place
    from bng_opt.places.site import Site

__all__ = ["Basis", "Category", "SpatialRisk", "assess", "multiplier"]

_BASIS_OF_ROW = {
    "LPA or NCA": Basis.LAND,
    "marine plan area": Basis.INTERTIDAL,
    "waterbody / operational catchment": Basis.WATERCOURSE,
}


@dataclass(frozen=True)
class SpatialRisk:
    """The spatial risk of buying from a place.

    Parameters
    ----------
    category
        Within, neighbouring or outside.
    multiplier
        How much of a unit counts: 1, 0.75 or 0.5, exactly.
    why
        The reason, such as ``"same NCA: Cotswolds"``.
    """

    category: Category
    multiplier: Decimal
    why: str

    @property
    def tier(self) -> str:
        """Return the price tier: local, adjacent or far."""
        return self.category.tier


def assess(site: Site, place: Place, basis: Basis = Basis.LAND) -> SpatialRisk:
    """Judge the spatial risk of buying from a place for a site.

    Parameters
    ----------
    site
        The development.
    place
        The bank.
    basis
        Land for area habitats and hedgerows, intertidal for intertidal area habitats,
        watercourse for watercourses.

    Returns
    -------
    SpatialRisk
        The category, its multiplier, and the reason. On land the better of LPA and NCA
        counts, and any of a site's several. For watercourses the worst of a site's several
        waterbodies counts, as the loss may be in any. What is unknown is outside.

    Examples
    --------
    >>> from bng_opt.places import Place, Site
    >>> site = Site.from_names("Cotswold", "Cotswolds")
    >>> risk = assess(site, Place.from_names("Stroud", "Severn and Avon Vales"))
    >>> risk.category.value, str(risk.multiplier), risk.tier
    ('neighbouring', '0.75', 'adjacent')
    """
    if basis is Basis.LAND:
        judged = get_scheme(site.scheme).judge(site, place)
    elif basis is Basis.INTERTIDAL:
        judged = _judge_intertidal(site, place)
    else:
        judged = _judge_watercourse(site, place)
    return SpatialRisk(judged.category, multiplier(judged.category, basis), judged.why)


def multiplier(category: Category, basis: Basis = Basis.LAND) -> Decimal:
    """Return the statutory multiplier of a category.

    Examples
    --------
    >>> multiplier(Category.NEIGHBOURING)
    Decimal('0.75')
    """
    return _multipliers()[basis, category]


@cache
def _multipliers() -> dict[tuple[Basis, Category], Decimal]:
    table = files("bng_opt").joinpath("reference").joinpath("spatial_risk.csv")
    rows = csv.DictReader(StringIO(table.read_text(encoding="utf-8")))
    return {
        (_BASIS_OF_ROW[row["basis"]], Category(row["code"])): Decimal(row["multiplier"])
        for row in rows
        if row["basis"] in _BASIS_OF_ROW
    }


def _judge_intertidal(site: Site, place: Place) -> Judgement:
    area = place.marine_plan_area
    if area is None or not site.marine_plan_areas:
        return Judgement(Category.OUTSIDE, f"the marine plan area of {_unknown(area)} is unknown")
    if area in site.marine_plan_areas:
        return Judgement(Category.WITHIN, f"same marine plan area: {area}")
    beside = [own for own in site.marine_plan_areas if own in marine_neighbours(area)]
    if beside:
        why = f"neighbouring marine plan area: {area} adjoins {' and '.join(beside)}"
        return Judgement(Category.NEIGHBOURING, why)
    return Judgement(Category.OUTSIDE, f"marine plan area {area} is not the site's nor adjoins it")


def _judge_watercourse(site: Site, place: Place) -> Judgement:
    own = complete_catchments(site.waterbodies, site.operational_catchments)
    theirs = complete_catchments(given(place.waterbody), given(place.operational_catchment))
    if place.waterbody is not None and set(site.waterbodies) == {place.waterbody}:
        return Judgement(Category.WITHIN, f"same waterbody: {place.waterbody}")
    if own and set(map(catchment_key, own)) == set(map(catchment_key, theirs)):
        return Judgement(Category.NEIGHBOURING, f"same operational catchment: {_join(own)}")
    if not own:
        return Judgement(Category.OUTSIDE, f"the site's {_lacking(site.waterbodies)} is unknown")
    if not theirs:
        lacking = _lacking(given(place.waterbody))
        return Judgement(Category.OUTSIDE, f"the bank's {lacking} is unknown")
    why = f"operational catchment {_join(theirs)} is not {_join(own)}, the site's"
    return Judgement(Category.OUTSIDE, why)


def _lacking(waterbodies: tuple[str, ...]) -> str:
    return "operational catchment" if waterbodies else "waterbody"


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _unknown(area: str | None) -> str:
    return "the bank" if area is None else "the site"
