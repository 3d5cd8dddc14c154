"""Statutory biodiversity credits: the last resort, and the ceiling of any price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bng_opt.reference.catalogue import Ledger
from bng_opt.reference.named import find_named
from bng_opt.reference.tables import read_table


@dataclass(frozen=True)
class StatutoryCredit:
    """A tier of statutory credits.

    Attributes
    ----------
    tier
        A1 to A5 (area), H (hedgerow) or W (watercourse).
    price_per_credit_gbp
        Price of one credit without VAT [GBP].
    credits_per_unit
        Credits that one missing unit takes: 2, the spatial risk of credits.
    price_per_unit_gbp
        Price of one missing unit without VAT [GBP].
    covers
        The habitats of the tier, in words.
    """

    tier: str
    ledger: Ledger
    price_per_credit_gbp: Decimal
    credits_per_unit: int
    price_per_unit_gbp: Decimal
    covers: str


@cache
def statutory_credits() -> Mapping[str, StatutoryCredit]:
    """Return the tiers of statutory credits by their name.

    Prices: ``unit-prices.js`` of DEFRA/biodiversity-net-gain-service as of 31 July 2025,
    equal to the indicative prices of July 2023: check the live page before quoting. Credits
    per unit: workbook 'Unit shortfall calculations' G9:G15.
    """
    return {
        row["tier"]: StatutoryCredit(
            row["tier"],
            Ledger(row["ledger"]),
            Decimal(row["price_per_credit_gbp_ex_vat"]),
            int(row["credits_per_unit"]),
            Decimal(row["price_per_unit_gbp_ex_vat"]),
            row["covers"],
        )
        for row in read_table("statutory_credits")
    }


def credit_for(tier: str) -> StatutoryCredit:
    """Return a tier of statutory credits.

    Parameters
    ----------
    tier
        Such as ``"A1"``: :attr:`Habitat.credit_tier` names it. An uncompensated Very High
        loss can't be met with credits at all, though its tier is listed (A5, W).

    Raises
    ------
    InputError
        If there is no such tier.

    Examples
    --------
    >>> credit_for("A1").price_per_unit_gbp
    Decimal('84000')
    """
    return find_named("statutory credit tier", tier, statutory_credits())
