"""Official workbooks changed as programs and people change them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree

_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_VALUE_OF_FORMULA = re.compile(rb"((?:</f>|<f[^<>]*/>))<v>[^<]*</v>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a package whose parts were changed by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for item in source.infolist():
            content = change(item.filename, source.read(item))
            target.writestr(item.filename, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()


def without_values(data: bytes) -> bytes:
    """Return a workbook as a program saves it that doesn't calculate: formulas without values."""

    def strip(name: str, content: bytes) -> bytes:
        return _VALUE_OF_FORMULA.sub(rb"\1", content) if _SHEET.fullmatch(name) else content

    return rewritten(data, strip)


def with_value(data: bytes, sheet: str, cell: str, value: float) -> bytes:
    """Return a workbook in which a cell of numbers says another, its formula left as it is."""
    part = part_of(data, sheet)

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        start = content.index(b'<c r="%s"' % cell.encode())
        end = content.index(b"</c>", start)
        changed = re.sub(rb"<v>[^<]*</v>", b"<v>%r</v>" % value, content[start:end])
        assert changed != content[start:end]
        return content[:start] + changed + content[end:]

    return rewritten(data, change)


def with_text(data: bytes, sheet: str, cell: str, text: str) -> bytes:
    """Return a workbook in which a cell with a value says a text, as a formula's result."""
    part, opening = part_of(data, sheet), re.compile(rb'<c r="%s"[^>]*>' % cell.encode())

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        tag = opening.search(content)
        assert tag is not None
        end = content.index(b"</c>", tag.end())
        body, found = re.subn(
            rb"<v>[^<]*</v>", b"<v>%s</v>" % text.encode(), content[tag.end() : end]
        )
        assert found == 1
        plain = re.sub(rb'\st="[^"]*"', b"", tag.group(0)).replace(b">", b' t="str">')
        return content[: tag.start()] + plain + body + content[end:]

    return rewritten(data, change)


def part_of(data: bytes, sheet: str) -> str:
    """Return the part of a sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {each.get("Id"): each.get("Target") for each in relations}
    ids = {each.get("name"): each.get(_RELATION) for each in book.iter() if each.get("sheetId")}
    return f"xl/{targets[ids[sheet]]}"
