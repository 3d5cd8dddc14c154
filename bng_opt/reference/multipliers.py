"""The metric's other multipliers: difficulty, significance, encroachment, risk, tree sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bng_opt.reference.catalogue import Habitat, Ledger
from bng_opt.reference.named import find_named
from bng_opt.reference.tables import read_table


class Intervention(StrEnum):
    """How a habitat comes to be."""

    CREATION = "creation"
    ENHANCEMENT = "enhancement"


@dataclass(frozen=True)
class Multiplier:
    """A named multiplier.

    Attributes
    ----------
    category
        Its name as the workbook writes it, without outer blanks.
    value
        What units are multiplied by.
    """

    category: str
    value: float


@dataclass(frozen=True)
class SpatialRiskRow:
    """A spatial risk category as the workbook's drop-down offers it.

    Attributes
    ----------
    applies_to
        ``"area; hedgerow"``, ``"area (intertidal habitats)"`` or ``"watercourse"``.
    code
        ``"within"``, ``"neighbouring"``, ``"outside"``, or ``"provider"`` (a seller's own
        workbook before a sale).
    basis
        What nearness is judged by.
    category
        The text of the drop-down.
    multiplier
        1, 0.75 or 0.5.
    """

    applies_to: str
    code: str
    basis: str
    category: str
    multiplier: float


@dataclass(frozen=True)
class TreeSize:
    """A size class of individual trees.

    Attributes
    ----------
    size
        Small, Medium, Large or Very large.
    max_diameter_m
        Stem diameter up to which it holds [m].
    radius_m
        Radius of the root protection area [m].
    area_ha
        Area that one tree counts as [ha], as the user guide's table 15 states it.
    unrounded_area_ha
        The same before rounding to 4 decimals [ha].
    """

    size: str
    max_diameter_m: float
    radius_m: float
    area_ha: float
    unrounded_area_ha: float


def difficulty(category: str) -> Multiplier:
    """Return the multiplier of a difficulty: Low, Medium, High, Very High.

    Workbook 'G-3 Multipliers' P3:Q6.

    Examples
    --------
    >>> difficulty("medium").value
    0.67
    """
    return find_named("difficulty", category, _multipliers("difficulty"))


def difficulty_of(habitat: Habitat, intervention: Intervention) -> Multiplier | None:
    """Return how hard a habitat is to create or enhance; None where that isn't possible.

    Area: 'G-1 All Habitats'; hedgerow: 'G-6 Hedgerow Data'; watercourse: "G-7 WaterC' Data"
    (a culvert can't be enhanced).

    Examples
    --------
    >>> from bng_opt.reference import catalogue
    >>> difficulty_of(catalogue().find("Ditches"), Intervention.CREATION)
    Multiplier(category='Medium', value=0.67)
    """
    return _difficulties()[habitat.name, intervention]


def strategic_significance(name: str) -> Multiplier:
    """Return the multiplier of a strategic significance.

    Workbook 'G-3 Multipliers' L4:N6. Where a local nature recovery strategy is published
    the Medium one isn't available (UG 4 table 7).

    Parameters
    ----------
    name
        The category (``"High strategic significance"``), its description, or its first word
        alone (``"High"``).

    Examples
    --------
    >>> strategic_significance("high").value
    1.15
    """
    return find_named("strategic significance", name, _significances())


def watercourse_encroachment(category: str) -> Multiplier:
    """Return the multiplier of encroachment into the watercourse ("G-7" AA4:AB7).

    Examples
    --------
    >>> watercourse_encroachment("Minor").value
    0.8
    """
    return find_named("watercourse encroachment", category, _encroachments("watercourse"))


def riparian_encroachment(category: str) -> Multiplier:
    """Return the multiplier of encroachment into the riparian zone ("G-7" AD4:AE14).

    Parameters
    ----------
    category
        Both banks, the worse first: ``"Moderate/ Minor"``.

    Examples
    --------
    >>> riparian_encroachment("major/minor").value
    0.84
    """
    return find_named("riparian encroachment", category, _encroachments("riparian"))


def spatial_risk_rows(habitat: Habitat) -> tuple[SpatialRiskRow, ...]:
    """Return the spatial risk categories that hold for a habitat.

    'G-3 Multipliers' S4:T10 (area and hedgerow; intertidal area habitats go by Marine Plan
    Area) and "G-7 WaterC' Data" AO4:AP7 (watercourse).
    """
    kind = "area; hedgerow"
    if habitat.ledger is Ledger.WATERCOURSE:
        kind = "watercourse"
    elif habitat.is_intertidal:
        kind = "area (intertidal habitats)"
    return tuple(row for row in _spatial_risk() if row.applies_to == kind)


def spatial_risk(habitat: Habitat, code: str) -> SpatialRiskRow:
    """Return one spatial risk category of a habitat by its code.

    Parameters
    ----------
    habitat
        What is bought.
    code
        ``"within"``, ``"neighbouring"``, ``"outside"``, or the drop-down's text.

    Examples
    --------
    >>> from bng_opt.reference import catalogue
    >>> spatial_risk(catalogue().find("Ditches"), "neighbouring").category
    'Outside waterbody catchment, but within operational catchment'
    """
    rows = spatial_risk_rows(habitat)
    by_name = {row.code: row for row in rows} | {row.category: row for row in rows}
    return find_named("spatial risk category", code, by_name)


def tree_size(name: str) -> TreeSize:
    """Return a size class of individual trees ('G-3 Multipliers' W4:Z7; UG 8 table 15).

    Examples
    --------
    >>> tree_size("very large").area_ha
    0.0765
    """
    return find_named("tree size", name, {size.size: size for size in tree_sizes()})


@cache
def tree_sizes() -> tuple[TreeSize, ...]:
    """Return the size classes of individual trees, smallest first."""
    return tuple(
        TreeSize(
            row["size"],
            float(row["max_diameter_m"]),
            float(row["rpa_radius_m"]),
            float(row["area_ha_4dp"]),
            float(row["area_ha_unrounded"]),
        )
        for row in read_table("tree_sizes")
    )


@cache
def _multipliers(table: str) -> Mapping[str, Multiplier]:
    rows = read_table(table)
    return {row["category"]: Multiplier(row["category"], float(row["multiplier"])) for row in rows}


@cache
def _significances() -> Mapping[str, Multiplier]:
    by_name = dict(_multipliers("strategic_significance"))
    for row in read_table("strategic_significance"):
        multiplier = by_name[row["category"]]
        by_name[row["description"]] = multiplier
        by_name[row["category"].split()[0]] = multiplier
    return by_name


@cache
def _encroachments(kind: str) -> Mapping[str, Multiplier]:
    return {
        row["category"]: Multiplier(row["category"], float(row["multiplier"]))
        for row in read_table("watercourse_encroachment")
        if row["kind"] == kind
    }


@cache
def _difficulties() -> Mapping[tuple[str, Intervention], Multiplier | None]:
    return {
        (row["habitat"], intervention): (
            difficulty(row[f"difficulty_{intervention.value}"])
            if row[f"difficulty_{intervention.value}_multiplier"]
            else None
        )
        for table in ("habitats", "hedgerows", "watercourses")
        for row in read_table(table)
        for intervention in Intervention
    }


@cache
def _spatial_risk() -> tuple[SpatialRiskRow, ...]:
    return tuple(
        SpatialRiskRow(
            row["applies_to"],
            row["code"],
            row["basis"],
            row["category_as_written"],
            float(row["multiplier"]),
        )
        for row in read_table("spatial_risk")
    )
