"""The admin fee by contract size, and VAT to the penny."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.market import ContractSize, ContractThresholds
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.places import Category
from bng_opt.quotes.fees import admin_fee, fee_size, vat
from bng_opt.quotes.outside import OutsideLine
from bng_opt.quotes.terms import Terms
from tests.support.hand_plan import NEUTRAL, purchase
from tests.support.scenarios import FELLED

D = Decimal


def plan_of(size: str, *units: str) -> Plan:
    lines = [purchase(f"S{n}", f"B{n}", "area", NEUTRAL, u, "1", "10") for n, u in enumerate(units)]
    return Plan(PlanStatus.OPTIMAL, "statutory", size, D(0), tuple(lines))


def outside(units: str) -> Terms:
    line = OutsideLine.of("Felled woodland", FELLED, D(units), D(10), Category.WITHIN)
    return Terms(outside=(line,))


@pytest.mark.parametrize(
    ("size", "fee"), [("fractional", 30), ("small", 50), ("medium", 50), ("large", 50)]
)
def test_a_fractional_contract_pays_its_own_fee_and_all_others_the_other(size, fee):
    terms = Terms(admin_fee_gbp=D(50), admin_fee_fractional_gbp=D(30))
    assert admin_fee(ContractSize(size), terms) == fee


@pytest.mark.parametrize(
    ("plan", "terms", "size"),
    [
        # The quote's own size counts, even where a far bank sells twice the units.
        (plan_of("fractional", "0.18"), Terms(), "fractional"),
        (plan_of("small", "0.1"), Terms(), "small"),
        # Sizes by bank: what is bought in all.
        (plan_of("by bank", "0.05", "0.04"), Terms(), "fractional"),
        (plan_of("by bank", "0.05", "0.05"), Terms(), "small"),
        (plan_of("by bank"), outside("0.1"), "small"),
        # Units from outside the market are part of the quote.
        (plan_of("fractional"), outside("0.0999"), "fractional"),
        (plan_of("fractional"), outside("4"), "medium"),
        (plan_of("large", "20"), outside("0.01"), "large"),
    ],
)
def test_the_size_of_a_quote_is_that_of_all_it_buys(plan, terms, size):
    assert fee_size(plan, terms) == size


def test_other_thresholds_move_the_size():
    thresholds = ContractThresholds(D("0.5"), D(5), D(50))
    assert fee_size(plan_of("by bank", "0.4"), Terms(), thresholds) == "fractional"


@pytest.mark.parametrize(
    ("net", "rate", "due"),
    [
        ("1234.53", "0.20", "246.91"),  # 246.906
        ("0.02", "0.20", "0.00"),  # 0.004
        ("0.03", "0.20", "0.01"),  # 0.006
        ("0.10", "0.05", "0.01"),  # 0.005: half a penny goes up
        ("477999.99", "0.175", "83650.00"),  # 83649.99825
        ("1000", "0", "0.00"),
    ],
)
def test_vat_is_rounded_once_halves_up(net, rate, due):
    assert str(vat(D(net), D(rate))) == due
