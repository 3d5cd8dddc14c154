"""An alternative described against the plan it stands beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bng_opt.errors import Finding
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import pounds

if TYPE_CHECKING:
    pass

from bng_opt.optimiser.attempts import Attempt, Verdict, bank_ids


@dataclass(frozen=True)
class Alternative:
    """A plan that answers another question, set beside the cheapest.

    Attributes
    ----------
    plan
        None where there is none; ``findings`` then say why.
    difference
        How it differs from the cheapest plan: ``"one bank instead of three, +£2,300"``.
    extra_gbp
        What it costs more [GBP]; None without a plan. Below zero by at most the policy's
        gap, where both plans are proven.
    bound_gbp
        No lawful purchase of its kind costs less [GBP]; None without a plan.
    """

    label: str
    verdict: Verdict
    plan: Plan | None
    difference: str
    extra_gbp: Decimal | None
    bound_gbp: Decimal | None
    findings: tuple[Finding, ...] = ()

    @property
    def reason(self) -> str:
        """Return why there is no plan, in words; empty where there is one."""
        return " ".join(finding.message for finding in self.findings)

    @property
    def banks(self) -> tuple[str, ...]:
        """Return the ids of the banks it buys from; none without a plan."""
        return bank_ids(self.plan) if self.plan else ()

    def as_dict(self) -> dict[str, object]:
        """Return the alternative as plain values, pounds as numbers."""
        lines = self.plan.purchases if self.plan else ()
        return {
            "label": self.label,
            "verdict": self.verdict.value,
            "total_gbp": None if self.plan is None else float(self.plan.total_gbp),
            "extra_gbp": None if self.extra_gbp is None else float(self.extra_gbp),
            "bound_gbp": None if self.bound_gbp is None else float(self.bound_gbp),
            "banks": list(self.banks),
            "purchases": [{"stock_id": x.stock_id, "units": float(x.units)} for x in lines],
            "difference": self.difference,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def alternative(label: str, answer: Attempt, base: Plan) -> Alternative:
    """Return an answer set beside the cheapest plan."""
    plan = answer.plan
    if plan is None:
        verdict = answer.verdict
        return Alternative(label, verdict, None, verdict.value, None, None, answer.findings)
    extra = plan.total_gbp - base.total_gbp
    difference = describe_difference(plan, base)
    return Alternative(label, answer.verdict, plan, difference, extra, plan.bound_gbp)


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def words(count: int) -> str:
    """Return a number of banks in words: ``"one bank"``, ``"two banks"``."""
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} bank" if count == 1 else f"{number} banks"


def describe_difference(plan: Plan, base: Plan, names: Mapping[str, str] | None = None) -> str:
    """Return how a plan differs from another, banks first, then the cost.

    Such as ``"one bank instead of three, without B1 and B2, +£2,300"``; banks are called by
    their names where these are given by id.
    """
    mine, theirs = bank_ids(plan), bank_ids(base)
    called = names or {}
    gone = [called.get(bank, bank) for bank in theirs if bank not in mine]
    new = [called.get(bank, bank) for bank in mine if bank not in theirs]
    parts = []
    if len(mine) != len(theirs):
        parts.append(f"{words(len(mine))} instead of {words(len(theirs)).split()[0]}")
    if gone and new:
        parts.append(f"{_listed(new)} in place of {_listed(gone)}")
    elif gone:
        parts.append(f"without {_listed(gone)}")
    elif new:
        parts.append(f"{_listed(new)} as well")
    elif [(x.stock_id, x.units) for x in plan.purchases] != [
        (x.stock_id, x.units) for x in base.purchases
    ]:
        parts.append("the same banks, other amounts")
    else:
        parts.append("the same purchase")
    return ", ".join([*parts, signed(plan.total_gbp - base.total_gbp)])


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def signed(amount: Decimal) -> str:
    """Return a difference in pounds with its sign, pence only where there are any."""
    if not amount:
        return "at the same cost"
    return ("+" if amount > 0 else "") + pounds(amount).removesuffix(".00")
