"""A plan as a workbook: summary, purchases, how needs are met, checks, what wasn't chosen.

Sums are written as numbers, not as formulas: they are exact to the penny, and a viewer that
doesn't calculate would show formulas as blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bng_opt.cells import begins_formula, cell_text
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import (
    MODE_WORDS,
    by_ledger,
    checks_line,
    cost_lines,
    result_line,
    spatial_risk_words,
)
from bng_opt.quantities import ZERO

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

MONEY = "£#,##0.00"
UNITS = "0.0000"
KILOMETRES = "0.0"
_TEXT = "General"

_BOLD = Font(bold=True)
_HEADER_FILL = PatternFill("solid", fgColor="DDE8DD")
_TOP = Alignment(vertical="top", wrap_text=True)

Row = Sequence[object]


@dataclass(frozen=True)
class Sheet:
    """One sheet: columns as title, width and number format; rows; sums set in bold."""

    title: str
    columns: Sequence[tuple[str, int, str]]
    rows: Sequence[Row]
    sums: Sequence[Row] = field(default=())


def workbook_bytes(plan: Plan) -> bytes:
    """Return the plan as an .xlsx workbook of five sheets."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    book.properties.creator = "bng_opt"
    book.properties.title = cell_text(plan.title or "Purchase of biodiversity units")
    for sheet in (_summary(plan), _purchases(plan), _needs(plan), _checks(plan), _rest(plan)):
        _write(book.create_sheet(sheet.title), sheet)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _summary(plan: Plan) -> Sheet:
    facts: list[Row] = [
        ("Project", plan.title),
        ("Site", plan.site),
        ("Result", result_line(plan)),
        ("Proof", plan.proof),
        ("Status", plan.status.value),
        ("Reading of the law", MODE_WORDS.get(plan.mode, plan.mode)),
        ("Contract size", plan.contract_size),
        ("Checks", checks_line(plan)),
    ]
    money: list[Row] = list(cost_lines(plan))
    least = "No lawful purchase costs less than"
    if plan.credits:
        least = "No lawful purchase that leaves as little to credits costs less than"
    money.append((least, plan.bound_gbp))
    notes: list[Row] = [(f"To watch {n}", str(w)) for n, w in enumerate(plan.warnings, 1)]
    made = [("Made by", ", ".join(f"{k} {v}" for k, v in plan.versions.items()))]
    columns = (("What", 36, _TEXT), ("Value", 90, MONEY))
    return Sheet("Summary", columns, [*facts, *money, *notes, ("Scenario", plan.scenario), *made])


def _purchases(plan: Plan) -> Sheet:
    columns = (
        ("Stock line", 16, _TEXT),
        ("Bank id", 14, _TEXT),
        ("Bank", 36, _TEXT),
        ("Spatial risk", 40, _TEXT),
        ("Distance (km)", 14, KILOMETRES),
        ("Ledger", 13, _TEXT),
        ("Habitat", 52, _TEXT),
        ("Units", 11, UNITS),
        ("Multiplier", 11, "0.00"),
        ("Counts as (units)", 17, UNITS),
        ("Price per unit", 15, MONEY),
        ("Cost", 16, MONEY),
        ("Serves", 80, _TEXT),
    )
    return Sheet("Purchases", columns, _purchase_rows(plan), _purchase_sums(plan))


def _purchase_rows(plan: Plan) -> list[Row]:
    banks = {bank.bank_id: bank for bank in plan.banks}
    rows: list[Row] = []
    for line in plan.purchases:
        bank = banks.get(line.bank_id)
        place = (bank.name, spatial_risk_words(line), bank.distance_km) if bank else ("",) * 3
        figures = (line.units, line.srm, line.delivered_units, line.price_gbp, line.cost_gbp)
        words = (line.ledger, line.habitat)
        serves = plan.serves(line.stock_id)
        rows.append((line.stock_id, line.bank_id, *place, *words, *figures, serves))
    return rows


def _purchase_sums(plan: Plan) -> list[Row]:
    """Return a sum for each ledger, as units of two ledgers are never added, and the cost."""
    sums: list[Row] = []
    for ledger, lines in by_ledger(plan):
        units = sum((line.units for line in lines), ZERO)
        delivered = sum((line.delivered_units for line in lines), ZERO)
        cost = sum((line.cost_gbp for line in lines), ZERO)
        sums.append((f"Sum {ledger}", *("",) * 6, units, "", delivered, "", cost))
    for credit in plan.credits:
        what = f"Statutory credits, tier {credit.tier}"
        figures = (credit.credits, "", "", credit.price_gbp, credit.cost_gbp)
        sums.append((what, *("",) * 4, credit.ledger, "", *figures))
    fees = ("Fees of the banks", *("",) * 10, plan.fees_gbp)
    return [*sums, fees, ("Total", *("",) * 10, plan.total_gbp)]


def _needs(plan: Plan) -> Sheet:
    columns = (
        ("Ledger", 13, _TEXT),
        ("Need", 52, _TEXT),
        ("Rule", 52, _TEXT),
        ("Met by", 70, _TEXT),
        ("Kind", 18, _TEXT),
        ("Stock line", 16, _TEXT),
        ("Units", 11, UNITS),
        ("Need in all", 11, UNITS),
    )
    rows = [
        (need.ledger, need.target, need.rule, s.words, s.kind, s.stock_id, s.units, need.units)
        for need in needs_met(plan)
        for s in need.sources
    ]
    return Sheet("How needs are met", columns, rows)


def _checks(plan: Plan) -> Sheet:
    columns = (("Rule", 44, _TEXT), ("Holds", 10, _TEXT), ("What was found", 90, _TEXT))
    rows = [(check.rule, "yes" if check.ok else "NO", check.detail) for check in plan.checks]
    return Sheet("Checks", columns, rows)


def _rest(plan: Plan) -> Sheet:
    columns = (
        ("Stock line", 16, _TEXT),
        ("Bank id", 14, _TEXT),
        ("Habitat", 52, _TEXT),
        ("Units for sale", 15, UNITS),
        ("Multiplier", 11, "0.00"),
        ("Price per unit", 15, MONEY),
        ("Why it wasn't chosen", 90, _TEXT),
    )
    rows = [
        (
            item.stock_id,
            item.bank_id,
            item.habitat,
            item.units,
            item.srm,
            item.price_gbp,
            item.reason,
        )
        for item in plan.not_chosen
    ]
    return Sheet("Not chosen", columns, rows)


def _write(page: Worksheet, sheet: Sheet) -> None:
    formats = [each[2] for each in sheet.columns]
    _write_row(page, 1, [title for title, _, _ in sheet.columns], formats, bold=True)
    for cell in page[1]:
        cell.fill = _HEADER_FILL
    for number, row in enumerate([*sheet.rows, *sheet.sums], 2):
        _write_row(page, number, row, formats, bold=number > len(sheet.rows) + 1)
    for number, (_, width, _) in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = width
    page.freeze_panes = "A2"


def _write_row(
    page: Worksheet, number: int, values: Iterable[object], formats: Sequence[str], *, bold: bool
) -> None:
    for column, (value, number_format) in enumerate(zip(values, formats, strict=False), 1):
        cell = page.cell(number, column)
        _fill(cell, value, number_format)
        if bold:
            cell.font = _BOLD


def _fill(cell: Cell | MergedCell, value: object, number_format: str) -> None:
    """Put a value into a cell: numbers as numbers, all else as text and never a formula."""
    if value is None or value == "":
        return
    cell.alignment = _TOP
    if isinstance(value, int | float | Decimal):
        cell.value = float(value)
        cell.number_format = number_format
        return
    text = cell_text(value)
    cell.value = text
    cell.data_type = "s"
    # Excel would read the text again as a formula once somebody edits the cell.
    cell.quotePrefix = begins_formula(text)
