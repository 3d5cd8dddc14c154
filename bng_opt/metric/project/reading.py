"""Reading a whole project from its workbook, and checking the workbook's results against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bng_opt.errors import Finding
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.headline import HEADLINE, LedgerHeadline, read_headline
from bng_opt.metric.package import Source, open_package
from bng_opt.metric.project.entries import read_entries
from bng_opt.metric.project.layout import LAYOUTS
from bng_opt.metric.project.results import LedgerResult, ProjectResult, RowUnits, project_result
from bng_opt.metric.readings import RECALCULATE, Readings
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.start import START, read_start
from bng_opt.metric.trading_summary import TRADING_SHEETS, read_trading_summary
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

_FIGURES: Mapping[str, str] = {
    "On-site baseline": "baseline",
    "On-site post-intervention": "post",
    "Off-site baseline": "off_baseline",
    "Off-site post-intervention": "off_post",
    "Off-site unit change": "off_with_srm",
    "Units Required": "required",
    "Unit Deficit": "deficit",
}
"""What is compared of a ledger's headline: the label of its cell, and our name for it."""


def read_project(workbook: Workbook, target: float) -> ProjectResult:
    """Return what follows from the rows of a workbook's input sheets, whatever its results say.

    Raises
    ------
    InputError
        If an input sheet is missing, or with every row that can't be read.
    """
    return project_result(read_entries(workbook.read_all(input_sheets())), target)


def check_results(source: Source, name: str | None = None) -> tuple[Finding, ...]:
    """Return every result in a workbook that its own rows don't give.

    The units of each row, the headline and the trading summaries are worked out anew. A
    result that was typed over, or that nothing recalculated after a change, is named by its
    cell.

    Parameters
    ----------
    source, name
        As for :func:`bng_opt.read_metric`.

    Raises
    ------
    InputError
        If the workbook can't be read.
    """
    workbook = Workbook(open_package(source, name))
    sheets = workbook.read_all((START, HEADLINE, *TRADING_SHEETS.values(), *input_sheets()))
    readings = Readings()
    start = read_start(sheets[START], readings)
    headlines = read_headline(sheets[HEADLINE], start.target, readings)
    project = project_result(read_entries(sheets), start.target)
    findings = [each for row in project.rows for each in _check_row(sheets, row)]
    for ledger in Ledger:
        result = project.ledgers[ledger]
        findings += _check_headline(sheets[HEADLINE], headlines[ledger], result)
        findings += _check_trading(sheets[TRADING_SHEETS[ledger]], result)
    return tuple(findings)


def input_sheets() -> tuple[str, ...]:
    """Return the names of the input sheets."""
    return tuple(layout.name for layout in LAYOUTS.values())


def _check_row(sheets: Mapping[str, Sheet], row: RowUnits) -> Iterator[Finding]:
    sheet = sheets[row.entry.layout.name]
    if row.counts:
        yield from _compared(sheet, row.entry.cell("units"), row.units, "this row")
    if row.entry.layout.off_site:
        yield from _compared(sheet, row.entry.cell("units_srm"), row.with_srm, "this row")


def _check_headline(
    sheet: Sheet, headline: LedgerHeadline, result: LedgerResult
) -> Iterator[Finding]:
    for label, name in _FIGURES.items():
        ours = getattr(result, name)
        if ours is not None:
            yield from _compared(sheet, headline.cells[label], ours, "the rows")


def _check_trading(sheet: Sheet, result: LedgerResult) -> Iterator[Finding]:
    ours = {change.habitat: (change.on_site, change.off_site) for change in result.changes}
    summary = read_trading_summary(sheet, result.ledger, Readings())
    for change in summary.changes:
        stated = change.on_site, change.off_site
        for side, given, worked in zip(
            ("On-site", "Off-site"), stated, ours.get(change.habitat, (0.0, 0.0)), strict=True
        ):
            if _differs(given, worked):
                message = f"{side} change of {change.habitat}"
                yield _differing(sheet, sheet.find(str(change.habitat)), message, given, worked)


def _compared(sheet: Sheet, cell: Cell, ours: float, of: str) -> Iterator[Finding]:
    stated = sheet.value(cell)
    if not isinstance(stated, int | float) or isinstance(stated, bool):
        message = f'The cell says "{sheet.text(cell)}"; {of} gives {ours:.6f} units.'
        yield sheet.finding(message, RECALCULATE, cell)
    elif _differs(float(stated), ours):
        yield _differing(sheet, [cell], f"What {of} gives", float(stated), ours)


def _differing(sheet: Sheet, cells: list[Cell], what: str, stated: float, ours: float) -> Finding:
    message = f"{what}: the cell says {stated:.6f} units, its rows give {ours:.6f}."
    return sheet.finding(message, RECALCULATE, cells[0] if cells else None)


def _differs(stated: float, ours: float) -> bool:
    return abs(stated - ours) > UNIT_TOLERANCE
