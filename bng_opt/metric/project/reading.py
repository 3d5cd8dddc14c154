"""Reading a whole project from its workbook, and checking the workbook's results against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.headline import HEADLINE, LedgerHeadline, read_headline
from bng_opt.metric.package import Source, open_package
from bng_opt.metric.project.entries import read_entries
from bng_opt.metric.project.layout import LAYOUTS
from bng_opt.metric.project.results import LedgerResult, ProjectResult, RowUnits, project_result
from bng_opt.metric.readings import MEND_MARKED_ROWS, RECALCULATE, Readings, is_error_text
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
    return project_result(read_entries(read_rows(workbook)), target)


def read_rows(workbook: Workbook, *, missing: bool = False) -> dict[str, Sheet]:
    """Return the input sheets with the rows that name a habitat; no others count.

    Parameters
    ----------
    missing
        Whether sheets may be missing; those that are there are returned then.

    Raises
    ------
    InputError
        If a sheet is missing that may not be, or can't be read.
    """
    if not missing:
        refuse_extract(workbook)
    wanted = {
        layout.name: (layout.columns["habitat"], layout.first)
        for layout in LAYOUTS.values()
        if not missing or workbook.actual_name(layout.name) is not None
    }
    return workbook.read_filled(wanted)


@dataclass(frozen=True)
class ResultsCheck:
    """A workbook's results beside what its own rows give.

    Attributes
    ----------
    differences
        Every result that its rows don't give, by its cell.
    compared
        How many results were compared.
    largest
        The largest difference [units].
    """

    differences: tuple[Finding, ...]
    compared: int
    largest: float

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "results_compared": self.compared,
            "largest_difference": self.largest,
            "differences": [finding.as_dict() for finding in self.differences],
        }


def check_results(source: Source, name: str | None = None) -> ResultsCheck:
    """Compare every result in a workbook with what its own rows give.

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
    sheets = workbook.read_all((START, HEADLINE, *TRADING_SHEETS.values()))
    sheets |= read_rows(workbook)
    readings = Readings()
    start = read_start(sheets[START], readings)
    headlines = read_headline(sheets[HEADLINE], start.target, readings)
    project = project_result(read_entries(sheets), start.target)
    check = _Check()
    for row in project.rows:
        check.row(sheets[row.entry.layout.name], row)
    for ledger in Ledger:
        result = project.ledgers[ledger]
        check.headline(sheets[HEADLINE], headlines[ledger], result)
        check.trading(sheets[TRADING_SHEETS[ledger]], result)
    return ResultsCheck(tuple(check.findings), check.compared, check.largest)


def refuse_extract(workbook: Workbook) -> None:
    """Say once of a workbook that has results only what a finding a sheet would say.

    Raises
    ------
    InputError
        If none of the input sheets is there.
    """
    if len(workbook.missing(input_sheets())) == len(input_sheets()):
        message = "The workbook has results only: none of the sheets A-1 to F-3, where rows are."
        remedy = "Give the whole statutory metric, as the development hands it in."
        raise InputError(Finding(message, remedy, file=workbook.package.name))


def input_sheets() -> tuple[str, ...]:
    """Return the names of the input sheets."""
    return tuple(layout.name for layout in LAYOUTS.values())


class _Check:
    """Results compared one by one."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.compared = 0
        self.largest = 0.0

    def row(self, sheet: Sheet, row: RowUnits) -> None:
        """Compare a row's units."""
        if row.counts:
            self._cell(sheet, row.entry.cell("units"), row.units, "this row")
        if row.entry.layout.off_site:
            self._cell(sheet, row.entry.cell("units_srm"), row.with_srm, "this row")

    def headline(self, sheet: Sheet, headline: LedgerHeadline, result: LedgerResult) -> None:
        """Compare a ledger's headline."""
        for label, name in _FIGURES.items():
            ours = getattr(result, name)
            if ours is not None:
                self._cell(sheet, headline.cells[label], ours, "the rows")

    def trading(self, sheet: Sheet, result: LedgerResult) -> None:
        """Compare a ledger's changes by habitat."""
        ours = {change.habitat: (change.on_site, change.off_site) for change in result.changes}
        summary = read_trading_summary(sheet, result.ledger, Readings())
        for change in summary.changes:
            stated = change.on_site, change.off_site
            for side, given, worked in zip(
                ("On-site", "Off-site"), stated, ours.get(change.habitat, (0.0, 0.0)), strict=True
            ):
                what = f"{side} change of {change.habitat}"
                cells = sheet.find(str(change.habitat))
                self._value(sheet, cells[0] if cells else None, given, worked, what)

    def _cell(self, sheet: Sheet, cell: Cell, ours: float, of: str) -> None:
        stated, text = sheet.number(cell), sheet.text(cell)
        if stated is None:
            message = f'The cell says "{text}"; {of} gives {ours:.6f} units.'
            self.compared += 1
            remedy = MEND_MARKED_ROWS if is_error_text(text) else RECALCULATE
            self.findings.append(sheet.finding(message, remedy, cell))
        else:
            self._value(sheet, cell, stated, ours, f"What {of} gives")

    def _value(
        self, sheet: Sheet, cell: Cell | None, stated: float, ours: float, what: str
    ) -> None:
        self.compared += 1
        self.largest = max(self.largest, abs(stated - ours))
        if abs(stated - ours) > UNIT_TOLERANCE:
            message = f"{what}: the cell says {stated:.6f} units, its rows give {ours:.6f}."
            self.findings.append(sheet.finding(message, RECALCULATE, cell))
