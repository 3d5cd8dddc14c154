"""Reading the statutory biodiversity metric: :func:`read_metric`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from bng_opt.errors import Finding, InputError
from bng_opt.metric.advice import (
    DETAILED,
    DETAILED_ROWS,
    bespoke_warnings,
    shortfall_oddity,
    tool_warnings,
)
from bng_opt.metric.cells import Sheet
from bng_opt.metric.headline import HEADLINE, LedgerHeadline, headline_warnings, read_headline
from bng_opt.metric.package import Source, open_package
from bng_opt.metric.project.reading import input_sheets, read_project, read_rows
from bng_opt.metric.project.uncounted import uncounted_rows
from bng_opt.metric.readings import RECALCULATE, Readings, UncalculatedError
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.start import OFFICIAL, START, read_start
from bng_opt.metric.trading_summary import (
    TRADING_SHEETS,
    TradingSummary,
    read_trading_summary,
)
from bng_opt.metric.verdicts import compare_overall_verdict, compare_verdicts
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

_MARKS_OF_A_METRIC = (START, "Main Menu", "Results", HEADLINE)
"""Defra's own test of whether a workbook is a metric (RULES 8.3)."""
_MARKS_OF_VERSION_3 = ("A-1 Site Habitat Baseline", "Trading Summary")


def read_metric(source: Source, name: str | None = None) -> Requirement:
    """Read what a development still owes from its statutory metric workbook.

    Results are read from the sheets Start (version, target), Headline Results (H8:H63) and
    the three trading summaries. Every number is checked against the others: the headline is
    recomputed, and the trading rows must add up to it. What can't be read whole is refused; a
    requirement is never guessed. Rows of the input sheets that the workbook doesn't count, which
    its results pass over in silence, come first among the warnings. Of a workbook that nothing
    has ever calculated, the results are worked out from its input sheets, and the first warning
    says so.

    Parameters
    ----------
    source
        The workbook, version 4.1, .xlsx or .xlsm: a path, its bytes, or an open binary
        file.
    name
        The file's name for messages; by default the path's own.

    Returns
    -------
    Requirement
        Per ledger the baseline, deficit and habitat changes [units], the target as a
        fraction, and warnings by sheet and cell.

    Raises
    ------
    InputError
        If the file can't be read whole, or its numbers disagree; with all findings.

    Examples
    --------
    >>> requirement = read_metric("data/demo/metric.xlsx")
    >>> requirement.project
    'Land at Brook Farm (demonstration)'
    """
    package = open_package(source, name)
    workbook = Workbook(package)
    _refuse_other_workbooks(workbook)
    sheets = workbook.read((START, HEADLINE, *TRADING_SHEETS.values()), {DETAILED: DETAILED_ROWS})
    try:
        requirement = _from_results(package.name, sheets)
    except UncalculatedError as error:
        if workbook.missing(input_sheets()):
            raise
        return _from_rows(workbook, sheets[START], error)
    uncounted = uncounted_rows(read_rows(workbook, missing=True))
    return replace(requirement, warnings=(*uncounted, *requirement.warnings))


def _from_results(source: str, sheets: Mapping[str, Sheet]) -> Requirement:
    """Return the requirement that the workbook's results state."""
    readings = Readings()
    start = read_start(sheets[START], readings)
    headlines = read_headline(sheets[HEADLINE], start.target, readings)
    summaries = {
        ledger: read_trading_summary(sheets[sheet], ledger, readings)
        for ledger, sheet in TRADING_SHEETS.items()
    }
    _cross_foot(sheets[HEADLINE], headlines, summaries, readings)
    readings.raise_problems(*sheets.values())
    positions = _positions(headlines, summaries)
    for ledger in Ledger:
        compare_verdicts(summaries[ledger], positions[ledger], readings)
    compare_overall_verdict(sheets[HEADLINE], summaries, readings)
    readings.raise_problems(*sheets.values())
    return Requirement(
        version=f"{start.version:g}",
        target=start.target,
        ledgers=positions,
        warnings=tuple(_warnings(sheets, headlines, positions, readings)),
        source=source,
        project=start.project,
        planning_authority=start.planning_authority,
    )


def _from_rows(workbook: Workbook, sheet: Sheet, error: UncalculatedError) -> Requirement:
    """Return the requirement that the rows of a workbook give which was never calculated."""
    readings = Readings()
    start = read_start(sheet, readings)
    readings.raise_problems(sheet)
    project = read_project(workbook, start.target)
    message = "The workbook was never calculated: its results were worked out from its rows."
    remedy = "Open it in Excel, let it calculate, save it and read it again to compare."
    note = replace(error.findings[0], message=message, remedy=remedy)
    return Requirement(
        version=f"{start.version:g}",
        target=start.target,
        ledgers={
            ledger: LedgerRequirement(ledger, result.baseline, result.deficit, result.changes)
            for ledger, result in project.ledgers.items()
        },
        warnings=(note, *readings.warnings, *project.warnings),
        source=workbook.package.name,
        project=start.project,
        planning_authority=start.planning_authority,
    )


def _refuse_other_workbooks(workbook: Workbook) -> None:
    """Refuse what isn't a metric, metric 3.x, and metrics that lack a sheet."""
    file = workbook.package.name
    for sheet in _MARKS_OF_VERSION_3:
        if workbook.actual_name(sheet) is not None:
            message = f"This is an older metric (3.x): it has the sheet '{sheet}'."
            raise InputError(Finding(message, OFFICIAL, file=file, sheet=sheet))
    needed = dict.fromkeys((*_MARKS_OF_A_METRIC, *TRADING_SHEETS.values()))
    missing = workbook.missing(needed)
    if len(missing) > len(needed) // 2:
        absent = ", ".join(f"'{finding.sheet}'" for finding in missing)
        message = f"This is not a statutory metric workbook: it lacks the sheets {absent}."
        raise InputError(Finding(message, OFFICIAL, file=file))
    if missing:
        raise InputError(missing)


def _cross_foot(
    sheet: Sheet,
    headlines: Mapping[Ledger, LedgerHeadline],
    summaries: Mapping[Ledger, TradingSummary],
    readings: Readings,
) -> None:
    """Check that the trading rows add up to the headline's combined change (H37:H39)."""
    for ledger, headline in headlines.items():
        total = summaries[ledger].total
        if abs(headline.combined - total) > UNIT_TOLERANCE:
            readings.problem(
                sheet,
                headline.cells["Combined net unit change"],
                f"The headline says {headline.combined:.6g} units, but the rows of "
                f"'{summaries[ledger].sheet.name}' add up to {total:.6g}.",
                RECALCULATE,
            )


def _positions(
    headlines: Mapping[Ledger, LedgerHeadline], summaries: Mapping[Ledger, TradingSummary]
) -> dict[Ledger, LedgerRequirement]:
    positions = {}
    for ledger in Ledger:
        headline = headlines[ledger]
        if not (math.isfinite(headline.baseline) and math.isfinite(headline.deficit)):
            raise AssertionError("a number that was not read got past the checks")
        positions[ledger] = LedgerRequirement(
            ledger, headline.baseline, headline.deficit, summaries[ledger].nonzero
        )
    return positions


def _warnings(
    sheets: Mapping[str, Sheet],
    headlines: Mapping[Ledger, LedgerHeadline],
    positions: Mapping[Ledger, LedgerRequirement],
    readings: Readings,
) -> list[Finding]:
    warnings = [*tool_warnings(sheets[START]), *tool_warnings(sheets[HEADLINE])]
    for ledger, headline in headlines.items():
        warnings += headline_warnings(sheets[HEADLINE], headline)
        oddity = shortfall_oddity(sheets[HEADLINE].file, headline, positions[ledger])
        warnings += [oddity] if oddity else []
    if DETAILED in sheets:
        warnings += bespoke_warnings(sheets[DETAILED])
    return [*readings.warnings, *warnings]
