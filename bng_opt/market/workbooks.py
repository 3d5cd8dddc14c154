"""Sheets of an .xlsx workbook, opened with care: bounded in size, errors in cells reported.

python-calamine reads values fast, but turns error values (``#REF!``) and formulas that were
never calculated into blanks, and allocates every cell up to the farthest. So the sheets'
XML is looked over first.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import cast
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import Report

WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm"})

MAX_PACKED_BYTES = 60_000_000
MAX_UNPACKED_BYTES = 600_000_000
MAX_RATIO = 200
"""Sheets pack 5 to 30 times; a zip bomb packs a thousand times."""
SMALL_PART_BYTES = 1_000_000
"""Parts below this may pack as well as they like."""
MAX_CELLS = 20_000_000
"""Cells up to the farthest one of a sheet: about 1 GB once read."""

_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\bt="e"[^>]*>(.*?)</(?:\w+:)?c>', re.DOTALL)
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_CELL_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_TEXT_RESULT = re.compile(rb'^[^>]*\bt="str"')


def read_sheets(
    path: Path, names: Sequence[str], report: Report, *, if_there: Sequence[str] = ()
) -> dict[str, list[list[object]]]:
    """Return the rows of the named sheets (case doesn't matter), blank rows kept.

    Parameters
    ----------
    path
        The workbook.
    names
        The sheets wanted; those missing are reported.
    report
        Where findings go.
    if_there
        More sheets, which may be missing and whose faults are warnings only.

    Raises
    ------
    InputError
        If the file can't be opened as a workbook, or is too large to be a market.
    """
    raw = _checked(path)
    parts = _sheet_parts(path, raw)
    wanted = {}
    for name in names:
        if name in parts:
            wanted[name] = parts[name]
            continue
        remedy = f"Call the sheet {name}; the workbook has {', '.join(sorted(parts))}."
        report.errors.append(Finding(f"The sheet {name} is missing.", remedy, file=path.name))
    wanted |= {name: parts[name.casefold()] for name in if_there if name.casefold() in parts}
    for name, (title, xml) in wanted.items():
        faults = report.errors if name in names else report.warnings
        faults.extend(_faulty_cells(path.name, title, xml))
        _refuse_far_cells(path, title, xml)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            return {name: _values(workbook, title) for name, (title, _) in wanted.items()}
    except CalamineError as error:
        raise _unreadable(path, f"The file can't be read as a workbook ({error}).") from error


def _values(workbook: CalamineWorkbook, title: str) -> list[list[object]]:
    rows = workbook.get_sheet_by_name(title).to_python(skip_empty_area=False)
    return cast("list[list[object]]", rows)


def _checked(path: Path) -> bytes:
    """Return the bytes of a workbook whose parts unpack to a bearable size."""
    if path.stat().st_size > MAX_PACKED_BYTES:
        raise _unreadable(path, f"The file has more than {MAX_PACKED_BYTES // 1_000_000} MB.")
    raw = path.read_bytes()
    try:
        with ZipFile(BytesIO(raw)) as package:
            parts = package.infolist()
            large = [part for part in parts if part.file_size > SMALL_PART_BYTES]
            swollen = any(part.file_size > MAX_RATIO * part.compress_size for part in large)
            if swollen or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise _unreadable(path, "The file unpacks to far more than a market's tables.")
            # Unpacks every part no farther than it claims to reach, and checks its sum.
            damaged = package.testzip()
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, f"The file can't be opened as a workbook ({error}).") from error
    if damaged is not None:
        raise _unreadable(path, f"The file is damaged in {damaged}.")
    return raw


def _sheet_parts(path: Path, raw: bytes) -> dict[str, tuple[str, bytes]]:
    """Return title and XML of each sheet, by its title in lower case."""
    try:
        with ZipFile(BytesIO(raw)) as package:
            book = _xml(package.read("xl/workbook.xml"))
            links = _xml(package.read("xl/_rels/workbook.xml.rels"))
            targets = {link.get("Id"): link.get("Target", "") for link in links}
            found = {}
            for sheet in book.iterfind("{*}sheets/{*}sheet"):
                title = sheet.get("name", "")
                part = str(PurePosixPath("/xl", targets[_relation(sheet)])).lstrip("/")
                if part in package.namelist():
                    found[title.strip().casefold()] = (title, package.read(part))
            return found
    except (KeyError, ElementTree.ParseError) as error:
        raise _unreadable(path, f"The file isn't a workbook ({error}).") from error


def _relation(sheet: ElementTree.Element) -> str:
    """Return the id of a sheet's part; its namespace differs in Strict Open XML."""
    return next((value for name, value in sheet.items() if name.endswith("}id")), "")


def _xml(text: bytes) -> ElementTree.Element:
    """Return the root of a part; one with entities is no part of a workbook."""
    if b"<!DOCTYPE" in text:
        raise ElementTree.ParseError("it declares entities")
    return ElementTree.fromstring(text)  # noqa: S314 (no entities, bounded size)


def _faulty_cells(file: str, sheet: str, xml: bytes) -> Iterator[Finding]:
    """Return a finding for each error value and each formula without a value."""
    if b't="e"' in xml:
        for match in _ERROR_CELL.finditer(xml):
            value = re.search(rb"<(?:\w+:)?v>([^<]*)<", match[1])
            shown = value[1].decode() if value else "an error"
            message, remedy = f"The cell shows {shown}.", "Mend its formula, or type the value."
            yield Finding(message, remedy, file, sheet, _reference(match[0]))
    for match in _UNCALCULATED.finditer(xml):
        if not _TEXT_RESULT.match(match[0]):
            message = "The cell holds a formula that was never calculated."
            remedy = "Open the workbook in Excel and save it, or type the value."
            yield Finding(message, remedy, file, sheet, _reference(match[0]))


def _reference(cell: bytes) -> str | None:
    match = _CELL_REFERENCE.search(cell)
    return (match[1] + match[2]).decode() if match else None


def _refuse_far_cells(path: Path, sheet: str, xml: bytes) -> None:
    references = _CELL_REFERENCE.findall(xml)
    if not references:
        return
    last_column = max((letters for letters, _ in references), key=lambda s: (len(s), s))
    columns = 0
    for letter in last_column:
        columns = columns * 26 + letter - ord("A") + 1
    rows = max(int(row) for _, row in references)
    if columns * rows > MAX_CELLS:
        raise InputError(
            Finding(
                f"The sheet reaches to {last_column.decode()}{rows}: too far for a market.",
                "Delete the stray cells beside and below the table.",
                file=path.name,
                sheet=sheet,
            )
        )


def _unreadable(path: Path, message: str) -> InputError:
    remedy = "Save it as .xlsx without a password, or give a folder of CSV files."
    return InputError(Finding(message, remedy, file=path.name))
