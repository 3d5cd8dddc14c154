"""The sheets of a workbook by name, and their cells by absolute position.

Only the parts that matter are inflated. They are checked, then handed to calamine in a
small package of their own, so that nothing unchecked reaches the parser.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import (
    Sheet,
    column_number,
    filled_places,
    only_filled_rows,
    with_errors,
)
from bng_opt.metric.package import MAX_PART_BYTES, SAVE_AGAIN, Package
from bng_opt.reference import nearest

MAX_GRID_CELLS = 2_000_000
"""Largest rectangle from A1 to a sheet's last value [cells]; the metric's largest has 2,000."""
MAX_FILLED_CELLS = 20_000
"""Most cells with a value in a sheet; the metric's fullest that is read has 1,000."""
MAX_SHEETS = 500
"""Most sheets; the metric has 43."""
MAX_INDEX_BYTES = 2**20
"""Largest list of sheets or relationships [bytes]; the metric's has 16 kB."""
MAX_NAME_LENGTH = 100
"""Longer names of sheets are not compared [characters]; Excel allows 31."""

_BLANK_CELL = re.compile(rb"<c [^<>]*/>")
_DECLARED_ENCODING = re.compile(rb"^<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


class Workbook:
    """The sheets of a package, by name.

    Parameters
    ----------
    package
        The open package.

    Raises
    ------
    InputError
        If it isn't a workbook that Excel or calamine could read.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        _refuse_other_documents(package)
        main = _main_part(package)
        root = _parse(package, main)
        targets = _targets(package, main)
        self._shared_strings = next(
            (part for kind, part in targets.values() if kind == "sharedStrings"), None
        )
        self._parts: dict[str, str] = {}
        for element in root.iter():
            if len(self._parts) > MAX_SHEETS:
                raise package.error(
                    f"The workbook has more than {MAX_SHEETS} sheets; a metric has 43.", SAVE_AGAIN
                )
            if _local(element.tag) == "sheet":
                relation = next((v for k, v in element.items() if _local(k) == "id"), "")
                name = element.get("name", "")
                if name in self._parts:
                    raise package.error(f"Two sheets are named '{name}'.", SAVE_AGAIN)
                self._parts[name] = targets.get(relation, ("", ""))[1]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all sheets, in order."""
        return tuple(self._parts)

    def actual_name(self, name: str) -> str | None:
        """Return the sheet's name as the file spells it, ignoring case and outer blanks."""
        wanted = name.strip().casefold()
        return next((each for each in self._parts if each.strip().casefold() == wanted), None)

    def part(self, name: str) -> str:
        """Return the part of a sheet.

        Raises
        ------
        InputError
            If there is no such sheet.
        """
        if missing := self.missing((name,)):
            raise InputError(missing)
        return self._parts[self.actual_name(name) or name]

    @property
    def parts(self) -> Mapping[str, str]:
        """Return the part of each sheet, by the sheet's name."""
        return dict(self._parts)

    def missing(self, names: Iterable[str]) -> list[Finding]:
        """Return a finding for each sheet that isn't there, with the nearest that is."""
        findings = []
        for name in names:
            if self.actual_name(name) is None:
                close = nearest(name, (n for n in self._parts if len(n) <= MAX_NAME_LENGTH), 1)
                hint = f" The nearest is '{close[0]}': was it renamed?" if close else ""
                findings.append(
                    Finding(
                        f"The sheet '{name}' is missing.{hint}",
                        "Give the whole statutory metric, its sheets named as Defra names them.",
                        file=self.package.name,
                        sheet=name,
                    )
                )
        return findings

    def read_all(self, names: Iterable[str]) -> dict[str, Sheet]:
        """Return the sheets of these names.

        Raises
        ------
        InputError
            With every sheet that isn't there, or as :meth:`read`.
        """
        wanted = tuple(names)
        if missing := self.missing(wanted):
            raise InputError(missing)
        return self.read(wanted)

    def read(
        self, names: Iterable[str], heads: Mapping[str, int] | None = None
    ) -> dict[str, Sheet]:
        """Return the sheets of these names, which all exist (see :meth:`missing`).

        Parameters
        ----------
        names
            Sheets to read whole.
        heads
            Sheets of which only so many rows are read, if they exist at all.

        Raises
        ------
        InputError
            If a part is damaged, unsafe, or spreads over an absurd rectangle.
        """
        actual = {name: self.actual_name(name) or name for name in names}
        xml = {name: self._checked(self._parts[own]) for name, own in actual.items()}
        for name, rows in (heads or {}).items():
            own = self.actual_name(name)
            if own is not None:
                actual[name] = own
                xml[name] = _head(self._checked(self._parts[own]), rows)
        return self._sheets(actual, xml)

    def read_filled(self, names: Mapping[str, tuple[str, int]]) -> dict[str, Sheet]:
        """Return sheets with only the rows that have something in one column.

        The sheets of a metric are long, and nearly all of their rows are free.

        Parameters
        ----------
        names
            The column's letters and a row that is in the sheet, by the sheet's name.

        Raises
        ------
        InputError
            With every sheet that isn't there, or as :meth:`read`.
        """
        if missing := self.missing(names):
            raise InputError(missing)
        actual = {name: self.actual_name(name) or name for name in names}
        xml = {
            name: only_filled_rows(self._checked(self._parts[actual[name]]), *key)
            for name, key in names.items()
        }
        return self._sheets(actual, xml)

    def _sheets(self, actual: Mapping[str, str], xml: Mapping[str, bytes]) -> dict[str, Sheet]:
        """Return sheets by what they are called here, from their actual names and their XML."""
        filled = {name: _BLANK_CELL.sub(b"", content) for name, content in xml.items()}
        findings = [
            finding
            for name, content in filled.items()
            if (finding := _spread(self.package.name, name, content)) is not None
        ]
        if findings:
            raise InputError(findings)
        strings = self._checked(self._shared_strings) if self._shared_strings else None
        grids = _grids(self.package, _small_package(filled, strings), list(xml))
        return {
            name: Sheet(self.package.name, actual[name], with_errors(grid, xml[name]), xml[name])
            for name, grid in grids.items()
        }

    def _checked(self, part: str) -> bytes:
        return _checked_xml(self.package, part)


def _refuse_other_documents(package: Package) -> None:
    """Refuse zip packages that are other things than .xlsx and .xlsm."""
    if "xl/workbook.bin" in package.members:
        raise package.error("This is a binary workbook (.xlsb).", SAVE_AGAIN)
    if "mimetype" in package.members and "content.xml" in package.members:
        raise package.error("This is an OpenDocument file (.ods), not Excel's.", SAVE_AGAIN)
    if not any(name.startswith("xl/") for name in package.members):
        raise package.error(
            "This zip package is not an Excel workbook.",
            "Give the statutory metric workbook itself (.xlsx or .xlsm), not an archive of it.",
        )


def _checked_xml(package: Package, part: str, limit: int = MAX_PART_BYTES) -> bytes:
    """Return a part's XML, UTF-8 and without any document type or entity declaration."""
    content = package.read(part, limit)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:256]:
        raise package.error(f"The part {part} is not in UTF-8, as Excel writes it.", SAVE_AGAIN)
    declared = _DECLARED_ENCODING.match(content.removeprefix(b"\xef\xbb\xbf").lstrip()[:200])
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii"):
        raise package.error(f"The part {part} is not in UTF-8, as Excel writes it.", SAVE_AGAIN)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise package.error(
            f"The part {part} declares a document type or entities; Excel never writes those, "
            "and they can harm a reader.",
            SAVE_AGAIN,
        )
    return content


def _parse(package: Package, part: str) -> ElementTree.Element:
    try:
        # Entities can't be declared: _checked_xml has refused them.
        return ElementTree.fromstring(_checked_xml(package, part, MAX_INDEX_BYTES))  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise package.error(f"The part {part} is damaged ({error}).", SAVE_AGAIN) from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _main_part(package: Package) -> str:
    """Return the workbook part; Excel's own files call it xl/workbook.xml."""
    for kind, part in _targets(package, "").values():
        if kind == "officeDocument":
            return part
    raise package.error("The package doesn't say which part is the workbook.", SAVE_AGAIN)


def _targets(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Return a part's relationships: identifier -> (kind, target part)."""
    folder, name = posixpath.split(part)
    root = _parse(package, posixpath.join(folder, "_rels", f"{name}.rels"))
    targets = {}
    for element in root:
        target = element.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        kind = element.get("Type", "").rpartition("/")[2]
        targets[element.get("Id", "")] = (kind, posixpath.normpath(path))
    return targets


def _head(xml: bytes, rows: int) -> bytes:
    """Return a sheet's XML without the rows below the first so many, if they can be told."""
    end = xml.find(b'<row r="%d"' % (rows + 1))
    return xml if end < 0 else xml[:end] + b"</sheetData></worksheet>"


def _spread(file: str, sheet: str, xml: bytes) -> Finding | None:
    """Return a finding if the sheet's values spread over an absurd rectangle.

    The parser reserves memory for the whole rectangle, so each cell must say where it is.
    """
    places = filled_places(xml)
    if places is None:
        message = "A cell doesn't say where it is, as Excel's cells do."
        return Finding(message, SAVE_AGAIN, file=file, sheet=sheet)
    if len(places) > MAX_FILLED_CELLS:
        message = f"The sheet has {len(places):,} filled cells; the metric's has 1,000 at most."
        return Finding(message, SAVE_AGAIN, file=file, sheet=sheet)
    if len(set(places)) < len(places):
        return Finding("A cell is stated twice.", SAVE_AGAIN, file=file, sheet=sheet)
    last_row = max((int(digits) for _, digits in places), default=0)
    letters = {letters for letters, _ in places}
    last_column = max(map(column_number, letters), default=0)
    if last_row * last_column <= MAX_GRID_CELLS:
        return None
    far = max(places, key=lambda each: int(each[1]) * column_number(each[0]))
    return Finding(
        f"Values spread over {last_row:,} rows and {last_column:,} columns; no metric does that.",
        "Delete what stands far below or right of the sheet's own cells, and save it in Excel.",
        file=file,
        sheet=sheet,
        cell=b"".join(far).decode(),
    )


def _small_package(sheets: Mapping[str, bytes], strings: bytes | None) -> io.BytesIO:
    """Return a package of nothing but these checked parts.

    Without styles every number stays a number, whatever its format.
    """
    buffer = io.BytesIO()
    listed, relations, types = [], [], []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for n, (name, content) in enumerate(sheets.items(), 1):
            package.writestr(f"xl/worksheets/sheet{n}.xml", content)
            listed.append(f'<sheet name="{html.escape(name)}" sheetId="{n}" r:id="rId{n}"/>')
            relations.append(_relation(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml"))
            types.append(_type(f"xl/worksheets/sheet{n}.xml", "worksheet"))
        if strings is not None:
            package.writestr("xl/sharedStrings.xml", strings)
            relations.append(_relation("rId0", "sharedStrings", "sharedStrings.xml"))
            types.append(_type("xl/sharedStrings.xml", "sharedStrings"))
        types.append(_type("xl/workbook.xml", "sheet.main"))
        package.writestr(
            "xl/workbook.xml",
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            f"<sheets>{''.join(listed)}</sheets></workbook>",
        )
        package.writestr("xl/_rels/workbook.xml.rels", _relations(relations))
        package.writestr(
            "_rels/.rels", _relations([_relation("rId1", "officeDocument", "xl/workbook.xml")])
        )
        package.writestr(
            "[Content_Types].xml",
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">{"".join(types)}</Types>',
        )
    buffer.seek(0)
    return buffer


def _relation(identifier: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identifier}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(relations: list[str]) -> str:
    inner = "".join(relations)
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _type(part: str, kind: str) -> str:
    content = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return f'<Override PartName="/{part}" ContentType="{content}"/>'


def _grids(package: Package, small: io.BytesIO, names: list[str]) -> dict[str, list[list[Any]]]:
    """Return every sheet's values from A1 on, as calamine reads them."""
    try:
        with CalamineWorkbook.from_filelike(small) as workbook:
            return {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in names
            }
    except (CalamineError, OSError, ValueError) as error:
        raise package.error(f"The workbook's sheets are damaged ({error}).", SAVE_AGAIN) from error
    except BaseException as error:
        # A panic of the Rust parser derives from BaseException and can't be imported.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise package.error("The workbook's sheets are damaged.", SAVE_AGAIN) from error
