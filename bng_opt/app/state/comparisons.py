"""What the purchase saves against simpler means, and what each figure compares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.app.state.around import SimplerMeans
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.baselines import Kind, price_by_credits
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Mode
from bng_opt.quantities import pounds

_WORDS = {
    Kind.LIKE_FOR_LIKE: "Like for like",
    Kind.CHEAPEST_FIRST: "Cheapest offer first",
    Kind.SINGLE_BANK: "One bank for everything",
    Kind.CREDITS: "Statutory credits",
}
_ABOUT = {
    Kind.LIKE_FOR_LIKE: "The cheapest purchase where trading is tested after the spatial risk "
    "multiplier too; same market and wishes.",
    Kind.CHEAPEST_FIRST: "Each need in turn from the offer that is cheapest per unit after the "
    "multiplier, as spreadsheets do; held to the same law and wishes.",
    Kind.SINGLE_BANK: "The cheapest purchase from a single bank; same market.",
    Kind.CREDITS: "The whole need at the government's prices. The law takes them only as a last "
    "resort.",
}
_SAME = "What is shown was tested like for like already: this is the same purchase."


@dataclass(frozen=True)
class Comparison:
    """The plan beside a simpler means, both with the banks' fees and before VAT.

    Attributes
    ----------
    kind, name, about
        Which means, what it is called, and what exactly is compared.
    total_gbp
        What it costs [GBP]; None where it isn't to be had.
    saving_gbp
        How much less the plan costs [GBP], below zero where this is cheaper; None where there
        is nothing to compare.
    note
        Why there is nothing, or what the figure leaves out.
    """

    kind: Kind
    name: str
    about: str
    total_gbp: Decimal | None
    saving_gbp: Decimal | None
    note: str = ""

    @property
    def says(self) -> str:
        """Return in a few words what the plan saves."""
        if self.saving_gbp is None:
            return "no comparison"
        if not self.saving_gbp:
            return "costs the same"
        if self.saving_gbp < 0:
            return f"costs {pounds(-self.saving_gbp)} less than the purchase shown"
        share = f" ({self.saving_gbp / self.total_gbp:.1%})" if self.total_gbp else ""
        return f"{pounds(self.saving_gbp)} saved{share}"


def compare(
    plan: Plan, requirement: Requirement, means: Iterable[SimplerMeans] = ()
) -> tuple[Comparison, ...]:
    """Return the plan beside simpler means.

    Parameters
    ----------
    means
        What a job found of them. Without it only statutory credits are compared, whose prices
        are the law's: no search is needed.
    """
    found = {each.kind: each for each in means}
    if not found:
        credits = price_by_credits(requirement)
        found = {Kind.CREDITS: SimplerMeans(credits.kind, credits.total_gbp, credits.reason)}
    return tuple(_beside(plan, Kind(kind), each) for kind, each in found.items())


def _beside(plan: Plan, kind: Kind, means: SimplerMeans) -> Comparison:
    if kind is Kind.LIKE_FOR_LIKE and plan.mode == Mode.LIKE_FOR_LIKE:
        return Comparison(kind, _WORDS[kind], _ABOUT[kind], None, None, _SAME)
    total = means.total_gbp
    note = means.reason[:1].upper() + means.reason[1:] + ("." if means.reason else "")
    saving = None if total is None else total - plan.total_gbp
    return Comparison(kind, _WORDS[kind], _ABOUT[kind], total, saving, note.replace("..", "."))
