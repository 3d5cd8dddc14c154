"""The plan that buys just the lines a person chose: priced, explained and checked anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bng_opt.errors import Finding, InfeasibleError, InputError, StockError, VerificationError
from bng_opt.market import ContractSize, contract_size
from bng_opt.optimiser.claim import LARGEST_AMOUNT
from bng_opt.optimiser.offers import Offer, OfferBook, make_offers
from bng_opt.optimiser.plan import Check, Plan, PlanStatus
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.presolve import unknown_banks
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.write import BoughtAt, broken_rules, checked, our_fault, plan_of
from bng_opt.quantities import ZERO, pounds, to_decimal
from bng_opt.reference import nearest

BOUND_DOUBT_GBP = Decimal(1)
"""A bound may be above a plan's cost by so much: costs are rounded line by line [GBP]."""

_REMEDIES = (
    ("trading rules", "Keep the line that served it, or add units that may serve it."),
    ("headline deficit", "Add units of any habitat of this ledger, or keep the line."),
    ("banks as wished", "Change the lines, or the wish itself."),
)
"""What helps where lines by hand break a rule, by how the rule's name ends."""


def plan_of_lines(
    scenario: Scenario, units_by_stock: Mapping[str, Decimal], bound_gbp: Decimal = ZERO
) -> Plan:
    """Return the verified plan that buys just these lines.

    Parameters
    ----------
    scenario
        What is owed, the market with the prices that the client pays, site and wishes.
    units_by_stock
        Units bought by stock id, before the spatial risk multiplier [units].
    bound_gbp
        What a search of this scenario proved: no lawful purchase costs less [GBP]; 0 where
        nothing is proven.

    Returns
    -------
    The plan, proven where its cost is within the policy's gap of the bound. One with
    statutory credits never is: the bound speaks of purchases that leave least to credits.

    Raises
    ------
    InputError
        If a line isn't on the market, isn't priced here, or its units can't be sold; if a
        wish names an unknown bank; if the bound isn't this scenario's. With every finding.
    StockError
        If all that is wrong is that stock lacks, with every line.
    InfeasibleError
        If the lines break a rule, with one finding for each.
    """
    chosen = _Chosen.read(scenario, units_by_stock)
    book = _book(scenario, chosen)
    bought = _bought(book, chosen, scenario.policy)
    chosen.refuse_wrong()
    plan = plan_of(scenario, book, bought, PlanStatus.FEASIBLE, bound_gbp)
    plan = checked(replace(plan, by_hand=True), scenario)
    _refuse_broken(plan, scenario.policy)
    return _with_proof(plan, bound_gbp, scenario.policy)


@dataclass
class _Chosen:
    """The lines chosen and the units of each, with what is wrong with others."""

    units: dict[str, Decimal] = field(default_factory=dict)
    wrong: list[Finding] = field(default_factory=list)
    out_of_stock: list[Finding] = field(default_factory=list)

    @classmethod
    def read(cls, scenario: Scenario, units_by_stock: Mapping[str, Decimal]) -> _Chosen:
        """Read the lines in the order of their ids; what can't be bought is noted."""
        chosen = cls(wrong=unknown_banks(scenario.policy, scenario.market))
        known = {line.stock_id for line in scenario.market.stock}
        for stock_id in sorted(units_by_stock):
            if stock_id not in known:
                near = ", ".join(f'"{each}"' for each in nearest(stock_id, sorted(known)))
                remedy = f"Nearest ids: {near}." if near else "The market has no stock."
                chosen.wrong.append(Finding(f'Unknown stock line "{stock_id}".', remedy))
            else:
                chosen.take(stock_id, units_by_stock[stock_id], scenario.policy.market_step)
        return chosen

    def take(self, stock_id: str, value: object, step: Decimal) -> None:
        """Take the units of a line, or note what is wrong with them."""
        try:
            units = to_decimal(value)
        except ValueError as error:
            self.wrong.append(Finding(f"Units of {stock_id}: {error}.", "Give a plain number."))
            return
        if not ZERO < units <= LARGEST_AMOUNT:
            remedy = "Give units above 0; leave out a line that isn't bought."
            self.wrong.append(Finding(f"{units} units of {stock_id} can't be bought.", remedy))
        elif units % step:
            remedy = f"Units are sold in multiples of {step}."
            self.wrong.append(Finding(f"{units} units of {stock_id} are not sold.", remedy))
        else:
            self.units[stock_id] = units

    def refuse_wrong(self) -> None:
        """Raise all that is wrong, if anything is."""
        if self.wrong:
            raise InputError([*self.wrong, *self.out_of_stock])
        if self.out_of_stock:
            raise StockError(self.out_of_stock)


def _book(scenario: Scenario, chosen: _Chosen) -> OfferBook:
    """Return the offers; chosen lines that can't be had, or not so much of them, are noted."""
    requirement, policy = scenario.requirement, scenario.policy
    book = make_offers(
        requirement, scenario.market, scenario.site, policy, by_hand=chosen.units.keys()
    )
    unpriced = {item.line.stock_id for item in book.unpriced}
    for item in book.left_out:
        stock_id = item.line.stock_id
        if stock_id in unpriced and stock_id in chosen.units:
            remedy = "Add its price to the price list, or leave the line out."
            chosen.wrong.append(Finding(f"{stock_id} isn't sold here: {item.reason}.", remedy))
        elif stock_id in chosen.units:
            chosen.out_of_stock.append(_too_little(stock_id, chosen.units[stock_id], ZERO))
    for offer in book.offers:
        units, free = chosen.units.get(offer.line.stock_id, ZERO), offer.steps * policy.market_step
        if units > free:
            chosen.out_of_stock.append(_too_little(offer.line.stock_id, units, free))
    return book


def _too_little(stock_id: str, units: Decimal, free: Decimal) -> Finding:
    return Finding(
        f"{units} units of {stock_id} are wanted, {free} are free.",
        "Buy less of it, or optimise anew for other lines.",
    )


def _bought(book: OfferBook, chosen: _Chosen, policy: Policy) -> list[BoughtAt]:
    """Return the purchases at their contract size's price; those without one are noted."""
    items = [offer for offer in book.offers if offer.line.stock_id in chosen.units]
    sizes = _sizes(items, book, chosen, policy)
    bought = []
    for offer in items:
        stock_id, size = offer.line.stock_id, sizes[offer.bank.bank_id]
        if size in offer.price_gbp:
            bought.append(BoughtAt(offer, chosen.units[stock_id], size))
        else:
            message = f"{stock_id} has no {offer.risk.tier} price for a {size} contract."
            remedy = f"Buy so much of {offer.bank.bank_id} that the contract has a priced size."
            chosen.wrong.append(Finding(message, remedy))
    return bought


def _sizes(
    items: list[Offer], book: OfferBook, chosen: _Chosen, policy: Policy
) -> Mapping[str, ContractSize]:
    """Return each bank's contract size: the quote's, or that of its own total."""
    totals: dict[str, Decimal] = {}
    for offer in items:
        bank_id = offer.bank.bank_id
        totals[bank_id] = totals.get(bank_id, ZERO) + chosen.units[offer.line.stock_id]
    return {
        bank_id: book.size or contract_size(units, policy.contract_thresholds)
        for bank_id, units in totals.items()
    }


def _refuse_broken(plan: Plan, policy: Policy) -> None:
    """Raise the rules that the lines break: theirs, or ours where lines can't break them."""
    broken = broken_rules(plan)
    if faults := [check for check in broken if _remedy(check) is None]:
        raise VerificationError([our_fault(check, plan) for check in faults])
    if broken:
        raise InfeasibleError(list(_refusals(broken, policy)))


def _refusals(broken: tuple[Check, ...], policy: Policy) -> Iterator[Finding]:
    last = "" if policy.credits else " Statutory credits (credits=True) are the last resort."
    for check in broken:
        remedy = _remedy(check) or ""
        by_law = not check.rule.startswith("banks")
        yield Finding(f"{check.rule}: {check.detail}.", remedy + (last if by_law else ""))


def _remedy(check: Check) -> str | None:
    return next((words for name, words in _REMEDIES if check.rule.endswith(name)), None)


def _with_proof(plan: Plan, bound_gbp: Decimal, policy: Policy) -> Plan:
    """Return the plan with its status, by the bound that a search proved."""
    if plan.credits:
        return plan
    if bound_gbp - plan.total_gbp > max(policy.gap_gbp, BOUND_DOUBT_GBP):
        raise InputError(
            Finding(
                f"The lines cost {pounds(plan.total_gbp)} and are lawful, but the bound says "
                f"that nothing costs less than {pounds(bound_gbp)}.",
                "Give the bound of this very scenario, or none.",
            )
        )
    is_proven = plan.gap_gbp <= policy.gap_gbp
    return replace(plan, status=PlanStatus.OPTIMAL if is_proven else PlanStatus.FEASIBLE)
