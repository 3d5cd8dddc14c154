"""Statutory credits: a last resort, by tier, rounded up (RULES 6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from bng_opt.errors import InfeasibleError
from tests.support.oracle import brute_force, fewest_credits
from tests.support.scenarios import (
    ACID,
    AREA,
    BROADLEAVED,
    CANALS,
    CEREAL,
    DITCHES,
    FELLED,
    HEDGE_LOW,
    HEDGE_VERY_HIGH,
    HEDGEROW,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    POND,
    PRIORITY_RIVER,
    RIVER,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    Line,
    Scene,
    bought,
    draw_scene,
)

NOTHING = (Line(NEUTRAL, "0.001", 1, "Z"),)
"""A market that sells nothing whole."""


def with_credits(
    lines: tuple[Line, ...], changes: dict[str, float], deficits: dict[str, float], **wishes: object
) -> Scene:
    return Scene(lines, changes, deficits, wishes={"credits": True, **wishes})


@pytest.mark.parametrize(
    ("ledger", "lost", "tier", "cost"),
    [
        (AREA, CEREAL, "A1", 84_000),
        (AREA, NEUTRAL, "A1", 84_000),
        (AREA, BROADLEAVED, "A2", 96_000),
        (AREA, "Woodland and forest - Felled", "A3", 132_000),
        (AREA, WOODLAND, "A4", 250_000),
        (AREA, POND, "A4", 250_000),
        (AREA, "Lakes - Marl lakes", "A5", 1_300_000),
        (HEDGEROW, HEDGE_LOW, "H", 88_000),
        (HEDGEROW, HEDGE_VERY_HIGH, "H", 88_000),
        (WATERCOURSE, DITCHES, "W", 460_000),
        (WATERCOURSE, RIVER, "W", 460_000),
    ],
)
def test_a_unit_takes_two_credits_of_its_habitats_tier(ledger, lost, tier, cost):
    plan = with_credits(NOTHING, {lost: -1.0}, {ledger: 1.0}).optimise()
    (line,) = plan.credits
    assert (line.tier, line.units, line.credits) == (tier, 1, 2)
    assert plan.total_gbp == cost
    assert plan.is_verified


@pytest.mark.parametrize(
    ("units", "credits"),
    [(0.1234, "0.25"), (0.125, "0.25"), (0.1251, "0.26"), (0.005, "0.01"), (0.125 + 1e-8, "0.25")],
)
def test_credits_are_bought_in_hundredths_rounded_up(units, credits):
    plan = with_credits(NOTHING, {NEUTRAL: -units}, {AREA: units}).optimise()
    assert plan.credits[0].credits == Decimal(credits)
    assert plan.total_gbp == Decimal(credits) * 42_000


def test_no_credits_are_bought_where_a_purchase_exists_however_dear():
    plan = with_credits((Line(NEUTRAL, 5, 500_000),), {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()
    assert (bought(plan), plan.credits) == ({"A-001": 1.0}, ())


def test_no_credits_are_bought_unless_wished():
    with pytest.raises(InfeasibleError, match="credits"):
        Scene(NOTHING, {WOODLAND: -1.0}, {AREA: 1.0}).optimise()


@pytest.mark.parametrize(("ledger", "lost"), [(AREA, MEADOW), (WATERCOURSE, PRIORITY_RIVER)])
def test_credits_never_stand_for_a_very_high_loss(ledger, lost):
    with pytest.raises(InfeasibleError, match="same habitat"):
        with_credits(NOTHING, {lost: -1.0}, {ledger: 1.0}).optimise()


def test_a_very_high_loss_that_is_bought_leaves_credits_for_the_rest():
    scene = with_credits((Line(MEADOW, 5, 40_000),), {MEADOW: -1.0, POND: -1.0}, {AREA: 2.0})
    plan = scene.optimise()
    assert bought(plan)["A-001"] >= 1.0
    assert plan.is_verified


def test_as_few_credits_as_possible_are_bought_even_if_units_are_dearer():
    lines = (Line(NEUTRAL, "0.4", 500_000),)
    plan = with_credits(lines, {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()
    assert bought(plan) == {"A-001": 0.4}
    assert [(line.tier, line.credits) for line in plan.credits] == [("A1", Decimal("1.20"))]
    assert plan.total_gbp == 200_000 + Decimal("1.2") * 42_000


def test_among_plans_of_equally_few_credits_the_cheapest_is_taken():
    lines = (Line(NEUTRAL, "0.4", 50_000, "A"), Line(ACID, "0.4", 20_000, "B"))
    plan = with_credits(lines, {NEUTRAL: -1.0}, {AREA: 0.0}, max_banks=1).optimise()
    assert bought(plan) == {"B-002": 0.4}


def test_the_net_gain_part_is_charged_at_the_lowest_tier():
    plan = with_credits(NOTHING, {WOODLAND: -1.0}, {AREA: 1.5}).optimise()
    assert {line.tier: line.credits for line in plan.credits} == {"A4": 2, "A1": 1}
    assert plan.total_gbp == 250_000 + 42_000


def test_each_ledger_has_its_own_credits():
    changes = {NEUTRAL: -1.0, HEDGE_LOW: -1.0, CANALS: -1.0}
    plan = with_credits(NOTHING, changes, {AREA: 1.0, HEDGEROW: 1.0, WATERCOURSE: 1.0}).optimise()
    assert {line.tier: line.ledger for line in plan.credits} == {
        "A1": AREA,
        "H": HEDGEROW,
        "W": WATERCOURSE,
    }


def test_credits_fill_only_the_ledger_that_is_short():
    lines = (Line(MODIFIED, 5, 20_000), Line(HEDGE_LOW, "0.5", 20_000))
    changes = {CEREAL: -1.0, HEDGE_LOW: -1.0}
    plan = with_credits(lines, changes, {AREA: 1.0, HEDGEROW: 1.0}).optimise()
    assert [(line.tier, line.credits) for line in plan.credits] == [("H", 1)]
    assert bought(plan) == {"A-001": 1.0, "A-002": 0.5}


def test_surplus_is_used_on_the_dearer_tier_before_credits():
    """1 surplus unit of woodland may serve either group; the pond's tier is the dearer."""
    changes = {WOODLAND: 1.0, POND: -1.0, SCRUB: -1.0}
    plan = with_credits(NOTHING, changes, {AREA: 1.0}).optimise()
    assert {line.tier: line.credits for line in plan.credits} == {"A1": 2}


def test_the_cost_with_credits_is_proven_too():
    lines = (Line(NEUTRAL, "0.4", 50_000, "A"), Line(WOODLAND, "0.3", 20_000, "B"))
    changes = {NEUTRAL: -1.0, WOODLAND: -1.0, POND: -0.2}
    plan = with_credits(lines, changes, {AREA: 2.4}).optimise()
    assert plan.is_verified
    assert plan.gap_gbp <= Decimal("1.05")
    assert plan.uses


def test_credits_may_stand_for_what_a_banks_baseline_loses():
    """0.8 units of broadleaved bring all 1 that is owed and leave 0.2 of felled to credits."""
    lines = (Line(BROADLEAVED, 4, 30_000, lost=FELLED, lost_units=1),)
    plan = with_credits(lines, {BROADLEAVED: -1.0}, {AREA: 0.0}).optimise()
    assert bought(plan) == {"A-001": 0.8}
    assert [(line.tier, line.credits) for line in plan.credits] == [("A3", Decimal("0.40"))]
    assert plan.total_gbp == 24_000 + Decimal("0.4") * 66_000


def test_like_for_like_credits_stand_for_what_a_far_bank_loses_whole():
    """Bought far away, a unit loses 1 of scrub by the workbook and 0.5 after the multiplier."""
    lines = (Line(NEUTRAL, 1, 10_000, "F", lost=SCRUB, lost_units=1),)
    scene = with_credits(lines, {NEUTRAL: -1.0}, {AREA: 0.5}, must_use=frozenset({"F"}),
                         min_units_per_bank=1)  # fmt: skip
    for mode in ("statutory", "like_for_like"):
        plan = scene.with_wishes(mode=mode).optimise()
        assert bought(plan) == {"F-001": 1.0}
        assert plan.is_verified
        (line,) = plan.credits
        assert (line.tier, float(line.units)) == ("A1", 1.0)


def test_a_coarse_market_step_buys_no_more_credits():
    lines = (Line(NEUTRAL, 2, 500_000),)
    scene = with_credits(lines, {NEUTRAL: -1.5, POND: -1.0}, {AREA: 2.505}, market_step="0.5")
    plan = scene.optimise()
    assert float(sum(line.units for line in plan.credits)) == pytest.approx(1.0)


def assert_fewest(scene: Scene) -> None:
    fewest, without = fewest_credits(scene), brute_force(scene)
    try:
        plan = scene.optimise()
    except InfeasibleError:
        assert fewest is None
        return
    assert fewest is not None
    assert plan.is_verified
    assert plan.gap_gbp <= Decimal("1.05")
    if without is not None:
        assert plan.credits == ()
        assert abs(plan.total_gbp - without) <= 1
    else:
        assert float(sum(line.units for line in plan.credits)) == pytest.approx(fewest, abs=1e-3)


@pytest.mark.parametrize("seed", range(60))
def test_the_fewest_credits_of_all_purchases_are_bought(seed):
    scene = draw_scene(Random(seed)).with_wishes(credits=True, must_use=frozenset())
    bare = tuple(replace(line, lost="", lost_units=0) for line in scene.lines)
    assert_fewest(replace(scene, lines=bare))


@pytest.mark.parametrize("seed", range(60))
def test_the_fewest_credits_are_bought_where_banks_lose_habitat(seed):
    assert_fewest(draw_scene(Random(seed)).with_wishes(credits=True, must_use=frozenset()))


@pytest.mark.parametrize("size_by", ["quote", "bank"])
def test_a_unit_dearer_than_credits_is_still_bought_before_them(size_by):
    """Credits are a last resort, not the cheaper way: the one unit on sale is bought."""
    scene = with_credits((Line(MODIFIED, 1, 90_000),), {CEREAL: -3.0}, {AREA: 3.0})
    plan = replace(scene, wishes={**scene.wishes, "size_by": size_by}).optimise()
    assert bought(plan) == {"A-001": 1.0}
    assert plan.total_gbp == 90_000 + 4 * 42_000
