"""Reading cells while gathering everything that is wrong with them.

A number that can't be read becomes NaN: comparisons with it are False, so that one bad
cell is one finding and not twenty. A reading with findings never becomes a requirement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell, Sheet, key_of
from bng_opt.quantities import UNIT_TOLERANCE

RECALCULATE = (
    "Open the workbook in Excel, undo what was typed over (the cell holds a formula in the "
    "statutory metric), let it calculate, and save it."
)
NEVER_CALCULATED = (
    "The file was saved by a program that doesn't calculate: open it in Excel, let it "
    "calculate, and save it."
)
MEND_MARKED_ROWS = (
    "Correct the rows that the metric marks (on the sheets this cell adds up), and save it."
)
_BLANK_REMEDY = "Open the workbook in Excel, restore the cell, let it calculate, and save it."
_NUMBER_REMEDY = "Restore the formula, or type the number as a number; then save it in Excel."


class UncalculatedError(InputError):
    """Formulas have no values: nothing ever calculated them."""


@dataclass
class Readings:
    """Readings of cells, with all that was found wrong.

    Attributes
    ----------
    problems
        Findings that forbid an answer.
    warnings
        Findings that the user ought to know.
    """

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    _bad: dict[tuple[Sheet, str, str], list[Cell]] = field(default_factory=dict)

    def number(self, sheet: Sheet, cell: Cell) -> float:
        """Return a cell's number, or NaN with a problem noted."""
        value = sheet.value(cell)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if math.isfinite(value):
                return float(value) + 0.0
            self._note(sheet, cell, "is not a finite number", _NUMBER_REMEDY)
        elif isinstance(value, str) and not value.strip():
            self._note_blank(sheet, cell)
        elif isinstance(value, str):
            remedy = MEND_MARKED_ROWS if is_error_text(value) else _NUMBER_REMEDY
            self._note(sheet, cell, f'says "{value.strip()[:120]}" in place of a number', remedy)
        else:
            self._note(sheet, cell, f"holds {value!r} in place of a number", _NUMBER_REMEDY)
        return math.nan

    def number_or(self, sheet: Sheet, cell: Cell, *texts: str) -> float | None:
        """Return a cell's number, or None where it holds one of the given normal texts."""
        value = sheet.value(cell)
        if isinstance(value, str) and value.strip() in texts:
            return None
        return self.number(sheet, cell)

    def only(self, sheet: Sheet, label: str, choose: Callable[[Cell], bool] | None = None) -> Cell:
        """Return the one cell with a label; without exactly one, note it and raise.

        Raises
        ------
        InputError
            With everything found so far.
        """
        cells = [cell for cell in sheet.find(label) if choose is None or choose(cell)]
        if len(cells) == 1:
            return cells[0]
        places = ", ".join(str(cell) for cell in cells)
        message = (
            f'The label "{label}" stands in {places}; it must stand once.'
            if cells
            else f'The label "{label}" is missing.'
        )
        self.problem(sheet, None, message, "Give the statutory metric with its sheets unchanged.")
        raise self.error(sheet)

    def problem(self, sheet: Sheet, cell: Cell | None, message: str, remedy: str) -> None:
        """Note what forbids an answer."""
        self.problems.append(sheet.finding(message, remedy, cell))

    def warning(self, sheet: Sheet, cell: Cell | None, message: str, remedy: str) -> None:
        """Note what the user ought to know."""
        self.warnings.append(sheet.finding(message, remedy, cell))

    def expect(self, sheet: Sheet, cell: Cell, stated: float, computed: float, what: str) -> None:
        """Note a problem where a cell isn't what the metric's own formula makes of the rest."""
        if abs(stated - computed) > UNIT_TOLERANCE:
            self.problem(
                sheet,
                cell,
                f"The cell says {stated:.6g}, but {what} is {computed:.6g}: it was typed over, "
                "or not recalculated.",
                RECALCULATE,
            )

    def raise_problems(self, *sheets: Sheet) -> None:
        """Raise everything noted, if anything was.

        Raises
        ------
        InputError
            With all problems at once.
        """
        if self.problems or self._bad:
            raise self.error(*sheets)

    def error(self, *sheets: Sheet) -> InputError:
        """Return the error of all that was noted.

        Where formulas have no values, labels and numbers are missing because of it, so
        that is said alone.
        """
        noted = {sheet for sheet, _, _ in self._bad} | set(sheets)
        never = [
            _never_calculated(sheet)
            for sheet in sorted(noted, key=lambda s: s.name)
            if sheet.uncalculated
        ]
        if never:
            return UncalculatedError(never)
        return InputError([*self._bad_findings(), *self.problems])

    def _note_blank(self, sheet: Sheet, cell: Cell) -> None:
        self._note(sheet, cell, "is blank where a number belongs", _BLANK_REMEDY)

    def _note(self, sheet: Sheet, cell: Cell, message: str, remedy: str) -> None:
        self._bad.setdefault((sheet, message, remedy), []).append(cell)

    def _bad_findings(self) -> list[Finding]:
        findings = []
        for (sheet, message, remedy), cells in self._bad.items():
            more = f", and so do {len(cells) - 1} more down to {cells[-1]}" if cells[1:] else ""
            findings.append(sheet.finding(f"The cell {message}{more}.", remedy, cells[0]))
        return findings


def is_error_text(text: str) -> bool:
    """Return whether a text is an error value of Excel or of the metric (RULES 8.3, 6)."""
    return text.startswith("#") or "▲" in text or "⚠" in text or key_of(text).startswith("error")


def _never_calculated(sheet: Sheet) -> Finding:
    cells = sheet.uncalculated
    more = f" and {len(cells) - 1:,} more cells" if cells[1:] else ""
    return sheet.finding(
        f"The formulas of {cells[0]}{more} have no values: they were never calculated.",
        NEVER_CALCULATED,
        Cell.named(cells[0]),
    )
