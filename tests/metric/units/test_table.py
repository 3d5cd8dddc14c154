"""Tables of rows: the grid of all habitats, conditions and times against the statutory tables."""

from __future__ import annotations

import numpy as np
import pytest

from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState, unit_table, units_of
from bng_opt.reference import Ledger, catalogue
from bng_opt.reference.conditions import possible_conditions
from bng_opt.reference.tables import read_table

POWER = {str(n): 0.965**n for n in range(32)} | {"30+": 0.965**32}
ADVANCES = [*range(31), "30+"]
ENCROACHED = {"encroachment": "Minor", "riparian": "Major/Minor"}
CULVERT = {"encroachment": "N/A - Culvert", "riparian": "N/A - Culvert"}


def all_states(ledger: Ledger) -> list[HabitatState]:
    water = {True: CULVERT, False: ENCROACHED}
    return [
        HabitatState(
            habitat,
            condition,
            "High",
            **(water[habitat.name == "Culvert"] if ledger is Ledger.WATERCOURSE else {}),
        )
        for habitat in catalogue().of(ledger)
        for condition in possible_conditions(habitat)
    ]


@pytest.mark.parametrize("ledger", Ledger)
def test_every_baseline_is_the_product_of_its_tables(ledger):
    states = all_states(ledger)
    expected = [
        1.5 * s.distinctiveness_score * s.condition_score * 1.15
        * s.encroachment_multiplier * s.riparian_multiplier
        for s in states
    ]  # fmt: skip
    assert units_of([Baseline(1.5, s) for s in states]) == pytest.approx(expected, abs=1e-12)


def test_every_area_creation_at_every_time_is_what_the_tables_say():
    hard = {
        row["habitat"]: float(row["difficulty_creation_multiplier"] or "nan") for row in habitats()
    }
    easier = {
        row["habitat"]: float(row["difficulty_enhancement_multiplier"] or "nan")
        for row in habitats()
    }
    years = {row["habitat"]: row for row in read_table("time_to_target_creation")}
    seen = 0
    for state in all_states(Ledger.AREA):
        name = state.habitat.name
        standard = years.get(name, {}).get(state.condition.value, "not possible")
        if standard == "not possible" or np.isnan(hard[name]):
            continue
        row = Creation(1.0, state)
        seen += 1
        # The workbook's multipliers are those of whole years to ten decimals.
        expected = state.score * 1.15 * POWER[standard]
        if standard == "0":
            assert units_of([row])[0] == pytest.approx(expected, abs=1e-8)
            continue
        assert units_of([row])[0] == pytest.approx(expected * hard[name], abs=1e-7)
        for advance in ADVANCES[1:]:
            ahead = Creation(1.0, state, advance=advance)
            left = float(units_of([ahead])[0]) / (state.score * 1.15) if state.score else 1.0
            allowed = {hard[name], easier[name], 1.0}
            final = POWER[ahead.time.label]
            assert any(abs(left - final * each) < 1e-8 for each in allowed) or not state.score
    assert seen > 300


def habitats() -> list[dict[str, str]]:
    return list(read_table("habitats"))


@pytest.mark.parametrize("ledger", Ledger)
def test_more_advance_never_lessens_what_is_delivered_and_more_delay_never_adds(ledger):
    for state in all_states(ledger):
        row = Creation(1.0, state)
        if row.problems():
            continue
        ahead = units_of([Creation(1.0, state, advance=n) for n in ADVANCES])
        late = units_of([Creation(1.0, state, delay=n) for n in ADVANCES])
        if state.habitat.name != "Lakes - Ornamental lake or pond":
            assert (np.diff(ahead) >= -1e-12).all(), state
        assert (np.diff(late) <= 1e-12).all(), state


def test_every_area_enhancement_that_the_table_times_is_worth_at_least_its_baseline():
    seen = 0
    for row in read_table("time_to_target_enhancement"):
        habitat = catalogue().find(row["habitat"], Ledger.AREA)
        if row["start_condition"] == "Lower Distinctiveness Habitat":
            continue
        before = HabitatState.named(habitat.name, row["start_condition"])
        after = HabitatState.named(habitat.name, row["target_condition"])
        enhancement = Enhancement(1.0, before, after)
        if enhancement.problems():
            continue
        seen += 1
        assert enhancement.time.label == row["years"]
        assert units_of([enhancement])[0] >= before.score
    assert seen > 200


def test_a_table_shows_each_factor_and_the_units():
    state = HabitatState.named("Grassland - Other neutral grassland", "Moderate", "High")
    table = unit_table([Baseline(2.0, state), Creation(1.0, state, advance=2)])
    assert table["kind"].tolist() == ["baseline", "creation"]
    assert table.loc[1, "years"] == "3"
    product = table[
        ["size", "distinctiveness", "condition_score", "significance", "time", "difficulty"]
    ].prod(axis=1)
    assert table["units"].tolist() == pytest.approx(product.tolist())


def test_the_order_of_rows_changes_nothing():
    states = all_states(Ledger.HEDGEROW)
    rows = [Baseline(1.0, s) for s in states] + [Creation(1.0, s) for s in states]
    assert units_of(rows[::-1]).tolist() == units_of(rows).tolist()[::-1]
