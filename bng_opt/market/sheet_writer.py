"""Tables as the sheets of an .xlsx workbook whose text can never become a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from bng_opt.cells import MAX_CELL_CHARACTERS, visible
from bng_opt.errors import Finding, InputError
from bng_opt.market.rows import Value, cell_text

_WIDTH = 22
_UNDATED = datetime(2000, 1, 1)
"""So that the same sheets are the same bytes."""


@dataclass(frozen=True)
class SheetRows:
    """A sheet: its title, its column headings and its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[Value, ...]]


def workbook_of(sheets: Iterable[SheetRows]) -> bytes:
    """Return the bytes of a workbook with these sheets, the same for the same sheets.

    Raises
    ------
    InputError
        If a text is too long for a cell: it would be cut.
    """
    import xlsxwriter

    buffer = BytesIO()
    # Text is text: neither formula, nor link, nor number, whatever it looks like.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": _UNDATED})
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            page.set_column(0, len(sheet.columns) - 1, _WIDTH)
            page.freeze_panes(1, 0)
            page.write_row(0, 0, sheet.columns, bold)
            for number, row in enumerate(sheet.rows, 1):
                _write_row(page, sheet.title, number, row)
    return buffer.getvalue()


def _write_row(page: Any, title: str, number: int, row: tuple[Value, ...]) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, Decimal) and Decimal(f"{float(value):.16G}") == value:
            page.write_number(number, column, float(value))
            continue
        # A number with more digits than a workbook's numbers keep is written as text.
        text = visible(cell_text(value))
        if len(text) > MAX_CELL_CHARACTERS:
            raise InputError(_too_long(title, number))
        page.write_string(number, column, text)


def _too_long(title: str, number: int) -> Finding:
    return Finding(
        f"A text has more than the {MAX_CELL_CHARACTERS:,} characters that a cell holds.",
        "Shorten it, or export a folder of CSV files.",
        sheet=title,
        row=number + 1,
    )
