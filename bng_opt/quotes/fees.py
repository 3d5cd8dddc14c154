"""The seller's fee and VAT."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.market import DEFAULT_THRESHOLDS, ContractSize, ContractThresholds, contract_size
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import ZERO, round_money
from bng_opt.quotes.terms import Terms


def fee_size(
    plan: Plan, terms: Terms, thresholds: ContractThresholds = DEFAULT_THRESHOLDS
) -> ContractSize:
    """Return the contract size of a whole quote, which sets the seller's fee.

    It is that of the plan's prices. Where each bank has its own size, or units come from
    outside the market, it is at least that of all units bought together: many small
    purchases are one quote.

    Parameters
    ----------
    thresholds
        Where the contract sizes begin, as the plan's policy has them [units].
    """
    units = [line.units for line in plan.purchases] + [line.units for line in terms.outside]
    together = contract_size(sum(units, ZERO), thresholds)
    if plan.contract_size not in list(ContractSize):
        return together
    own = ContractSize(plan.contract_size)
    return max(own, together, key=list(ContractSize).index) if terms.outside else own


def admin_fee(size: ContractSize, terms: Terms) -> Decimal:
    """Return the seller's fee on a quote of a contract size, before VAT [GBP].

    Examples
    --------
    >>> admin_fee(ContractSize.FRACTIONAL, Terms()), admin_fee(ContractSize.SMALL, Terms())
    (Decimal('300'), Decimal('500'))
    """
    if size is ContractSize.FRACTIONAL:
        return terms.admin_fee_fractional_gbp
    return terms.admin_fee_gbp


def vat(net_gbp: Decimal, rate: Decimal) -> Decimal:
    """Return the VAT on the sum that bears it, rounded once, to the penny [GBP].

    Examples
    --------
    >>> vat(Decimal("1234.53"), Decimal("0.20"))
    Decimal('246.91')
    """
    return round_money(net_gbp * rate)
