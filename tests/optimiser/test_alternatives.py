"""What else could be bought, held against hand-worked markets and every set of banks."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from decimal import Decimal
from itertools import chain, combinations, pairwise
from random import Random

import joblib
import pytest

from bng_opt.errors import Finding, InfeasibleError, InputError, SolverError
from bng_opt.optimiser import attempts
from bng_opt.optimiser.alternatives import (
    FRAME_COLUMNS,
    Alternative,
    Alternatives,
    Verdict,
    attempt,
    find_alternatives,
    run_all,
    time_left,
)
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from tests.support.oracle import brute_force
from tests.support.scenarios import (
    AREA,
    DITCHES,
    FAR,
    NEUTRAL,
    WATERCOURSE,
    WITHIN,
    BankSpec,
    Line,
    Scene,
    draw_market_scene,
    draw_scene,
)

DOUBT = Decimal("1.05")
"""Two plans proven to a pound, and pennies of rounding [GBP]."""

THREE_CHEAP = Scene(
    (
        Line(NEUTRAL, 1, 20_000, "A"),
        Line(NEUTRAL, 1, 20_000, "B"),
        Line(NEUTRAL, 1, 20_000, "C"),
        Line(NEUTRAL, 5, 20_700, "D"),
    ),
    {},
    {AREA: 3.0},
    (BankSpec("D", fee="200"),),
)


def explore(scene: Scene, n_best: int = 3, n_jobs: int | None = None) -> Alternatives:
    scenario = scene.scenario()
    return find_alternatives(scenario, scene.optimise(), n_best=n_best, n_jobs=n_jobs)


def plan_of(scene: Scene) -> Plan | None:
    try:
        plan = scene.optimise()
    except InfeasibleError:
        return None
    return plan if plan.banks else None


def test_one_bank_instead_of_three_is_described_by_its_difference():
    found = explore(THREE_CHEAP)
    one = found.by_bank_count[0]
    assert one.extra_gbp == 2_300
    assert one.difference == "one bank instead of three, D in place of A, B and C, +£2,300"


def test_the_curve_goes_from_one_bank_to_those_of_the_plan():
    found = explore(THREE_CHEAP)
    labels = [item.label for item in found.by_bank_count]
    assert labels == ["At most one bank", "At most two banks", "At most three banks"]
    assert [item.extra_gbp for item in found.by_bank_count] == [2_300, 1_600, 0]
    assert found.by_bank_count[-1].difference == "the same purchase, at the same cost"


def test_the_curve_says_where_too_few_banks_cannot_do_and_why():
    lines = (Line(NEUTRAL, 1, 20_000, "A"), Line(NEUTRAL, 1, 20_000, "B"))
    one, two = explore(Scene(lines, {}, {AREA: 2.0})).by_bank_count
    assert (one.verdict, one.plan) == (Verdict.IMPOSSIBLE, None)
    assert "at most 1 bank" in one.reason
    assert two.extra_gbp == 0


def test_the_curve_stops_where_more_banks_save_nothing():
    lines = tuple(Line(NEUTRAL, 1, 20_000, bank_id) for bank_id in "AB")
    scene = Scene((*lines, Line(NEUTRAL, 5, 20_000, "D")), {}, {AREA: 2.0})
    scenario = scene.scenario()
    dear = scene.with_wishes(must_not_use=frozenset("D")).optimise()
    base = replace(dear, scenario=scenario.digest)
    curve = find_alternatives(scenario, base).by_bank_count
    assert [(item.label, item.banks) for item in curve] == [("At most one bank", ("D",))]


def test_without_a_bank_its_replacement_costs_the_difference():
    found = explore(THREE_CHEAP)
    assert [item.label for item in found.without_bank] == ["Without A", "Without B", "Without C"]
    assert {item.extra_gbp for item in found.without_bank} == {Decimal(900)}
    assert found.without_bank[0].banks == ("B", "C", "D")


def test_a_bank_that_nobody_can_replace_is_said_to_be_irreplaceable():
    scene = Scene((Line(NEUTRAL, 5, 20_000, "A"),), {NEUTRAL: -2.0}, {AREA: 2.0})
    (only,) = explore(scene).without_bank
    assert only.verdict is Verdict.IMPOSSIBLE
    assert only.difference == "impossible"
    assert "Grassland" in only.reason


def test_a_bank_both_required_and_excluded_is_named_with_both():
    scene = THREE_CHEAP.with_wishes(must_use=frozenset("A"))
    without_a, without_b, _ = explore(scene).without_bank
    assert without_a.reason == 'Bank "A" is both required and excluded.'
    assert without_b.plan is not None


def test_fewer_banks_than_are_required_is_a_contradiction():
    scene = THREE_CHEAP.with_wishes(must_use=frozenset("AB"))
    one = explore(scene).by_bank_count[0]
    assert one.reason == "2 banks are required but at most 1 may be used."


def test_only_local_leaves_out_every_line_with_a_multiplier():
    lines = (Line(NEUTRAL, 5, 5_000, "F"), Line(NEUTRAL, 5, 20_000, "A"))
    found = explore(Scene(lines, {}, {AREA: 1.0}))
    assert found.base.banks[0].bank_id == "F"
    assert found.only_local.banks == ("A",)
    assert found.only_local.difference == "A in place of F, +£10,000"


def test_a_far_bank_in_the_same_catchment_is_local_for_its_watercourses():
    bank = BankSpec("X", land=FAR, water=WITHIN)
    lines = (Line(NEUTRAL, 5, 1_000, "X"), Line(DITCHES, 5, 1_000, "X"), Line(NEUTRAL, 5, 9_000))
    scene = Scene(lines, {DITCHES: -1.0}, {AREA: 1.0, WATERCOURSE: 1.0}, (bank,))
    local = explore(scene).only_local
    assert local.plan is not None
    assert {line.stock_id for line in local.plan.purchases} == {"X-002", "A-003"}


def test_no_local_purchase_says_why():
    local = explore(Scene((Line(NEUTRAL, 5, 5_000, "F"),), {}, {AREA: 1.0})).only_local
    assert local.verdict is Verdict.IMPOSSIBLE
    assert "missing 1" in local.reason


def test_the_next_best_leave_out_a_bank_of_each_before_them():
    found = explore(THREE_CHEAP, n_best=10).next_best
    assert [item.extra_gbp for item in found] == [900, 900, 900, 1_600, 1_600, 1_600, 2_300]
    assert found[-1].banks == ("D",)


def test_banks_added_at_no_saving_are_passed_over():
    lines = (Line(NEUTRAL, 5, 20_000, "A"), Line(NEUTRAL, 5, 21_000, "B"))
    (second,) = explore(Scene(lines, {}, {AREA: 1.0}), n_best=5).next_best
    assert second.banks == ("B",)


def test_the_next_best_by_statutory_credits_need_as_few_as_may_be():
    lines = (Line(NEUTRAL, 1, 20_000, "A"), Line(NEUTRAL, 1, 30_000, "B"))
    scene = Scene(lines, {}, {AREA: 3.0}, wishes={"credits": True})
    found = explore(scene, n_best=2)
    assert len(found.base.credits) == 1
    assert sorted(item.banks for item in found.next_best) == [("A",), ("B",)]


def test_nothing_to_buy_has_no_alternative():
    found = explore(Scene((Line(NEUTRAL, 1, 20_000),), {}, {}))
    assert (found.by_bank_count, found.without_bank, found.next_best) == ((), (), ())
    assert found.only_local.difference == "the same purchase, at the same cost"


def subsets(names: tuple[str, ...]) -> list[frozenset[str]]:
    sizes = range(len(names) + 1)
    return [*map(frozenset, chain.from_iterable(combinations(names, n) for n in sizes))]


def cost_of_each_bank_set(scene: Scene) -> dict[frozenset[str], Decimal]:
    """Return the least cost with just these banks, by trying every purchase."""
    everyone = tuple(bank.bank_id for bank in scene.banks)
    required = scene.wishes.get("must_use", frozenset())
    excluded = scene.wishes.get("must_not_use", frozenset())
    costs = {}
    for banks in subsets(everyone):
        if required <= banks and not banks & excluded:
            just = scene.with_wishes(must_use=banks, must_not_use=frozenset(everyone) - banks)
            if (cost := brute_force(just)) is not None:
                costs[banks] = cost
    return costs


def drawn(seeds: range) -> list[Scene]:
    """Return the small scenes of several banks that have something to buy."""
    scenes = [draw_scene(Random(seed)) for seed in seeds]
    return [scene for scene in scenes if len(scene.banks) > 1 and plan_of(scene) is not None]


def assert_next_best(scene: Scene) -> None:
    costs = cost_of_each_bank_set(scene)
    found = explore(scene, n_best=4)
    listed = [frozenset(bank.bank_id for bank in found.base.banks)]
    for item in found.next_best:
        assert item.plan is not None
        assert item.verdict is Verdict.PROVEN
        assert item.plan.is_verified
        left = [cost for banks, cost in costs.items() if not any(s <= banks for s in listed)]
        assert abs(item.plan.total_gbp - min(left)) <= DOUBT
        assert item.bound_gbp <= min(left) + DOUBT
        listed.append(frozenset(item.banks))
    if len(found.next_best) < 4:
        assert not [banks for banks in costs if not any(s <= banks for s in listed)]


@pytest.mark.parametrize("block", range(4))
def test_the_next_best_are_those_of_all_sets_of_banks(block):
    scenes = drawn(range(50 * block, 50 * (block + 1)))
    assert len(scenes) > 5
    for scene in scenes:
        assert_next_best(scene)


def counties(seeds: range, n_banks: int = 12) -> list[Scene]:
    scenes = [draw_market_scene(Random(seed), n_banks) for seed in seeds]
    return [scene for scene in scenes if plan_of(scene) is not None]


@pytest.mark.parametrize("block", range(3))
def test_a_county_keeps_every_property(block):
    scenes = counties(range(5 * block, 5 * (block + 1)))
    assert scenes
    for scene in scenes:
        assert_properties(explore(scene))


def assert_properties(found: Alternatives) -> None:
    curve = [item.plan.total_gbp for item in found.by_bank_count if item.plan]
    assert all(after <= before + DOUBT for before, after in pairwise(curve))
    impossible = [item.plan is None for item in found.by_bank_count]
    assert impossible == sorted(impossible, reverse=True)
    every = [item for _, items in found.groups() for item in items if item.plan]
    assert all(item.extra_gbp >= -DOUBT for item in every)
    assert all(item.plan.is_verified for item in every)
    assert all(bank not in item.banks for bank, item in without(found))
    sets = [frozenset(item.banks) for item in found.next_best]
    assert len(set(sets)) == len(sets)
    costs = [item.plan.total_gbp for item in found.next_best]
    assert costs == sorted(costs)


def without(found: Alternatives) -> list[tuple[str, Alternative]]:
    banks = [bank.bank_id for bank in found.base.banks]
    return list(zip(banks, found.without_bank, strict=True))


def test_taking_out_a_bank_that_is_not_used_changes_nothing():
    for scene in counties(range(4)):
        plan = scene.optimise()
        used = {bank.bank_id for bank in plan.banks}
        excluded = scene.wishes.get("must_not_use", frozenset())
        unused = {bank.bank_id for bank in scene.banks} - used - excluded
        for bank_id in sorted(unused)[:3]:
            answer = attempt(scene.scenario(), {"must_not_use": excluded | {bank_id}})
            assert answer.plan is not None
            assert abs(answer.plan.total_gbp - plan.total_gbp) <= DOUBT


def test_the_answers_do_not_depend_on_the_number_of_processes():
    scene = draw_market_scene(Random(1), 12)
    one, two = explore(scene), explore(scene, n_jobs=2)
    assert one.as_dict() == two.as_dict()
    assert one.to_frame().equals(two.to_frame())


def test_the_order_of_rows_changes_no_alternative():
    scene = draw_market_scene(Random(2), 12)
    mixed = replace(scene, lines=scene.lines[::-1], banks=scene.banks[::-1])
    assert explore(mixed).as_dict() == explore(scene).as_dict()


def test_a_surrounding_parallel_config_is_followed():
    def who() -> str:
        return threading.current_thread().name

    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert threading.main_thread().name not in run_all([who] * 4)
    assert set(run_all([who] * 4)) == {threading.main_thread().name}


def test_the_plan_of_another_scenario_is_refused():
    scene = THREE_CHEAP
    with pytest.raises(InputError, match="another scenario"):
        find_alternatives(scene.with_wishes(mode="like_for_like").scenario(), scene.optimise())


def test_an_answer_that_came_too_late_is_unknown_not_impossible(monkeypatch):
    def too_late(scenario: Scenario, **_: object) -> Plan:
        raise SolverError(Finding("The time limit passed.", "Allow more time."))

    monkeypatch.setattr(attempts, "make_plan", too_late)
    answer = attempt(THREE_CHEAP.scenario())
    assert (answer.verdict, answer.reason) == (Verdict.UNKNOWN, "The time limit passed.")


def test_the_time_limit_runs_from_the_beginning_of_each_attempt():
    ticks = iter([10.0, 12.5, 99.0])
    left = time_left(Policy(time_limit_s=5), lambda: next(ticks))
    assert left() == 2.5
    assert left() == 0.01
    assert time_left(Policy(time_limit_s=5), None)() == 5
    assert time_left(Policy(), lambda: 0.0)() is None


def test_the_frame_has_the_documented_columns_and_the_report_fits_the_page():
    found = explore(THREE_CHEAP)
    frame = found.to_frame()
    assert tuple(frame.columns) == FRAME_COLUMNS
    assert list(frame["question"].unique()) == [name for name, _ in found.groups()]
    assert json.loads(json.dumps(found.as_dict()))["base_gbp"] == 60_000
    assert all(len(line) <= 100 for line in found.summary().splitlines())
    assert "one bank instead of three" in str(found)
