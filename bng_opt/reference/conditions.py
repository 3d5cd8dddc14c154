"""Condition and distinctiveness: what a habitat can be, and how it scores."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from bng_opt.reference.catalogue import Distinctiveness, Habitat, Ledger, catalogue
from bng_opt.reference.named import find_named
from bng_opt.reference.tables import read_table

NOT_POSSIBLE = "not possible"


class Condition(StrEnum):
    """Condition classes of the metric, as its drop-downs spell them."""

    GOOD = "Good"
    FAIRLY_GOOD = "Fairly Good"
    MODERATE = "Moderate"
    FAIRLY_POOR = "Fairly Poor"
    POOR = "Poor"
    NOT_ASSESSED = "Condition Assessment N/A"
    NOT_APPLICABLE = "N/A - Other"


def find_condition(name: str) -> Condition:
    """Return the condition of this name.

    Raises
    ------
    InputError
        If there is none; it offers the nearest three.

    Examples
    --------
    >>> find_condition("fairly good")
    <Condition.FAIRLY_GOOD: 'Fairly Good'>
    """
    return find_named("condition", name, {each.value: each for each in Condition})


def condition_score(condition: Condition | str) -> float:
    """Return the score of a condition, 0 to 3 (workbook 'G-1 All Habitats' Z3:AA9).

    Examples
    --------
    >>> condition_score("Fairly Poor")
    1.5
    """
    return _scores()[find_condition(condition)]


def distinctiveness_score(ledger: Ledger, distinctiveness: Distinctiveness) -> int:
    """Return the score of a distinctiveness band in a ledger.

    'G-1 All Habitats' V3:X7, 'G-6 Hedgerow Data' C:D, "G-7 WaterC' Data" C:D. Very Low
    scores 0 for area habitats but 1 for hedgerows (UG 4 table 5); no watercourse is Very Low.

    Raises
    ------
    InputError
        If the ledger has no such band.

    Examples
    --------
    >>> distinctiveness_score(Ledger.HEDGEROW, Distinctiveness.VERY_LOW)
    1
    """
    bands = _distinctiveness_scores()[ledger]
    return find_named(f"{ledger.value} distinctiveness", distinctiveness.value, bands)


def possible_conditions(habitat: Habitat) -> Mapping[Condition, float]:
    """Return the conditions that a habitat can have, each with its score.

    Area: 'G-8 Condition Look up' A4:I135. Hedgerow: the conditions that 'G-6 Hedgerow Data'
    gives a time for (columns of years to create), scored as everywhere. Watercourse:
    "G-7 WaterC' Data" columns of condition scores.

    Examples
    --------
    >>> hedge = catalogue().find("Native hedgerow")
    >>> {condition.value: score for condition, score in possible_conditions(hedge).items()}
    {'Good': 3.0, 'Moderate': 2.0, 'Poor': 1.0}
    """
    return _conditions()[habitat.name]


@cache
def _scores() -> Mapping[Condition, float]:
    return {Condition(row["condition"]): float(row["score"]) for row in read_table("condition")}


@cache
def _distinctiveness_scores() -> Mapping[Ledger, Mapping[str, int]]:
    scores: dict[Ledger, dict[str, int]] = {ledger: {} for ledger in Ledger}
    for row in read_table("distinctiveness"):
        scores[Ledger(row["ledger"])][row["distinctiveness"]] = int(row["score"])
    return scores


@cache
def _conditions() -> Mapping[str, Mapping[Condition, float]]:
    """Return the possible conditions by habitat name; the table is read once."""
    found: dict[str, dict[Condition, float]] = {}
    for row in read_table("habitat_conditions"):
        found[catalogue().find(row["habitat"], Ledger.AREA).name] = {
            condition: float(row[condition.value])
            for condition in Condition
            if row[condition.value] != NOT_POSSIBLE
        }
    for row in read_table("hedgerows"):
        found[row["habitat"]] = {
            condition: _scores()[condition]
            for condition in (Condition.GOOD, Condition.MODERATE, Condition.POOR)
            if row[f"years_create_{_column(condition)}"] != NOT_POSSIBLE
        }
    for row in read_table("watercourses"):
        found[row["habitat"]] = {
            condition: float(row[f"condition_score_{_column(condition)}"])
            for condition in list(Condition)[:5]
            if row[f"condition_score_{_column(condition)}"] != NOT_POSSIBLE
        }
    return {name: MappingProxyType(scores) for name, scores in found.items()}


def _column(condition: Condition) -> str:
    return condition.value.casefold().replace(" ", "_")
