"""Where market tables come from: a folder of CSV files, a workbook, or DataFrames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import RawTable, Report
from bng_opt.market.schema import SCHEMAS, TableSchema
from bng_opt.market.workbooks import WORKBOOK_SUFFIXES, read_sheets
from bng_opt.reference import nearest, normalise

if TYPE_CHECKING:
    import pandas as pd

Source = str | PathLike[str] | Mapping[str, "pd.DataFrame"]

MAX_CSV_BYTES = 200_000_000
"""Far above the whole English market (about 10 MB); more is not a market file."""

KINDS = (
    "Give a folder with banks.csv, stock.csv and pricing.csv, an .xlsx workbook with the "
    "sheets banks, stock and pricing, or a mapping of those names to DataFrames."
)

_Rows = Sequence[tuple[int, Sequence[object]]]


def read_tables(source: Source, report: Report) -> dict[str, RawTable]:
    """Return the tables of a market source by name; one that can't be read is left out.

    Raises
    ------
    InputError
        If the source is none of the kinds that are read.
    """
    if isinstance(source, Mapping):
        return _from_frames(source, report)
    if "://" in str(source):
        raise InputError(
            Finding("This version reads no market from a URL.", KINDS, file=str(source))
        )
    path = Path(source)
    if path.is_dir():
        return _from_folder(path, report)
    if not path.exists():
        raise InputError(Finding("There is no such file or folder.", KINDS, file=str(source)))
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        return _from_workbook(path, report)
    raise InputError(Finding("A market isn't read from this kind of file.", KINDS, file=str(path)))


def _from_folder(folder: Path, report: Report) -> dict[str, RawTable]:
    files = {path.name.casefold(): path for path in sorted(folder.iterdir()) if path.is_file()}
    tables = {}
    for schema in SCHEMAS:
        name = f"{schema.name}.csv"
        path = files.get(name)
        if path is None:
            remedy = f"Put {name} into {folder}; its columns are {', '.join(schema.names)}."
            report.errors.append(Finding("The file is missing.", remedy, file=name))
            continue
        rows = _csv_rows(path, report)
        if rows is not None:
            table = _table(schema, path.name, None, rows, report)
            tables[schema.name] = _even(table, rows, report)
    return tables


def _csv_rows(path: Path, report: Report) -> _Rows | None:
    text = _decoded(path, report)
    if text is None:
        return None
    rows: list[tuple[int, Sequence[object]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows.extend(enumerate(reader, 1))
    except csv.Error as error:
        finding = Finding(
            f"The file stops being CSV here ({error}).",
            'Check the quotes: a quote inside a quoted cell is written twice ("").',
            file=path.name,
            row=reader.line_num,
        )
        report.errors.append(finding)
        return None
    return rows


def _decoded(path: Path, report: Report) -> str | None:
    """Return the text of a UTF-8 file (a byte order mark is fine), None if it isn't one."""
    if path.stat().st_size > MAX_CSV_BYTES:
        message = f"The file has more than {MAX_CSV_BYTES // 1_000_000} MB."
        report.errors.append(Finding(message, "Give the market's own tables.", file=path.name))
        return None
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message, row = "The file isn't UTF-8 text.", raw.count(b"\n", 0, error.start) + 1
    else:
        if "\0" not in text:
            return text
        row = text.count("\n", 0, text.index("\0")) + 1
        message = "The file holds NUL characters: it isn't UTF-8 text."
    remedy = 'Save it again as "CSV UTF-8 (comma delimited)".'
    report.errors.append(Finding(message, remedy, file=path.name, row=row))
    return None


def _even(table: RawTable, rows: _Rows, report: Report) -> RawTable:
    """Return the table without rows of another length than the header, which are reported."""
    width = len(rows[0][1]) if rows else 0
    even = []
    for number, cells in table.rows:
        if len(cells) == width or (len(cells) > width and _is_blank(cells[width:])):
            even.append((number, cells))
            continue
        finding = Finding(
            f"The row has {len(cells)} cells where the header has {width}.",
            'Put cells that hold a comma in double quotes ("), and leave no comma out.',
            file=table.file,
            row=number,
        )
        report.errors.append(finding)
    return RawTable(table.name, table.file, table.sheet, table.positions, even)


def _from_workbook(path: Path, report: Report) -> dict[str, RawTable]:
    sheets = read_sheets(path, [schema.name for schema in SCHEMAS], report)
    return {
        schema.name: _table(
            schema, path.name, schema.name, list(enumerate(sheets[schema.name], 1)), report
        )
        for schema in SCHEMAS
        if schema.name in sheets
    }


def _from_frames(frames: Mapping[str, Any], report: Report) -> dict[str, RawTable]:
    import pandas as pd

    tables = {}
    for schema in SCHEMAS:
        frame = frames.get(schema.name)
        if not isinstance(frame, pd.DataFrame):
            found = "is missing" if frame is None else f"is a {type(frame).__name__}"
            message = f"The table {schema.name} {found}."
            report.errors.append(Finding(message, KINDS, file=schema.name))
            continue
        plain = frame.astype(object).where(frame.notna(), None)
        cells = [tuple(frame.columns), *plain.itertuples(index=False, name=None)]
        table = _table(schema, schema.name, None, list(enumerate(cells, 1)), report)
        tables[schema.name] = table
    return tables


def _table(
    schema: TableSchema, file: str, sheet: str | None, rows: _Rows, report: Report
) -> RawTable:
    """Return the table of a header row and its rows; what is wrong with the header is reported."""
    header = [str(cell or "").strip() for cell in rows[0][1]] if rows else []
    body = [(number, cells) for number, cells in rows[1:] if not _is_blank(cells)]
    known = {normalise(name): name for name in schema.names}
    positions: dict[str, int] = {}
    for position, heading in enumerate(header):
        name = known.get(normalise(heading))
        if name is None:
            filled = heading or not _is_blank(c for _, cells in body for c in cells[position:][:1])
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


def _is_blank(cells: Iterable[object]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
