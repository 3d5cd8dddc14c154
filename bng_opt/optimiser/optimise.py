"""From a scenario to a verified plan: the steps, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from math import asin, cos, radians, sin, sqrt

import numpy as np

from bng_opt.errors import Finding, InfeasibleError, InputError, SolverError, VerificationError
from bng_opt.market import Bank, Market, PriceBasis, Tier
from bng_opt.metric.credits import shortfall_by_tier
from bng_opt.optimiser.explain import (
    Bought,
    explain_credit_uses,
    explain_not_chosen,
    explain_uses,
    unstated_baseline_warning,
)
from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.model import PurchaseModel, build_model
from bng_opt.optimiser.offers import OfferBook, basis_of, make_offers, unpriced_warning
from bng_opt.optimiser.plan import BankLine, CreditLine, Plan, PlanStatus, PurchaseLine
from bng_opt.optimiser.presolve import explain_infeasible, presolve, unknown_banks
from bng_opt.optimiser.progress import QUIET, Phase, Watch
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.search import Found, TimeLeft, find_cheapest, find_fewest_credits
from bng_opt.optimiser.solver import Status
from bng_opt.optimiser.ties import break_ties
from bng_opt.optimiser.verify import Claim, credits_due, position_after, verify
from bng_opt.places import Basis, Site, assess
from bng_opt.quantities import PENNY, ZERO, round_money
from bng_opt.reference import Ledger
from bng_opt.reference.credits import credit_for

EARTH_RADIUS_KM = 6371.0

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


def distance_km(site: Site, bank: Bank) -> float | None:
    """Return the great-circle distance from site to bank [km], None without points."""
    if site.lat is None or site.lon is None or bank.place.lat is None or bank.place.lon is None:
        return None
    lat1, lon1, lat2, lon2 = map(radians, (site.lat, site.lon, bank.place.lat, bank.place.lon))
    inner = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(inner))


def write_plan(
    scenario: Scenario, book: OfferBook, model: PurchaseModel, values: FloatArray,
    found: Found,
) -> Plan:  # fmt: skip
    """Return the plan that a solution of the model stands for, without its checks."""
    policy, requirement = scenario.policy, scenario.requirement
    bought, purchases = [], []
    for column in np.flatnonzero(values[: len(model.purchases)] > 0.5).tolist():
        purchase = model.purchases[column]
        offer = book.offers[purchase.offer]
        item = Bought(offer, int(values[column]) * policy.market_step)
        bought.append(item)
        purchases.append(_purchase_line(item, purchase.size.value, scenario.market))
    banks = _bank_lines(purchases, scenario)
    credits = _credit_lines(scenario, bought) if policy.credits else ()
    plan = Plan(
        status=PlanStatus.OPTIMAL if found.status is Status.OPTIMAL else PlanStatus.FEASIBLE,
        mode=policy.mode.value,
        contract_size=book.size.value if book.size else "by bank",
        bound_gbp=ZERO,
        purchases=tuple(purchases),
        banks=banks,
        credits=credits,
        uses=(
            *explain_uses(requirement, bought, policy.mode),
            *explain_credit_uses(credits),
        ),
        warnings=tuple(_warnings(scenario, book, bought)),
        not_chosen=explain_not_chosen(book, bought),
        scenario=scenario.digest,
        title=requirement.project or requirement.source,
        site=scenario.site.describe(),
    )
    return replace(plan, bound_gbp=_bound(found, plan.total_gbp))


def _bound(found: Found, total: Decimal) -> Decimal:
    """Return the proven bound in whole pence, never above the plan's own total."""
    bound = Decimal(str(found.bound)).quantize(PENNY, rounding=ROUND_FLOOR)
    return max(ZERO, min(bound, total))


def _purchase_line(item: Bought, size: str, market: Market) -> PurchaseLine:
    offer = item.offer
    each = next(price for key, price in offer.price_gbp.items() if key.value == size)
    tier = Tier(offer.risk.tier)
    listed = market.price_for(offer.line, tier, next(k for k in offer.price_gbp if k.value == size))
    return PurchaseLine(
        stock_id=offer.line.stock_id,
        bank_id=offer.bank.bank_id,
        ledger=offer.ledger.value,
        habitat=offer.line.habitat.name,
        units=item.units,
        srm=offer.risk.multiplier,
        delivered_units=item.units * offer.risk.multiplier,
        price_gbp=each,
        cost_gbp=round_money(item.units * each),
        contract_size=size,
        category=offer.risk.category.value,
        why=offer.risk.why,
        basis=listed.basis.value if listed else PriceBasis.UNIT.value,
        listed_gbp=listed.price_gbp if listed else each,
    )


def _bank_lines(purchases: list[PurchaseLine], scenario: Scenario) -> tuple[BankLine, ...]:
    lines = []
    for bank_id in sorted({purchase.bank_id for purchase in purchases}):
        bank = scenario.market.bank(bank_id)
        mine = [p for p in purchases if p.bank_id == bank_id]
        only_water = all(p.ledger == Ledger.WATERCOURSE for p in mine)
        basis = Basis.WATERCOURSE if only_water else Basis.LAND
        risk = assess(scenario.site, bank.place, basis)
        lines.append(
            BankLine(
                bank_id=bank_id,
                name=bank.name,
                category=risk.category.value,
                srm=risk.multiplier,
                why=_reasons(mine),
                distance_km=distance_km(scenario.site, bank),
                units=sum((p.units for p in mine), ZERO),
                units_gbp=sum((p.cost_gbp for p in mine), ZERO),
                fee_gbp=bank.fixed_fee_gbp,
            )
        )
    return tuple(lines)


def _reasons(purchases: list[PurchaseLine]) -> str:
    """Return why a bank's purchases have their multipliers; by ledger where they differ."""
    ledgers: dict[str, list[str]] = {}
    for purchase in purchases:
        ledgers.setdefault(purchase.why, []).append(purchase.ledger)
    if len(ledgers) == 1:
        return purchases[0].why
    return "; ".join(f"{', '.join(dict.fromkeys(of))}: {why}" for why, of in ledgers.items())


def _credit_lines(scenario: Scenario, bought: list[Bought]) -> tuple[CreditLine, ...]:
    """Return the credits that the workbook asks for after the purchases (RULES 6)."""
    lines = []
    taken = [(b.offer.line, b.units, b.offer.risk.multiplier) for b in bought]
    for ledger in Ledger:
        position = scenario.requirement.ledgers[ledger]
        settlement, deficit = position_after(position, taken, scenario.policy.mode)
        for tier, units in sorted(shortfall_by_tier(ledger, settlement, deficit).items()):
            credit, due = credit_for(tier), credits_due(tier, units)
            lines.append(
                CreditLine(
                    ledger.value, tier, Decimal(str(round(units, 6))), due,
                    credit.price_per_credit_gbp, round_money(due * credit.price_per_credit_gbp),
                )
            )  # fmt: skip
    return tuple(lines)


def _warnings(scenario: Scenario, book: OfferBook, bought: list[Bought]) -> Iterator[Finding]:
    yield from scenario.requirement.warnings
    yield from scenario.site.warnings
    if any(b.offer.ledger is Ledger.WATERCOURSE for b in bought):
        yield from filter(None, [scenario.site.watercourse_warning()])
    bases = {basis_of(b.offer.line.habitat, b.offer.line.baseline_habitat) for b in bought}
    if Basis.INTERTIDAL in bases:
        yield from filter(None, [scenario.site.intertidal_warning()])
    yield from filter(None, [unstated_baseline_warning(bought), unpriced_warning(book)])


def verified(plan: Plan, scenario: Scenario) -> Plan:
    """Return the plan with its checks; none leaves that breaks one.

    Raises
    ------
    VerificationError
        If a rule is broken: our own fault, never the user's.
    """
    checks = verify(
        Claim.from_plan(plan),
        scenario.requirement,
        scenario.market,
        scenario.site,
        scenario.policy,
    )
    broken = [check for check in checks if not check.ok]
    if broken:
        raise VerificationError(
            [
                Finding(
                    f"The plan breaks a rule: {check.rule}: {check.detail}.",
                    f"This is a bug; report it with scenario {plan.scenario}.",
                )
                for check in broken
            ]
        )
    return replace(plan, checks=checks)
