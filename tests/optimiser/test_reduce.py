"""Reductions never change the least cost."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bng_opt.optimiser.linear import LinearModel, ModelBuilder
from bng_opt.optimiser.model import PurchaseModel, build_model
from bng_opt.optimiser.offers import make_offers
from bng_opt.optimiser.reduce import affordable, components, undominated
from bng_opt.optimiser.search import find_cheapest
from bng_opt.optimiser.solver import Status, relax, solve
from tests.support.scenarios import AREA, NEUTRAL, Line, Scene, draw_market_scene, site


def model_of(scene: Scene) -> PurchaseModel:
    requirement, policy = scene.requirement(), scene.policy()
    book = make_offers(requirement, scene.market(), site(), policy)
    return build_model(book, requirement, policy)


def scene_of(seed: int, **wishes: object) -> Scene:
    return draw_market_scene(Random(seed), 12).with_wishes(market_step="0.25", **wishes)


def least(linear: LinearModel) -> float | None:
    found = solve(linear, gap_gbp=0)
    return None if found.status is Status.INFEASIBLE else found.objective


@pytest.mark.parametrize("size_by", ["quote", "bank"])
@pytest.mark.parametrize("dearer", [0.0, 0.3, 5.0])
def test_leaving_out_dominated_lines_never_changes_the_least_cost(size_by, dearer):
    """The plan at hand may be any lawful one: the best, or one that is far dearer."""
    checked = 0
    for seed in range(15):
        model = model_of(scene_of(seed, size_by=size_by))
        best = least(model.linear)
        if best is None:
            continue
        columns = np.arange(len(model.purchases))
        kept = np.ones(model.linear.n_columns, dtype=bool)
        kept[columns] = undominated(model.linear, columns, best * (1 + dearer) + 1)
        reduced = least(model.linear.restrict(kept))
        assert reduced == pytest.approx(best, abs=0.01), seed
        checked += 1
    assert checked > 5


def test_a_line_is_not_dominated_by_the_same_banks_cheaper_price_of_another_size():
    """0.05 units at £40,000 cost £2,000; the least of the next size, 0.1 at £30,000, £3,000."""
    line = Line(NEUTRAL, 2, {"fractional": 40_000, "small": 30_000})
    model = model_of(Scene((line,), {}, {AREA: 0.05}, wishes={"size_by": "bank"}))
    columns = np.arange(len(model.purchases))
    kept = undominated(model.linear, columns, 2_500.0)
    fractional = [p.size.value == "fractional" for p in model.purchases]
    assert kept[fractional].all()


@pytest.mark.parametrize("size_by", ["quote", "bank"])
@pytest.mark.parametrize("dearer", [0.0, 0.5])
def test_leaving_out_what_is_not_affordable_never_changes_the_least_cost(size_by, dearer):
    checked = 0
    for seed in range(15):
        model = model_of(scene_of(seed, size_by=size_by))
        best = least(model.linear)
        if best is None:
            continue
        linear = model.linear
        upper = affordable(linear, relax(linear).duals, best * (1 + dearer) + 1)
        assert np.all(upper <= linear.upper)
        assert least(linear.with_bounds(linear.lower, upper)) == pytest.approx(best, abs=0.01)
        checked += 1
    assert checked > 5


@pytest.mark.parametrize("size_by", ["quote", "bank"])
def test_the_search_finds_the_least_cost_of_the_whole_model(size_by):
    for seed in range(15):
        model = model_of(scene_of(seed, size_by=size_by))
        best = least(model.linear)
        found = find_cheapest(model, 1.0, lambda: None)
        assert (found.values is None) == (best is None)
        if best is not None:
            assert best - 0.01 <= found.objective <= best + 1.01
            assert found.bound <= best + 0.01


def test_columns_that_share_no_row_are_components_of_their_own():
    builder = ModelBuilder()
    for _ in range(5):
        builder.add_column(1.0, 1.0)
    builder.add_row("a", np.array([0, 2]), np.ones(2), 1.0)
    builder.add_row("b", np.array([2, 3]), np.ones(2), 1.0)
    numbers = components(builder.build()).tolist()
    assert numbers[0] == numbers[2] == numbers[3]
    assert len({numbers[0], numbers[1], numbers[4]}) == 3


def test_a_cheap_line_that_serves_more_leaves_a_dear_one_out():
    lines = (Line(NEUTRAL, 50, 10_000, "A"), Line(NEUTRAL, 50, 12_000, "B"))
    model = model_of(Scene(lines, {}, {AREA: 1.0}))
    columns = np.arange(2)
    kept = undominated(model.linear, columns, 10_000.0)
    assert kept.tolist() == [True, False]


def test_a_line_is_kept_while_what_dominates_it_may_sell_out():
    lines = (Line(NEUTRAL, "0.5", 10_000, "A"), Line(NEUTRAL, 50, 12_000, "B"))
    model = model_of(Scene(lines, {}, {AREA: 1.0}))
    columns = np.arange(2)
    kept = undominated(model.linear, columns, 11_000.0)
    assert kept.tolist() == [True, True]
