"""What a quote says: a verified plan at the prices its client pays, and its lines.

The list market is what the banks ask. The client's prices follow from it by the terms, and
the plan is found and checked on these, so that it is the cheapest for who pays. Units from
outside the market are taken off what is owed first; the plan buys the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bng_opt.errors import Finding, InputError, VerificationError
from bng_opt.market import Market
from bng_opt.market.store.types import UNIT_STEP
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.hand_made import plan_of_lines
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.quotes.discounts import discounted_market
from bng_opt.quotes.lines import PricedQuote
from bng_opt.quotes.outside import requirement_after
from bng_opt.quotes.pricing import price_quote
from bng_opt.quotes.terms import Terms
from bng_opt.runtime import optimise
from bng_opt.runtime.run import versions

if TYPE_CHECKING:
    from bng_opt.runtime.cache import Cache


@dataclass(frozen=True)
class Need:
    """What a client asks for, on which terms.

    Attributes
    ----------
    requirement
        The whole of what the development owes.
    """

    requirement: Requirement
    site: Site
    policy: Policy
    terms: Terms

    def __post_init__(self) -> None:
        """Refuse units finer than a quote keeps."""
        step = self.policy.market_step
        if step % UNIT_STEP:
            raise InputError(
                Finding(
                    f"A quote can't keep units in steps of {step}.",
                    f"Choose a market step that is a multiple of {UNIT_STEP}.",
                )
            )

    def scenario_on(self, list_market: Market) -> Scenario:
        """Return what is solved: the rest of the need, at the client's prices."""
        return Scenario(
            requirement_after(self.requirement, self.terms.outside, self.policy.mode),
            discounted_market(list_market, self.terms.discount),
            self.site,
            self.policy,
        )


@dataclass(frozen=True)
class QuoteContent:
    """A quote before it has a reference.

    Attributes
    ----------
    list_market
        The snapshot at the banks' own prices.
    """

    need: Need
    list_market: Market
    plan: Plan
    priced: PricedQuote


def find_content(need: Need, list_market: Market, *, cache: Cache | None = None) -> QuoteContent:
    """Find the cheapest lawful purchase for a client and price it.

    Raises
    ------
    InfeasibleError
        If no lawful purchase exists.
    """
    scenario = need.scenario_on(list_market)
    plan = optimise(
        scenario.requirement, scenario.market, scenario.site, scenario.policy, cache=cache
    )
    return _priced(need, list_market, plan)


def content_of_lines(
    need: Need,
    list_market: Market,
    units_by_stock: Mapping[str, Decimal],
    *,
    cache: Cache | None = None,
) -> QuoteContent:
    """Verify and price a purchase of just these lines.

    The cheapest purchase is found as well: its bound says how far from the best this one is.

    Parameters
    ----------
    units_by_stock
        Units to buy, before the multiplier, by stock id [units].

    Raises
    ------
    InfeasibleError
        If the lines break a rule, with every rule that they break.
    InputError, StockError
        If a line can't be bought at all.
    """
    scenario = need.scenario_on(list_market)
    best = optimise(
        scenario.requirement, scenario.market, scenario.site, scenario.policy, cache=cache
    )
    plan = plan_of_lines(scenario, units_by_stock, best.bound_gbp)
    return _priced(need, list_market, replace(plan, versions=versions()))


def reprice(need: Need, list_market: Market, plan: Plan) -> QuoteContent:
    """Return a stored plan's content again, from its snapshot and terms.

    Raises
    ------
    VerificationError
        If plan, snapshot and terms don't belong together.
    """
    scenario = need.scenario_on(list_market)
    if scenario.digest != plan.scenario:
        raise VerificationError(
            Finding(
                "The stored quote doesn't belong to its stored inputs: the scenario differs.",
                "Check the store (bng-opt db check), and quote again.",
            )
        )
    return _priced(need, list_market, plan)


def _priced(need: Need, list_market: Market, plan: Plan) -> QuoteContent:
    priced = price_quote(
        plan,
        list_market=list_market,
        requirement=need.requirement,
        terms=need.terms,
        thresholds=need.policy.contract_thresholds,
    )
    if not (plan.purchases or plan.credits or need.terms.outside or need.terms.charges):
        raise InputError(
            Finding(
                "There is nothing to quote: the development owes no units.",
                "Add a charge by hand if something else is sold.",
            )
        )
    return QuoteContent(need, list_market, plan, priced)
