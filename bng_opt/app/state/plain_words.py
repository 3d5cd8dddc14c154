"""Findings of the library in the page's words: no option's name, banks by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bng_opt.errors import Finding
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.quantities import PENNY

if TYPE_CHECKING:
    from bng_opt.market import Market

_WORDS = {
    "statutory credits (credits=True)": 'statutory credits (tick "Statutory credits")',
    "Take it out of must_use, or lower min_units_per_bank.": (
        "Take it out of the banks that must be used, or lower the least purchase from a bank."
    ),
    "Leave it out of must_use or of must_not_use.": "Take it out of one of the lists.",
    "Raise max_banks, or require fewer banks.": "Allow more banks, or require fewer.",
    "Use a smaller market_step, or add banks.": (
        "Let units be sold in a finer step, or add banks."
    ),
    "Spell it as in banks.csv.": "Take it out of the wishes.",
    "Add their prices to pricing.csv to have them compared.": (
        "Add their prices to the market to have them compared."
    ),
    "Submit it again with a longer time-out, or none.": (
        "Start again with a longer time limit, or none."
    ),
    "Submit it again with a longer time-out.": "Start again with a longer time limit.",
    "Submit it again.": "Start again.",
    "Look at the jobs there are: bng-opt job list.": "The history lists the runs that there are.",
    "must_not_use": "the banks that must not be used",
    "must_use": "the banks that must be used",
    "min_units_per_bank": "the least purchase from a bank",
    "max_banks": "the limit on banks",
    "market_step": "the step in which units are sold",
    "time_limit_s": "the time limit",
    "gap_gbp": "the gap of the proof",
}
_BANK = re.compile(r'\b([Bb]ank) "([^"]+)"')
_REQUIRED = re.compile(r"(required banks )([^;.]+)")


def in_plain_words(findings: Iterable[Finding], market: Market | None) -> tuple[Finding, ...]:
    """Return findings as the page says them.

    Parameters
    ----------
    market
        Knows the banks' names; without one their ids stay.

    Examples
    --------
    >>> found = Finding("B1 and B2 are required.", "Raise max_banks, or require fewer banks.")
    >>> in_plain_words([found], None)[0].remedy
    'Allow more banks, or require fewer.'
    """
    names = {} if market is None else {bank.bank_id: bank.name for bank in market.banks}
    return tuple(
        replace(each, message=_said(each.message, names), remedy=_said(each.remedy, names))
        for each in findings
    )


def proof_of(plan: Plan) -> str:
    """Return a plan's proof in one sentence; of nothing cheaper at all it needs no figure."""
    is_exact = plan.status is PlanStatus.OPTIMAL and plan.gap_gbp < PENNY
    if is_exact and not plan.credits:
        return "Proven: no lawful purchase is cheaper."
    return plan.proof


def _said(text: str, names: dict[str, str]) -> str:
    for ours, plain in _WORDS.items():
        text = text.replace(ours, plain)

    def named(bank_id: str) -> str:
        return f"{names[bank_id]} ({bank_id})" if bank_id in names else bank_id

    text = _BANK.sub(
        lambda m: f"{m[1]} {named(m[2])}" if m[2] in names else m[0],
        text,
    )
    return _REQUIRED.sub(
        lambda m: m[1] + ", ".join(named(each.strip()) for each in m[2].split(",")), text
    )
