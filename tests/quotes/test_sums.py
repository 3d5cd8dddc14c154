"""Sums of any quote: what is printed adds up, to the penny, and is what is stored."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bng_opt.errors import InfeasibleError, InputError, SolverError
from bng_opt.market import Market
from bng_opt.market.store.tables import LineKind
from bng_opt.market.store.types import Pounds, UnitPrice, Units
from bng_opt.optimiser.plan import Plan
from bng_opt.quotes.discounts import discounted_market
from bng_opt.quotes.lines import PricedQuote
from bng_opt.quotes.outside import requirement_after
from bng_opt.quotes.pricing import price_quote
from bng_opt.quotes.terms import Discount, Terms
from bng_opt.runtime.run import optimise
from tests.support.scenarios import Scene, scenes, site
from tests.support.terms import all_terms

D = Decimal
UNDISCOUNTED = (LineKind.OUTSIDE, LineKind.BANK_FEE, LineKind.CREDITS, LineKind.OTHER,
                LineKind.ADMIN_FEE)  # fmt: skip
slow = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def plan_of(scene: Scene, terms: Terms) -> Plan:
    """Return the plan at the client's prices, where there is one."""
    policy = scene.policy()
    try:
        requirement = requirement_after(scene.requirement(), terms.outside, policy.mode)
        market = discounted_market(scene.market(), terms.discount)
        return optimise(requirement, market, site(), policy)
    except (InfeasibleError, SolverError, InputError):
        assume(False)
        raise


def price(scene: Scene, terms: Terms, plan: Plan, market: Market | None = None) -> PricedQuote:
    return price_quote(
        plan,
        list_market=market or scene.market(),
        requirement=scene.requirement(),
        terms=terms,
    )


def pence(amounts: Iterable[Decimal]) -> int:
    """Return a sum in whole pence, by whole numbers alone."""
    total = 0
    for amount in amounts:
        numerator, denominator = (amount * 100).as_integer_ratio()
        assert denominator == 1
        total += numerator
    return total


@given(scenes(), all_terms)
@slow
def test_every_total_is_the_sum_of_the_printed_lines(scene, terms):
    quote = price(scene, terms, plan_of(scene, terms))
    lines = quote.lines
    assert pence([quote.net_gbp]) == pence(line.net_gbp for line in lines)
    assert pence([quote.amount_gbp]) == pence(line.amount_gbp for line in lines)
    assert pence([quote.discount_gbp]) == pence(line.discount_gbp for line in lines)
    assert sum(pence([quote.net_of(kind)]) for kind in LineKind) == pence([quote.net_gbp])
    assert quote.gross_gbp == quote.net_gbp + quote.vat_gbp
    assert abs(quote.vat_gbp - quote.net_gbp * terms.vat_rate) <= D("0.005")
    for line in lines:
        assert line.net_gbp == line.amount_gbp - line.discount_gbp
        assert 0 <= line.discount_gbp <= line.amount_gbp
    assert all(line.discount_gbp == 0 for line in quote.of(*UNDISCOUNTED))


@given(scenes(), all_terms)
@slow
def test_every_figure_is_one_that_the_store_keeps(scene, terms):
    quote = price(scene, terms, plan_of(scene, terms))
    money, units = Pounds(), Units()
    figures = [quote.net_gbp, quote.vat_gbp, quote.gross_gbp]
    for line in quote.lines:
        figures += [line.amount_gbp, line.discount_gbp, line.net_gbp]
        each = UnitPrice().process_bind_param(line.price_gbp, None)
        assert UnitPrice().process_result_value(each, None) == line.price_gbp
        stored = units.process_bind_param(line.units, None)
        assert units.process_result_value(stored, None) == line.units
    for figure in figures:
        stored = money.process_bind_param(figure, None)
        assert money.process_result_value(stored, None) == figure


@given(scenes(), all_terms)
@slow
def test_without_discounts_the_plans_total_is_that_of_its_lines(scene, terms):
    terms = replace(terms, discount=Discount(), surplus_offset=False)
    plan = plan_of(scene, terms)
    quote = price(scene, terms, plan)
    assert quote.net_of(LineKind.UNITS, LineKind.BANK_FEE, LineKind.CREDITS) == plan.total_gbp
    assert quote.discount_gbp == 0
    assert quote.notes == ()


@given(scenes(), all_terms)
@slow
def test_with_an_introducers_discount_the_net_is_what_the_plan_costs(scene, terms):
    terms = replace(terms, surplus_offset=False)
    plan = plan_of(scene, terms)
    quote = price(scene, terms, plan)
    assert quote.net_of(LineKind.UNITS, LineKind.BANK_FEE, LineKind.CREDITS) == plan.total_gbp


@given(scenes(), all_terms)
@slow
def test_the_notes_name_all_that_comes_off(scene, terms):
    quote = price(scene, terms, plan_of(scene, terms))
    said = [re.findall(r"takes £([\d,.]+) off", note) for note in quote.notes]
    named = sum((D(amount.replace(",", "")) for found in said for amount in found), D(0))
    assert named == quote.discount_gbp


@given(scenes(), all_terms, st.randoms(use_true_random=False))
@slow
def test_the_order_of_anything_changes_nothing(scene, terms, rng: random.Random):
    plan = plan_of(scene, terms)

    def shuffled(items):
        return tuple(rng.sample(list(items), len(items)))

    other_plan = replace(
        plan,
        purchases=shuffled(plan.purchases),
        banks=shuffled(plan.banks),
        credits=shuffled(plan.credits),
    )
    other_terms = replace(terms, outside=shuffled(terms.outside), charges=shuffled(terms.charges))
    market = scene.market()
    other_market = Market(
        shuffled(market.banks),
        shuffled(market.stock),
        shuffled(market.prices),
        shuffled(market.blank_prices),
    )
    one = price(scene, terms, plan, market)
    assert price(scene, other_terms, other_plan, other_market) == one
