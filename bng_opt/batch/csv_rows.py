"""The rows of a CSV file that people wrote: by column name, with every finding at its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bng_opt.errors import Finding

Cells = Mapping[str, str]


@dataclass(frozen=True)
class CsvRow:
    """A row that isn't blank.

    Attributes
    ----------
    number
        The header is row 1.
    cells
        The texts by column, without blanks around them.
    findings
        What is wrong with the row itself.
    """

    number: int
    cells: Cells
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CsvRows:
    """What could be read of a file, and what is wrong with the file as a whole."""

    rows: tuple[CsvRow, ...]
    findings: tuple[Finding, ...]


def read_csv_rows(path: Path, known: Sequence[str], needed: Sequence[Sequence[str]]) -> CsvRows:
    """Read a UTF-8 CSV file whose first row names its columns.

    Parameters
    ----------
    path
        The file.
    known
        The columns that it may have, in small letters.
    needed
        Of each of these groups one column at least has to be there.
    """
    reading = _Reading(path, known, needed)
    return CsvRows(tuple(reading.rows()), tuple(reading.findings))


@dataclass
class _Reading:
    path: Path
    known: Sequence[str]
    needed: Sequence[Sequence[str]]
    findings: list[Finding] = field(default_factory=list)

    def rows(self) -> list[CsvRow]:
        """Return the rows; none if the header can't be used."""
        text = self._text()
        if text is None:
            return []
        rows: list[CsvRow] = []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            names = [cell.strip().casefold() for cell in next(reader, [])]
            if not self._is_sound(names):
                return []
            for texts in reader:
                if any(text.strip() for text in texts):
                    rows.append(self._row(reader.line_num, names, texts))
        except csv.Error as error:
            message = f"The row can't be read ({error})."
            self._note(message, "Save it again as a CSV file.", reader.line_num)
        return rows

    def _text(self) -> str | None:
        try:
            return self.path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            remedy = "Give a CSV file with a row for each."
            self._note(f"The manifest can't be read: {error.strerror}.", remedy)
        except UnicodeDecodeError:
            remedy = "Save it in Excel as 'CSV UTF-8 (Comma delimited)'."
            self._note("The manifest is not in UTF-8.", remedy)
        return None

    def _is_sound(self, names: list[str]) -> bool:
        known = ", ".join(self.known)
        for name in dict.fromkeys(name for name in names if name and name not in self.known):
            self._note(f"The column {name} is unknown.", f"Known: {known}.", 1, name)
        for name in self.known:
            if names.count(name) > 1:
                self._note(f"The column {name} stands twice.", "Keep one of them.", 1, name)
        for group in self.needed:
            if not set(group) & set(names):
                what = " or ".join(group)
                self._note(f"There is no column {what}.", f"Known: {known}.", 1, group[0])
        return not self.findings

    def _row(self, number: int, names: list[str], texts: list[str]) -> CsvRow:
        padded = [*texts, *[""] * len(names)]
        cells = {n: text.strip() for n, text in zip(names, padded, strict=False) if n}
        if not any(text.strip() for text in texts[len(names) :]):
            return CsvRow(number, cells)
        message = f"The row has {len(texts)} cells; the header has {len(names)}."
        remedy = "Quote cells that hold commas."
        finding = Finding(message, remedy, file=str(self.path), row=number)
        return CsvRow(number, cells, (finding,))

    def _note(
        self, message: str, remedy: str, row: int | None = None, column: str | None = None
    ) -> None:
        self.findings.append(Finding(message, remedy, file=str(self.path), row=row, column=column))
