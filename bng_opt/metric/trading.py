"""The trading rules as arithmetic on project-wide unit changes.

A *trading account* is what the metric nets before it compares: a single habitat type, a
Medium group, or a whole band. :func:`settle` gives every deficit the surplus that may
lawfully serve it and states what is still missing. Sources: user guide chapter 3 table 3;
the workbook's three trading summaries (RULES 2 and 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import RULE_WORDS, Distinctiveness, Habitat, Ledger, TradingRule

_SAME_TYPE_RULES = frozenset(
    {
        TradingRule.SAME_HABITAT_OR_BESPOKE,
        TradingRule.SAME_HABITAT,
        TradingRule.SAME_HABITAT_OR_HIGHER,
        TradingRule.HIGHER_BAND_ONLY,
    }
)
_TIER_ORDER = ("A5", "A4", "A3", "A2", "A1", "H", "W")
"""The workbook spends surplus on the dearer credit tier first (Trading Summary J68:K72)."""


@dataclass(frozen=True)
class Account:
    """What nets before it is compared: a habitat type, a Medium group or a band.

    Attributes
    ----------
    key
        The habitat's name, the group (``"Grassland"``) or the band (``"Low"``).
    habitat
        The habitat, where the account holds a single type.
    """

    ledger: Ledger
    band: Distinctiveness
    key: str
    rule: TradingRule
    habitat: Habitat | None = None
    credit_tier: str = ""

    def __hash__(self) -> int:
        # Equal accounts have equal keys; hashing these two is what makes lookups quick.
        return hash((self.ledger, self.key))

    @property
    def rule_words(self) -> str:
        """Return the rule as reports print it."""
        return RULE_WORDS[self.rule]

    def may_serve(self, deficit: Account) -> bool:
        """Return whether surplus here may lawfully serve a deficit of another account."""
        if self.ledger is not deficit.ledger:
            return False
        if deficit.rule in (TradingRule.SAME_HABITAT_OR_BESPOKE, TradingRule.SAME_HABITAT):
            return False
        if deficit.rule is TradingRule.SAME_BROAD_OR_HIGHER:
            return self.band.rank >= Distinctiveness.HIGH.rank
        return self.band.rank > deficit.band.rank


@cache
def account_of(habitat: Habitat) -> Account | None:
    """Return the account a habitat's change belongs to; None where nothing is owed."""
    if not habitat.trades:
        return None
    by_type = habitat.rule in _SAME_TYPE_RULES
    if by_type:
        key = habitat.name
    elif habitat.rule is TradingRule.SAME_BROAD_OR_HIGHER:
        key = habitat.trading_group
    else:
        key = habitat.distinctiveness.value
    return Account(
        habitat.ledger,
        habitat.distinctiveness,
        key,
        habitat.rule,
        habitat if by_type else None,
        habitat.credit_tier,
    )


@dataclass(frozen=True)
class Shortfall:
    """Units an account still lacks after every lawful use of surplus [units]."""

    account: Account
    units: float


@dataclass(frozen=True)
class SurplusUse:
    """Surplus units of one account that serve another's deficit [units]."""

    source: Account
    target: Account
    units: float


@dataclass(frozen=True)
class Settlement:
    """The trading position of one ledger.

    Attributes
    ----------
    balances
        Net change of every account that isn't zero [units], negative for a deficit.
    shortfalls
        What is still missing, highest band first; their sum is the least possible.
    uses
        Which surplus serves which deficit.
    """

    balances: tuple[tuple[Account, float], ...]
    shortfalls: tuple[Shortfall, ...]
    uses: tuple[SurplusUse, ...]

    @property
    def total(self) -> float:
        """Return the sum of the shortfalls [units]."""
        return sum(shortfall.units for shortfall in self.shortfalls)


def counts_for_trading(habitat: Habitat) -> bool:
    """Return whether *bought* units of a habitat may serve any trading rule.

    A culvert's loss needs a higher band (UG 3 table 3). The workbook's formula would also
    count a culvert bought for a culvert lost; the rule does not, so we do not.
    """
    return habitat.trades and habitat.rule is not TradingRule.HIGHER_BAND_ONLY


def balances_of(changes: Iterable[tuple[Habitat, float]]) -> dict[Account, float]:
    """Return the net change by account [units] of habitat changes [units]."""
    sums: dict[Account, float] = {}
    by_key: dict[tuple[Ledger, str], Account] = {}
    for habitat, units in changes:
        account = account_of(habitat)
        if account is None:
            continue
        # Types of one account carry different credit tiers; the first in the list names it.
        account = by_key.setdefault((account.ledger, account.key), account)
        sums[account] = sums.get(account, 0.0) + units
    return sums


def settle(changes: Mapping[Habitat, float]) -> Settlement:
    """Settle one ledger: use surplus to the best lawful effect and state what is missing.

    Higher bands are served first, each from the lowest eligible surplus, which leaves the
    higher surplus to those who may use nothing else; that gives the least total shortfall,
    since what may serve a band may serve every band below it.

    Parameters
    ----------
    changes
        Project-wide change by habitat [units], before the spatial risk multiplier.

    Examples
    --------
    >>> from bng_opt.reference import catalogue
    >>> find = catalogue().find
    >>> position = settle({find("Other neutral grassland"): 5.0, find("Cereal crops"): -7.0})
    >>> [(s.account.key, s.units) for s in position.shortfalls]
    [('Low', 2.0)]
    """
    balances = sorted(balances_of(changes.items()).items(), key=lambda item: _order(item[0]))
    left = {account: units for account, units in balances if units > UNIT_TOLERANCE}
    uses: list[SurplusUse] = []
    shortfalls: list[Shortfall] = []
    for account, units in balances:
        if units >= -UNIT_TOLERANCE:
            continue
        missing = -units
        for source in sorted(left, key=lambda each: (each.band.rank, each.key)):
            if missing > UNIT_TOLERANCE and left[source] > 0 and source.may_serve(account):
                used = min(missing, left[source])
                left[source] -= used
                missing -= used
                uses.append(SurplusUse(source, account, used))
        if missing > UNIT_TOLERANCE:
            shortfalls.append(Shortfall(account, missing))
    nonzero = tuple((a, u) for a, u in balances if abs(u) > UNIT_TOLERANCE)
    return Settlement(nonzero, tuple(shortfalls), tuple(uses))


def _order(account: Account) -> tuple[int, int, str]:
    """Sort highest band first, then the dearer credit tier, then by name."""
    return (-account.band.rank, _TIER_ORDER.index(account.credit_tier), account.key)
