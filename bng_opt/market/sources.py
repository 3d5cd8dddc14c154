"""Where market tables come from: a folder of CSV files, a workbook, DataFrames, or a store."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bng_opt.cells import without_guard
from bng_opt.errors import Finding, InputError
from bng_opt.market.backend.reader import backend_tables
from bng_opt.market.backend.sheets import SIGNS
from bng_opt.market.cells import RawTable, Report
from bng_opt.market.habitats import FindHabitat, statutory_habitat
from bng_opt.market.headings import Rows, is_blank, table_of
from bng_opt.market.schema import ALL_SCHEMAS, PARCELS, SCHEMAS
from bng_opt.market.workbooks import WORKBOOK_SUFFIXES, read_sheets

if TYPE_CHECKING:
    import pandas as pd

Source = str | PathLike[str] | Mapping[str, "pd.DataFrame"]

MAX_CSV_BYTES = 200_000_000
"""Far above the whole English market (about 10 MB); more is not a market file."""

KINDS = (
    "Give a folder with banks.csv, stock.csv and pricing.csv, an .xlsx workbook with the "
    "sheets banks, stock and pricing, a mapping of those names to DataFrames, or a store "
    "(its file or URL)."
)

_SQLITE = b"SQLite format 3\0"


def read_tables(
    source: Source, report: Report, find: FindHabitat = statutory_habitat
) -> dict[str, RawTable]:
    """Return the tables of a market source by name; one that can't be read is left out.

    Parameters
    ----------
    source
        Files or DataFrames; stores are :func:`store_of`'s business.
    report
        Where findings go.
    find
        Finds a habitat by its name.

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
        return _from_workbook(path, report, find)
    raise InputError(Finding("A market isn't read from this kind of file.", KINDS, file=str(path)))


def store_of(source: Source) -> str | None:
    """Return where a store is, if the source is one: a URL, or a file of SQLite; else None."""
    if isinstance(source, Mapping):
        return None
    text = str(source)
    if "://" in text:
        from bng_opt.market.store import is_store_url

        return text if is_store_url(text) else None
    path = Path(source)
    try:
        with path.open("rb") as stream:
            return text if stream.read(len(_SQLITE)) == _SQLITE else None
    except OSError:
        # A folder, or nothing: what reads it says what is wrong.
        return None


def _from_folder(folder: Path, report: Report) -> dict[str, RawTable]:
    files = {path.name.casefold(): path for path in sorted(folder.iterdir()) if path.is_file()}
    tables = {}
    for schema in ALL_SCHEMAS:
        name = f"{schema.name}.csv"
        path = files.get(name)
        if path is None and schema not in SCHEMAS:
            continue
        if path is None:
            remedy = f"Put {name} into {folder}; its columns are {', '.join(schema.names)}."
            report.errors.append(Finding("The file is missing.", remedy, file=name))
            continue
        rows = _csv_rows(path, report)
        if rows is not None:
            table = table_of(schema, path.name, None, rows, report)
            tables[schema.name] = _even(table, rows, report)
    return tables


def _csv_rows(path: Path, report: Report) -> Rows | None:
    text = _decoded(path, report)
    if text is None:
        return None
    rows: list[tuple[int, Sequence[object]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        # An apostrophe that only guards a cell is no part of its text.
        guarded = "'" in text
        cells = ([without_guard(cell) for cell in row] if guarded else row for row in reader)
        rows.extend(enumerate(cells, 1))
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


def _even(table: RawTable, rows: Rows, report: Report) -> RawTable:
    """Return the table without rows of another length than the header, which are reported."""
    width = len(rows[0][1]) if rows else 0
    even = []
    for number, cells in table.rows:
        if len(cells) == width or (len(cells) > width and is_blank(cells[width:])):
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


def _from_workbook(path: Path, report: Report, find: FindHabitat) -> dict[str, RawTable]:
    names = [schema.name for schema in SCHEMAS]
    sheets = read_sheets(path, names, report, if_there=(*SIGNS, PARCELS.name))
    if not sheets.keys().isdisjoint(SIGNS):
        return backend_tables(path.name, sheets, report, find)
    return {
        schema.name: table_of(
            schema, path.name, schema.name, list(enumerate(sheets[schema.name], 1)), report
        )
        for schema in ALL_SCHEMAS
        if schema.name in sheets
    }


def _from_frames(frames: Mapping[str, Any], report: Report) -> dict[str, RawTable]:
    import pandas as pd

    tables = {}
    for schema in ALL_SCHEMAS:
        frame = frames.get(schema.name)
        if frame is None and schema not in SCHEMAS:
            continue
        if not isinstance(frame, pd.DataFrame):
            found = "is missing" if frame is None else f"is a {type(frame).__name__}"
            message = f"The table {schema.name} {found}."
            report.errors.append(Finding(message, KINDS, file=schema.name))
            continue
        plain = frame.astype(object).where(frame.notna(), None)
        cells = [tuple(frame.columns), *plain.itertuples(index=False, name=None)]
        table = table_of(schema, schema.name, None, list(enumerate(cells, 1)), report)
        tables[schema.name] = table
    return tables
