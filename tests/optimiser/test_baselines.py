"""What simpler means would cost, worked by hand, and never less than the plan."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random

import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.optimiser.baselines import (
    FRAME_COLUMNS,
    Baseline,
    Baselines,
    Kind,
    compare_baselines,
)
from tests.support.scenarios import (
    AREA,
    DITCHES,
    HEDGE_LOW,
    HEDGEROW,
    MEADOW,
    NEUTRAL,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    draw_market_scene,
    draw_scene,
)


def compare(scene: Scene) -> Baselines:
    return compare_baselines(scene.scenario(), scene.optimise())


def of(scene: Scene, kind: Kind) -> Baseline:
    return compare(scene)[kind]


FROM_AFAR = Scene(
    (Line(NEUTRAL, 9, 10_000, "F"), Line(SCRUB, 9, 8_000, "A")),
    {NEUTRAL: -2.0},
    {AREA: 2.0},
)
"""Statutory: 2 neutral from afar (1 after the multiplier) and 1 scrub: £28,000."""


def test_like_for_like_buys_the_multiplier_of_the_same_habitat():
    row = of(FROM_AFAR, Kind.LIKE_FOR_LIKE)
    assert (row.total_gbp, row.saving_gbp) == (40_000, 12_000)
    assert row.saving_share == pytest.approx(0.3)
    assert row.banks == ("F",)


def test_cheapest_first_takes_the_cheapest_unit_after_the_multiplier():
    row = of(FROM_AFAR, Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.saving_gbp) == (40_000, 12_000)
    lines = (Line(NEUTRAL, 9, 15_000, "F"), Line(NEUTRAL, 1, 20_000, "A"))
    row = of(Scene(lines, {}, {AREA: 1.5}), Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.banks) == (20_000 + 15_000, ("A", "F"))
    row = of(Scene(lines, {}, {AREA: 1.0}), Kind.CHEAPEST_FIRST)
    assert row.banks == ("A",)


def test_cheapest_first_serves_the_highest_band_first_and_net_gain_last():
    lines = (Line(WOODLAND, 2, 30_000), Line(NEUTRAL, 9, 20_000), Line(SCRUB, 9, 10_000, "B"))
    scene = Scene(lines, {WOODLAND: -1.0, NEUTRAL: -1.0}, {AREA: 3.0})
    row = of(scene, Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.banks) == (60_000, ("A", "B"))


def test_cheapest_first_looks_at_no_fee_but_pays_it():
    lines = (Line(NEUTRAL, 9, 10_000, "A"), Line(NEUTRAL, 9, 10_500, "B"))
    scene = Scene(lines, {}, {AREA: 1.0}, (BankSpec("A", fee="900"),))
    row = of(scene, Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.saving_gbp, row.banks) == (10_900, 400, ("A",))


def test_cheapest_first_goes_on_to_the_next_offer_when_stock_runs_out():
    lines = (Line(NEUTRAL, 1, 10_000, "A"), Line(NEUTRAL, 9, 20_000, "N"))
    row = of(Scene(lines, {}, {AREA: 2.5}), Kind.CHEAPEST_FIRST)
    assert row.total_gbp == 10_000 + 2 * 20_000


def test_cheapest_first_makes_good_what_banks_themselves_lose():
    lines = (
        Line(NEUTRAL, 4, 10_000, lost=SCRUB, lost_units=4),
        Line(SCRUB, 9, 5_000, "B"),
    )
    row = of(Scene(lines, {NEUTRAL: -2.0}, {AREA: 1.0}), Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.banks) == (2 * 10_000 + 2 * 5_000, ("A", "B"))


def test_cheapest_first_buys_the_price_of_each_banks_own_size():
    lines = (Line(NEUTRAL, 9, {"small": 30_000, "medium": 20_000}, "A"),)
    scene = Scene(lines, {}, {AREA: 2.0}, wishes={"size_by": "bank"})
    row = of(scene, Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.saving_gbp) == (60_000, 10_000)


def test_cheapest_first_says_where_it_cannot_finish():
    lines = (Line(SCRUB, 3, 8_000, "A"), Line(NEUTRAL, 2, 10_000, "F"))
    row = of(Scene(lines, {NEUTRAL: -2.0}, {AREA: 2.0}), Kind.CHEAPEST_FIRST)
    assert (row.total_gbp, row.saving_gbp) == (None, None)
    assert row.reason == "no offer is left for 1 units of Grassland (area)"


def test_cheapest_first_claims_nothing_where_it_breaks_a_wish():
    lines = (Line(NEUTRAL, 1, 10_000, "A"), Line(NEUTRAL, 9, 20_000, "B"))
    scene = Scene(lines, {}, {AREA: 2.0}, wishes={"max_banks": 1})
    row = of(scene, Kind.CHEAPEST_FIRST)
    assert row.total_gbp is None
    assert "2 banks, at most 1 wished" in row.reason


def test_a_single_bank_is_the_cheapest_that_has_everything():
    lines = (
        Line(NEUTRAL, 1, 10_000, "A"),
        Line(NEUTRAL, 9, 20_000, "B"),
        Line(NEUTRAL, 9, 25_000, "C"),
    )
    row = of(Scene(lines, {}, {AREA: 2.0}), Kind.SINGLE_BANK)
    assert (row.total_gbp, row.saving_gbp, row.banks) == (40_000, 10_000, ("B",))


def test_no_single_bank_is_said_with_the_reason():
    lines = (Line(NEUTRAL, 9, 10_000, "A"), Line(HEDGE_LOW, 9, 10_000, "B"))
    row = of(Scene(lines, {}, {AREA: 1.0, HEDGEROW: 1.0}), Kind.SINGLE_BANK)
    assert row.total_gbp is None
    assert "at most 1 bank" in row.reason


def test_credits_are_two_a_unit_at_the_tier_of_the_loss_and_the_lowest_for_net_gain():
    lines = (Line(WOODLAND, 9, 1_000), Line(DITCHES, 9, 1_000))
    scene = Scene(lines, {WOODLAND: -1.0, DITCHES: -0.5}, {AREA: 1.5, WATERCOURSE: 0.5})
    row = of(scene, Kind.CREDITS)
    assert row.total_gbp == 2 * 125_000 + 2 * 0.5 * 42_000 + 2 * 0.5 * 230_000
    assert row.banks == ()


def test_credits_are_not_to_be_had_for_a_very_high_loss():
    row = of(Scene((Line(MEADOW, 9, 1_000),), {MEADOW: -1.0}, {}), Kind.CREDITS)
    assert row.total_gbp is None
    assert MEADOW in row.reason


def test_nothing_to_buy_saves_nothing():
    found = compare(Scene((Line(NEUTRAL, 9, 1_000),), {}, {}))
    assert [(row.total_gbp, row.saving_share) for row in found.rows] == [(0, None)] * 4


def test_no_simpler_means_is_cheaper_than_the_plan():
    """Like for like is left out where banks lose habitats: it weighs their losses less too."""
    had = dict.fromkeys(Kind, 0)
    scenes = [draw_scene(Random(seed)) for seed in range(150)]
    scenes += [draw_market_scene(Random(seed), 12) for seed in range(8)]
    for scene in scenes:
        try:
            found = compare(scene)
        except InfeasibleError:
            continue
        losing = any(line.lost for line in scene.lines)
        for row in found.rows:
            if row.total_gbp is not None and not (losing and row.kind is Kind.LIKE_FOR_LIKE):
                credits = row.kind is Kind.CREDITS
                assert credits or row.saving_gbp >= Decimal("-1.05")
                had[row.kind] += row.total_gbp > 0
    assert min(had.values()) > 10


def test_the_answers_do_not_depend_on_the_number_of_processes():
    scene = draw_market_scene(Random(1), 12)
    scenario, plan = scene.scenario(), scene.optimise()
    assert compare_baselines(scenario, plan, n_jobs=2) == compare_baselines(scenario, plan)


def test_the_plan_of_another_scenario_is_refused():
    with pytest.raises(InputError, match="another scenario"):
        compare_baselines(FROM_AFAR.with_wishes(max_banks=1).scenario(), FROM_AFAR.optimise())


def test_frame_and_report_are_as_documented():
    lines = (Line(SCRUB, 3, 8_000, "A"), Line(NEUTRAL, 9, 10_000, "F"), Line(MEADOW, 1, 90_000))
    found = compare(Scene(lines, {NEUTRAL: -2.0, MEADOW: -1.0}, {AREA: 2.0}))
    frame = found.to_frame()
    assert tuple(frame.columns) == FRAME_COLUMNS
    assert frame["total_gbp"].isna().tolist() == [False, False, True, True]
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["baselines"][3]["total_gbp"] is None
    text = str(found)
    assert "not available" in text
    assert all(len(line) <= 100 for line in text.splitlines())
