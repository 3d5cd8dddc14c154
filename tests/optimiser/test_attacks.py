"""Odd input: lawful and cheapest still, or refused with a reason; never a crash or a hang."""

from __future__ import annotations

from contextlib import nullcontext
from decimal import Decimal

import pytest

from bng_opt.errors import BngOptError, InfeasibleError
from tests.support.oracle import brute_force
from tests.support.scenarios import (
    ACID,
    AREA,
    HEDGEROW,
    NEUTRAL,
    POOLS,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    bought,
)


@pytest.mark.parametrize("stock", [10_000, 999_999, 99_999_999])
@pytest.mark.parametrize("wishes", [{}, {"max_banks": 1}, {"min_units_per_bank": 1}])
def test_stock_without_end_opens_no_bank_for_free(stock, wishes):
    lines = (Line(NEUTRAL, stock, 20_000, "A"), Line(ACID, stock, 19_999, "B"))
    banks = (BankSpec("A", fee="500"), BankSpec("B", fee="50000"))
    plan = Scene(lines, {NEUTRAL: -1.38}, {AREA: 1.38}, banks, wishes).optimise()
    assert bought(plan) == {"A-001": 1.38}
    assert plan.total_gbp == 28_100
    assert plan.gap_gbp <= 1


@pytest.mark.parametrize("stock", [10_000, 99_999_999])
def test_stock_without_end_gets_no_size_for_free(stock):
    line = Line(NEUTRAL, stock, {"small": 20_000, "medium": 19_000, "large": 15_000})
    plan = Scene((line,), {}, {AREA: 1.0}, wishes={"size_by": "bank"}).optimise()
    assert (bought(plan), plan.total_gbp) == ({"A-001": 1.0}, 20_000)


@pytest.mark.parametrize("step", ["1", "0.1", "0.001", "1e-4", "1e-6", "1e-15", "1e-30"])
@pytest.mark.parametrize("wishes", [{}, {"max_banks": 1}])
def test_a_step_gives_the_least_cost_or_is_refused_as_too_fine(step, wishes):
    lines = (Line(NEUTRAL, 2, 20_000, "A"), Line(ACID, 5, 39_999, "B"))
    banks = (BankSpec("A", fee="500"),)
    scene = Scene(lines, {NEUTRAL: -1.5}, {AREA: 1.5}, banks, {"market_step": step, **wishes})
    refused = pytest.raises(BngOptError) if Decimal(step) < Decimal("1e-6") else nullcontext()
    with refused:
        plan = scene.optimise()
        assert plan.total_gbp == pytest.approx(40_500 if step == "1" else 30_500, abs=0.05)


@pytest.mark.parametrize("units", [0.29, 0.57, 0.58, 1.13, 1.15, 2.01, 4.35, 8.12])
def test_a_need_exactly_on_a_step_is_not_rounded_up(units):
    scene = Scene((Line(NEUTRAL, 9, 10_000),), {NEUTRAL: -units}, {AREA: units})
    assert bought(scene.optimise()) == {"A-001": units}


def test_a_need_is_met_from_stock_that_is_exactly_enough():
    lines = tuple(Line(NEUTRAL, "0.1", 10_000, bank) for bank in "ABC")
    plan = Scene(lines, {NEUTRAL: -(0.1 + 0.2)}, {AREA: 0.1 + 0.2}).optimise()
    assert sum(bought(plan).values()) == pytest.approx(0.3)


def test_every_habitat_in_surplus_needs_nothing():
    changes = {name: 1.0 for pool in POOLS.values() for name in pool}
    plan = Scene((Line(NEUTRAL, 2, 20_000),), changes).optimise()
    assert (bought(plan), plan.total_gbp, plan.gap_gbp) == ({}, 0, 0)
    assert plan.is_verified


def test_every_habitat_lost_needs_every_habitat():
    changes = {name: -1.0 for pool in POOLS.values() for name in pool if name != "Culvert"}
    lines = tuple(Line(name, 2, 20_000) for pool in POOLS.values() for name in pool)
    deficits = {ledger: -sum(changes.get(n, 0) for n in pool) for ledger, pool in POOLS.items()}
    plan = Scene(lines, changes, deficits).optimise()
    assert plan.total_gbp == 20_000 * sum(deficits.values())
    assert plan.is_verified


def test_a_market_that_loses_medium_everywhere_is_served_from_above():
    lines = tuple(
        Line(habitat, 5, price, lost=SCRUB, lost_units=2)
        for habitat, price in ((NEUTRAL, 1_000), (ACID, 1_100), (WOODLAND, 30_000))
    )
    scene = Scene(lines, {NEUTRAL: -1.5}, {AREA: 1.5}, wishes={"market_step": "0.25"})
    plan = scene.optimise()
    assert plan.total_gbp == brute_force(scene)


def test_a_market_of_nothing_has_no_plan_but_serves_a_need_of_nothing():
    line = Line(NEUTRAL, 0, 1_000)
    assert Scene((line,)).optimise().total_gbp == 0
    with pytest.raises(InfeasibleError):
        Scene((line,), {}, {AREA: 1.0}).optimise()


def test_one_bank_with_one_line_serves_or_does_not():
    line = Line(NEUTRAL, 1, 20_000)
    assert Scene((line,), {}, {AREA: 1.0}).optimise().total_gbp == 20_000
    with pytest.raises(InfeasibleError):
        Scene((line,), {}, {AREA: 1.01}).optimise()


def test_more_banks_allowed_than_there_are():
    scene = Scene((Line(NEUTRAL, 1, 20_000),), {}, {AREA: 1.0}, wishes={"max_banks": 10**9})
    assert scene.optimise().total_gbp == 20_000


@pytest.mark.parametrize("fee", ["999999", "999999999"])
def test_a_fee_beyond_all_measure_is_paid_only_where_nothing_else_serves(fee):
    lines = (Line(NEUTRAL, 2, 20_000, "A"), Line(ACID, 5, 30_000, "B"))
    need = ({NEUTRAL: -1.38}, {AREA: 1.38})
    spared = Scene(lines, *need, (BankSpec("A", fee=fee),)).optimise()
    assert bought(spared) == {"B-002": 1.38}
    paid = Scene(lines, *need, (BankSpec("A", fee=fee), BankSpec("B", fee=fee))).optimise()
    assert bought(paid) == {"A-001": 1.38}
    assert paid.total_gbp == 27_600 + int(fee)


@pytest.mark.parametrize("gap", ["0", "0.01", "1000"])
def test_the_gap_asked_for_is_kept(gap):
    lines = (
        Line(NEUTRAL, 2, "20000.37", "A"),
        Line(ACID, 5, "20000.36", "F1"),
        Line(SCRUB, 5, 9_000, "F1"),
    )
    wishes = {"gap_gbp": gap, "max_banks": 2}
    scene = Scene(lines, {NEUTRAL: -1.38}, {AREA: 2.77}, (BankSpec("A", fee="500"),), wishes)
    plan = scene.optimise()
    assert plan.gap_gbp <= Decimal(gap) + Decimal("0.02")
    assert plan.total_gbp <= Decimal("53120.51") + Decimal(gap)


def test_twins_are_bought_in_order():
    lines = tuple(Line(NEUTRAL, 1, 20_000, "A", stock_id=f"T{n}") for n in range(5))
    assert bought(Scene(lines, {}, {AREA: 2.5}).optimise()) == {"T0": 1.0, "T1": 1.0, "T2": 0.5}


@pytest.mark.slow
def test_hundreds_of_equal_banks_with_fees_sizes_and_limits_do_not_hang():
    lines = tuple(
        Line(NEUTRAL, 0.5, {"fractional": 22_000, "small": 20_000}, f"B{n:03d}") for n in range(300)
    )
    banks = tuple(
        BankSpec(f"B{n:03d}", fee="500", lat=51 + n * 37 % 300 / 300, lon=-1.5) for n in range(300)
    )
    wishes = {"size_by": "bank", "max_banks": 7}
    plan = Scene(lines, {NEUTRAL: -3.0}, {AREA: 3.3}, banks, wishes).optimise()
    assert plan.total_gbp == 66_000 + 3_500


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_need_that_is_no_number_is_refused(value):
    scene = Scene((Line(NEUTRAL, 1, 20_000),), {NEUTRAL: -value}, {AREA: 1.0})
    with pytest.raises(BngOptError):
        scene.optimise()


def test_ledgers_do_not_disturb_each_other():
    lines = (Line(NEUTRAL, 9, 20_000), Line("Native hedgerow", 9, 9_000), Line("Canals", 9, 70_000))
    whole = Scene(
        lines,
        {NEUTRAL: -1.0, "Native hedgerow": -1.0, "Canals": -1.0},
        {AREA: 1.1, HEDGEROW: 1.1, WATERCOURSE: 1.1},
    ).optimise()
    assert whole.total_gbp == Decimal("1.1") * 99_000
