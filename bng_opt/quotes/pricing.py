"""Price a plan as a quote: each line to the penny, each sum of what is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.market import (
    DEFAULT_THRESHOLDS,
    ContractSize,
    ContractThresholds,
    Market,
    Price,
    PriceBasis,
    StockLine,
    Tier,
)
from bng_opt.market.store.tables import LineKind
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.offers import unit_price
from bng_opt.optimiser.plan import Plan, PurchaseLine
from bng_opt.places import Category
from bng_opt.quantities import PENNY, ZERO, pounds, round_money, units_text
from bng_opt.quotes.discounts import client_price
from bng_opt.quotes.fees import admin_fee, fee_size, vat
from bng_opt.quotes.lines import PricedQuote, QuoteLine, printed_habitat, vatable
from bng_opt.quotes.notes import price_notes
from bng_opt.quotes.outside import UNIT_STEP
from bng_opt.quotes.surplus_offset import offset_shares
from bng_opt.quotes.terms import Terms
from bng_opt.reference import Ledger


@dataclass(frozen=True)
class _Priced:
    """A purchase with its list price and what comes off it.

    Attributes
    ----------
    each_gbp
        List price of one unit bought, exact [GBP/unit].
    share
        What the on-site surplus offset takes off the client's cost, as a fraction.
    """

    purchase: PurchaseLine
    listed: Price
    each_gbp: Decimal
    share: Decimal

    @property
    def amount_gbp(self) -> Decimal:
        return round_money(self.purchase.units * self.each_gbp)

    @property
    def net_gbp(self) -> Decimal:
        return round_money(self.purchase.cost_gbp * (1 - self.share))


def price_quote(
    plan: Plan,
    *,
    list_market: Market,
    requirement: Requirement,
    terms: Terms,
    thresholds: ContractThresholds = DEFAULT_THRESHOLDS,
) -> PricedQuote:
    """Return the lines of a quote and their sums.

    Parameters
    ----------
    plan
        A verified plan at the prices that the client pays: of the market that
        :func:`bng_opt.quotes.discounts.discounted_market` makes by the terms' discount.
    list_market
        The market at the banks' own prices.
    requirement
        The development's own, before units from outside the market.
    thresholds
        Where the contract sizes begin, as the plan's policy has them [units].

    Returns
    -------
    The lines in the order of print. Of each purchase, what comes off is the difference
    between its amount at list price and its cost in the plan, less the on-site surplus
    offset where the terms grant it.

    Raises
    ------
    InputError
        If the plan isn't verified, wasn't made on this market and these terms, or holds
        figures finer than pence and ten-thousandths of a unit. With every finding.
    """
    priced = _price_purchases(plan, list_market, requirement, terms)
    names = {bank.bank_id: bank.name for bank in plan.banks}
    size = fee_size(plan, terms, thresholds)
    lines = (
        *(_units_line(item, names) for item in priced),
        *_outside_lines(terms),
        *_bank_fees(plan),
        *_credit_lines(plan),
        *_charges(terms),
        *_admin_fee(admin_fee(size, terms), size),
    )
    tax = vat(vatable(lines), terms.vat_rate)
    notes = price_notes(
        terms,
        introducer_gbp=sum((p.amount_gbp - p.purchase.cost_gbp for p in priced), ZERO),
        offset_gbp=sum((p.purchase.cost_gbp - p.net_gbp for p in priced), ZERO),
        shares={p.purchase.ledger: p.share for p in priced if p.share},
    )
    return PricedQuote(lines, plan.contract_size, terms.vat_rate, tax, notes)


def _price_purchases(
    plan: Plan, market: Market, requirement: Requirement, terms: Terms
) -> list[_Priced]:
    """Return the purchases by bank and stock id, each with its list price and its offset."""
    findings = list(_unfit(plan))
    lines = {line.stock_id: line for line in market.stock}
    shares = _shares(plan, requirement) if terms.surplus_offset else {}
    priced = []
    for purchase in sorted(plan.purchases, key=lambda each: (each.bank_id, each.stock_id)):
        line = lines.get(purchase.stock_id)
        listed = None if line is None else _listed(market, line, purchase, terms)
        if listed is None:
            findings.append(_foreign(purchase))
        else:
            each = unit_price(listed, purchase.srm)
            share = shares.get(Ledger(purchase.ledger), ZERO)
            priced.append(_Priced(purchase, listed, each, share))
    if findings:
        raise InputError(findings)
    return priced


def _shares(plan: Plan, requirement: Requirement) -> Mapping[Ledger, Decimal]:
    units: dict[Ledger, Decimal] = {}
    for purchase in plan.purchases:
        ledger = Ledger(purchase.ledger)
        units[ledger] = units.get(ledger, ZERO) + purchase.units
    return offset_shares(requirement, units)


def _listed(market: Market, line: StockLine, purchase: PurchaseLine, terms: Terms) -> Price | None:
    """Return a purchase's list price; None where the terms don't make the plan's of it."""
    tier, size = Tier(Category(purchase.category).tier), ContractSize(purchase.contract_size)
    paid = client_price(market, line, tier, size, terms.discount)
    if paid is None or unit_price(paid, purchase.srm) != purchase.price_gbp:
        return None
    return market.price_for(line, tier, size)


def _foreign(purchase: PurchaseLine) -> Finding:
    return Finding(
        f"The plan buys {purchase.stock_id} at {pounds(purchase.price_gbp)} a unit, which "
        "isn't what this market and these terms make of it.",
        "Optimise on the market that the terms' discount makes of the list prices.",
    )


def _unfit(plan: Plan) -> Iterator[Finding]:
    """Yield what no quote can be made of: a plan unchecked, or finer than can be stored."""
    if not plan.is_verified:
        yield Finding("The plan isn't verified.", "Quote a plan whose checks all hold.")
    for purchase in plan.purchases:
        if purchase.units % UNIT_STEP:
            message = f"{purchase.units} units of {purchase.stock_id} are finer than a quote's."
            yield Finding(message, f"Use a market step that is a multiple of {UNIT_STEP}.")
    for bank in plan.banks:
        if bank.fee_gbp % PENNY:
            message = f"The fee of bank {bank.bank_id} is {bank.fee_gbp}."
            yield Finding(message, "State it in whole pence.")


def _units_line(item: _Priced, names: Mapping[str, str]) -> QuoteLine:
    purchase = item.purchase
    return QuoteLine(
        LineKind.UNITS,
        _units_text(purchase.habitat, purchase.units, purchase.srm) + _basis_text(item.listed),
        item.amount_gbp,
        item.amount_gbp - item.net_gbp,
        purchase.stock_id,
        purchase.bank_id,
        names.get(purchase.bank_id, purchase.bank_id),
        purchase.ledger,
        purchase.habitat,
        purchase.units,
        purchase.srm,
        purchase.delivered_units,
        item.each_gbp,
    )


def _units_text(habitat: str, units: Decimal, srm: Decimal) -> str:
    counts = "" if srm == 1 else f" (counts as {units * srm:.4f})"
    return f"{printed_habitat(habitat)}, {units_text(units)} units{counts}"


def _basis_text(listed: Price) -> str:
    """Return the list price in words, where it isn't per unit bought."""
    if listed.basis is PriceBasis.UNIT:
        return ""
    return f", at {pounds(listed.price_gbp)} per unit that counts"


def _outside_lines(terms: Terms) -> Iterator[QuoteLine]:
    for line in terms.outside:
        supplier = f", from {line.supplier}" if line.supplier else ""
        bought = _units_text(line.habitat.name, line.units, line.srm)
        yield QuoteLine(
            LineKind.OUTSIDE,
            f"{line.description}: {bought}{supplier}",
            line.amount_gbp,
            ledger=line.ledger.value,
            habitat=line.habitat.name,
            units=line.units,
            srm=line.srm,
            delivered_units=line.delivered_units,
            price_gbp=line.price_gbp,
        )


def _bank_fees(plan: Plan) -> Iterator[QuoteLine]:
    for bank in sorted(plan.banks, key=lambda each: each.bank_id):
        if bank.fee_gbp:
            yield QuoteLine(
                LineKind.BANK_FEE,
                f"Fee of {bank.name}",
                bank.fee_gbp,
                bank_id=bank.bank_id,
                bank_name=bank.name,
            )


def _credit_lines(plan: Plan) -> Iterator[QuoteLine]:
    for line in sorted(plan.credits, key=lambda each: (each.ledger, each.tier)):
        yield QuoteLine(
            LineKind.CREDITS,
            f"Statutory biodiversity credits, tier {line.tier}: {line.credits} at "
            f"{pounds(line.price_gbp)}, for {units_text(line.units)} units",
            line.cost_gbp,
            ledger=line.ledger,
        )


def _charges(terms: Terms) -> Iterator[QuoteLine]:
    for charge in terms.charges:
        yield QuoteLine(LineKind.OTHER, charge.description, charge.amount_gbp)


def _admin_fee(fee: Decimal, size: ContractSize) -> Iterator[QuoteLine]:
    if fee:
        kind = ", fractional contract" if size is ContractSize.FRACTIONAL else ""
        yield QuoteLine(LineKind.ADMIN_FEE, f"Administration fee{kind}", fee)
