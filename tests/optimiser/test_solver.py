"""The solvers' room: answers, bounds, limits, silence."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import numpy as np
import pytest

from bng_opt.errors import SolverError
from bng_opt.optimiser.linear import LinearModel, ModelBuilder
from bng_opt.optimiser.solver import Status, is_feasible_by_cbc, relax, solve


def model(
    cost: list[float],
    upper: list[float],
    rows: list[tuple[list[float], float]],
    *,
    integer: bool = True,
) -> LinearModel:
    builder = ModelBuilder()
    for price, most in zip(cost, upper, strict=True):
        builder.add_column(price, most, integer=integer)
    columns = np.arange(len(cost))
    for values, at_least in rows:
        held = np.flatnonzero(values)
        builder.add_row("row", columns[held], np.array(values)[held], at_least)
    return builder.build()


def knapsack(seed: int, size: int) -> LinearModel:
    """Return a cover problem that takes branching."""
    rng = Random(seed)
    cost = [rng.randint(500, 999) + rng.random() for _ in range(size)]
    rows = [([float(rng.randint(100, 999)) for _ in range(size)], 150.0 * size) for _ in range(5)]
    return model(cost, [1.0] * size, rows)


def test_a_tiny_model_is_solved_and_proven():
    found = solve(model([3.0, 2.0], [5, 1], [([1.0, 1.0], 2.0)]), gap_gbp=0)
    assert found.status is Status.OPTIMAL
    assert found.values.tolist() == [1.0, 1.0]
    assert (found.objective, found.bound) == (5.0, 5.0)


def test_the_relaxation_states_prices():
    found = relax(model([3.0, 2.0], [5, 1], [([1.0, 1.0], 2.0)]))
    assert found.objective == pytest.approx(5.0)
    assert found.duals.tolist() == pytest.approx([3.0])
    assert found.reduced_costs.tolist() == pytest.approx([0.0, -1.0])


def test_an_impossible_model_is_called_so_by_both_solvers():
    impossible = model([1.0], [1], [([1.0], 2.0)])
    assert solve(impossible, gap_gbp=0).status is Status.INFEASIBLE
    assert relax(impossible).status is Status.INFEASIBLE
    assert not is_feasible_by_cbc(impossible)


def test_a_model_without_whole_solution_is_impossible():
    halves = model([1.0, 1.0], [9, 9], [([2.0, -2.0], 1.0), ([-2.0, 2.0], -1.0)])
    assert solve(halves, gap_gbp=0).status is Status.INFEASIBLE
    assert relax(halves).status is Status.OPTIMAL
    assert not is_feasible_by_cbc(halves)


def test_cbc_finds_what_there_is():
    assert is_feasible_by_cbc(model([1.0], [3], [([1.0], 2.0)]))


def test_a_column_that_nothing_mentions_stays_at_its_bound():
    free = model([1.0, 0.0], [5, 5], [([1.0, 0.0], 2.0)])
    assert solve(free, gap_gbp=0).values.tolist() == [2.0, 0.0]
    assert is_feasible_by_cbc(free)


def test_a_row_without_columns_that_cannot_hold_is_impossible():
    empty = model([0.0, 1.0], [5, 5], [([0.0, 0.0], 2.0)])
    assert solve(empty, gap_gbp=0).status is Status.INFEASIBLE
    assert not is_feasible_by_cbc(empty)


def test_a_model_of_nothing_costs_nothing():
    assert solve(model([], [], []), gap_gbp=0).objective == 0


@pytest.mark.parametrize("integer", [True, False])
def test_the_bound_is_never_above_the_cost(integer):
    for seed in range(5):
        base = knapsack(seed, 12)
        lower, upper = base.lower, base.upper
        cover = model(base.cost.tolist(), upper.tolist(), [], integer=integer)
        cover = cover.with_bounds(lower, upper).with_row({0: 1.0, 1: 1.0}, 1.0)
        found = solve(cover, gap_gbp=1)
        assert found.bound <= found.objective


def test_the_gap_asked_for_is_kept():
    found = solve(knapsack(1, 40), gap_gbp=5.0)
    assert found.status is Status.OPTIMAL
    assert 0 <= found.objective - found.bound <= 5.0 + 1e-6


@pytest.mark.parametrize("limit", [{"max_nodes": 1}, {"time_limit_s": 0.05}])
def test_a_limit_is_told_and_the_bound_stays_below(limit):
    found = solve(knapsack(3, 120), gap_gbp=0, **limit)
    assert found.status in (Status.FEASIBLE, Status.STOPPED)
    if found.values is not None:
        assert found.bound < found.objective


def test_the_same_model_has_the_same_answer():
    answers = [solve(knapsack(5, 40), gap_gbp=1).values.tolist() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]


def test_nothing_is_printed_on_stdout():
    program = (
        "from tests.support.scenarios import *\n"
        "import random\n"
        "draw_market_scene(random.Random(2), 20).optimise()\n"
        "try:\n"
        "    Scene((Line(NEUTRAL, 1, 1, 'A'), Line(NEUTRAL, 1, 1, 'B')), {}, {AREA: 1.5},\n"
        "          wishes={'max_banks': 1}).optimise()\n"
        "except Exception as error:\n"
        "    assert 'at most 1 bank' in str(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""


def test_solving_prints_nothing_in_this_process(capfd):
    solve(knapsack(2, 30), gap_gbp=1)
    is_feasible_by_cbc(knapsack(2, 10))
    assert capfd.readouterr().out == ""


def test_a_solver_that_cannot_answer_says_so():
    with pytest.raises(SolverError):
        relax(model([-1.0], [np.inf], [([1.0], 0.0)]))
