"""The functions around a plan: they take the scenario, find the plan, and pass the clock."""

from __future__ import annotations

import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.runtime import explore
from tests.support.command_line import FOUR_BANKS
from tests.support.scenarios import site

SCENARIO = (FOUR_BANKS.requirement(), FOUR_BANKS.market(), site(), FOUR_BANKS.policy())


def test_without_a_plan_the_cheapest_is_found_first() -> None:
    plan = FOUR_BANKS.optimise()
    found = explore.alternatives(*SCENARIO, n_best=1)
    assert found.base.total_gbp == plan.total_gbp == 60_000
    assert found.as_dict() == explore.alternatives(*SCENARIO, plan=plan, n_best=1).as_dict()


def test_baselines_and_margins_are_those_of_the_plan() -> None:
    assert explore.baselines(*SCENARIO).plan_gbp == 60_000
    assert explore.margins(*SCENARIO).needs


def test_the_policy_may_be_left_out() -> None:
    assert explore.margins(*SCENARIO[:3]).needs


def test_a_plan_of_another_scenario_is_refused() -> None:
    other = FOUR_BANKS.with_wishes(max_banks=1).optimise()
    for ask in (explore.alternatives, explore.baselines, explore.margins, explore.sensitivity):
        with pytest.raises(InputError, match="another scenario"):
            ask(*SCENARIO, plan=other)


def test_sensitivity_asks_each_bank_its_own_factors() -> None:
    found = explore.sensitivity(*SCENARIO, need=(2,), bank_stock={"D": (0,), "A": (0, 3)})
    assert [(row.change.what, float(row.change.factor)) for row in found.rows] == [
        ("as it is", 1.0),
        ("need", 2.0),
        ("stock of D", 0.0),
        ("stock of A", 0.0),
        ("stock of A", 3.0),
    ]


def test_sensitivity_refuses_an_unknown_bank() -> None:
    with pytest.raises(InputError, match="X"):
        explore.sensitivity(*SCENARIO, bank_stock={"X": (0,)})


def test_a_time_limit_ends_every_search_with_a_verdict() -> None:
    hurried = SCENARIO[3].model_copy(update={"time_limit_s": 30.0})
    found = explore.alternatives(*SCENARIO[:3], hurried)
    assert all(item.verdict.value in ("proven", "impossible") for item in found.by_bank_count)


def sites(*names: str) -> list[PortfolioSite]:
    return [PortfolioSite(name, SCENARIO[0], SCENARIO[2]) for name in names]


def test_a_portfolio_states_its_time_and_versions() -> None:
    plan = explore.portfolio(sites("B", "A"), SCENARIO[1], gap_share=0.0, time_limit_s=60)
    assert list(plan.plans) == ["A", "B"]
    assert plan.is_verified
    assert plan.seconds["total"] > 0
    assert "bng_opt" in plan.versions


def test_ways_to_share_are_compared() -> None:
    found = explore.compare_portfolio(sites("A", "B"), SCENARIO[1])
    assert found.least_cost.total_gbp <= found.first_come.total_gbp
    assert all(each.seconds["total"] > 0 for each in found.each)


def test_what_the_stock_can_t_serve_is_said() -> None:
    with pytest.raises(InfeasibleError):
        explore.portfolio(sites(*"ABCDE"), SCENARIO[1])
