"""What was typed into the input sheets: one entry a row, as the unit engine takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.project.layout import LAYOUTS, Layout, Part
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState, Row
from bng_opt.metric.units.years import LONG
from bng_opt.reference import Ledger

_AS_DROP_DOWN = "Choose from the drop-down of the cell."
_YEARS = "Choose whole years from the drop-down of the cell."


@dataclass(frozen=True)
class Entry:
    """A filled row of an input sheet.

    Attributes
    ----------
    layout, number
        Which sheet, and which row of it (1-based).
    row
        What it says of the habitat.
    ref
        The workbook's own number of a baseline row, or that of the baseline which an
        enhancement begins from.
    retained, enhanced
        Of a baseline, what is kept as it is and what is enhanced [ha or km].
    irreplaceable, bespoke
        Of a baseline, what the cells say: Yes, No, Pending or nothing.
    spatial, site
        Off site, the spatial risk category and the gain site's reference, as written.
    """

    layout: Layout
    number: int
    row: Row
    ref: str = ""
    retained: float = 0.0
    enhanced: float = 0.0
    irreplaceable: str = ""
    bespoke: str = ""
    spatial: str = ""
    site: str = ""

    def cell(self, column: str) -> Cell:
        """Return the cell of a column of this row."""
        return Cell.named(f"{self.layout.columns[column]}{self.number}")


@dataclass(frozen=True)
class Entries:
    """The filled rows of a workbook, and what the user ought to know of them."""

    rows: tuple[Entry, ...]
    warnings: tuple[Finding, ...] = ()


def read_entries(sheets: Mapping[str, Sheet]) -> Entries:
    """Return every filled row of the input sheets.

    Parameters
    ----------
    sheets
        The sheets by their names in :data:`bng_opt.metric.project.layout.LAYOUTS`.

    Raises
    ------
    InputError
        With every row that can't be read, by sheet and cell.
    """
    reader = _Reader(sheets)
    entries = [entry for layout in LAYOUTS.values() for entry in reader.entries(layout)]
    if reader.findings:
        raise InputError(reader.findings)
    return Entries(tuple(entries), tuple(reader.warnings))


@dataclass
class _Reader:
    """Input sheets being read, and what was wrong so far."""

    sheets: Mapping[str, Sheet]
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    _starts: dict[tuple[Ledger, bool], list[Entry]] = field(default_factory=dict)

    def entries(self, layout: Layout) -> Iterator[Entry]:
        """Yield the filled rows of a sheet; baselines are read before enhancements."""
        sheet = self.sheets[layout.name]
        start = iter(self._starts.get((layout.ledger, layout.off_site), ()))
        for number in range(layout.first, layout.last + 1):
            cells = _Cells(sheet, layout, number)
            if layout.part is Part.ENHANCEMENT:
                # The nth row enhances the nth baseline that is to be enhanced ('A-1' AL).
                baseline = next(start, None)
                if baseline is not None and cells.text("habitat"):
                    yield from self._read(cells, baseline)
            elif cells.text("habitat"):
                yield from self._read(cells, None)

    def _read(self, cells: _Cells, baseline: Entry | None) -> Iterator[Entry]:
        try:
            entry = cells.entry(baseline)
        except InputError as error:
            self.findings += [cells.placed(finding) for finding in error.findings]
            return
        if warning := cells.advance_warning():
            self.warnings.append(warning)
        if entry.enhanced > 0:
            key = entry.layout.ledger, entry.layout.off_site
            self._starts.setdefault(key, []).append(entry)
        yield entry


@dataclass(frozen=True)
class _Cells:
    """The cells of one row."""

    sheet: Sheet
    layout: Layout
    number: int

    def value(self, column: str) -> Any:
        """Return a cell's value, ``""`` where the sheet has no such column."""
        letters = self.layout.columns.get(column)
        return "" if letters is None else self.sheet.value(Cell.named(f"{letters}{self.number}"))

    def text(self, column: str) -> str:
        """Return a cell's text, trimmed."""
        value = self.value(column)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip()

    def size(self, column: str) -> float:
        """Return a cell's size, 0 where it is blank."""
        value = self.value(column)
        if isinstance(value, str) and not value.strip():
            return 0.0
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        message = f'The cell {self._place(column)} says "{self.text(column)}" for a size.'
        raise InputError(Finding(message, "Type hectares or kilometres as a number."))

    def entry(self, baseline: Entry | None) -> Entry:
        """Return the row as an entry; of an enhancement with the baseline that it begins from."""
        spatial, site = self.text("spatial"), self.text("site")
        if self.layout.part is Part.BASELINE:
            return Entry(
                self.layout, self.number, Baseline(self.size("size"), self.state()),
                self.text("ref"), self.size("retained"), self.size("enhanced"),
                self.text("irreplaceable"), self.text("bespoke"), spatial, site,
            )  # fmt: skip
        if baseline is None:
            row = self._creation()
            return Entry(self.layout, self.number, row, spatial=spatial, site=site)
        return Entry(
            self.layout, self.number, self._enhancement(baseline), baseline.ref,
            spatial=baseline.spatial, site=site,
        )  # fmt: skip

    def state(self) -> HabitatState:
        """Return what the row says of the habitat."""
        broad, habitat = self.text("broad"), self.text("habitat")
        ledger = self.layout.ledger
        condition, significance = self.text("condition"), self.text("significance")
        missing = [
            Finding(f"The cell {self._place(name)} ({name}) is blank.", _AS_DROP_DOWN)
            for name in ("condition", "significance", "encroachment", "riparian")
            if name in self.layout.columns and not self.text(name)
        ]
        if missing:
            raise InputError(missing)
        whole = f"{broad} - {habitat}" if broad and ledger is Ledger.AREA else habitat
        return HabitatState.named(
            whole, condition, significance, ledger=ledger,
            encroachment=self.text("encroachment"), riparian=self.text("riparian"),
        )  # fmt: skip

    def placed(self, finding: Finding, column: str = "habitat") -> Finding:
        """Return a finding with its place in the workbook."""
        place = self._place(column)
        return Finding(
            finding.message, finding.remedy, file=self.sheet.file, sheet=self.layout.name,
            cell=place,
        )  # fmt: skip

    def _creation(self) -> Creation:
        return Creation(
            self.size("size"), self.state(), self._years("advance"), self._years("delay"),
            self.layout.off_site,
        )  # fmt: skip

    def _enhancement(self, baseline: Entry) -> Enhancement:
        assert isinstance(baseline.row, Baseline)  # noqa: S101 (only baselines are begun from)
        return Enhancement(
            baseline.enhanced, baseline.row.state, self._target(baseline), self._years("advance"),
            self._years("delay"), self.layout.off_site, baseline.row.size,
        )  # fmt: skip

    def _target(self, baseline: Entry) -> HabitatState:
        if self.layout.ledger is not Ledger.AREA or self.text("broad"):
            return self.state()
        # A blank broad habitat is a formula that was never calculated: it stays the same.
        assert isinstance(baseline.row, Baseline)  # noqa: S101
        broad = baseline.row.state.habitat.broad_habitat
        return HabitatState.named(
            f"{broad} - {self.text('habitat')}", self.text("condition"),
            self.text("significance"), ledger=Ledger.AREA,
        )  # fmt: skip

    def advance_warning(self) -> Finding | None:
        """Return what to know of an advance that is no number of years; None where it is one."""
        text = self.text("advance")
        if not self._is_other_text(text):
            return None
        message = f'The cell says "{text}" for years in advance; the metric counts it as "{LONG}".'
        return self.placed(Finding(message, _YEARS), "advance")

    def _years(self, column: str) -> str:
        text = self.text(column)
        # Excel holds any text to be more than every number.
        return LONG if column == "advance" and self._is_other_text(text) else text or "0"

    @staticmethod
    def _is_other_text(text: str) -> bool:
        return bool(text) and text != LONG and not text.isdigit()

    def _place(self, column: str) -> str:
        return f"{self.layout.columns[column]}{self.number}"
