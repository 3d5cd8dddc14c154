"""The report of one site: its need, the cheapest lawful purchase, and why it is that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bng_opt.batch.content.asking import Question, given_to, read_question
from bng_opt.batch.content.blocks import (
    NOTHING,
    Block,
    facts,
    figure,
    joined,
    paragraph,
    part,
    section,
)
from bng_opt.batch.content.choice_blocks import alternative_blocks, baseline_blocks, margin_blocks
from bng_opt.batch.content.frame import Frame
from bng_opt.batch.content.outcome import NO_PURCHASE, Outcome
from bng_opt.batch.content.plan_blocks import (
    bank_table,
    check_table,
    finding_list,
    need_table,
    needs_met_table,
    purchase_table,
)
from bng_opt.errors import ExitStatus, Finding, InfeasibleError
from bng_opt.optimiser.figures import plot_needs
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import is_empty
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import counted
from bng_opt.quotes.documents.figure import MOST_NEEDS

NAME = "site_quote"


@dataclass(frozen=True)
class SiteQuote:
    """The answer for one site, with a method for each section of its report.

    Attributes
    ----------
    plan
        None where no lawful purchase exists; ``reasons`` then say why.
    """

    question: Question
    frame: Frame
    plan: Plan | None
    reasons: tuple[Finding, ...] = ()

    def opening(self) -> Block:
        """Return the result, what was asked, and the data."""
        return self.frame.opening()

    def need(self) -> Block:
        """Return what the development still lacks."""
        requirement = self.question.requirement
        notes = finding_list(requirement.warnings)
        return section(
            "What the development needs",
            need_table(requirement),
            part("What the reading of the metric noted", notes),
        )

    def purchases(self) -> Block:
        """Return what is bought; without a lawful purchase, why there is none."""
        if self.plan is None:
            return section(
                "Why no purchase is lawful, and what would help", finding_list(self.reasons)
            )
        return section("What is bought", purchase_table(self.plan))

    def map(self) -> Block:
        """Return where site and banks are."""
        if self.plan is None or is_empty(self.plan):
            return NOTHING
        from bng_opt.figures import plot_map

        market = self.question.market.market
        drawing = plot_map(self.plan, market, self.question.site)
        banks = part("The banks", bank_table(self.plan, market))
        return section("Where the banks are", figure(drawing), banks)

    def uses(self) -> Block:
        """Return how each need is met."""
        if self.plan is None or not self.plan.uses:
            return NOTHING
        fits = len(needs_met(self.plan)) <= MOST_NEEDS
        drawing = figure(plot_needs(self.plan)) if fits else NOTHING
        return section("How each need is met", needs_met_table(self.plan), drawing)

    def alternatives(self) -> Block:
        """Return what else could be bought, and what the purchase saves."""
        if self.plan is None or is_empty(self.plan):
            return NOTHING
        from bng_opt.runtime import explore

        scenario = self.question.scenario
        found = explore.alternatives(*scenario, plan=self.plan)
        simpler = explore.baselines(*scenario, plan=self.plan)
        return section(
            "Alternatives",
            alternative_blocks(found),
            part("By simpler means", baseline_blocks(simpler)),
        )

    def why(self) -> Block:
        """Return what the cost hangs on: margins, what binds, the next offers."""
        if self.plan is None or is_empty(self.plan):
            return NOTHING
        from bng_opt.runtime import explore

        margins = explore.margins(*self.question.scenario, plan=self.plan)
        return section("Why this purchase", margin_blocks(margins, self.question.market.market))

    def checks(self) -> Block:
        """Return the proof, every rule recomputed, and what to watch."""
        if self.plan is None:
            return NOTHING
        watch = finding_list(self.plan.warnings)
        return joined(
            (
                section("Proof and checks", paragraph(self.plan.proof), check_table(self.plan)),
                section("To watch", watch),
            )
        )

    def write_files(self, folder: str) -> Block:
        """Write the plan's files into a folder, where one is given, and return which."""
        if not folder or self.plan is None:
            return NOTHING
        from bng_opt.output import write_plan

        paths = write_plan(self.plan, folder)
        names = ", ".join(path.name for path in paths)
        return section("Files", facts([("Folder", str(paths[0].parent)), ("Written", names)]))

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
    files: str = "",
) -> SiteQuote:
    """Return the answer for one site.

    Parameters
    ----------
    metric, requirement
        The metric workbook, or the table of needs.
    market
        A folder, a workbook, or a store; ``"store"`` is that of the settings.
    site_name
        What the site is called; the metric's own name for it without.
    lpa, nca, postcode, lat, lon, grid_reference
        Where it is: areas, or a postcode, or a point [degrees], or a grid reference.
    waterbody, operational_catchment, marine_plan_area
        Its waters.
    mode, size_by, max_banks, must_use, must_not_use, credits, time_limit_s
        The wishes of :class:`bng_opt.Policy`.
    files
        Where the plan's files go; kept here so that the report can say how to run it again.

    Raises
    ------
    InputError
        With all that is wrong in what was given.
    SolverError
        If a time limit passed before any plan was found.
    """
    given = given_to(answer, locals())
    question = read_question(given)
    plan, reasons = _searched(question)
    return SiteQuote(question, _frame(question, plan, reasons), plan, reasons)


def _searched(question: Question) -> tuple[Plan | None, tuple[Finding, ...]]:
    from bng_opt.runtime import optimise

    try:
        return optimise(*question.scenario), ()
    except InfeasibleError as error:
        return None, error.findings


def _frame(question: Question, plan: Plan | None, reasons: tuple[Finding, ...]) -> Frame:
    from bng_opt.runtime.run import versions

    facts: dict[str, Any] = {"asked": question.facts, "data": question.data}
    return Frame(
        report=NAME,
        kind="Biodiversity units: purchase for one site",
        title=question.title,
        outcome=Outcome.of_plan(plan) if plan else no_purchase(question, reasons),
        parameters=question.given,
        versions=versions(),
        made_at=datetime.now(UTC),
        is_demonstration=question.is_demonstration,
        **facts,
    )


def no_purchase(question: Question, reasons: tuple[Finding, ...]) -> Outcome:
    """Return the outcome that no lawful purchase exists."""
    return Outcome(
        ExitStatus.NO_LAWFUL_PURCHASE,
        NO_PURCHASE,
        "No lawful purchase exists on this market for this site.",
        f"Proven, for {counted(len(reasons), 'reason')} given below.",
        Scenario(*question.scenario).digest,
    )
