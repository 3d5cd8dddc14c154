"""A plan filed in the official workbook: its off-site sheets filled in, and calculated."""

from __future__ import annotations

from dataclasses import dataclass

from bng_opt.certificate.certifying import calculated
from bng_opt.certificate.plan_works import works_of_plan
from bng_opt.certificate.stored_results import with_results
from bng_opt.errors import Finding, InputError
from bng_opt.market import Market
from bng_opt.metric.package import MAX_FILE_BYTES, Source, read_source
from bng_opt.metric.requirement import Requirement
from bng_opt.metric.workbook import read_metric
from bng_opt.metric.write_back import Filled, fill_in
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import units_text

FILED = "metric-with-purchase.xlsx"
"""What the filled workbook is called beside a plan's other files."""


@dataclass(frozen=True)
class FiledPlan:
    """A workbook with a plan's purchases in it.

    Attributes
    ----------
    data
        The file. Excel calculates it anew when it opens it.
    filled
        What was written where, and what follows from it.
    findings
        What stands in for figures that nobody stated, what the workbook can't show, and each
        result that LibreOffice calculated otherwise than we did.
    is_calculated
        Whether its results are in it, for readers that don't calculate.
    """

    data: bytes
    filled: Filled
    findings: tuple[Finding, ...]
    is_calculated: bool

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """Return what the workbook still finds short, in words; nothing where it accepts."""
        return self.filled.shortfalls


def file_plan(
    plan: Plan,
    market: Market,
    metric: Source,
    name: str | None = None,
    *,
    requirement: Requirement | None = None,
    calculate: bool = True,
) -> FiledPlan:
    """Return the official workbook with a plan's purchases filled in.

    Parameters
    ----------
    plan
        What is bought.
    market
        The market that it was made from.
    metric, name
        The development's workbook, as for :func:`bng_opt.read_metric`.
    requirement
        What the plan is to meet, where that is known: a workbook that owes something else is
        another development's, or was changed since. Of a table of needs it can't be told.
    calculate
        Whether LibreOffice calculates the results; without, they are left to whatever opens
        the file.

    Raises
    ------
    InputError
        If the workbook can't be read or owes something else, the plan isn't of this market,
        or there aren't enough free rows, with all findings.
    OfficeError
        If LibreOffice is to calculate it and isn't installed, or fails.
    """
    content, label = read_source(metric, name, MAX_FILE_BYTES)
    findings = [] if requirement is None else _check_need(requirement, content, label)
    works = works_of_plan(plan, market)
    filled = fill_in(content, works.works, label)
    findings += works.findings
    findings += [
        Finding(
            f"{units_text(line.units)} units of the {line.ledger} ledger are met by statutory "
            "credits, which the workbook has no rows for: it goes on showing them as missing.",
            "Hand in the credits' receipt with the workbook.",
        )
        for line in plan.credits
    ]
    data = filled.data
    if calculate:
        (found,) = calculated([data], [label])
        data = with_results(data, found.data)
        findings += found.certificate.findings
    return FiledPlan(data, filled, tuple(findings), calculate)


def _check_need(requirement: Requirement, content: bytes, label: str) -> list[Finding]:
    """See that a workbook owes what a plan is to meet; say so where that can't be told."""
    if requirement.is_typed:
        message = "The need was typed: whether this workbook is its own can't be told."
        return [Finding(message, "See that it is the development's workbook.", file=label)]
    if not read_metric(content, label).owes_as(requirement):
        message = "The workbook owes something else than this purchase is for."
        remedy = "Give the workbook that it was searched for, or search again for this one."
        raise InputError(Finding(message, remedy, file=label))
    return []
