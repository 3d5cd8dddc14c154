"""The on-site surplus offset discount: a commercial concession, off unless it is granted.

Half of the Medium-and-above surplus that a development makes on its own land, over the
units it buys, comes off the price of those units, up to 60%. It is no reading of the law:
what surplus may lawfully serve is counted in the need itself (:mod:`bng_opt.metric.trading`)
before anything is bought.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.quantities import ZERO, to_decimal
from bng_opt.reference import Distinctiveness, Ledger

NAME = "On-site surplus offset discount"
SURPLUS_SHARE = Decimal("0.5")
MOST = Decimal("0.6")
STEP = Decimal("0.0001")
"""Shares are rounded down to the hundredth of one per cent, so that they can be printed."""


def surplus_of(position: LedgerRequirement) -> Decimal:
    """Return a ledger's surplus of Medium and higher bands, after its own trading [units].

    Project-wide, as the metric shows it: what serves a deficit of another habitat isn't left.
    """
    settlement = position.settlement
    left = {account: units for account, units in settlement.balances if units > 0}
    for use in settlement.uses:
        left[use.source] -= use.units
    surplus = sum(
        units for account, units in left.items() if account.band.rank >= Distinctiveness.MEDIUM.rank
    )
    # Nine decimals drop what floats add.
    return max(ZERO, to_decimal(round(float(surplus), 9)))


def offset_shares(
    requirement: Requirement, units: Mapping[Ledger, Decimal]
) -> dict[Ledger, Decimal]:
    """Return the share that comes off the units of each ledger with purchases.

    Parameters
    ----------
    requirement
        The development's own, before anything is bought.
    units
        Units bought, before the multiplier [units].

    Returns
    -------
    Fractions from 0 to 0.6, ledger by ledger: units are never added across ledgers.
    """
    return {
        ledger: _share(surplus_of(requirement.ledgers[ledger]), bought)
        for ledger, bought in units.items()
        if bought > 0
    }


def _share(surplus: Decimal, bought: Decimal) -> Decimal:
    """Return the share of one ledger.

    Examples
    --------
    >>> _share(Decimal("1.2"), Decimal("3.4")), _share(Decimal(9), Decimal(1))
    (Decimal('0.1764'), Decimal('0.6000'))
    """
    share = min(MOST, SURPLUS_SHARE * surplus / bought)
    return share.quantize(STEP, rounding=ROUND_FLOOR)
