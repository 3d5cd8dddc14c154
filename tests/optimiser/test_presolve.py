"""What can't work is found before solving: everything at once, and never falsely."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from bng_opt.errors import InfeasibleError
from bng_opt.optimiser.offers import make_offers
from bng_opt.optimiser.presolve import presolve
from tests.support.oracle import brute_force
from tests.support.scenarios import (
    AREA,
    CANALS,
    CULVERT,
    HEDGE_HIGH,
    HEDGE_MEDIUM,
    HEDGEROW,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    Line,
    Scene,
    draw_scene,
    scenes,
    site,
)


def findings(scene: Scene) -> list[str]:
    requirement, policy = scene.requirement(), scene.policy()
    book = make_offers(requirement, scene.market(), site(), policy)
    return [finding.message for finding in presolve(book, requirement, policy)]


def refusal(scene: Scene) -> list[str]:
    with pytest.raises(InfeasibleError) as caught:
        scene.optimise()
    return [finding.message for finding in caught.value.findings]


def test_a_habitat_that_must_be_the_same_is_counted_bank_by_bank():
    lines = tuple(
        Line(WOODLAND, units, 30_000, bank)
        for bank, units in (("A", "0.4"), ("B", "0.3"), ("C", "0.2"))
    )
    scene = Scene((*lines, Line(NEUTRAL, 9, 1_000)), {WOODLAND: -1.38}, {AREA: 1.38})
    (message,) = findings(scene)
    assert message == (
        "1.38 units of Woodland and forest - Lowland mixed deciduous woodland must be the same "
        "habitat: 3 banks sell it, 0.90 units in all; missing 0.48."
    )
    assert refusal(scene) == [message]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "no bank sells it"),
        ((Line(WOODLAND, 0.4, 1),), "1 bank sells it, 0.40 units in all"),
        (
            (Line(WOODLAND, 0.4, 1), Line(WOODLAND, 9, {"large": 1}, "B")),
            "1 more line without a price",
        ),
    ],
)
def test_the_supply_is_told_in_words(lines, words):
    scene = Scene((*lines, Line(NEUTRAL, 9, 1, "Z")), {WOODLAND: -1.0}, {AREA: 1.0})
    assert words in findings(scene)[0]


def test_a_medium_group_is_compared_with_its_own_kind_and_all_that_is_higher():
    scene = Scene(
        (Line(NEUTRAL, 1, 1), Line(WOODLAND, 1, 1), Line(SCRUB, 9, 1), Line(MODIFIED, 9, 1)),
        {NEUTRAL: -3.0},
        {AREA: 3.0},
    )
    (message,) = findings(scene)
    assert "3.00 units are owed for Grassland" in message
    assert "missing 1.00" in message


def test_a_high_hedgerow_is_compared_with_its_own_kind_and_very_high():
    scene = Scene((Line(HEDGE_MEDIUM, 9, 1),), {HEDGE_HIGH: -1.0}, {HEDGEROW: 1.0})
    assert "missing 1.00" in findings(scene)[0]


def test_a_culvert_is_compared_with_what_is_higher():
    scene = Scene((Line(CULVERT, 9, 1), Line(CANALS, 0.5, 1)), {CULVERT: -1.0}, {WATERCOURSE: 1.0})
    assert "missing 0.50" in findings(scene)[0]


def test_the_headline_is_compared_with_what_counts_after_the_multiplier():
    scene = Scene((Line(NEUTRAL, 2, 1, "F"), Line(SCRUB, 2, 1, "N")), {}, {AREA: 3.0})
    (message,) = findings(scene)
    assert "2 banks can deliver 2.50" in message
    assert "missing 0.50" in message


def test_like_for_like_counts_the_supply_after_the_multiplier():
    scene = Scene((Line(WOODLAND, 1, 1, "F"), Line(NEUTRAL, 9, 1)), {WOODLAND: -1.0}, {AREA: 1.0})
    assert findings(scene) == []
    assert "missing 0.50" in findings(scene.with_wishes(mode="like_for_like"))[0]


def test_a_required_bank_with_too_little_to_sell_is_named():
    lines = (Line(NEUTRAL, 9, 1, "A"), Line(NEUTRAL, "0.5", 1, "B"))
    wishes = {"must_use": frozenset({"B"}), "min_units_per_bank": 1}
    (message,) = findings(Scene(lines, {}, {AREA: 1.0}, wishes=wishes))
    assert '"B"' in message


def test_everything_is_found_at_once():
    scene = Scene(
        (Line(SCRUB, "0.5", 1),),
        {WOODLAND: -1.0, MEADOW: -1.0, NEUTRAL: -1.0, HEDGE_HIGH: -1.0, CULVERT: -1.0},
        {AREA: 3.0, HEDGEROW: 1.0, WATERCOURSE: 1.0},
    )
    told = "\n".join(refusal(scene))
    for word in ("Lowland meadows", "Lowland mixed", "Grassland", HEDGE_HIGH, CULVERT):
        assert word in told
    assert told.count("headline deficit") == 3


def test_every_finding_says_what_would_help():
    with pytest.raises(InfeasibleError) as caught:
        Scene((Line(SCRUB, "0.5", 1),), {WOODLAND: -1.0}, {AREA: 1.0}).optimise()
    assert all(finding.remedy for finding in caught.value.findings)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"max_banks": 1}, "at most 1 bank"),
        ({"max_banks": 1, "min_units_per_bank": "0.1"}, "at least 0.1 units a bank"),
    ],
)
def test_wishes_that_rule_each_other_out_are_named(wishes, words):
    lines = (Line(NEUTRAL, 1, 1, "A"), Line(NEUTRAL, 1, 1, "B"))
    (message,) = refusal(Scene(lines, {}, {AREA: 2.0}, wishes=wishes))
    assert words in message


def test_rules_that_cannot_be_met_together_are_named_after_solving():
    lines = (Line(NEUTRAL, 2, 1, lost=SCRUB, lost_units=2), Line(SCRUB, "0.5", 1))
    scene = Scene(lines, {NEUTRAL: -4.0}, {AREA: 2.0})
    assert findings(scene) == []
    assert "Heathland and shrub" in "\n".join(refusal(scene))


def test_a_step_too_coarse_for_the_stock_is_told():
    scene = Scene(
        (Line(NEUTRAL, "1.9", 1, "A"), Line(NEUTRAL, "1.9", 1, "B")),
        {},
        {AREA: 2.5},
        wishes={"market_step": 1},
    )
    assert refusal(scene)


@settings(max_examples=150)
@given(scenes())
def test_nothing_is_found_where_a_purchase_exists(scene):
    if brute_force(scene) is not None:
        assert findings(scene) == []


@pytest.mark.parametrize("block", range(4))
def test_nothing_is_found_where_a_purchase_exists_in_the_seeded_scenes(block):
    for seed in range(1000 + 100 * block, 1000 + 100 * (block + 1)):
        scene = draw_scene(Random(seed))
        if brute_force(scene) is not None:
            assert findings(scene) == [], seed
