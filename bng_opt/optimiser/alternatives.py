"""What else could be bought: fewer banks, only local ones, without one of them, the next best.

Every alternative is a whole plan made on the normal path from a changed wish or market, so
it is lawful, verified and proven as any plan is; where none exists the findings say why.
The questions are independent of each other and run through joblib.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from bng_opt.optimiser.offers import basis_of
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.text_table import Column, text_table, wrapped
from bng_opt.places import assess
from bng_opt.quantities import pounds

if TYPE_CHECKING:
    import pandas as pd

from bng_opt.optimiser.attempts import (
    Attempt,
    Clock,
    Verdict,
    attempt,
    bank_ids,
    check_same,
    run_all,
    time_left,
)
from bng_opt.optimiser.differences import (
    Alternative,
    alternative,
    describe_difference,
    signed,
    words,
)
from bng_opt.optimiser.next_best import barring, find_next_best

__all__ = [
    "Alternative",
    "Alternatives",
    "Attempt",
    "Clock",
    "Verdict",
    "alternative",
    "attempt",
    "bank_ids",
    "barring",
    "check_same",
    "describe_difference",
    "find_alternatives",
    "local_only",
    "run_all",
    "signed",
    "time_left",
    "words",
]


@dataclass(frozen=True)
class Alternatives:
    """The cheapest plan with its alternatives.

    Attributes
    ----------
    by_bank_count
        The cheapest with at most 1, 2, 3, … banks, up to where more banks save nothing.
    only_local
        The cheapest of lines with a spatial risk multiplier of 1 here.
    without_bank
        The cheapest without each chosen bank: its extra cost is what replacing it costs. A
        bank that a wish requires can't be left out, and the finding says so.
    next_best
        The cheapest that do without at least one bank of the plan and of each one before,
        by cost. What is passed over is a plan listed here with banks added, at no saving.
    """

    base: Plan
    by_bank_count: tuple[Alternative, ...]
    only_local: Alternative
    without_bank: tuple[Alternative, ...]
    next_best: tuple[Alternative, ...]

    def groups(self) -> Iterator[tuple[str, tuple[Alternative, ...]]]:
        """Yield each question with its answers."""
        yield "by bank count", self.by_bank_count
        yield "only local", (self.only_local,)
        yield "without a bank", self.without_bank
        yield "next best", self.next_best

    def to_frame(self) -> pd.DataFrame:
        """Return the alternatives as a table.

        Returns
        -------
        One row an alternative, columns: question (by bank count, only local, without a
        bank, next best), label, verdict, total_gbp [GBP], extra_gbp [GBP, against the
        cheapest plan], n_banks, banks (ids, comma-separated), difference and reason (why
        there is no plan). Pounds are NaN, n_banks 0, where there is no plan.
        """
        import pandas as pd

        rows = [
            {
                "question": question,
                "label": item.label,
                "verdict": item.verdict.value,
                "total_gbp": float(item.plan.total_gbp) if item.plan else float("nan"),
                "extra_gbp": float("nan") if item.extra_gbp is None else float(item.extra_gbp),
                "n_banks": len(item.banks),
                "banks": ", ".join(item.banks),
                "difference": item.difference,
                "reason": item.reason,
            }
            for question, items in self.groups()
            for item in items
        ]
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

    def as_dict(self) -> dict[str, object]:
        """Return the alternatives as plain values, by question."""
        groups = {
            question.replace(" ", "_"): [item.as_dict() for item in items]
            for question, items in self.groups()
        }
        return {"base_gbp": float(self.base.total_gbp), **groups}

    def summary(self) -> str:
        """Return the alternatives as a short report."""
        columns = (
            Column("Alternative", flexible=True),
            Column("Cost", right=True),
            Column("Difference from the cheapest plan", flexible=True),
        )
        rows = [("The cheapest plan", pounds(self.base.total_gbp), ", ".join(bank_ids(self.base)))]
        reasons = []
        for _, items in self.groups():
            for item in items:
                cost = pounds(item.plan.total_gbp) if item.plan else item.verdict.value
                doubt = " (not proven)" if item.verdict is Verdict.NOT_PROVEN else ""
                rows.append((item.label + doubt, cost, item.difference))
                if item.findings:
                    reasons += wrapped(f"{item.label}: {item.reason}", indent=2, hang=2)
        notes = ["", "Why there is none", *reasons] if reasons else []
        return "\n".join(["Alternatives", *text_table(columns, rows), *notes])

    def __str__(self) -> str:
        return self.summary()


FRAME_COLUMNS = tuple(
    "question label verdict total_gbp extra_gbp n_banks banks difference reason".split()
)
"""The columns of :meth:`Alternatives.to_frame`."""


def find_alternatives(
    scenario: Scenario,
    base: Plan,
    *,
    n_best: int = 3,
    n_jobs: int | None = None,
    clock: Clock | None = None,
) -> Alternatives:
    """Answer the four questions about a plan: bank count, local, without a bank, next best.

    Parameters
    ----------
    scenario, base
        The scenario and its cheapest plan.
    n_best
        How many of the next best to find; there are fewer where no more exist.
    n_jobs
        Processes; None for one, or what ``joblib.parallel_config`` says. The answers don't
        depend on it.
    clock
        Counts the policy's time limit, which each alternative has to itself.

    Raises
    ------
    InputError
        If the plan isn't the scenario's.
    """
    check_same(scenario, base)
    counts, banks = range(1, len(base.banks)), bank_ids(base)
    shut = scenario.policy.must_not_use
    calls: list[Callable[[], Any]] = [
        *(partial(attempt, scenario, {"max_banks": count}, clock) for count in counts),
        partial(attempt, local_only(scenario), None, clock),
        *(partial(attempt, scenario, {"must_not_use": shut | {bank}}, clock) for bank in banks),
        partial(find_next_best, scenario, base, n_best, clock),
    ]
    answers = run_all(calls, n_jobs)
    by_count = [
        alternative(f"At most {words(count)}", answer, base)
        for count, answer in zip(counts, answers, strict=False)
    ]
    without = [
        alternative(f"Without {bank}", answer, base)
        for bank, answer in zip(banks, answers[len(counts) + 1 :], strict=False)
    ]
    return Alternatives(
        base,
        tuple(_curve(by_count, base)),
        alternative("Only local banks", answers[len(counts)], base),
        tuple(without),
        answers[-1],
    )


def local_only(scenario: Scenario) -> Scenario:
    """Return the scenario with only those lines on the market whose multiplier is 1 here.

    Line by line, not bank by bank: a bank in the next district may share the catchment.
    """
    market, site = scenario.market, scenario.site
    local = tuple(
        line
        for line in market.stock
        if assess(
            site,
            market.bank(line.bank_id).place,
            basis_of(line.habitat, line.baseline_habitat),
        ).multiplier
        == 1
    )
    return replace(scenario, market=replace(market, stock=local))


def _curve(by_count: Sequence[Alternative], base: Plan) -> Iterator[Alternative]:
    """Yield the cost by bank count up to the first that costs no more than the plan."""
    if not base.banks:
        return

    def dearer(item: Alternative) -> bool:
        return item.plan is None or item.plan.total_gbp > base.total_gbp

    kept = list(takewhile(dearer, by_count))
    yield from kept
    if len(kept) < len(by_count):
        yield by_count[len(kept)]
    else:
        proven = base.status is PlanStatus.OPTIMAL
        itself = Attempt(Verdict.PROVEN if proven else Verdict.NOT_PROVEN, base)
        yield alternative(f"At most {words(len(base.banks))}", itself, base)
