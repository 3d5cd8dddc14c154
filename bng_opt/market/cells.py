"""Cells of a table, read strictly: what can't be read is a finding, never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Integral
from typing import Generic, TypeVar

from bng_opt.errors import Finding, InputError
from bng_opt.quantities import to_decimal

LARGEST = Decimal(1_000_000_000)
"""A figure beyond this is a slip of the pen: all of England's units or pounds are fewer."""
MOST_DIGITS = 28
"""As many digits as decimal arithmetic keeps exactly."""
MOST_LOOKUPS = 100
"""Unknown names of one kind that are looked up; more mean a wrong column."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SHORT_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")  # within bounds whatever its digits
_THOUSANDS = re.compile(r"[+-]?£?[0-9]{1,3}([, ][0-9]{3})+(\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")

Found = TypeVar("Found")


@dataclass
class Report:
    """What a reading found: errors that stop it, and warnings that go with its result."""

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class RawTable:
    """A table as it came: its column names, and its rows with their numbers.

    Attributes
    ----------
    file, sheet
        Where it is.
    positions
        Where in a row each column stands.
    rows
        The 1-based number of each row (the header is row 1) and its cells.
    headings
        How the file calls a column, where that isn't the column's name.
    """

    name: str
    file: str
    sheet: str | None
    positions: Mapping[str, int]
    rows: Sequence[tuple[int, Sequence[object]]]
    headings: Mapping[str, str] = field(default_factory=dict)


class Row:
    """One row of a table, whose cells are read by column name.

    Parameters
    ----------
    table, row_number, cells
        The table, the row's 1-based number in it, and its cells.
    report
        Where findings go.
    """

    def __init__(
        self, table: RawTable, row_number: int, cells: Sequence[object], report: Report
    ) -> None:
        self.table = table
        self.row_number = row_number
        self.cells = cells
        self._positions = table.positions
        self._report = report
        self._unsound: set[str] = set()

    def error(self, column: str, message: str, remedy: str) -> None:
        """Report that a cell is wrong."""
        self._unsound.add(column)
        self._report.errors.append(self._placed(column, Finding(message, remedy)))

    def warn(self, column: str, message: str, remedy: str) -> None:
        """Report that a cell is worth a look."""
        self.adopt(column, [Finding(message, remedy)], warn=True)

    def adopt(self, column: str, findings: Iterable[Finding], *, warn: bool = False) -> None:
        """Report findings of another module as being about a cell of this row."""
        if warn:
            self._report.warnings.extend(self._placed(column, each) for each in findings)
            return
        self._unsound.add(column)
        self._report.errors.extend(self._placed(column, each) for each in findings)

    def sound(self, *columns: str) -> bool:
        """Return whether no error was reported of these columns; of the row, if none is named."""
        return not (self._unsound & set(columns) if columns else self._unsound)

    def _placed(self, column: str, finding: Finding) -> Finding:
        return replace(
            finding,
            file=self.table.file,
            sheet=self.table.sheet,
            row=self.row_number,
            column=self.table.headings.get(column, column),
        )

    def raw(self, column: str) -> object:
        """Return a cell as it came, None if the table lacks the column."""
        position = self._positions.get(column)
        return None if position is None else self.cells[position]

    def is_filled(self, column: str) -> bool:
        """Return whether a cell is there and not blank."""
        return self._cell(column, False) is not None

    def _cell(self, column: str, required: bool) -> object:
        """Return a cell, None if it is blank or the table lacks the column."""
        value = self.raw(column)
        if isinstance(value, str):
            value = value.strip() or None
        if value is None and required and column in self._positions:
            self.error(
                column,
                "The cell is blank.",
                "Fill it in (a formula must have been calculated and saved by Excel).",
            )
        return value

    def text(self, column: str, *, required: bool = False) -> str:
        """Return a cell as text without outer blanks, empty if it is blank.

        A whole number loses the ``.0`` that spreadsheets give it: 123.0 is the id ``123``.
        """
        value = self._cell(column, required)
        if value is None or isinstance(value, str):
            return value or ""
        if isinstance(value, bool) or not isinstance(value, (Integral, float, Decimal)):
            self.error(
                column,
                f"Expected text, found {_described(value)}.",
                "Format the column as text and type the value again.",
            )
            return ""
        whole = value == int(value)
        return str(int(value)) if whole else str(value)

    def number(self, column: str, *, required: bool = False) -> Decimal | None:
        """Return a cell as an exact number; None if it is blank or wrong (then reported)."""
        value = self._cell(column, required)
        if value is None:
            return None
        if isinstance(value, str):
            return self._parsed(column, value)
        if isinstance(value, bool) or not isinstance(value, (Integral, float, Decimal)):
            self.error(column, f"Expected a number, found {_described(value)}.", "Type a number.")
            return None
        try:
            return self._bounded(column, to_decimal(value))
        except ValueError:
            self.error(column, f"{value} is not a finite number.", "Type a number.")
            return None

    def _parsed(self, column: str, text: str) -> Decimal | None:
        if _SHORT_NUMBER.fullmatch(text):
            return Decimal(text)
        if _NUMBER.fullmatch(text):
            return self._bounded(column, Decimal(text))
        remedy = "Write digits and a decimal point only, as in 1234.5."
        if _THOUSANDS.fullmatch(text):
            plain = re.sub(r"[, £]", "", text)
            remedy = f"Write it without thousands separators and currency signs: {plain}."
        elif _DECIMAL_COMMA.fullmatch(text):
            remedy = f"Write the decimals after a point: {text.replace(',', '.')}."
        self.error(column, f'"{text}" is not a number.', remedy)
        return None

    def _bounded(self, column: str, number: Decimal) -> Decimal | None:
        digits = number.as_tuple().digits
        if (
            abs(number) < LARGEST
            and len(digits) <= MOST_DIGITS
            and number.adjusted() > -MOST_DIGITS
        ):
            return number
        self.error(
            column,
            f"{str(number)[:40]} is too large or too finely written to be meant.",
            f"Write a figure below {LARGEST:,} with at most {MOST_DIGITS} digits.",
        )
        return None

    def amount(self, column: str, *, required: bool = False) -> Decimal | None:
        """Return a number that may not be negative (reported if it is)."""
        number = self.number(column, required=required)
        if number is not None and number < 0:
            self.error(column, f"{number} is negative.", "Write 0 or more.")
            return None
        return number


class Lookup(Generic[Found]):
    """A lookup by name that remembers its answers, failures included.

    Parameters
    ----------
    find
        Returns what a name stands for, or raises InputError.
    """

    def __init__(self, find: Callable[[str], Found]) -> None:
        self._find = find
        self._known: dict[str, Found] = {}
        self._unknown: dict[str, tuple[Finding, ...]] = {}

    def of(self, row: Row, column: str, *, required: bool = False) -> Found | None:
        """Return what a cell's name stands for; None if it is blank or unknown (reported)."""
        text = row.text(column, required=required)
        if not text:
            return None
        if text in self._known:
            return self._known[text]
        if text not in self._unknown:
            if len(self._unknown) >= MOST_LOOKUPS:
                row.error(
                    column,
                    f'"{text}" was not looked up after {MOST_LOOKUPS} other unknown names.',
                    "Check that the column holds what its heading says.",
                )
                return None
            try:
                self._known[text] = self._find(text)
                return self._known[text]
            except InputError as error:
                self._unknown[text] = error.findings
        row.adopt(column, self._unknown[text])
        return None


def _described(value: object) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).upper()}"
    if isinstance(value, (date, time, timedelta)):
        return f"the date or time {value} (spreadsheets turn some entries into dates)"
    return f"a value of type {type(value).__name__}"
