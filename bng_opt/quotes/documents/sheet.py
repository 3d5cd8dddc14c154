"""A sheet of a quote's workbook as it is written, and the styles of its cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from bng_opt.cells import cell_text

MONEY = "£#,##0.00;-£#,##0.00"
PRICE = "£#,##0.00##"
UNITS = "0.0000"
RATE = "0.00%"
MULTIPLIER = "0.00##"

_WRAPPED = ("text", "bold", "sum_text")
_LINE_PT = 15
_MOST_LINES = 27
"""A row can't be higher than 409 points."""


@dataclass
class Page:
    """A sheet being written from the top: the next row, and the formats of the workbook."""

    sheet: Any
    formats: dict[str, Any]
    row: int = 0
    subtotals: list[int] = field(default_factory=list)
    vat_free: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    lines: int = 1

    def set_widths(self, widths: Iterable[int]) -> None:
        """Set the columns' widths [characters]."""
        self.widths = list(widths)
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)

    def text(self, column: int, text: object, style: str = "text", columns: int = 1) -> None:
        """Write text, which never becomes a formula, a number or a link."""
        shown = cell_text(text)
        self.sheet.write_string(self.row, column, shown, self.formats[style])
        if style in _WRAPPED:
            self._make_room(len(shown), sum(self.widths[column : column + columns]))

    def next_row(self) -> None:
        """Go on to the next row."""
        self.row += 1
        self.lines = 1

    def _make_room(self, characters: int, width: int) -> None:
        """Make the row as high as wrapped text needs: not every program does so by itself."""
        lines = min(_MOST_LINES, -(-characters // width))
        if lines > self.lines:
            self.lines = lines
            self.sheet.set_row(self.row, _LINE_PT * lines)

    def number(self, column: int, number: Decimal, style: str) -> None:
        """Write a number."""
        self.sheet.write_number(self.row, column, float(number), self.formats[style])

    def formula(self, column: int, formula: str, value: Decimal, style: str) -> None:
        """Write a formula of ours with its value."""
        cell_format = self.formats[style]
        self.sheet.write_formula(self.row, column, f"={formula}", cell_format, float(value))

    def cell(self, column: int, row: int | None = None) -> str:
        """Return a cell's name, in the row being written by default."""
        return str(xl_rowcol_to_cell(self.row if row is None else row, column))


def formats_of(book: Any) -> dict[str, Any]:
    """Return the styles by name."""
    top = {"valign": "top"}
    line = {**top, "top": 1}
    total = {"bold": True, **line}
    head = {"bold": True, "bg_color": "#DDE8DD", "text_wrap": True, "valign": "bottom"}
    each: dict[str, dict[str, Any]] = {
        "note": {"bold": True},
        "text": {**top, "text_wrap": True},
        "bold": {**top, "bold": True, "text_wrap": True},
        "title": {"bold": True, "font_size": 16},
        "alarm": {"bold": True, "font_color": "#8C1D18", "font_size": 14},
        "head": head,
        "head_right": {**head, "align": "right"},
        "sum_text": {**line, "align": "right", "text_wrap": True},
        "total_text": {**total, "align": "right"},
        "money": {**top, "num_format": MONEY},
        "sum": {**line, "num_format": MONEY},
        "total": {**total, "num_format": MONEY},
        "units": {**top, "num_format": UNITS},
        "units_bold": {**top, "bold": True, "num_format": UNITS},
        "rate": {**line, "num_format": RATE},
        "price": {**top, "num_format": PRICE},
        "srm": {**top, "num_format": MULTIPLIER},
    }
    return {name: book.add_format(properties) for name, properties in each.items()}
