"""Two purchases side by side: what they cost, what they buy, what was asked differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bng_opt.app.state.changes import describe_changes
from bng_opt.app.state.plain_words import proof_of
from bng_opt.optimiser.differences import describe_difference
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import counted, pounds, units_text

NOTHING = "nothing"


@dataclass(frozen=True)
class Side:
    """One purchase of a comparison.

    Attributes
    ----------
    name
        What it is called.
    at
        When it was asked for.
    extra
        What is to be compared beyond the purchase, by its words: of a quote its price and state.
    """

    name: str
    at: datetime
    plan: Plan
    scenario: Scenario
    extra: Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """One line of a comparison."""

    words: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Return whether the two are not the same."""
        return self.first != self.second


@dataclass(frozen=True)
class SideBySide:
    """Two purchases, the earlier one first.

    Attributes
    ----------
    summary
        How the later purchase differs from the earlier one, in one sentence.
    sections
        The lines of the comparison by heading.
    asked
        What was asked differently, each as a sentence.
    """

    first: Side
    second: Side
    summary: str
    sections: Mapping[str, tuple[Pair, ...]]
    asked: tuple[str, ...]

    def lines(self, *, differ: bool) -> Mapping[str, tuple[Pair, ...]]:
        """Return the lines that differ, or those that are the same, by heading."""
        found = {
            title: tuple(pair for pair in pairs if pair.differs is differ)
            for title, pairs in self.sections.items()
        }
        return {title: pairs for title, pairs in found.items() if pairs}


def set_side_by_side(one: Side, other: Side) -> SideBySide:
    """Return two purchases compared, whichever comes first."""
    first, second = sorted((one, other), key=lambda side: side.at)
    names = {line.bank_id: line.name for side in (first, second) for line in side.plan.banks}
    sections = {
        "Figures": _pairs(_figures(first), _figures(second)),
        "Banks": _pairs(_banks(first.plan), _banks(second.plan)),
        "Purchases": _pairs(_purchases(first.plan, names), _purchases(second.plan, names)),
    }
    difference = describe_difference(second.plan, first.plan, names)
    return SideBySide(
        first,
        second,
        f"The later one against the earlier: {difference}.",
        {title: pairs for title, pairs in sections.items() if pairs},
        describe_changes(first.scenario, second.scenario, is_proven=False),
    )


def _pairs(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[Pair, ...]:
    return tuple(
        Pair(words, first.get(words, NOTHING), second.get(words, NOTHING))
        for words in dict.fromkeys((*first, *second))
    )


def _figures(side: Side) -> dict[str, str]:
    plan = side.plan
    return {
        "Project": plan.title,
        "Site": plan.site.split("\n")[0],
        "Total": pounds(plan.total_gbp),
        "Units": pounds(plan.units_gbp),
        "Banks' fees": pounds(plan.fees_gbp),
        "Proof": proof_of(plan),
        "Trading is tested": plan.mode.replace("_", " "),
        "Contract size": plan.contract_size,
        "Number of banks": counted(len(plan.banks)),
        **side.extra,
    }


def _banks(plan: Plan) -> dict[str, str]:
    return {
        f"{line.name} ({line.bank_id})": (
            f"{units_text(line.units)} units, {pounds(line.units_gbp + line.fee_gbp)}"
        )
        for line in plan.banks
    }


def _purchases(plan: Plan, names: Mapping[str, str]) -> dict[str, str]:
    return dict(_each_purchase(plan, names))


def _each_purchase(plan: Plan, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for line in plan.purchases:
        where = names.get(line.bank_id, line.bank_id)
        words = f"{line.habitat}, {where} ({line.stock_id})"
        yield words, f"{units_text(line.units)} units, {pounds(line.cost_gbp)}"
    for credit in plan.credits:
        yield f"Statutory credits, {credit.ledger}, tier {credit.tier}", pounds(credit.cost_gbp)
