"""Results of a recalculated workbook put into the file that is handed out.

LibreOffice calculates the official workbook rightly and saves it wrongly: it loses drop-downs,
formats and marks. So its results are read from its file, and put into ours, formula by formula.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bng_opt.metric.package import open_package
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.write_back.package_edits import with_parts

_FORMULA_CELL = re.compile(
    rb"<c(?=\s)([^<>]*?)>(<f[^<>]*/>|<f[^<>]*>[^<]*</f>)(?:<v(?:\s[^<>]*)?(?:/>|>[^<]*</v>))?</c>"
)
_RESULT_CELL = re.compile(
    rb"<c(?=\s)([^<>]*?)>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)<v(?:\s[^<>]*)?>([^<]*)</v></c>"
)
_WHERE, _KIND = re.compile(rb'\sr="([A-Z]+\d+)"'), re.compile(rb'\st="([a-z]+)"')
_ERROR = b"e"
"""What a formula gives that failed: LibreOffice 7 lacks some functions of newer Excels."""


def with_results(data: bytes, recalculated: bytes) -> bytes:
    """Return a workbook whose formulas have the results of its recalculated copy.

    A formula that failed there is left without a result: Excel calculates it when it opens the
    file, as it does all others.

    Parameters
    ----------
    data
        The workbook, as :func:`bng_opt.metric.write_back.fill_in` writes it.
    recalculated
        The same, as :func:`bng_opt.certificate.office.recalculated` returns it.
    """
    ours = Workbook(open_package(data, "workbook.xlsx"))
    theirs = Workbook(open_package(recalculated, "recalculated.xlsx"))
    results = {
        part: _results(theirs.package.read(theirs.parts[name]))
        for name, part in ours.parts.items()
        if name in theirs.parts
    }

    def change(part: str, content: bytes) -> bytes:
        return _filled(content, results[part]) if part in results else content

    return with_parts(ours, change)


def _results(xml: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """Return kind and result of every formula, by its cell."""
    found = {}
    for match in _RESULT_CELL.finditer(xml):
        where, kind = _WHERE.search(match[1]), _KIND.search(match[1])
        if where is not None:
            found[where[1]] = (kind[1] if kind else b"n", match[2])
    return found


def _filled(xml: bytes, results: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    def fill(match: re.Match[bytes]) -> bytes:
        where = _WHERE.search(match[1])
        kind, value = results.get(where[1] if where else b"", (_ERROR, b""))
        if kind == _ERROR:
            return match[0]
        attributes = _KIND.sub(b"", match[1])
        if kind != b"n":
            attributes += b' t="%s"' % kind
        return b"<c%s>%s<v>%s</v></c>" % (attributes, match[2], value)

    return _FORMULA_CELL.sub(fill, xml)
