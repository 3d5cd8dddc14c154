"""A sheet of the back-end workbook under the names of a market's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bng_opt.market.cells import RawTable, Report, Row


def quiet_rows(table: RawTable) -> Iterator[Row]:
    """Return the rows of a sheet, read without a report: the market's own reading has it."""
    return (Row(table, number, cells, Report()) for number, cells in table.rows)


def loud_row(row: Row, report: Report) -> Row:
    """Return a row that reports what is said of it."""
    return Row(row.table, row.row_number, row.cells, report)


def translated(
    table: RawTable,
    name: str,
    same: Mapping[str, str],
    made: Mapping[str, Sequence[object]],
    headings: Mapping[str, str],
    rows: Sequence[tuple[int, Sequence[object]]] | None = None,
) -> RawTable:
    """Return a sheet as a table of the market.

    Parameters
    ----------
    table
        The sheet.
    name
        The market's table.
    same
        The sheet's columns that are taken as they are, by the market's names for them.
    made
        Cells that were made, a value a row, by the market's names.
    headings
        What findings about them call their columns.
    rows
        The rows, where some are left out.
    """
    body = table.rows if rows is None else rows
    width = max((len(cells) for _, cells in body), default=0)
    positions = {
        ours: table.positions[theirs] for ours, theirs in same.items() if theirs in table.positions
    }
    positions |= {column: width + order for order, column in enumerate(made)}
    extra = zip(*made.values(), strict=True) if made else iter(() for _ in body)
    wide = [
        (number, [*cells, *([None] * (width - len(cells))), *more])
        for (number, cells), more in zip(body, extra, strict=True)
    ]
    return RawTable(name, table.file, table.sheet, positions, wide, {**same, **headings})
