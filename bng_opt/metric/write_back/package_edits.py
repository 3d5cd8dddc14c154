"""The workbook's package with some sheets changed; every other part stays byte for byte."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping

from bng_opt.metric.cells import Cell
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.write_back.cell_edits import CellValue, with_cells, without_results

_CALCULATION = re.compile(rb"<calcPr\b[^>]*/>")
_ON_LOAD = b'fullCalcOnLoad="1"'
_WORKBOOK, _CHAIN = "xl/workbook.xml", "xl/calcChain.xml"
_TYPES, _RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
_CHAIN_ENTRY = re.compile(rb"<(?:Override|Relationship)\b[^>]*calcChain[^>]*/>")
"""The order of calculation names every formula: Excel makes it anew where it is missing, and
repairs the file where it names a formula that is gone."""


def edited(workbook: Workbook, values: Mapping[str, Mapping[Cell, CellValue]]) -> bytes:
    """Return a workbook with values in cells, and every result left out.

    Whatever opens it calculates it anew.

    Parameters
    ----------
    workbook
        The workbook.
    values
        Text or number, by sheet and cell.

    Raises
    ------
    InputError
        If a sheet lacks a row that is written in.
    """
    parts = {workbook.part(sheet): (sheet, own) for sheet, own in values.items()}
    sheets = frozenset(workbook.parts.values())

    def change(name: str, content: bytes) -> bytes:
        if name in parts:
            sheet, own = parts[name]
            content = with_cells(content, own, sheet)
        if name == _WORKBOOK:
            return calculated_on_load(content)
        if name in (_TYPES, _RELATIONS):
            return _CHAIN_ENTRY.sub(b"", content)
        return without_results(content) if name in sheets else content

    return with_parts(workbook, change)


def with_parts(workbook: Workbook, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a workbook's package whose parts were changed by their names.

    The order of calculation is left out.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in workbook.package.infos:
            if info.filename == _CHAIN:
                continue
            content = workbook.package.read(info.filename)
            kept = zipfile.ZipInfo(info.filename, info.date_time)
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
            target.writestr(kept, change(info.filename, content))
    return buffer.getvalue()


def calculated_on_load(content: bytes) -> bytes:
    """Return the workbook part so that Excel calculates everything when it opens the file."""
    found = _CALCULATION.search(content)
    if found is None:
        return content.replace(b"</workbook>", b"<calcPr %s/></workbook>" % _ON_LOAD)
    if _ON_LOAD in found.group(0):
        return content
    plain = re.sub(rb'\sfullCalcOnLoad="[^"]*"', b"", found.group(0))
    return (
        content[: found.start()]
        + plain.replace(b"/>", b" %s/>" % _ON_LOAD)
        + content[found.end() :]
    )
