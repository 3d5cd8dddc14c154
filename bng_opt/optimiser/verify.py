"""Check a plan by whoever made it: every rule recomputed with plain arithmetic.

Nothing here comes from the model that makes plans. Stock, multiplier, price and contract
size are looked up afresh; trading and headline are judged on the project's changes with
the purchase added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from bng_opt.market import ContractSize, Market, PriceBasis, StockLine, Tier, contract_size
from bng_opt.metric.credits import may_take_credits, shortfall_by_tier
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Settlement, Shortfall, counts_for_trading, settle
from bng_opt.optimiser.claim import Claim, ClaimedPurchase
from bng_opt.optimiser.offers import basis_of, quote_size
from bng_opt.optimiser.plan import Check
from bng_opt.optimiser.policy import Mode, Policy, SizeBy
from bng_opt.places import Site, SpatialRisk, assess
from bng_opt.quantities import (
    PENNY,
    UNIT_TOLERANCE,
    ZERO,
    pounds,
    round_money,
    to_decimal,
    units_text,
)
from bng_opt.reference import Habitat, Ledger, normalise
from bng_opt.reference.credits import credit_for

__all__ = ["Claim", "ClaimedPurchase", "credits_due", "position_after", "tiers_short", "verify"]


@dataclass(frozen=True)
class _Bought:
    """A claimed purchase with its line, multiplier and price looked up afresh."""

    claim: ClaimedPurchase
    line: StockLine
    risk: SpatialRisk
    size: ContractSize
    price_gbp: Decimal | None

    @property
    def cost_gbp(self) -> Decimal:
        return round_money(self.claim.units * (self.price_gbp or ZERO))


def verify(
    claim: Claim, requirement: Requirement, market: Market, site: Site, policy: Policy
) -> tuple[Check, ...]:
    """Recompute every rule for a claimed plan.

    Parameters
    ----------
    claim
        The plan, by whoever made it.
    requirement, market, site, policy
        The scenario it is meant for.

    Returns
    -------
    One check a rule, each with what was found.
    """
    lines = {line.stock_id: line for line in market.stock}
    unknown = [p.stock_id for p in claim.purchases if p.stock_id not in lines]
    known = [p for p in claim.purchases if p.stock_id in lines]
    bought = _look_up(known, lines, requirement, market, site, policy)
    checks = [
        _check("stock lines exist", [f'"{stock_id}" is not on the market' for stock_id in unknown]),
        _check("stock is not exceeded", _oversold(bought, policy)),
        _check(f"units are multiples of {policy.market_step}", _off_step(bought, policy)),
        _check("spatial risk multipliers", _wrong_multipliers(bought)),
        _check("every line is priced", _unpriced(bought)),
        _check("costs are units times price", _wrong_costs(bought)),
        _check("purchases are what they say", _misstated(bought)),
        _check("banks and fees as stated", _misstated_banks(claim, bought, market)),
        _check("banks as wished", _wishes_broken(bought, policy)),
    ]
    for ledger in Ledger:
        checks.extend(_ledger_checks(requirement.ledgers[ledger], bought, claim, policy))
    checks.append(_total_check(claim, bought, market))
    return tuple(checks)


def _check(rule: str, problems: Iterable[str], fine: str = "holds") -> Check:
    found = list(problems)
    return Check(rule, not found, "; ".join(found) if found else fine)


def _look_up(
    purchases: list[ClaimedPurchase],
    lines: Mapping[str, StockLine],
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy,
) -> list[_Bought]:
    totals: dict[str, Decimal] = {}
    for purchase in purchases:
        bank_id = lines[purchase.stock_id].bank_id
        totals[bank_id] = totals.get(bank_id, ZERO) + purchase.units
    quoted = quote_size(requirement, policy)
    bought = []
    for purchase in purchases:
        line = lines[purchase.stock_id]
        size = quoted
        if policy.size_by is SizeBy.BANK:
            size = contract_size(totals[line.bank_id], policy.contract_thresholds)
        basis = basis_of(line.habitat, line.baseline_habitat)
        risk = assess(site, market.bank(line.bank_id).place, basis)
        price = market.price_for(line, Tier(risk.tier), size)
        each = None
        if price is not None:
            each = price.price_gbp
            if price.basis is PriceBasis.DELIVERED:
                each *= risk.multiplier
        bought.append(_Bought(purchase, line, risk, size, each))
    return bought


def _oversold(bought: list[_Bought], policy: Policy) -> Iterator[str]:
    sold: dict[str, Decimal] = {}
    for item in bought:
        sold[item.line.stock_id] = sold.get(item.line.stock_id, ZERO) + item.claim.units
    for item in {each.line.stock_id: each for each in bought}.values():
        free = item.line.units - policy.quoted.share * item.line.quoted_units
        units = sold[item.line.stock_id]
        if units > free:
            yield f"{item.line.stock_id}: {units} units bought, {free} are free"


def _off_step(bought: list[_Bought], policy: Policy) -> Iterator[str]:
    for item in bought:
        units = item.claim.units
        if units <= 0 or units % policy.market_step:
            yield f"{item.line.stock_id}: {units} units"


def _wrong_multipliers(bought: list[_Bought]) -> Iterator[str]:
    for item in bought:
        claim, right = item.claim, item.risk.multiplier
        if claim.srm is not None and claim.srm != right:
            yield f"{item.line.stock_id}: states {claim.srm}, is {right} ({item.risk.why})"
        stated = claim.delivered_units
        if stated is not None and abs(stated - claim.units * right) > Decimal("1e-6"):
            yield f"{item.line.stock_id}: delivers {claim.units * right}, not {stated} units"


def _unpriced(bought: list[_Bought]) -> Iterator[str]:
    for item in bought:
        if item.price_gbp is None:
            yield f"{item.line.stock_id}: no {item.risk.tier} price for a {item.size} contract"


def _wrong_costs(bought: list[_Bought]) -> Iterator[str]:
    for item in bought:
        each = item.claim.price_gbp
        if each is not None and item.price_gbp is not None and each != item.price_gbp:
            yield f"{item.line.stock_id}: {pounds(item.price_gbp)} a unit, not {pounds(each)}"
        stated = item.claim.cost_gbp
        if stated is not None and item.price_gbp is not None and stated != item.cost_gbp:
            yield f"{item.line.stock_id}: costs {pounds(item.cost_gbp)}, not {pounds(stated)}"


def _misstated(bought: list[_Bought]) -> Iterator[str]:
    for item in bought:
        line = item.line
        right = {
            "bank_id": line.bank_id,
            "ledger": line.habitat.ledger.value,
            "habitat": line.habitat.name,
            "contract_size": item.size.value,
        }
        for name, said in item.claim.stated.items():
            if normalise(said) != normalise(right[name]):
                yield f'{line.stock_id}: states {name} "{said}", is "{right[name]}"'


def _misstated_banks(claim: Claim, bought: list[_Bought], market: Market) -> Iterator[str]:
    if claim.fees_gbp is None:
        return
    right = {b: market.bank(b).fixed_fee_gbp for b in {item.line.bank_id for item in bought}}
    for bank_id in sorted(claim.fees_gbp.keys() ^ right.keys()):
        sells = "sells but isn't listed" if bank_id in right else "is listed but sells nothing"
        yield f"{bank_id} {sells}"
    for bank_id, fee in sorted(claim.fees_gbp.items()):
        if fee is not None and bank_id in right and fee != right[bank_id]:
            yield f"{bank_id}: the fee is {pounds(right[bank_id])}, not {pounds(fee)}"


def _wishes_broken(bought: list[_Bought], policy: Policy) -> Iterator[str]:
    totals: dict[str, Decimal] = {}
    for item in bought:
        totals[item.line.bank_id] = totals.get(item.line.bank_id, ZERO) + item.claim.units
    if policy.max_banks is not None and len(totals) > policy.max_banks:
        yield f"{len(totals)} banks, at most {policy.max_banks} wished"
    for bank_id in sorted(policy.must_not_use & totals.keys()):
        yield f"{bank_id} is excluded"
    for bank_id in sorted(policy.must_use - totals.keys()):
        yield f"{bank_id} is required"
    for bank_id, units in sorted(totals.items()):
        if units < policy.min_units_per_bank:
            yield f"{bank_id} sells {units}, less than {policy.min_units_per_bank} units"


def position_after(
    position: LedgerRequirement, bought: Iterable[tuple[StockLine, Decimal, Decimal]], mode: Mode
) -> tuple[Settlement, float]:
    """Return a ledger's trading position and headline deficit after purchases.

    Parameters
    ----------
    bought
        Stock line, units bought and multiplier of each purchase.
    mode
        In like-for-like mode trading too counts units after the multiplier.
    """
    changes: dict[Habitat, float] = dict(position.project_wide)
    deficit = position.deficit
    for line, units, multiplier in bought:
        if line.habitat.ledger is not position.ledger:
            continue
        weight = float(units * (multiplier if mode is Mode.LIKE_FOR_LIKE else 1))
        if counts_for_trading(line.habitat):
            gain = weight * float(line.gain_per_unit)
            changes[line.habitat] = changes.get(line.habitat, 0.0) + gain
        if line.baseline_habitat is not None:
            loss = weight * float(line.loss_per_unit)
            changes[line.baseline_habitat] = changes.get(line.baseline_habitat, 0.0) - loss
        deficit -= float(units * multiplier)
    return settle(changes), max(0.0, deficit)


def tiers_short(
    position: LedgerRequirement, bought: Sequence[tuple[StockLine, Decimal, Decimal]], mode: Mode
) -> dict[str, float]:
    """Return what a ledger lacks after purchases, by credit tier [units].

    Where trading is tested in more than one way, every account counts by the worst of them.
    """
    worst: dict[str, Shortfall] = {}
    deficit = 0.0
    for reading in mode.readings:
        settlement, deficit = position_after(position, bought, reading)
        for each in settlement.shortfalls:
            known = worst.get(each.account.key)
            if known is None or known.units < each.units:
                worst[each.account.key] = each
    together = Settlement((), tuple(worst.values()), ())
    return shortfall_by_tier(position.ledger, together, deficit)


def _ledger_checks(
    position: LedgerRequirement, bought: list[_Bought], claim: Claim, policy: Policy
) -> Iterator[Check]:
    purchases = [(b.line, b.claim.units, b.risk.multiplier) for b in bought]
    _, deficit = position_after(position, purchases, policy.mode)
    tiers = tiers_short(position, purchases, policy.mode)
    covered = bool(claim.credits) and not _credits_missing(position.ledger, tiers, claim)
    fine = "met, statutory credits included" if covered and tiers else "holds"
    short: list[str] = []
    for reading in policy.mode.readings:
        settlement, _ = position_after(position, purchases, reading)
        when = " before the multiplier" if reading is not policy.mode else ""
        for each in settlement.shortfalls:
            if not covered or not may_take_credits(each.account):
                short.append(
                    f"{each.account.key} ({each.account.band}) lacks {units_text(each.units)} "
                    f"units{when}: {each.account.rule_words}"
                )
    yield _check(f"{position.ledger}: trading rules", short, fine)
    is_open = deficit > UNIT_TOLERANCE and not covered
    yield _check(
        f"{position.ledger}: headline deficit",
        [f"{units_text(deficit)} units are still missing"] if is_open else [],
        fine,
    )
    if claim.credits:
        missing = _credits_missing(position.ledger, tiers, claim)
        yield _check(f"{position.ledger}: statutory credits", missing)


def _credits_missing(ledger: Ledger, tiers: Mapping[str, float], claim: Claim) -> list[str]:
    missing = []
    for tier, units in tiers.items():
        due = credits_due(tier, units)
        if claim.credits.get(tier, ZERO) < due:
            missing.append(f"tier {tier} needs {due} credits, has {claim.credits.get(tier, ZERO)}")
    return missing


def credits_due(tier: str, units: float) -> Decimal:
    """Return the credits of a tier for a shortfall [units], rounded up to hundredths.

    A millionth of a credit is left aside first, as what is below counts as zero.
    """
    exact = to_decimal(units) * credit_for(tier).credits_per_unit
    return (exact - Decimal("1e-6")).quantize(PENNY, rounding=ROUND_CEILING)


def _total_check(claim: Claim, bought: list[_Bought], market: Market) -> Check:
    fees = sum((market.bank(b).fixed_fee_gbp for b in {item.line.bank_id for item in bought}), ZERO)
    credits = sum(
        (round_money(n * credit_for(t).price_per_credit_gbp) for t, n in claim.credits.items()),
        ZERO,
    )
    total = sum((item.cost_gbp for item in bought), ZERO) + fees + credits
    if claim.total_gbp is None or claim.total_gbp == total:
        return Check("the total is the sum", True, f"{pounds(total)}")
    return Check(
        "the total is the sum", False, f"adds up to {pounds(total)}, not {pounds(claim.total_gbp)}"
    )
