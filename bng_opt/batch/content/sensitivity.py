"""The report of one site's sensitivity: how the least cost answers to prices, need and stock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bng_opt.batch.content.asking import Given, Question, factors, gather, given_to, read_question
from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    RowKind,
    bullets,
    figure,
    joined,
    paragraph,
    part,
    section,
    table,
)
from bng_opt.batch.content.frame import Frame
from bng_opt.batch.content.outcome import Outcome
from bng_opt.batch.content.plan_blocks import check_table, finding_list, need_table, purchase_table
from bng_opt.batch.content.site_quote import no_purchase
from bng_opt.errors import ExitStatus, Finding, InfeasibleError
from bng_opt.optimiser.alternatives import Verdict, signed
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import is_empty
from bng_opt.optimiser.sensitivity import Sensitivities, Sensitivity
from bng_opt.quantities import pounds

NAME = "sensitivity"


@dataclass(frozen=True)
class SensitivityReport:
    """The answer for one site and its changes, with a method for each section of the report.

    Attributes
    ----------
    plan, found
        None where no lawful purchase exists, whose reasons then say why.
    """

    question: Question
    frame: Frame
    plan: Plan | None
    found: Sensitivities | None
    reasons: tuple[Finding, ...] = ()

    def opening(self) -> Block:
        """Return the result, what was asked, and the data."""
        return self.frame.opening()

    def changes(self) -> Block:
        """Return how the cost moves; without a lawful purchase, why there is none."""
        if self.found is None:
            return section(
                "Why no purchase is lawful, and what would help", finding_list(self.reasons)
            )
        from bng_opt.figures import plot_sensitivity

        return section(
            "How the cost moves",
            bullets(_said(self.found)),
            figure(plot_sensitivity(self.found)),
            _change_table(self.found),
            part("Why there is none", bullets(_reasons(self.found))),
        )

    def purchase(self) -> Block:
        """Return the need and the purchase as it is, which the changes are measured from."""
        bought = purchase_table(self.plan) if self.plan else Block("", "")
        return joined(
            (
                section("What the development needs", need_table(self.question.requirement)),
                section("The purchase as it is", bought),
            )
        )

    def checks(self) -> Block:
        """Return the proof, every rule recomputed, and what to watch."""
        if self.plan is None:
            return Block("", "")
        watch = finding_list(self.plan.warnings)
        return joined(
            (
                section("Proof and checks", paragraph(self.plan.proof), check_table(self.plan)),
                section("To watch", watch),
            )
        )

    def ending(self) -> Block:
        """Return what the report rests on, and how to run it again."""
        return self.frame.ending()


def answer(
    *,
    metric: str = "",
    requirement: str = "",
    market: str = "",
    site_name: str = "",
    lpa: object = "",
    nca: object = "",
    postcode: str = "",
    lat: object = None,
    lon: object = None,
    grid_reference: str = "",
    waterbody: object = "",
    operational_catchment: object = "",
    marine_plan_area: object = "",
    mode: str = "statutory",
    size_by: str = "quote",
    max_banks: object = None,
    must_use: object = "",
    must_not_use: object = "",
    credits: bool = False,
    time_limit_s: object = None,
    need: object = (0.8, 0.9, 1.1, 1.2),
    prices: object = (0.8, 0.9, 1.1, 1.2),
    stock: object = (0, 0.5, 2),
) -> SensitivityReport:
    """Return how the least cost of one site moves.

    Parameters
    ----------
    metric, requirement, market, site_name, lpa, nca, postcode, lat, lon, grid_reference
        As for :func:`bng_opt.batch.content.site_quote.answer`.
    waterbody, operational_catchment, marine_plan_area
        Likewise.
    mode, size_by, max_banks, must_use, must_not_use, credits, time_limit_s
        Likewise; each search has the time limit to itself.
    need, prices, stock
        Factors on what is owed, on all prices, and on the stock of each bank of the purchase.

    Raises
    ------
    InputError
        With all that is wrong in what was given.
    """
    given = given_to(answer, locals())
    read = gather(
        {
            "question": lambda: read_question(given),
            "need": lambda: factors("need", need, zero=True),
            "prices": lambda: factors("prices", prices, zero=False),
            "stock": lambda: factors("stock", stock, zero=True),
        }
    )
    return _answered(read.pop("question"), read)


def _answered(question: Question, asked: Given) -> SensitivityReport:
    from bng_opt.runtime import explore, optimise

    try:
        plan = optimise(*question.scenario)
    except InfeasibleError as error:
        outcome = no_purchase(question, error.findings)
        return SensitivityReport(
            question, _frame(question, outcome), None, None, tuple(error.findings)
        )
    banks = {} if is_empty(plan) else {bank.bank_id: asked["stock"] for bank in plan.banks}
    found = explore.sensitivity(
        *question.scenario,
        plan=plan,
        need=asked["need"],
        prices=asked["prices"],
        bank_stock=banks,
    )
    return SensitivityReport(question, _frame(question, _outcome(plan, found)), plan, found)


def _frame(question: Question, outcome: Outcome) -> Frame:
    from bng_opt.runtime.run import versions

    return Frame(
        report=NAME,
        kind="Biodiversity units: sensitivity of the cost",
        title=question.title,
        asked=question.facts,
        data=question.data,
        outcome=outcome,
        parameters=question.given,
        versions=versions(),
        made_at=datetime.now(UTC),
        is_demonstration=question.is_demonstration,
    )


def _outcome(plan: Plan, found: Sensitivities) -> Outcome:
    base = Outcome.of_plan(plan)
    costs = [row.total_gbp for row in found.rows if row.total_gbp is not None]
    unknown = [row for row in found.rows if row.answer.verdict in _UNSURE]
    result = (
        f"The purchase costs {pounds(plan.total_gbp)} as it is; under the changes tried between "
        f"{pounds(min(costs))} and {pounds(max(costs))}."
    )
    lost = sum(row.answer.verdict is Verdict.IMPOSSIBLE for row in found.rows)
    if lost:
        result += f" Under {lost} of them no lawful purchase exists."
    return Outcome(
        max(base.exit_status, ExitStatus.NOT_PROVEN if unknown else ExitStatus.DONE),
        "not proven" if unknown else base.status,
        result,
        f"{base.proof} Each change was optimised anew.",
        base.scenario,
    )


_UNSURE = (Verdict.NOT_PROVEN, Verdict.UNKNOWN)


def _change_table(found: Sensitivities) -> Block:
    columns = (
        Column("What changes", width=26),
        Column("Cost", True),
        Column("Change", True),
        Column("Banks"),
    )
    first, *changed = _groups(found)
    rows = [_change_row(first[0], item) for item in first[1]]
    for group, items in changed:
        rows.append(Row((group, *[""] * 3), RowKind.GROUP))
        rows += [_change_row(f"Times {_times(item)}", item) for item in items]
    caption = "Each the cheapest lawful purchase under the change; fees included, before VAT"
    return table(caption, columns, rows)


def _change_row(name: str, item: Sensitivity) -> Row:
    verdict = item.answer.verdict
    doubt = " (not proven)" if verdict is Verdict.NOT_PROVEN else ""
    return Row(
        (
            f"{name}{doubt}",
            verdict.value if item.total_gbp is None else pounds(item.total_gbp),
            "" if item.change_gbp is None else signed(item.change_gbp),
            ", ".join(item.banks),
        )
    )


def _said(found: Sensitivities) -> Iterator[str]:
    """Yield what the smallest and the largest change of each thing come to, in sentences."""
    for group, items in _groups(found)[1:]:
        known = [
            f"times {_times(i)} {signed(i.change_gbp)}" for i in items if i.change_gbp is not None
        ]
        lost = [_times(item) for item in items if item.answer.verdict is Verdict.IMPOSSIBLE]
        parts = [*known[:1], *known[1:][-1:]]
        parts += [f"times {' or '.join(lost)} no lawful purchase"] if lost else []
        yield f"{group}: {'; '.join(parts) or 'no answer in time'}."


def _reasons(found: Sensitivities) -> list[str]:
    rows = [row for row in found.rows if row.answer.reason]
    return [f"{_what(row)} times {_times(row)}: {row.answer.reason}" for row in rows]


def _groups(found: Sensitivities) -> list[tuple[str, list[Sensitivity]]]:
    groups: dict[str, list[Sensitivity]] = {}
    for row in found.rows:
        groups.setdefault(_what(row), []).append(row)
    return list(groups.items())


def _what(item: Sensitivity) -> str:
    what = item.change.what
    return what[:1].upper() + what[1:]


def _times(item: Sensitivity) -> str:
    return f"{item.change.factor.normalize():f}"
