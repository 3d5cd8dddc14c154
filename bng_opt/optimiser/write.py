"""Write purchases as a plan: the one place where a plan's records are made.

Whoever chose the purchases, the search or a person, they are priced, explained and checked
here alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from math import asin, cos, radians, sin, sqrt

from bng_opt.errors import Finding
from bng_opt.market import Bank, ContractSize, Market, PriceBasis, Tier
from bng_opt.optimiser.explain import (
    Bought,
    explain_credit_uses,
    explain_not_chosen,
    explain_uses,
    unstated_baseline_warning,
)
from bng_opt.optimiser.offers import OfferBook, basis_of, unpriced_warning
from bng_opt.optimiser.plan import BankLine, Check, CreditLine, Plan, PlanStatus, PurchaseLine
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.verify import Claim, credits_due, tiers_short, verify
from bng_opt.places import Basis, Site, assess
from bng_opt.quantities import PENNY, ZERO, round_money
from bng_opt.reference import Ledger
from bng_opt.reference.credits import credit_for

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class BoughtAt(Bought):
    """An offer with the units bought of it, at the price of a contract size."""

    size: ContractSize


def plan_of(
    scenario: Scenario,
    book: OfferBook,
    bought: Sequence[BoughtAt],
    status: PlanStatus,
    bound_gbp: Decimal,
) -> Plan:
    """Return the plan that buys offers of a book, without its checks.

    Parameters
    ----------
    bought
        In the order of the book.
    status, bound_gbp
        The proof; the bound is stated in whole pence, never above the plan's own total.
    """
    policy, requirement = scenario.policy, scenario.requirement
    purchases = [_purchase_line(item, scenario.market) for item in bought]
    credits = _credit_lines(scenario, bought) if policy.credits else ()
    plan = Plan(
        status=status,
        mode=policy.mode.value,
        contract_size=book.size.value if book.size else "by bank",
        bound_gbp=ZERO,
        purchases=tuple(purchases),
        banks=_bank_lines(purchases, scenario),
        credits=credits,
        uses=(
            *explain_uses(requirement, bought, policy.mode),
            *explain_credit_uses(credits),
        ),
        warnings=tuple(_warnings(scenario, book, bought)),
        not_chosen=explain_not_chosen(book, bought),
        scenario=scenario.digest,
        title=scenario.title,
        site=scenario.site.describe(),
    )
    bound = bound_gbp.quantize(PENNY, rounding=ROUND_FLOOR)
    return replace(plan, bound_gbp=max(ZERO, min(bound, plan.total_gbp)))


def _purchase_line(item: BoughtAt, market: Market) -> PurchaseLine:
    offer, size = item.offer, item.size
    each = offer.price_gbp[size]
    listed = market.price_for(offer.line, Tier(offer.risk.tier), size)
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
        contract_size=size.value,
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


def _credit_lines(scenario: Scenario, bought: Sequence[Bought]) -> tuple[CreditLine, ...]:
    """Return the credits that the workbook asks for after the purchases (RULES 6)."""
    lines = []
    taken = [(b.offer.line, b.units, b.offer.risk.multiplier) for b in bought]
    for ledger in Ledger:
        position = scenario.requirement.ledgers[ledger]
        for tier, units in sorted(tiers_short(position, taken, scenario.policy.mode).items()):
            credit, due = credit_for(tier), credits_due(tier, units)
            lines.append(
                CreditLine(
                    ledger.value, tier, Decimal(str(round(units, 6))), due,
                    credit.price_per_credit_gbp, round_money(due * credit.price_per_credit_gbp),
                )
            )  # fmt: skip
    return tuple(lines)


def _warnings(scenario: Scenario, book: OfferBook, bought: Sequence[Bought]) -> Iterator[Finding]:
    yield from scenario.requirement.warnings
    yield from scenario.site.warnings
    if any(b.offer.ledger is Ledger.WATERCOURSE for b in bought):
        yield from filter(None, [scenario.site.watercourse_warning()])
    bases = {basis_of(b.offer.line.habitat, b.offer.line.baseline_habitat) for b in bought}
    if Basis.INTERTIDAL in bases:
        yield from filter(None, [scenario.site.intertidal_warning()])
    yield from filter(None, [unstated_baseline_warning(bought), unpriced_warning(book)])


def distance_km(site: Site, bank: Bank) -> float | None:
    """Return the great-circle distance from site to bank [km], None without points."""
    if site.lat is None or site.lon is None or bank.place.lat is None or bank.place.lon is None:
        return None
    lat1, lon1, lat2, lon2 = map(radians, (site.lat, site.lon, bank.place.lat, bank.place.lon))
    inner = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(inner))


def checked(plan: Plan, scenario: Scenario) -> Plan:
    """Return the plan with its checks, whatever they find."""
    checks = verify(
        Claim.from_plan(plan),
        scenario.requirement,
        scenario.market,
        scenario.site,
        scenario.policy,
    )
    return replace(plan, checks=checks)


def broken_rules(plan: Plan) -> tuple[Check, ...]:
    """Return the checks of a plan that don't hold."""
    return tuple(check for check in plan.checks if not check.ok)


def our_fault(check: Check, plan: Plan) -> Finding:
    """Return what to say of a rule that only a bug can break."""
    return Finding(
        f"The plan breaks a rule: {check.rule}: {check.detail}.",
        f"This is a bug; report it with scenario {plan.scenario}.",
    )
