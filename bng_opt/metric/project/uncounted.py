"""Rows that a workbook was given and doesn't count: they add nothing to its results.

Where a row can't be, its units are a text such as "Check Data ▲" or nothing at all, and the
sums pass over it in silence; the headline then says only that something is marked somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from bng_opt.errors import Finding
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.project.layout import LAYOUTS, Layout, Part

_NO_LOSS = "Any Loss Unacceptable"
_LOST = "What is lost there is missing from this need"
_GAINED = "What is gained there is missing, so that more would be bought than is owed"


def uncounted_rows(sheets: Mapping[str, Sheet]) -> list[Finding]:
    """Return a finding for every row with a habitat and a size, but no units.

    Parameters
    ----------
    sheets
        Input sheets by name, as many as there are.
    """
    return [
        finding
        for layout in LAYOUTS.values()
        if layout.name in sheets
        for number in range(layout.first, min(layout.last, len(sheets[layout.name].grid)) + 1)
        if (finding := _finding(sheets[layout.name], layout, number)) is not None
    ]


def _finding(sheet: Sheet, layout: Layout, number: int) -> Finding | None:
    def cell(column: str) -> Cell:
        return Cell.named(f"{layout.columns[column]}{number}")

    if not sheet.text(cell("habitat")) or (sheet.number(cell("size")) or 0) <= 0:
        return None
    if sheet.number(cell("units")) is not None:
        return None
    return sheet.finding(*_words(layout, sheet.text(cell("units"))), cell("units"))


def _words(layout: Layout, stated: str) -> tuple[str, str]:
    says = f'it says "{stated}"' if stated else "they are blank"
    message = f"The workbook counts no units for this row: {says}."
    if stated.startswith(_NO_LOSS):
        return message, "No units make it good: keep the habitat, or agree bespoke compensation."
    effect = _LOST if layout.part is Part.BASELINE else _GAINED
    return message, f"{effect}: mend the row's marked cells in Excel, save, and read it again."
