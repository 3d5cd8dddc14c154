"""From a scenario to a verified plan: the steps, in order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import numpy as np

from bng_opt.errors import Finding, InfeasibleError, InputError, SolverError, VerificationError
from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.model import PurchaseModel, build_model
from bng_opt.optimiser.offers import OfferBook, make_offers
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.presolve import explain_infeasible, presolve, unknown_banks
from bng_opt.optimiser.progress import QUIET, Phase, Watch
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.search import Found, TimeLeft, find_cheapest, find_fewest_credits
from bng_opt.optimiser.solver import Status
from bng_opt.optimiser.ties import break_ties
from bng_opt.optimiser.write import (
    BoughtAt,
    broken_rules,
    checked,
    distance_km,
    our_fault,
    plan_of,
)
from bng_opt.places import Site
from bng_opt.quantities import ZERO

Timed = Callable[[str], AbstractContextManager[None]]
"""Measures the step it is given the name of."""


def make_plan(
    scenario: Scenario, *, time_left: TimeLeft, timed: Timed, watch: Watch = QUIET
) -> Plan:
    """Return the cheapest lawful purchase for a scenario, verified and explained.

    Parameters
    ----------
    time_left
        Returns the seconds left for the search, None for no limit.
    timed
        Measures the steps ``model``, ``solve`` and ``verify``.
    watch
        Who listens, and whether to stop with the best plan so far.

    Raises
    ------
    InputError
        If a wish names an unknown bank.
    InfeasibleError
        If no lawful purchase exists, with every reason found.
    SolverError
        If the time ran out before any plan was found.
    """
    with timed("model"):
        watch.report(Phase.OFFERS, None, None)
        requirement, policy = scenario.requirement, scenario.policy
        if unknown := unknown_banks(policy, scenario.market):
            raise InputError(unknown)
        book = make_offers(requirement, scenario.market, scenario.site, policy)
        if findings := presolve(book, requirement, policy):
            raise InfeasibleError(findings)
        model = build_model(book, requirement, policy)
    with timed("solve"):
        watch.report(Phase.FIRST_PLAN, None, None)
        found, model = search_plan(scenario, book, model, time_left, watch)
        values = values_of(found)
        if found.status is Status.OPTIMAL and not model.credits:
            watch.report(Phase.TIES, found.objective, found.bound)
            distances = distances_km(model, book, scenario.site)
            values = break_ties(model, found, distances, time_left)
    with timed("verify"):
        watch.report(Phase.CHECKS, found.objective, found.bound)
        plan = write_plan(scenario, book, model, values, found)
        return verified(plan, scenario)


def values_of(found: Found) -> FloatArray:
    """Return the values of a plan that was found.

    Raises
    ------
    SolverError
        If the search ended before it had one.
    """
    if found.values is None:
        raise SolverError(
            Finding(
                "The search was stopped, or its time limit passed, before it had a lawful plan.",
                "Allow more time, or fewer wishes (bank limit, minima).",
            )
        )
    return found.values


def search_plan(
    scenario: Scenario, book: OfferBook, model: PurchaseModel, time_left: TimeLeft, watch: Watch
) -> tuple[Found, PurchaseModel]:
    """Return the cheapest plan and its model; credits only where no purchase does without.

    Raises
    ------
    InfeasibleError
        If there is no plan at all, with the reasons.
    """
    policy, gap = scenario.policy, float(scenario.policy.gap_gbp)
    bare = policy.model_copy(update={"credits": False})
    if not policy.credits:
        found = find_cheapest(model, gap, time_left, watch)
    elif presolve(book, scenario.requirement, bare):
        found = find_fewest_credits(model, float(policy.market_step), gap, time_left)
    else:
        without = build_model(book, scenario.requirement, bare)
        found = find_cheapest(without, gap, time_left, watch)
        if found.status is not Status.INFEASIBLE:
            return found, without
        found = find_fewest_credits(model, float(policy.market_step), gap, time_left)
    if found.status is Status.INFEASIBLE:
        free = _without_wishes(scenario, book, time_left)
        raise InfeasibleError(explain_infeasible(model, policy, free))
    return found, model


def _without_wishes(scenario: Scenario, book: OfferBook, time_left: TimeLeft) -> bool | None:
    """Return whether a purchase exists without the bank wishes; None if there are none."""
    policy = scenario.policy
    if policy.max_banks is None and policy.min_units_per_bank == 0 and not policy.must_use:
        return None
    free = policy.model_copy(
        update={"max_banks": None, "min_units_per_bank": ZERO, "must_use": frozenset()}
    )
    model = build_model(book, scenario.requirement, free)
    return find_cheapest(model, float("inf"), time_left).values is not None


def distances_km(model: PurchaseModel, book: OfferBook, site: Site) -> FloatArray:
    """Return the distance to each bank of the model [km]; unknown counts as farthest."""
    banks = {offer.bank.bank_id: offer.bank for offer in book.offers}
    known = [distance_km(site, banks[bank_id]) for bank_id in model.bank_ids]
    farthest = max((d for d in known if d is not None), default=0.0) + 1.0
    return np.array([farthest if d is None else d for d in known], dtype=np.float64)


def write_plan(
    scenario: Scenario, book: OfferBook, model: PurchaseModel, values: FloatArray,
    found: Found,
) -> Plan:  # fmt: skip
    """Return the plan that a solution of the model stands for, without its checks."""
    bought = []
    for column in np.flatnonzero(values[: len(model.purchases)] > 0.5).tolist():
        purchase = model.purchases[column]
        units = int(values[column]) * scenario.policy.market_step
        bought.append(BoughtAt(book.offers[purchase.offer], units, purchase.size))
    is_proven = found.status is Status.OPTIMAL
    status = PlanStatus.OPTIMAL if is_proven else PlanStatus.FEASIBLE
    return plan_of(scenario, book, bought, status, Decimal(str(found.bound)))


def verified(plan: Plan, scenario: Scenario) -> Plan:
    """Return the plan with its checks; none leaves that breaks one.

    Raises
    ------
    VerificationError
        If a rule is broken: our own fault, never the user's.
    """
    plan = checked(plan, scenario)
    if broken := broken_rules(plan):
        raise VerificationError([our_fault(check, plan) for check in broken])
    return plan
