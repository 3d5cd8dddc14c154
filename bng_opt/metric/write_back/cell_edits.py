"""Editing cells in a sheet's XML: only those cells change, and each keeps its style.

Saving the official workbook from a program that reads and writes whole workbooks loses drop-down
lists, formats, drawings and dynamic-array marks; so the cells are edited where they stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from xml.sax.saxutils import escape

from openpyxl.formula.translate import Translator

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell

CellValue = str | float | int

_STYLE = re.compile(rb'\ss="\d+"')
_SHARED_MASTER = re.compile(
    rb'<f(?=[^>]*\st="shared")(?=[^>]*\sref="([A-Z]+\d+):([A-Z]+\d+)")[^>]*?\ssi="(\d+)"[^>]*>'
    rb"([^<]*)</f>"
)
_SHARED_CHILD = rb'<f(?=[^>]*\st="shared")[^>]*?\ssi="%s"[^>]*?/>'
_RESULT = re.compile(rb"((?:</f>|<f[^<>]*/>))<v(?:\s[^<>]*)?(?:/>|>[^<]*</v>)")


def with_cells(xml: bytes, values: Mapping[Cell, CellValue], sheet: str) -> bytes:
    """Return a sheet's XML with values in some of its cells.

    Parameters
    ----------
    xml
        The sheet as Excel writes it: rows and cells in order, each saying where it is.
    values
        Text or number by cell. A formula that stands there goes; where others share it, the
        next of them takes it over.
    sheet
        Its name, for findings.

    Raises
    ------
    InputError
        If the sheet has no such row.
    """
    by_row: defaultdict[int, dict[Cell, CellValue]] = defaultdict(dict)
    for cell, value in values.items():
        by_row[cell.row][cell] = value
    for row, own in by_row.items():
        for cell, value in own.items():
            xml = _with_cell(xml, row, cell, value, sheet)
    return xml


def without_results(xml: bytes) -> bytes:
    """Return a sheet's XML with the results of its formulas left out, to be calculated anew."""
    return _RESULT.sub(rb"\1", xml)


def _with_cell(xml: bytes, row: int, cell: Cell, value: CellValue, sheet: str) -> bytes:
    start, end = _row(xml, row, sheet)
    found = _cell(xml, cell, start, end)
    if found is None:
        place = _place_for(xml, cell, start, end)
        return xml[:place] + _element(cell, b"", value) + xml[place:]
    first, last = found
    old = xml[first:last]
    head = old[: old.index(b">") + 1]
    style = _STYLE.search(head)
    new = _element(cell, style.group(0) if style else b"", value)
    edited = xml[:first] + new + xml[last:]
    master = _SHARED_MASTER.search(old)
    return edited if master is None else _handed_on(edited, master)


def _row(xml: bytes, row: int, sheet: str) -> tuple[int, int]:
    """Return where a row's cells begin and end."""
    match = re.search(rb'<row(?=[^>]*\sr="%d")[^>]*>' % (row + 1), xml)
    if match is None or match.group(0).endswith(b"/>"):
        message = f"The sheet has no row {row + 1} to write in."
        raise InputError(
            Finding(message, "Give the statutory metric as Excel saves it.", sheet=sheet)
        )
    return match.end(), xml.index(b"</row>", match.end())


def _cell(xml: bytes, cell: Cell, start: int, end: int) -> tuple[int, int] | None:
    """Return where a cell's element begins and ends; None if the row has none."""
    match = re.compile(rb'<c(?=[^>]*\sr="%s")[^>]*>' % str(cell).encode()).search(xml, start, end)
    if match is None:
        return None
    if match.group(0).endswith(b"/>"):
        return match.span()
    return match.start(), xml.index(b"</c>", match.end()) + len(b"</c>")


def _place_for(xml: bytes, cell: Cell, start: int, end: int) -> int:
    """Return where a new cell belongs: before the first that stands right of it."""
    for match in re.compile(rb'<c(?=\s)[^>]*?\sr="([A-Z]+\d+)"').finditer(xml, start, end):
        if Cell.named(match.group(1).decode()).column > cell.column:
            return match.start()
    return end


def _element(cell: Cell, style: bytes, value: CellValue) -> bytes:
    head = b'<c r="%s"%s' % (str(cell).encode(), style)
    if isinstance(value, str):
        text = escape(value).encode()
        return head + b' t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % text
    return head + b"><v>%s</v></c>" % repr(float(value)).encode()


def _handed_on(xml: bytes, master: re.Match[bytes]) -> bytes:
    """Return the XML with a shared formula moved to the next cell that shares it."""
    first, last, index, formula = master.groups()
    child = re.search(_SHARED_CHILD % index, xml)
    if child is None:
        return xml
    opened = xml.rindex(b"<c ", 0, child.start())
    place = re.search(rb'\sr="([A-Z]+\d+)"', xml[opened : child.start()])
    if place is None:
        raise AssertionError("a cell that shares a formula doesn't say where it is")
    home = place.group(1).decode()
    source = "=" + formula.decode()
    moved = Translator(source, origin=first.decode()).translate_formula(home)[1:]
    element = b'<f t="shared" ref="%s:%s" si="%s">%s</f>' % (
        home.encode(), last, index, moved.encode(),
    )  # fmt: skip
    return xml[: child.start()] + element + xml[child.end() :]
