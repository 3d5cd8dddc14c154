"""The trading rules as linear rows over trading accounts (RULES 4).

Each row says: the summed balances of some accounts, with helper variables added or taken,
are at least zero. A helper ``y`` of an account stands for the part of its deficit that
higher bands meet: ``y >= -balance`` and ``y >= 0``. Only the rows that can bind are
written: an account without a deficit that no offer draws on needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bng_opt.metric.trading import Account
from bng_opt.reference import Distinctiveness, Ledger, TradingRule

_LOW_TO_HIGH = tuple(Distinctiveness)


@dataclass(frozen=True)
class TradingRow:
    """``sum of balances + sum of plus helpers - sum of minus helpers >= 0``."""

    name: str
    accounts: frozenset[Account]
    plus: frozenset[Account] = frozenset()
    minus: frozenset[Account] = frozenset()


def trading_rows(
    ledger: Ledger, accounts: Sequence[Account], at_risk: Callable[[Account], bool]
) -> list[TradingRow]:
    """Return the rows that keep one ledger's trading lawful.

    Parameters
    ----------
    accounts
        Every account of the ledger that has a change or an offer.
    at_risk
        Whether an account has a deficit or an offer that draws on it.
    """
    rows = [
        TradingRow(f"{account.key}: {account.rule_words}", frozenset({account}))
        for account in accounts
        if at_risk(account) and _stands_alone(account)
    ]
    helped = [a for a in accounts if at_risk(a) and _may_be_helped(a)]
    if helped:
        rows.extend(
            TradingRow(f"{account.key}: deficit", frozenset({account}), frozenset({account}))
            for account in helped
        )
        helpers = [a for a in accounts if any(a.may_serve(each) for each in helped)]
        words = "higher bands meet what is left"
        rows.append(
            TradingRow(f"{ledger}: {words}", frozenset(helpers), frozenset(), frozenset(helped))
        )
    rows.extend(_running_sums(ledger, accounts, at_risk))
    return rows


def _stands_alone(account: Account) -> bool:
    return account.rule in (TradingRule.SAME_HABITAT, TradingRule.SAME_HABITAT_OR_BESPOKE)


def _may_be_helped(account: Account) -> bool:
    """Return whether it nets by itself first, and higher bands may meet the rest."""
    return account.rule in (TradingRule.SAME_BROAD_OR_HIGHER, TradingRule.SAME_HABITAT_OR_HIGHER)


def _running_sums(
    ledger: Ledger, accounts: Iterable[Account], at_risk: Callable[[Account], bool]
) -> list[TradingRow]:
    """Return the rows of bands that any surplus from above may serve.

    With the rows above kept, the helpers cancel: the band and all above it sum to at
    least zero (area Low: RULES 2.1; hedgerow: I33, I44, I54; culvert: I42).
    """
    rows = []
    pooled = (TradingRule.SAME_BAND_OR_HIGHER, TradingRule.HIGHER_BAND_ONLY)
    for band in reversed(_LOW_TO_HIGH):
        served = [a for a in accounts if a.band is band and a.rule in pooled]
        if served and any(at_risk(a) for a in accounts if a.band.rank >= band.rank):
            upwards = frozenset(a for a in accounts if a.band.rank >= band.rank)
            rows.append(TradingRow(f"{ledger} {band}: {served[0].rule_words}", upwards))
    return rows
