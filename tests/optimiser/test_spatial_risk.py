"""Which spatial risk a line has: by land, by sea, by water (RULES 5)."""

from __future__ import annotations

import pytest

from bng_opt.places import Site
from bng_opt.runtime.run import optimise
from tests.support.scenarios import (
    AREA,
    BESIDE,
    DITCHES,
    FAR,
    HEDGE_LOW,
    HEDGEROW,
    NEUTRAL,
    SALTMARSH,
    SAND,
    WATERCOURSE,
    WITHIN,
    BankSpec,
    Line,
    Scene,
)

SRM = {WITHIN: 1.0, BESIDE: 0.75, FAR: 0.5}


def srm_of(line: Line, bank: BankSpec, ledger: str) -> float:
    plan = Scene((line,), {}, {ledger: 1.0}, (bank,)).optimise()
    return float(plan.purchases[0].srm)


@pytest.mark.parametrize("near", SRM)
@pytest.mark.parametrize(("habitat", "ledger"), [(NEUTRAL, AREA), (HEDGE_LOW, HEDGEROW)])
def test_area_and_hedgerow_go_by_land(habitat, ledger, near):
    bank = BankSpec("A", land=near, water=FAR, sea=FAR)
    assert srm_of(Line(habitat, 9, 1_000), bank, ledger) == SRM[near]


@pytest.mark.parametrize("near", SRM)
def test_watercourse_goes_by_water(near):
    bank = BankSpec("A", land=WITHIN if near == FAR else FAR, water=near, sea=FAR)
    assert srm_of(Line(DITCHES, 9, 1_000), bank, WATERCOURSE) == SRM[near]


@pytest.mark.parametrize("near", SRM)
@pytest.mark.parametrize("habitat", [SALTMARSH, SAND])
def test_intertidal_goes_by_the_marine_plan_area(habitat, near):
    bank = BankSpec("A", land=WITHIN if near == FAR else FAR, sea=near)
    assert srm_of(Line(habitat, 9, 1_000), bank, AREA) == SRM[near]


@pytest.mark.parametrize("near", SRM)
@pytest.mark.parametrize(("sold", "lost"), [(NEUTRAL, SAND), (SALTMARSH, NEUTRAL)])
def test_a_change_between_land_and_sea_goes_by_the_marine_plan_area(sold, lost, near):
    bank = BankSpec("A", land=WITHIN if near == FAR else FAR, sea=near)
    other = Line(lost, 9, 1_000_000, "Z")
    line = Line(sold, 9, 1_000, "A", lost=lost, lost_units="0.9")
    plan = Scene((line, other), {lost: 1.0}, {AREA: 1.0}, (bank,)).optimise()
    assert {p.bank_id: float(p.srm) for p in plan.purchases} == {"A": SRM[near]}


def test_a_bank_without_a_waterbody_counts_as_outside():
    bank = BankSpec("A", land=WITHIN, water=None)
    assert srm_of(Line(DITCHES, 9, 1_000), bank, WATERCOURSE) == 0.5


def at_a_site_without_waters(line: Line, ledger: str):
    scene = Scene((line,), {}, {ledger: 1.0})
    bare = Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
    return optimise(scene.requirement(), scene.market(), bare)


@pytest.mark.parametrize(
    ("habitat", "ledger", "words"),
    [(DITCHES, WATERCOURSE, "waterbody"), (SALTMARSH, AREA, "marine plan area")],
)
def test_an_unknown_water_or_sea_counts_as_outside_with_a_warning(habitat, ledger, words):
    plan = at_a_site_without_waters(Line(habitat, 9, 1_000), ledger)
    assert float(plan.purchases[0].srm) == 0.5
    assert any(words in warning.message for warning in plan.warnings)


def test_an_unknown_water_is_no_matter_where_no_watercourse_is_bought():
    plan = at_a_site_without_waters(Line(NEUTRAL, 9, 1_000), AREA)
    assert not any("waterbody" in warning.message for warning in plan.warnings)
