"""Running a scenario against the clock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from bng_opt.errors import SolverError
from bng_opt.optimiser import search
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.solver import Solution, Status
from bng_opt.runtime.run import optimise, versions
from tests.support.market_factory import make_market
from tests.support.scenarios import (
    AREA,
    DITCHES,
    HEDGE_LOW,
    HEDGE_MEDIUM,
    HEDGEROW,
    NEUTRAL,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    Line,
    Scene,
    draw_market_scene,
    site,
)

NEED = Scene(
    (),
    {WOODLAND: -3.3, NEUTRAL: -7.7, SCRUB: -4.1, HEDGE_MEDIUM: -2.7, DITCHES: -0.6},
    {AREA: 17.9, HEDGEROW: 3.1, WATERCOURSE: 0.7},
)


def hard(**wishes: object):
    """Run a need of every ledger on a large market with fees and few banks allowed."""
    market = make_market(400, fees=True, baselines=True, seed=3)
    scene = NEED.with_wishes(max_banks=4, size_by="bank", **wishes)
    return optimise(scene.requirement(), market, site(), scene.policy())


def test_the_seconds_of_every_step_are_stated():
    plan = Scene((Line(NEUTRAL, 2, 1_000),), {}, {AREA: 1.0}).optimise()
    assert set(plan.seconds) == {"read", "model", "solve", "verify", "total"}
    steps = sum(plan.seconds[step] for step in ("read", "model", "solve", "verify"))
    assert 0 < steps <= plan.seconds["total"]


def test_the_seconds_of_reading_are_added():
    scene = Scene((Line(NEUTRAL, 2, 1_000),), {}, {AREA: 1.0})
    plan = optimise(scene.requirement(), scene.market(), site(), read_seconds=5.0)
    assert plan.seconds["read"] == 5.0
    assert plan.seconds["total"] > 5.0


def test_the_versions_that_made_an_answer_are_stated():
    assert set(versions()) == {"bng_opt", "rules", "highspy", "pulp"}


def test_the_default_policy_is_the_statutory_one():
    scene = Scene((Line(NEUTRAL, 2, 1_000),), {}, {AREA: 1.0})
    plan = optimise(scene.requirement(), scene.market(), site())
    assert (plan.mode, plan.contract_size) == ("statutory", "small")


def run_or_reason(run: Callable[[], Plan]) -> Plan | str:
    """Return the plan, or why there is none in time."""
    try:
        return run()
    except SolverError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0.05, 0.5, 2.0])
def test_a_time_limit_gives_the_best_plan_so_far_with_its_bound_or_says_there_is_none(limit):
    plan = run_or_reason(lambda: hard(time_limit_s=limit))
    if isinstance(plan, str):
        assert "time limit" in plan
        return
    assert plan.is_verified
    assert 0 <= plan.bound_gbp <= plan.total_gbp
    if plan.status is PlanStatus.FEASIBLE:
        assert "Not proven" in plan.proof
        assert f"{plan.gap_gbp:,.2f}" in plan.proof
    else:
        assert plan.gap_gbp <= 2


@pytest.mark.parametrize("outcome", [Status.FEASIBLE, Status.STOPPED])
def test_a_search_that_stops_early_says_so(monkeypatch, outcome):
    """The solver is made to stop, so that the answer doesn't hang on this machine's speed."""
    real = search.solve

    def stops(model, **limits):
        found = real(model, **limits)
        if outcome is Status.STOPPED:
            return Solution(outcome, None, float("inf"), 1_000.0)
        return replace(found, status=outcome, bound=found.objective - 1_234.5)

    monkeypatch.setattr(search, "solve", stops)
    lines = (Line(NEUTRAL, 2, 10_000, "A"), Line(SCRUB, 2, 12_000, "B"))
    scene = Scene(lines, {}, {AREA: 1.005}, wishes={"max_banks": 1, "gap_gbp": 0})
    plan = run_or_reason(scene.optimise)
    if outcome is Status.STOPPED:
        assert "time limit passed, before it had a lawful plan" in str(plan)
    else:
        assert plan.status is PlanStatus.FEASIBLE
        assert plan.is_verified
        assert 0 < plan.gap_gbp <= Decimal("1234.5")
        assert "Not proven" in plan.proof


def test_a_time_too_short_for_any_plan_is_told():
    scene = draw_market_scene(Random(2), 30).with_wishes(time_limit_s=1e-9)
    plan = run_or_reason(scene.optimise)
    assert "time limit" in plan if isinstance(plan, str) else plan.is_verified


def test_a_plan_found_in_time_is_proven():
    scene = Scene((Line(HEDGE_LOW, 2, 1_000),), {}, {HEDGEROW: 1.0}, wishes={"time_limit_s": 60})
    assert scene.optimise().status is PlanStatus.OPTIMAL


REPOSITORY = Path(__file__).resolve().parents[2]
LOGGED = """
from bng_opt import optimise
from bng_opt.logs import set_up_logging
from bng_opt.settings import Settings
from tests.support.command_line import FOUR_BANKS

set_up_logging(Settings(log_level="info", log_format="json"))
s = FOUR_BANKS.scenario()
optimise(s.requirement, s.market, s.site, s.policy)
print(s.digest)
"""


def test_the_log_of_a_run_names_its_scenario() -> None:
    command = [sys.executable, "-c", LOGGED]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    (line,) = map(json.loads, run.stderr.splitlines())
    assert line["scenario"] == run.stdout.strip()
    assert line["message"].startswith("Plan optimal: £60,000.00")
