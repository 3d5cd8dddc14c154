"""Cells by absolute position: what a sheet's values and its XML tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from bng_opt.errors import Finding
from bng_opt.reference import normalise

MAX_LABEL_LENGTH = 300
"""Longer texts are no labels [characters]."""

# No pattern may run past the next "<": a file of nothing but "<c " would take hours.
_CELL_TAG = re.compile(rb"<(?:[^\s<>/!?:]+:)?c(?=[\s>/])([^<>]*>?)")
_PLACED_TAG = re.compile(
    rb'<\s+r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?:\s+(?!r=)[a-z]+="[^"<>]*")*\s*>'
)
_ERROR_TEXT = re.compile(rb"<(?:[^\s<>/!?:]+:)?v(?:\s[^<>]*)?>([^<]*)<")
_FORMULA = re.compile(rb"<(?:[^\s<>/!?:]+:)?f[\s/>]")
_FULL_VALUE = re.compile(rb"<(?:[^\s<>/!?:]+:)?[vt](?:\s[^<>]*)?>[^<]")

_DATA, _ROW, _ROW_END = b"<sheetData>", b'<row r="', b"</row>"
_DIGITS, _TAG = 8, 400
"""Most digits of a row's number, and most bytes of a row's or a cell's tag."""


@lru_cache(maxsize=8192)
def key_of(text: str) -> str:
    """Return the first line of a label without case, blanks and punctuation."""
    return normalise(text.strip().split("\n", 1)[0])


def column_letters(column: int) -> str:
    """Return the letters of a 0-based column.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: bytes) -> int:
    """Return the 1-based number of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


class Cell(NamedTuple):
    """A position in a sheet, 0-based; it prints as Excel writes it."""

    row: int
    column: int

    def __str__(self) -> str:
        return f"{column_letters(self.column)}{self.row + 1}"

    @classmethod
    def named(cls, reference: str) -> Cell:
        """Return the cell of a reference such as ``"H61"``."""
        letters = reference.rstrip("0123456789")
        return cls(int(reference[len(letters) :]) - 1, column_number(letters.encode()) - 1)

    def at(self, rows: int = 0, columns: int = 0) -> Cell:
        """Return the cell so many rows down and columns to the right."""
        return Cell(self.row + rows, self.column + columns)


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet: its values by absolute position, and its XML for what values don't tell."""

    file: str
    name: str
    grid: list[list[Any]] = field(repr=False)
    xml: bytes = field(repr=False)

    def value(self, cell: Cell) -> Any:
        """Return a cell's value; ``""`` where it is blank or outside."""
        if 0 <= cell.row < len(self.grid) and 0 <= cell.column < len(self.grid[cell.row]):
            return self.grid[cell.row][cell.column]
        return ""

    def number(self, cell: Cell) -> float | None:
        """Return a cell's number; None where it holds anything else."""
        value = self.value(cell)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None

    def text(self, cell: Cell) -> str:
        """Return a cell's text, trimmed; ``""`` for a blank, a plain spelling for others."""
        value = self.value(cell)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip()

    def find(self, label: str) -> list[Cell]:
        """Return the cells that bear a label, whatever its case, blanks and punctuation."""
        return self._labels.get(key_of(label), [])

    @cached_property
    def _labels(self) -> dict[str, list[Cell]]:
        found: dict[str, list[Cell]] = {}
        for cell, text in self.texts:
            if len(text) <= MAX_LABEL_LENGTH:
                found.setdefault(key_of(text), []).append(cell)
        return found

    @cached_property
    def texts(self) -> list[tuple[Cell, str]]:
        """Return every cell that holds text, row by row."""
        return [
            (Cell(r, c), value)
            for r, row in enumerate(self.grid)
            for c, value in enumerate(row)
            if value and type(value) is str and not value.isspace()
        ]

    def finding(self, message: str, remedy: str, cell: Cell | None = None) -> Finding:
        """Return a finding about a cell of this sheet, or about the sheet."""
        place = None if cell is None else str(cell)
        return Finding(message, remedy, file=self.file, sheet=self.name, cell=place)

    @cached_property
    def uncalculated(self) -> list[str]:
        """Return the cells whose formula has no cached value: nothing ever calculated them.

        An empty text that a formula returned (``t="str"``) is a value.
        """
        return [
            reference
            for reference, attributes, body in _filled_cells(self.xml)
            if b't="str"' not in attributes
            and _FORMULA.search(body)
            and not _FULL_VALUE.search(body)
        ]


def with_errors(grid: list[list[Any]], xml: bytes) -> list[list[Any]]:
    """Put error values such as ``#REF!`` where calamine leaves blanks."""
    if b't="e"' in xml:
        for reference, attributes, body in _filled_cells(xml):
            text = _ERROR_TEXT.search(body) if b't="e"' in attributes else None
            cell = Cell.named(reference)
            if text and cell.row < len(grid) and cell.column < len(grid[cell.row]):
                grid[cell.row][cell.column] = text.group(1).decode("utf-8", "replace")
    return grid


def filled_places(xml: bytes) -> list[tuple[bytes, bytes]] | None:
    """Return column letters and row digits of every cell that isn't closed at once.

    None if some cell doesn't say plainly and once where it is.
    """
    tags = [tag for tag in _CELL_TAG.findall(xml) if not tag.endswith(b"/>")]
    # No tag holds a "<", so each match begins where a tag begins.
    places = _PLACED_TAG.findall(b"<".join([b"", *tags]))
    return places if len(places) == len(tags) else None


def only_filled_rows(xml: bytes, letters: str, first: int) -> bytes:
    """Return a sheet's XML with only those rows that have something in one column.

    Where rows or cells aren't written as Excel writes them, all rows are left in. Every byte is
    looked at a few times at most, whatever a file holds.

    Parameters
    ----------
    letters
        The column.
    first
        A row that is in the sheet, filled or not (1-based).
    """
    start = xml.find(_DATA) + len(_DATA)
    if start < len(_DATA) or b' r="%s%d"' % (letters.encode(), first) not in xml:
        return xml
    rows = {digits: (begin, end) for digits, begin, end in _rows(xml, start)}
    parts: dict[bytes, bytes] = {}
    for digits, at in _filled_in(xml, letters.encode(), start):
        begin, end = rows.get(digits, (0, 0))
        if not begin < at < end or digits in parts:
            return xml
        parts[digits] = xml[begin:end]
    return b"".join([xml[:start], *parts.values(), b"</sheetData></worksheet>"])


def _filled_in(xml: bytes, letters: bytes, start: int) -> Iterator[tuple[bytes, int]]:
    """Yield row digits and place of every cell of a column that isn't closed at once."""
    mark = b' r="%s' % letters
    at = xml.find(mark, start)
    while at >= 0:
        place = at + len(mark)
        digits = xml[place : place + _DIGITS].partition(b'"')[0]
        end = xml.find(b">", place, place + _TAG)
        if digits.isdigit() and not (end > 0 and xml.endswith(b"/", at, end)):
            yield digits, at
        at = xml.find(mark, place)


def _rows(xml: bytes, start: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the digits of every row with cells, and where it begins and ends."""
    at = xml.find(_ROW, start)
    while at >= 0:
        place = at + len(_ROW)
        end = xml.find(b">", place, place + _TAG)
        if end > 0 and not xml.endswith(b"/", at, end):
            close = xml.find(_ROW_END, end)
            if close < 0:
                return
            yield xml[place : place + _DIGITS].partition(b'"')[0], at, close + len(_ROW_END)
            place = close
        at = xml.find(_ROW, place)


def _filled_cells(xml: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield reference, attributes and content of every cell that isn't closed at once."""
    tags = list(_CELL_TAG.finditer(xml))
    ends = [*(tag.start() for tag in tags[1:]), len(xml)]
    for tag, end in zip(tags, ends, strict=False):
        match = _PLACED_TAG.fullmatch(b"<" + tag.group(1))
        if match:
            reference = (match.group(1) + match.group(2)).decode()
            yield reference, tag.group(1), xml[tag.end() : end]
