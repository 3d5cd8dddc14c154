"""Ties: cost, then fewer banks, then nearer banks, then names; the same answer every time."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from bng_opt.errors import InfeasibleError
from bng_opt.market import load_market
from bng_opt.optimiser.plan import Plan
from bng_opt.runtime.run import optimise
from tests.support.scenarios import (
    AREA,
    NEUTRAL,
    SCRUB,
    BankSpec,
    Line,
    Scene,
    bought,
    draw_market_scene,
    draw_scene,
    site,
)

SITE_LAT, SITE_LON = 52.1, -1.5


def at(bank_id: str, degrees_north: float) -> BankSpec:
    return BankSpec(bank_id, lat=SITE_LAT + degrees_north, lon=SITE_LON)


def equal(*stock: tuple[str, float], units: float, banks: tuple[BankSpec, ...] = ()) -> Plan:
    """Return the plan of a market in which every unit costs the same."""
    lines = tuple(Line(NEUTRAL, held, 20_000, bank_id) for bank_id, held in stock)
    return Scene(lines, {}, {AREA: units}, banks).optimise()


def text_of(plan: Plan) -> str:
    content = plan.as_dict()
    del content["seconds"]
    return json.dumps(content)


def test_of_equal_plans_the_one_of_fewer_banks_is_taken():
    plan = equal(("A", 1.0), ("B", 1.0), ("C", 2.0), units=2.0)
    assert bought(plan) == {"C-003": 2.0}


def test_of_equally_few_banks_the_nearer_is_taken():
    banks = (at("A", 0.9), at("B", 0.1), at("C", 0.5))
    plan = equal(("A", 5.0), ("B", 5.0), ("C", 5.0), units=2.0, banks=banks)
    assert bought(plan) == {"B-002": 2.0}


def test_fewer_banks_count_before_nearer_ones():
    banks = (at("A", 0.9), at("B", 0.1), at("C", 0.1))
    plan = equal(("A", 5.0), ("B", 1.0), ("C", 1.0), units=2.0, banks=banks)
    assert bought(plan) == {"A-001": 2.0}


def test_the_nearest_pair_is_taken_where_two_are_needed():
    banks = tuple(at(bank_id, d) for bank_id, d in zip("ABCD", (0.9, 0.2, 0.8, 0.3), strict=True))
    plan = equal(*((bank_id, 1.0) for bank_id in "ABCD"), units=2.0, banks=banks)
    assert bought(plan) == {"B-002": 1.0, "D-004": 1.0}


def test_a_bank_without_a_point_counts_as_farthest():
    banks = (BankSpec("A"), at("B", 0.9))
    plan = equal(("A", 5.0), ("B", 5.0), units=2.0, banks=banks)
    assert bought(plan) == {"B-002": 2.0}


def test_of_equal_banks_the_first_in_order_of_name_is_taken():
    banks = tuple(at(bank_id, 0.5) for bank_id in "CAB")
    plan = equal(("C", 5.0), ("B", 5.0), ("A", 5.0), units=2.0, banks=banks)
    assert bought(plan) == {"A-003": 2.0}


def test_of_equal_lines_of_a_bank_the_first_in_order_is_drawn_first():
    lines = (
        Line(SCRUB, 2, 20_000, stock_id="A-9"),
        Line(NEUTRAL, 2, 20_000, stock_id="A-1"),
    )
    assert bought(Scene(lines, {}, {AREA: 3.0}).optimise()) == {"A-1": 2.0, "A-9": 1.0}


def test_a_pound_is_worth_more_than_a_bank():
    lines = (
        Line(NEUTRAL, 1, 20_000, "A"),
        Line(NEUTRAL, 1, 20_000, "B"),
        Line(NEUTRAL, 2, 20_002, "C"),
    )
    assert bought(Scene(lines, {}, {AREA: 2.0}).optimise()) == {"A-001": 1.0, "B-002": 1.0}


def test_hundreds_of_equal_banks_are_settled_by_name():
    stock = [(f"B{number:03d}", 0.5) for number in range(300)]
    plan = equal(*stock, units=3.2)
    assert list(bought(plan)) == [f"B{n:03d}-{n + 1:03d}" for n in range(7)]


def many_equal_banks(count: int, **wishes: object) -> Scene:
    """Return as many banks at one price, south of the site, each at another distance."""
    numbers = range(count)
    lines = tuple(Line(NEUTRAL, 0.5, 20_000, f"B{n:04d}") for n in numbers)
    banks = tuple(BankSpec(f"B{n:04d}", lat=51 + n * 37 % count / count, lon=-1.5) for n in numbers)
    return Scene(lines, {NEUTRAL: -3.0}, {AREA: 3.3}, banks, wishes)


@pytest.mark.slow
def test_hundreds_of_equal_banks_are_settled_by_distance():
    plan = many_equal_banks(400).optimise()
    places = sorted(int(line.bank_id[1:]) * 37 % 400 for line in plan.purchases)
    assert places == list(range(393, 400))


@pytest.mark.slow
def test_a_time_limit_leaves_the_least_cost_among_equal_banks():
    plan = many_equal_banks(400, time_limit_s=1).optimise()
    assert plan.total_gbp == 66_000


def shuffled(scene: Scene, seed: int) -> Scene:
    rng = Random(seed)

    def mix(items):
        return rng.sample(list(items), len(items))

    return replace(
        scene,
        lines=tuple(mix(scene.lines)),
        banks=tuple(mix(scene.banks)),
        changes=dict(mix(scene.changes.items())),
        deficits=dict(mix(scene.deficits.items())),
    )


def outcome(scene: Scene) -> str:
    try:
        return text_of(scene.optimise())
    except InfeasibleError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_all_rows_changes_no_byte_of_a_small_plan(seed):
    scene = draw_scene(Random(seed))
    assert outcome(shuffled(scene, seed)) == outcome(scene)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_all_rows_changes_no_byte_of_a_county_plan(seed):
    scene = draw_market_scene(Random(seed), 30)
    assert outcome(shuffled(scene, seed)) == outcome(scene)


def flat(seed: int) -> Scene:
    """Return a county market in which every price and fee is the same."""
    scene = draw_market_scene(Random(seed), 30)
    lines = tuple(replace(line, price=20_000, basis="unit") for line in scene.lines)
    banks = tuple(replace(bank, fee="0") for bank in scene.banks)
    return replace(scene, lines=lines, banks=banks)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_all_rows_changes_nothing_where_all_prices_are_equal(seed):
    scene = flat(seed)
    assert outcome(shuffled(scene, seed)) == outcome(scene)


def test_the_same_input_gives_the_same_bytes_whatever_was_solved_before():
    scene = draw_market_scene(Random(2), 30)
    first = outcome(scene)
    for seed in (3, 4):
        outcome(draw_market_scene(Random(seed), 20))
    assert outcome(scene) == first


def test_rows_of_the_price_list_may_stand_in_any_order():
    scene = draw_market_scene(Random(2), 20)
    frames = scene.frames()
    mixed = {name: frame.sample(frac=1.0, random_state=7) for name, frame in frames.items()}
    plan = optimise(scene.requirement(), load_market(mixed), site(), scene.policy())
    assert text_of(plan) == outcome(scene)
