"""A plan filed in the official workbook: its off-site sheets filled in, and calculated."""

from __future__ import annotations

from dataclasses import dataclass

from bng_opt.certificate.certifying import calculated
from bng_opt.certificate.plan_works import works_of_plan
from bng_opt.certificate.stored_results import with_results
from bng_opt.errors import Finding
from bng_opt.market import Market
from bng_opt.metric.package import MAX_FILE_BYTES, Source, read_source
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
        What stands in for figures that nobody stated, and what the workbook can't show.
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
    plan: Plan, market: Market, metric: Source, name: str | None = None, *, calculate: bool = True
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
    calculate
        Whether LibreOffice calculates the results; without, they are left to whatever opens
        the file.

    Raises
    ------
    InputError
        If the workbook can't be read, the plan isn't of this market, or there aren't enough
        free rows, with all findings.
    OfficeError
        If LibreOffice is to calculate it and isn't installed, or fails.
    """
    works = works_of_plan(plan, market)
    filled = fill_in(metric, works.works, name)
    findings = [*works.findings]
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
        _, label = read_source(metric, name, MAX_FILE_BYTES)
        data = with_results(data, calculated([data], [label])[0].data)
    return FiledPlan(data, filled, tuple(findings), calculate)
