"""Reading a requirement table, for those without a workbook (DESIGN 4.2)."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bng_opt.errors import Finding, InputError
from bng_opt.metric.package import Source, read_source
from bng_opt.metric.requirement import TYPED, HabitatChange, LedgerRequirement, Requirement
from bng_opt.reference import Habitat, Ledger, catalogue, nearest, normalise

COLUMNS = ("ledger", "habitat", "units")
NET_GAIN = "Net gain"
"""The habitat of a line that any habitat of its ledger may meet."""
MAX_TABLE_BYTES = 2**20
"""Largest table [bytes]; one with every habitat of the metric has 10 kB."""
MAX_FINDINGS = 50
"""After so many findings the rest of the table is not read."""
MAX_NAME_LENGTH = 200
"""Longer names are cut [characters]; the metric's longest habitat has 110."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_SAVE_UTF8 = "Save it in Excel as 'CSV UTF-8 (Comma delimited)'."


@dataclass
class _Lines:
    """The lines read so far, and what was wrong with others."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    units: dict[tuple[Ledger, Habitat | None], float] = field(default_factory=dict)
    rows: dict[tuple[Ledger, Habitat | None], int] = field(default_factory=dict)

    def wrong(self, row: int | None, column: str | None, message: str, remedy: str) -> None:
        self.findings.append(Finding(message, remedy, file=self.file, row=row, column=column))


def read_requirement_table(source: Source, name: str | None = None) -> Requirement:
    r"""Read what a development still owes from a table of missing units.

    Parameters
    ----------
    source
        A UTF-8 CSV file with the columns ``ledger`` (area, hedgerow or watercourse),
        ``habitat`` (as the metric names it, or ``Net gain`` for units that any habitat of
        the ledger may meet) and ``units`` (still missing, positive [units at multiplier
        1]): a path, its bytes, or an open binary file.
    name
        The file's name for messages; by default the path's own.

    Returns
    -------
    Requirement
        Version ``"table"``, without a target. Each habitat's change is its missing units,
        negative; a ledger's deficit is the sum of its lines.

    Raises
    ------
    InputError
        With all findings by row and column, if anything in the table can't be used.

    Examples
    --------
    >>> table = b"ledger,habitat,units\narea,Lowland meadows,1.5\narea,Net gain,0.5\n"
    >>> read_requirement_table(table).need
    2.0
    """
    data, label = read_source(source, name, MAX_TABLE_BYTES)
    lines = _Lines(label)
    for row, cells in _rows(data, lines):
        _read_line(row, cells, lines)
        if len(lines.findings) >= MAX_FINDINGS:
            lines.wrong(row, None, "The rows below were not checked.", "Mend those above first.")
            break
    if not lines.units and not lines.findings:
        lines.wrong(None, None, "The table has no lines.", "State at least one missing unit.")
    if lines.findings:
        raise InputError(lines.findings)
    return Requirement(
        version=TYPED,
        target=None,
        ledgers={ledger: _position(ledger, lines) for ledger in Ledger},
        source=label,
    )


def _rows(data: bytes, lines: _Lines) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the row number and the cells of every row that isn't blank."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        lines.wrong(row, None, "The table is not in UTF-8.", _SAVE_UTF8)
        return
    if "\x00" in text:
        lines.wrong(None, None, "The table is not a CSV file: it holds null bytes.", _SAVE_UTF8)
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [cell.strip().casefold() for cell in next(reader, [])]
        if not _has_columns(names, lines):
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                message = f"The row has {len(cells)} cells; the header has {len(names)}."
                lines.wrong(reader.line_num, None, message, "Quote cells that hold commas.")
                continue
            padded = [*cells, *[""] * len(names)]
            yield reader.line_num, dict(zip(names, padded, strict=False))
    except csv.Error as error:
        lines.wrong(reader.line_num, None, f"The row can't be read ({error}).", _SAVE_UTF8)


def _has_columns(names: list[str], lines: _Lines) -> bool:
    """Return whether the header names every column once."""
    before = len(lines.findings)
    for column in COLUMNS:
        if names.count(column) != 1:
            what = "stands twice" if column in names else "is missing"
            message = f"The column {column} {what}."
            lines.wrong(1, column, message, f"The header must be: {','.join(COLUMNS)}.")
    return len(lines.findings) == before


def _read_line(row: int, cells: dict[str, str], lines: _Lines) -> None:
    """Note a line, or everything that is wrong with it."""
    before = len(lines.findings)
    ledger = _ledger(row, cells["ledger"].strip()[:MAX_NAME_LENGTH], lines)
    habitat = _habitat(row, cells["habitat"].strip()[:MAX_NAME_LENGTH], ledger, lines)
    units = _units(row, cells["units"].strip()[:MAX_NAME_LENGTH], lines)
    if ledger is None or len(lines.findings) > before:
        return
    key = (ledger, habitat)
    if key in lines.rows:
        what = habitat.name if habitat else NET_GAIN
        message = f"{what} stands already in row {lines.rows[key]}."
        lines.wrong(row, "habitat", message, "Add the two rows' units up in one row.")
        return
    lines.rows[key] = row
    lines.units[key] = units


def _ledger(row: int, text: str, lines: _Lines) -> Ledger | None:
    for ledger in Ledger:
        if normalise(text) == ledger.value:
            return ledger
    known = ", ".join(nearest(text, [each.value for each in Ledger]))
    lines.wrong(row, "ledger", f'Unknown ledger "{text}".', f"The ledgers are: {known}.")
    return None


def _habitat(row: int, text: str, ledger: Ledger | None, lines: _Lines) -> Habitat | None:
    """Return the habitat of a line; None for net gain, and where something is wrong."""
    if normalise(text) == normalise(NET_GAIN):
        return None
    if not text:
        remedy = f'Name the habitat, or "{NET_GAIN}" for units of any habitat.'
        lines.wrong(row, "habitat", "The habitat is blank.", remedy)
        return None
    try:
        habitat = catalogue().find(text, ledger)
    except InputError as error:
        for finding in error.findings:
            lines.wrong(row, "habitat", finding.message, finding.remedy)
        return None
    if not habitat.trades:
        message = f"{habitat.name} is of Very Low distinctiveness: it has no units to owe."
        lines.wrong(row, "habitat", message, f'Leave the row out, or name it "{NET_GAIN}".')
    return habitat


def _units(row: int, text: str, lines: _Lines) -> float:
    """Return a line's missing units [units]; NaN where something is wrong."""
    if not text:
        message, remedy = "The units are blank.", "State the missing units."
    elif _THOUSANDS.fullmatch(text):
        plain = text.replace(",", "")
        message, remedy = f'"{text}" has a thousands separator.', f"Write {plain}."
    elif not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        message, remedy = f'"{text}" is not a number.', "Write a plain number such as 1.38."
    elif float(text) <= 0:
        message = f"The units are {text}; they must be more than zero."
        remedy = "State what is still missing as a positive number, or leave the row out."
    else:
        return float(text)
    lines.wrong(row, "units", message, remedy)
    return math.nan


def _position(ledger: Ledger, lines: _Lines) -> LedgerRequirement:
    owed = {habitat: units for (of, habitat), units in lines.units.items() if of is ledger}
    changes = [HabitatChange(h, -units) for h, units in owed.items() if h is not None]
    return LedgerRequirement(ledger, 0.0, sum(owed.values()), tuple(changes))
