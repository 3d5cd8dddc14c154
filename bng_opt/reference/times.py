"""Time to target condition: how many years a habitat takes, and what that costs in units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bng_opt.errors import Finding, InputError
from bng_opt.reference.catalogue import Habitat, Ledger, catalogue
from bng_opt.reference.conditions import (
    NOT_POSSIBLE,
    Condition,
    find_condition,
    possible_conditions,
)
from bng_opt.reference.named import find_named
from bng_opt.reference.tables import read_table

LOWER_DISTINCTIVENESS = "Lower Distinctiveness Habitat"
"""The workbook's start of an enhancement that raises distinctiveness ('G-5')."""


@dataclass(frozen=True)
class TimeToTarget:
    """A time to target condition (workbook 'G-4 Temporal multipliers' A4:C36).

    Attributes
    ----------
    label
        ``"0"`` to ``"31"`` or ``"30+"`` [years].
    years
        The exponent of the multiplier [years]: 32 for ``"30+"``.
    multiplier
        0.965 to the power of ``years``, as the workbook states it.
    """

    label: str
    years: int
    multiplier: float


def time_to_target(years: int | str) -> TimeToTarget:
    """Return the time record of a number of years, or of ``"30+"``.

    Raises
    ------
    InputError
        If the table has no such row (whole years from 0 to 31, and ``"30+"``).

    Examples
    --------
    >>> round(time_to_target(10).multiplier, 6), time_to_target("30+").years
    (0.700282, 32)
    """
    label = str(years).replace(" ", "")
    if label not in _times():
        remedy = 'Give whole years from 0 to 31, or "30+".'
        raise InputError(Finding(f'Unknown time to target "{years}".', remedy))
    return _times()[label]


def time_to_create(habitat: Habitat, condition: Condition | str) -> TimeToTarget | None:
    """Return the time to create a habitat in a condition; None if that isn't possible.

    Area: 'G-4 Temporal multipliers' F4:M135. Hedgerow: 'G-6 Hedgerow Data' (years to
    create). Watercourse: "G-7 WaterC' Data" N3:O7.

    Examples
    --------
    >>> time_to_create(catalogue().find("Grassland - Other neutral grassland"), "Moderate")
    TimeToTarget(label='5', years=5, multiplier=0.8368287006)
    """
    target = find_condition(condition)
    if target not in possible_conditions(habitat):
        return None
    return _creation()[habitat.ledger].get((_key(habitat), target))


def time_to_enhance(
    habitat: Habitat, start: Condition | str | None, target: Condition | str
) -> TimeToTarget | None:
    """Return the time to enhance a habitat to a condition; None if that isn't possible.

    Parameters
    ----------
    habitat
        The habitat aimed at.
    start
        Its condition before; None if it was a habitat of lower distinctiveness.
    target
        Its condition after.

    Notes
    -----
    Area: 'G-5 Enhancement Temporal' C5:Y136. Hedgerow: 'G-6 Hedgerow Data' (years to
    enhance); a change of hedgerow type is :func:`time_to_change_hedgerow`. Watercourse:
    "G-7 WaterC' Data" T4:Y9 and R3.

    Examples
    --------
    >>> meadow = catalogue().find("Grassland - Lowland meadows")
    >>> time_to_enhance(meadow, None, "Good").years
    15
    """
    aim = find_condition(target)
    if habitat.ledger is Ledger.HEDGEROW and start is None:
        remedy = "Use time_to_change_hedgerow with both types."
        raise InputError(Finding("A hedgerow's time depends on the type it was.", remedy))
    if aim not in possible_conditions(habitat):
        return None
    before = LOWER_DISTINCTIVENESS if start is None else find_condition(start).value
    times = _enhancement()[habitat.ledger]
    return times.get((_key(habitat), before, aim))


def time_to_change_hedgerow(baseline: Habitat, proposed: Habitat) -> TimeToTarget | None:
    """Return the time to raise a hedgerow's distinctiveness; None if that isn't possible.

    'G-6 Hedgerow Data' S3:AE15, error cells left out.

    Examples
    --------
    >>> find = catalogue().find
    >>> time_to_change_hedgerow(find("Native hedgerow"), find("Species-rich native hedgerow")).years
    5
    """
    return _hedgerow_changes().get((baseline.name, proposed.name))


@cache
def _times() -> Mapping[str, TimeToTarget]:
    return {
        row["years"]: TimeToTarget(
            row["years"],
            32 if row["years"] == "30+" else int(row["years"]),
            float(row["multiplier"]),
        )
        for row in read_table("time_to_target_multiplier")
    }


def _key(habitat: Habitat) -> str:
    """Return what a habitat's times stand under: watercourses share one table."""
    return "" if habitat.ledger is Ledger.WATERCOURSE else habitat.name


@cache
def _creation() -> Mapping[Ledger, Mapping[tuple[str, Condition], TimeToTarget]]:
    area = {
        (_area_name(row["habitat"]), condition): time_to_target(row[condition.value])
        for row in read_table("time_to_target_creation")
        for condition in Condition
        if row[condition.value] != NOT_POSSIBLE
    }
    hedgerow = {
        (row["habitat"], condition): time_to_target(row[f"years_create_{condition.value.lower()}"])
        for row in read_table("hedgerows")
        for condition in (Condition.GOOD, Condition.MODERATE, Condition.POOR)
        if row[f"years_create_{condition.value.lower()}"] != NOT_POSSIBLE
    }
    watercourse = {
        ("", Condition(row["target_condition"])): time_to_target(row["years"])
        for row in read_table("watercourse_time_to_target")
        if row["intervention"] == "creation"
    }
    return {Ledger.AREA: area, Ledger.HEDGEROW: hedgerow, Ledger.WATERCOURSE: watercourse}


@cache
def _enhancement() -> Mapping[Ledger, Mapping[tuple[str, str, Condition], TimeToTarget]]:
    area = {
        (_area_name(row["habitat"]), row["start_condition"], Condition(row["target_condition"])): (
            time_to_target(row["years"])
        )
        for row in read_table("time_to_target_enhancement")
    }
    steps = [
        (Condition.POOR, Condition.MODERATE),
        (Condition.POOR, Condition.GOOD),
        (Condition.MODERATE, Condition.GOOD),
    ]
    hedgerow = {
        (row["habitat"], start.value, target): time_to_target(row[_step(start, target)])
        for row in read_table("hedgerows")
        for start, target in steps
        if row[_step(start, target)] != NOT_POSSIBLE
    }
    return {
        Ledger.AREA: area,
        Ledger.HEDGEROW: hedgerow,
        Ledger.WATERCOURSE: _watercourse_enhancement(),
    }


def _watercourse_enhancement() -> Mapping[tuple[str, str, Condition], TimeToTarget]:
    times = {}
    for row in read_table("watercourse_time_to_target"):
        years = row["years"]
        if row["intervention"] == "enhancement condition":
            target = Condition(row["target_condition"])
            times["", row["start_condition"], target] = time_to_target(years)
        elif row["intervention"] == "enhancement distinctiveness":
            for target in Condition:
                times["", LOWER_DISTINCTIVENESS, target] = time_to_target(years)
    return times


def _step(start: Condition, target: Condition) -> str:
    return f"years_enhance_{start.value.lower()}_to_{target.value.lower()}"


@cache
def _hedgerow_changes() -> Mapping[tuple[str, str], TimeToTarget]:
    names = {row["habitat"]: row["habitat"] for row in read_table("hedgerows")}
    return {
        (
            find_named("hedgerow", row["baseline_hedgerow"], names),
            find_named("hedgerow", row["proposed_hedgerow"], names),
        ): time_to_target(row["years"])
        for row in read_table("hedgerow_enhancement_distinctiveness")
    }


@cache
def _area_name(name: str) -> str:
    return catalogue().find(name, Ledger.AREA).name
