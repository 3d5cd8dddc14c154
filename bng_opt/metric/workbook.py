"""Reading the statutory biodiversity metric: :func:`read_metric`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bng_opt.errors import Finding, InputError
from bng_opt.metric.advice import (
    DETAILED,
    DETAILED_ROWS,
    bespoke_warnings,
    shortfall_oddity,
    tool_warnings,
)
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.headline import HEADLINE, LedgerHeadline, headline_warnings, read_headline
from bng_opt.metric.package import Source, open_package
from bng_opt.metric.readings import RECALCULATE, Readings
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.trading_summary import (
    TRADING_SHEETS,
    TradingSummary,
    read_trading_summary,
)
from bng_opt.metric.verdicts import compare_overall_verdict, compare_verdicts
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

START = "Start"
VERSION = 4.1
"""The statutory metric's version (Start!D8)."""
NEXT_MAJOR = 5.0

_MARKS_OF_A_METRIC = (START, "Main Menu", "Results", HEADLINE)
"""Defra's own test of whether a workbook is a metric (RULES 8.3)."""
_MARKS_OF_VERSION_3 = ("A-1 Site Habitat Baseline", "Trading Summary")
_LOWEST_LAWFUL_TARGET = 0.1
_HIGHEST_PLAUSIBLE_TARGET = 1.0
_OFFICIAL = "Use the statutory biodiversity metric calculation tool (version 4.1) of gov.uk."


@dataclass(frozen=True)
class _Start:
    """What the sheet Start states."""

    version: float
    target: float
    project: str
    planning_authority: str


def read_metric(source: Source, name: str | None = None) -> Requirement:
    """Read what a development still owes from its statutory metric workbook.

    Only results are read, from the sheets Start (version, target), Headline Results
    (H8:H63) and the three trading summaries. Every number is checked against the others:
    the headline is recomputed, and the trading rows must add up to it. What can't be read
    whole is refused; a requirement is never guessed.

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
    readings = Readings()
    start = _read_start(sheets[START], readings)
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
        source=package.name,
        project=start.project,
        planning_authority=start.planning_authority,
    )


def _refuse_other_workbooks(workbook: Workbook) -> None:
    """Refuse what isn't a metric, metric 3.x, and metrics that lack a sheet."""
    file = workbook.package.name
    for sheet in _MARKS_OF_VERSION_3:
        if workbook.actual_name(sheet) is not None:
            message = f"This is an older metric (3.x): it has the sheet '{sheet}'."
            raise InputError(Finding(message, _OFFICIAL, file=file, sheet=sheet))
    needed = dict.fromkeys((*_MARKS_OF_A_METRIC, *TRADING_SHEETS.values()))
    missing = workbook.missing(needed)
    if len(missing) > len(needed) // 2:
        absent = ", ".join(f"'{finding.sheet}'" for finding in missing)
        message = f"This is not a statutory metric workbook: it lacks the sheets {absent}."
        raise InputError(Finding(message, _OFFICIAL, file=file))
    if missing:
        raise InputError(missing)


def _read_start(sheet: Sheet, readings: Readings) -> _Start:
    if sheet.find("Version control:"):
        raise InputError(
            sheet.finding(
                "This is the draft of metric 4.1, not the statutory metric.",
                _OFFICIAL,
                sheet.find("Version control:")[0],
            )
        )
    version = _read_version(sheet, readings)
    label = readings.only(sheet, "Target % net gain:")
    cell = _beside(sheet, label)
    target = readings.number(sheet, cell)
    if target < 0:
        message = f"The target is negative ({target:.4g})."
        readings.problem(sheet, cell, message, "Enter the target, at least 10%.")
    elif target < _LOWEST_LAWFUL_TARGET - UNIT_TOLERANCE and not _says_below(sheet):
        message = f"The target is {target:.2%}, below the statutory 10%."
        readings.warning(sheet, cell, message, "Check the target with the planning authority.")
    elif target > _HIGHEST_PLAUSIBLE_TARGET:
        message = f"The target is {target:.0%}."
        readings.warning(sheet, cell, message, "Check that it was not typed a hundredfold.")
    return _Start(
        version, target, _detail(sheet, "Project name:"), _detail(sheet, "Planning authority:")
    )


def _read_version(sheet: Sheet, readings: Readings) -> float:
    """Return the version, which stands above "Project details" (D8)."""
    labels = sheet.find("Project details")
    cell = labels[0].at(-1) if labels else Cell(7, 3)
    version = sheet.value(cell)
    if isinstance(version, bool) or not isinstance(version, (int, float)):
        message = f'The cell says "{sheet.text(cell)}" where the metric\'s version belongs.'
        raise InputError(sheet.finding(message, _OFFICIAL, cell))
    if not VERSION <= version < NEXT_MAJOR:
        message = f"This is metric {version:g}; this program reads version {VERSION:g}."
        raise InputError(sheet.finding(message, _OFFICIAL, cell))
    if version > VERSION:
        message = f"This is metric {version:g}; the rules used are those of {VERSION:g}."
        readings.warning(sheet, cell, message, "Check whether the trading rules have changed.")
    return float(version)


def _says_below(sheet: Sheet) -> bool:
    """Return whether the sheet itself says that the target is below 10% (I22)."""
    return bool(sheet.find("Target set below 10%"))


def _beside(sheet: Sheet, label: Cell) -> Cell:
    """Return the first filled cell right of a label; else where version 4.1 has it (F)."""
    near = [label.at(0, n) for n in range(1, 4)]
    return next((cell for cell in near if sheet.text(cell)), near[1])


def _detail(sheet: Sheet, label: str) -> str:
    cells = sheet.find(label)
    return sheet.text(_beside(sheet, cells[0])) if cells else ""


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
