"""Which price counts: contract sizes, tiers, the most specific row, the basis."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from bng_opt.errors import InfeasibleError
from bng_opt.market import ContractThresholds, load_market
from bng_opt.optimiser.plan import Plan
from bng_opt.runtime.run import optimise
from tests.support.scenarios import (
    AREA,
    HEDGE_LOW,
    HEDGEROW,
    NEUTRAL,
    SCRUB,
    BankSpec,
    Line,
    Scene,
    bought,
    site,
)

BY_SIZE = {"fractional": 40_000, "small": 30_000, "medium": 20_000, "large": 10_000}


def need(units: float, line: Line, **wishes: object) -> Scene:
    return Scene((line,), {}, {AREA: units}, wishes=wishes)


@pytest.mark.parametrize(
    ("units", "size"),
    [
        (0.09, "fractional"),
        (0.1, "small"),
        (2.49, "small"),
        (2.5, "medium"),
        (2.5 - 1e-12, "medium"),
        (14.99, "medium"),
        (15.0, "large"),
    ],
)
def test_the_need_sets_the_contract_size_of_the_quote(units, size):
    plan = need(units, Line(NEUTRAL, 40, BY_SIZE)).optimise()
    assert plan.contract_size == size
    assert plan.purchases[0].price_gbp == BY_SIZE[size]


def test_the_need_is_summed_over_the_ledgers_at_multiplier_one():
    lines = (Line(NEUTRAL, 10, BY_SIZE, "F"), Line(HEDGE_LOW, 10, BY_SIZE, "F"))
    plan = Scene(lines, {}, {AREA: 1.3, HEDGEROW: 1.2}).optimise()
    assert plan.contract_size == "medium"


def test_needing_more_from_afar_does_not_raise_the_contract_size():
    plan = Scene((Line(NEUTRAL, 10, BY_SIZE, "F"),), {}, {AREA: 2.0}).optimise()
    assert (plan.contract_size, bought(plan)) == ("small", {"F-001": 4.0})


def test_buying_more_is_cheaper_where_the_banks_own_total_sets_the_size():
    prices = {"small": 10_000, "medium": 8_000}
    plan = need(2.4, Line(NEUTRAL, 5, prices), size_by="bank").optimise()
    assert bought(plan) == {"A-001": 2.5}
    assert plan.total_gbp == 20_000


def test_units_of_a_ledger_without_need_may_lift_a_bank_to_the_next_size():
    lines = (
        Line(NEUTRAL, 2.4, {"small": 10_000, "medium": 8_000}),
        Line(HEDGE_LOW, 1, {"small": 500, "medium": 400}),
    )
    plan = Scene(lines, {}, {AREA: 2.4}, wishes={"size_by": "bank"}).optimise()
    assert bought(plan) == {"A-001": 2.4, "A-002": 0.1}
    assert plan.total_gbp == 19_240


def test_each_bank_has_a_size_of_its_own():
    prices = {"small": 30_000, "medium": 20_000}
    lines = (Line(NEUTRAL, 3, prices, "A"), Line(NEUTRAL, 3, {"small": 25_000}, "B"))
    plan = Scene(lines, {}, {AREA: 4.0}, wishes={"size_by": "bank"}).optimise()
    sizes = {line.bank_id: line.contract_size for line in plan.purchases}
    assert sizes == {"A": "medium", "B": "small"}
    assert plan.total_gbp == 3 * 20_000 + 25_000


def test_the_thresholds_are_the_buyers_to_set():
    thresholds = ContractThresholds(Decimal("0.5"), Decimal(1), Decimal(2))
    plan = need(1.0, Line(NEUTRAL, 5, BY_SIZE), contract_thresholds=thresholds).optimise()
    assert plan.contract_size == "medium"


def test_a_size_without_a_price_is_not_sold():
    lines = (Line(NEUTRAL, 5, {"large": 1}, "A"), Line(NEUTRAL, 5, 20_000, "B"))
    plan = Scene(lines, {}, {AREA: 1.0}).optimise()
    assert bought(plan) == {"B-002": 1.0}
    assert any("no price" in warning.message for warning in plan.warnings)


def test_a_market_without_prices_has_no_plan_and_says_so():
    with pytest.raises(InfeasibleError):
        need(1.0, Line(NEUTRAL, 5, {"large": 1})).optimise()


def test_a_delivered_price_is_paid_for_what_counts():
    plan = need(1.0, Line(NEUTRAL, 5, 20_000, "F", basis="delivered")).optimise()
    (line,) = plan.purchases
    assert (line.units, line.price_gbp, line.cost_gbp) == (2, 10_000, 20_000)
    assert (line.basis, line.listed_gbp) == ("delivered", 20_000)


def test_a_delivered_price_can_beat_a_lower_price_per_unit():
    lines = (
        Line(NEUTRAL, 5, 20_000, "F1", basis="delivered"),
        Line(NEUTRAL, 5, 11_000, "F2"),
    )
    assert bought(Scene(lines, {}, {AREA: 1.0}).optimise()) == {"F1-001": 2.0}


def priced(rows: list[tuple[str, str, str, str]], bank: BankSpec | None = None) -> Plan:
    """Return the plan of a need of 1 unit at one bank with these price rows."""
    banks = (bank or BankSpec("A"),)
    scene = Scene((Line(NEUTRAL, 9, 1, banks[0].bank_id),), {}, {AREA: 1.0}, banks)
    frames = scene.frames()
    frames["pricing"] = pd.DataFrame(
        [(banks[0].bank_id, *row, "unit") for row in rows], columns=frames["pricing"].columns
    )
    return optimise(scene.requirement(), load_market(frames), site())


@pytest.mark.parametrize(
    ("rows", "price"),
    [
        ([("*", "*", "*", "10")], 10),
        ([("*", "*", "*", "10"), (NEUTRAL, "*", "*", "20")], 20),
        ([("*", "small", "local", "10"), (NEUTRAL, "*", "*", "20")], 20),
        ([("*", "*", "local", "10"), ("*", "small", "*", "20")], 10),
        ([("*", "small", "*", "10"), ("*", "*", "*", "20")], 10),
        ([("*", "small", "local", "10"), ("*", "*", "local", "20")], 10),
        ([(SCRUB, "small", "local", "10"), ("*", "*", "*", "20")], 20),
        ([("*", "*", "far", "10"), ("*", "*", "*", "20")], 20),
        ([("*", "large", "local", "10"), ("*", "*", "*", "20")], 20),
    ],
)
def test_the_most_specific_price_counts_habitat_first_then_tier_then_size(rows, price):
    assert priced(rows).purchases[0].price_gbp == price
    assert priced(rows[::-1]).purchases[0].price_gbp == price


@pytest.mark.parametrize(("bank", "price"), [("A", 10), ("N", 20), ("F", 30)])
def test_the_tier_follows_the_spatial_risk_category(bank, price):
    rows = [("*", "*", tier, p) for tier, p in (("local", 10), ("adjacent", 20), ("far", 30))]
    rows = [(habitat, size, tier, str(p)) for habitat, size, tier, p in rows]
    assert priced(rows, BankSpec.named(bank)).purchases[0].price_gbp == price


def test_costs_are_rounded_to_the_penny_line_by_line():
    plan = need(0.03, Line(NEUTRAL, 5, "33333.33")).optimise()
    assert plan.total_gbp == Decimal("1000.00")
    assert plan.purchases[0].cost_gbp == Decimal("1000.00")


def test_prices_in_pence_do_not_disturb():
    lines = (Line(NEUTRAL, 50, "0.02", "A"), Line(NEUTRAL, 50, "0.01", "F"))
    plan = Scene(lines, {}, {AREA: 10.0}, wishes={"gap_gbp": 0}).optimise()
    assert plan.total_gbp == Decimal("0.20")
