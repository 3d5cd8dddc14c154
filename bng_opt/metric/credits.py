"""Statutory credits: what the workbook would ask for a shortfall that nothing else meets.

RULES 6; workbook sheets 'Unit shortfall calculations' and 'Unit shortfall summary'. A
shortfall is charged at the tier of its habitat; the net gain part at the ledger's lowest.
"""

from __future__ import annotations

from collections.abc import Mapping

from bng_opt.metric.trading import Account, Settlement
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Distinctiveness, Ledger

TOP_UP_TIER: Mapping[Ledger, str] = {
    Ledger.AREA: "A1",
    Ledger.HEDGEROW: "H",
    Ledger.WATERCOURSE: "W",
}
"""The tier of the net gain part."""


def may_take_credits(account: Account) -> bool:
    """Return whether statutory credits may stand for an account's loss.

    An uncompensated Very High loss of area or watercourse turns every tier to ERROR.
    """
    very_high = account.band is Distinctiveness.VERY_HIGH
    return not (very_high and account.ledger is not Ledger.HEDGEROW)


def shortfall_by_tier(ledger: Ledger, settlement: Settlement, deficit: float) -> dict[str, float]:
    """Return the units that credits must stand for, by tier.

    Parameters
    ----------
    settlement
        The trading position after all purchases.
    deficit
        The headline deficit after all purchases [units].

    Examples
    --------
    >>> shortfall_by_tier(Ledger.AREA, Settlement((), (), ()), 0.4)
    {'A1': 0.4}
    """
    tiers: dict[str, float] = {}
    for shortfall in settlement.shortfalls:
        tier = shortfall.account.credit_tier
        tiers[tier] = tiers.get(tier, 0.0) + shortfall.units
    top_up = deficit - settlement.total
    if top_up > UNIT_TOLERANCE:
        tier = TOP_UP_TIER[ledger]
        tiers[tier] = tiers.get(tier, 0.0) + top_up
    return tiers
