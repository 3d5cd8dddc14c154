"""The header of a table: which of its columns is which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bng_opt.errors import Finding
from bng_opt.market.cells import RawTable, Report
from bng_opt.market.schema import TableSchema
from bng_opt.reference import nearest, normalise

Rows = Sequence[tuple[int, Sequence[object]]]
"""Rows with their 1-based numbers, the header first."""


def table_of(
    schema: TableSchema, file: str, sheet: str | None, rows: Rows, report: Report
) -> RawTable:
    """Return the table of a header row and its rows.

    What is wrong with the header is reported. A column is known by its name without regard to
    case, blanks and underscores.
    """
    header = [str(cell or "").strip() for cell in rows[0][1]] if rows else []
    body = [(number, cells) for number, cells in rows[1:] if not is_blank(cells)]
    known = {normalise(name): name for name in schema.names}
    positions: dict[str, int] = {}
    for position, heading in enumerate(header):
        name = known.get(normalise(heading))
        if name is None:
            filled = heading or not is_blank(c for _, cells in body for c in cells[position:][:1])
            if filled:
                report.warnings.append(_unknown_heading(schema, file, sheet, heading))
        elif name in positions:
            remedy = "Keep one of the columns."
            finding = Finding("The column stands twice.", remedy, file, sheet, row=1, column=name)
            report.errors.append(finding)
        else:
            positions[name] = position
    report.errors.extend(_missing_headings(schema, file, sheet, header, positions))
    if not body:
        message = f"The table {schema.name} holds no rows."
        report.warnings.append(Finding(message, "Check that it was exported.", file, sheet))
    return RawTable(schema.name, file, sheet, positions, body)


def _unknown_heading(schema: TableSchema, file: str, sheet: str | None, heading: str) -> Finding:
    if not heading:
        message = "A column without a heading is ignored."
        return Finding(message, "Give it a heading, or empty it.", file, sheet, row=1)
    likely = nearest(heading, schema.names, 1)[0]
    return Finding(
        "The column isn't one of the table's and is ignored.",
        f"If {likely} is meant, call it so.",
        file,
        sheet,
        row=1,
        column=heading,
    )


def _missing_headings(
    schema: TableSchema,
    file: str,
    sheet: str | None,
    header: Sequence[str],
    positions: Mapping[str, int],
) -> Iterable[Finding]:
    remedy = f"Add it; the required columns are {', '.join(schema.required)}."
    if len(header) == 1 and any(separator in header[0] for separator in ";\t|"):
        remedy = "The cells seem to be separated by something else: save it with commas."
    for name in schema.required:
        if name not in positions:
            yield Finding("The column is missing.", remedy, file, sheet, row=1, column=name)


def is_blank(cells: Iterable[object]) -> bool:
    """Return whether all cells are blank."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
