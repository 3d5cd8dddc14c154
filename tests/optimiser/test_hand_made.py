"""Plans by hand: the same records as an optimised plan, or every reason why not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings

from bng_opt.errors import InfeasibleError, InputError, SolverError, StockError
from bng_opt.optimiser.hand_made import plan_of_lines
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.plan_document import plan_from_dict, plan_to_dict
from tests.support.scenarios import (
    AREA,
    HEDGE_LOW,
    MEADOW,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    scenes,
)

D = Decimal


def scene(**wishes: object) -> Scene:
    """Return a need of 3 area units, 1 of them woodland, at a near and a far bank."""
    lines = (
        Line(WOODLAND, 4, 30_000, "A", stock_id="WOOD"),
        Line(NEUTRAL, 4, 10_000, "F", stock_id="FAR"),
        Line(SCRUB, 1, {"large": 90_000}, "B", stock_id="SCRUB"),
        Line(SCRUB, "0.004", 90_000, "B2", stock_id="CRUMB"),
        Line(HEDGE_LOW, 2, 7_000, "A", stock_id="HEDGE"),
    )
    return Scene(lines, {WOODLAND: -1.0}, {AREA: 3.0}, (BankSpec("A", fee="500"),), wishes)


def by_hand(scene: Scene, bound: str = "0", **units: str) -> Plan:
    wanted = {stock_id: D(amount) for stock_id, amount in units.items()}
    return plan_of_lines(scene.scenario(), wanted, D(bound))


def findings(error: pytest.ExceptionInfo) -> list[str]:
    assert all(finding.remedy for finding in error.value.findings)
    return [finding.message for finding in error.value.findings]


@pytest.mark.parametrize("wishes", [{}, {"credits": True}, {"size_by": "bank"}])
def test_the_lines_of_the_best_plan_make_the_best_plan(wishes):
    best = scene(**wishes).optimise()
    plan = by_hand(scene(**wishes), str(best.bound_gbp), WOOD="1", FAR="4")
    assert plan == replace(best, by_hand=True, seconds={}, versions={})
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.proof == best.proof


@given(scenes())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_optimised_plan_is_had_again_from_its_lines(drawn):
    try:
        best = drawn.optimise()
    except (InfeasibleError, SolverError):
        assume(False)
    units = {line.stock_id: line.units for line in reversed(best.purchases)}
    plan = plan_of_lines(drawn.scenario(), units, best.bound_gbp)
    assert plan == replace(best, by_hand=True, seconds={}, versions={})


def test_a_dearer_plan_says_what_it_costs_above_the_bound():
    plan = by_hand(scene(), "70500", WOOD="3")
    assert plan.total_gbp == 3 * 30_000 + 500
    assert plan.status is PlanStatus.FEASIBLE
    assert plan.gap_gbp == 20_000
    assert plan.proof == "Made by hand: at most £20,000.00 above the best possible (22.10%)."
    assert plan.is_verified


def test_a_plan_by_hand_comes_back_from_its_document():
    plan = by_hand(scene(), "70500", WOOD="3")
    assert plan_from_dict(plan_to_dict(plan)) == plan


def test_a_line_where_nothing_is_owed_may_be_added():
    plan = by_hand(scene(), "0", WOOD="1", FAR="4", HEDGE="0.5")
    assert plan.total_gbp == 70_500 + 3_500
    assert "HEDGE" not in {item.stock_id for item in plan.not_chosen}
    assert [use.target for use in plan.uses if use.source == "HEDGE"] == ["Above the need"]


def test_removing_a_line_says_every_rule_that_breaks_and_by_how_much():
    with pytest.raises(InfeasibleError) as error:
        by_hand(scene(), "0", FAR="3")
    trading, headline = findings(error)
    assert "area: trading rules" in trading
    assert "lacks 1.00 units" in trading
    assert headline == "area: headline deficit: 1.50 units are still missing."


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"max_banks": 1}, "2 banks, at most 1 wished"),
        ({"must_not_use": frozenset({"F"})}, "F is excluded"),
        ({"must_use": frozenset({"B"})}, "B is required"),
        ({"min_units_per_bank": D(2)}, "A sells 1, less than 2 units"),
    ],
)
def test_wishes_hold_for_lines_by_hand_too(wishes, said):
    with pytest.raises(InfeasibleError) as error:
        by_hand(scene(**wishes), "0", WOOD="1", FAR="4")
    assert findings(error) == [f"banks as wished: {said}."]


def test_everything_that_cannot_be_bought_is_said_at_once():
    with pytest.raises(InputError) as error:
        by_hand(scene(), "0", WOOD="9", FAR="0", SCRUB="1", HEDGE="0.005", GONE="1")
    said = "\n".join(findings(error))
    for words in (
        "9 units of WOOD are wanted, 4.00 are free",
        "0 units of FAR can't be bought",
        "SCRUB isn't sold here: no price for a local sale, medium contract",
        "0.005 units of HEDGE are not sold",
        'Unknown stock line "GONE"',
    ):
        assert words in said
    assert not isinstance(error.value, StockError)


def test_stock_that_lacks_is_a_stock_error_of_every_line():
    with pytest.raises(StockError) as error:
        by_hand(scene(), "0", WOOD="4.01", FAR="5", CRUMB="0.01")
    assert len(findings(error)) == 3


@pytest.mark.parametrize("units", ["NaN", "Infinity", "-1", "1e300", "1e-300"])
def test_hostile_units_are_bad_input(units):
    with pytest.raises(InputError):
        by_hand(scene(), "0", WOOD=units)


def test_a_size_without_a_price_at_the_bank_is_said():
    with pytest.raises(InputError) as error:
        by_hand(scene(size_by="bank"), "0", WOOD="3", SCRUB="1")
    assert findings(error) == ["SCRUB has no local price for a small contract."]


def test_credits_fill_what_lines_leave_and_such_a_plan_is_never_proven():
    scene = Scene((Line(NEUTRAL, 4, 10_000, stock_id="N"),), {}, {AREA: 2.0}, (), {"credits": True})
    plan = by_hand(scene, "20000", N="1.5")
    assert [(line.tier, line.credits) for line in plan.credits] == [("A1", D(1))]
    assert plan.total_gbp == 15_000 + 42_000
    assert plan.status is PlanStatus.FEASIBLE
    assert plan.proof.startswith("Made by hand, not proven")


def test_credits_cannot_stand_for_a_very_high_loss():
    lines = (Line(MEADOW, 4, 10_000, stock_id="M"),)
    scene = Scene(lines, {MEADOW: -1.0}, {AREA: 1.0}, (), {"credits": True})
    with pytest.raises(InfeasibleError) as error:
        by_hand(scene, "0", M="0.5")
    assert "lacks 0.50 units" in findings(error)[0]


def test_a_bound_above_a_lawful_cost_is_another_scenarios():
    with pytest.raises(InputError, match=r"bound says that nothing costs less than £80,000\.00"):
        by_hand(scene(), "80000", WOOD="1", FAR="4")


def test_an_unknown_bank_in_a_wish_is_bad_input():
    with pytest.raises(InputError, match="not on the market"):
        by_hand(scene(must_not_use=frozenset({"ZZ"})), "0", WOOD="3")
