"""What statutory credits alone would cost, beside a quote."""

from __future__ import annotations

from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.baselines import price_by_credits
from bng_opt.quotes.view import CreditsComparison


def compare_with_credits(requirement: Requirement) -> CreditsComparison:
    """Return what statutory credits for the whole need cost, before VAT (RULES 6).

    Parameters
    ----------
    requirement
        The whole of what the development owes.

    Returns
    -------
    Without a total, and with the reason, where a Very High loss of area or watercourse is
    uncompensated: credits can't stand for it, and the workbook then prices no tier at all.
    """
    answer = price_by_credits(requirement)
    return CreditsComparison(answer.total_gbp, answer.reason)
