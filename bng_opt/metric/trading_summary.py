"""The three trading summary sheets: every habitat's unit change, and the tool's verdicts.

Columns and rows are found by their headers and labels, since copies differ; then every
habitat of the statutory list must have been found once, in its own band.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bng_opt.errors import InputError
from bng_opt.metric.cells import MAX_LABEL_LENGTH, Cell, Sheet, key_of
from bng_opt.metric.readings import RECALCULATE, Readings
from bng_opt.metric.requirement import HabitatChange
from bng_opt.reference import Distinctiveness, Habitat, Ledger, catalogue

TRADING_SHEETS = {
    Ledger.AREA: "Trading Summary Area Habitats",
    Ledger.HEDGEROW: "Trading Summary Hedgerows",
    Ledger.WATERCOURSE: "Trading Summary WaterC's",
}
_UNCHANGED = "Give the statutory metric with its sheets unchanged."
_NOISE = 1e-12
"""Changes below this are the rounding of sums of doubles, not units."""
MAX_ROWS = 100
"""Most rows of a table that are read; the metric's longest has 42."""
_MAX_COLUMNS = 10
_MAX_GAP = 3
_SECTIONS = {key_of(f"{band.value} Distinctiveness"): band for band in Distinctiveness}
_BANDS = {key_of(band.value): band for band in Distinctiveness}


@dataclass(frozen=True)
class TradingSummary:
    """One ledger's trading summary.

    Attributes
    ----------
    changes
        Every habitat of the ledger, in the workbook's order, zero or not.
    flags
        The tool's verdict by band: where it stands, and whether it says Yes.
    """

    ledger: Ledger
    sheet: Sheet
    changes: tuple[HabitatChange, ...]
    flags: dict[Distinctiveness, tuple[Cell, bool]]

    @property
    def total(self) -> float:
        """Return the ledger's project-wide change [units]."""
        return sum(change.project_wide for change in self.changes)

    @property
    def nonzero(self) -> tuple[HabitatChange, ...]:
        """Return the changes that aren't zero."""
        return tuple(c for c in self.changes if max(abs(c.on_site), abs(c.off_site)) > _NOISE)


@dataclass(frozen=True)
class _Section:
    """One band's table: its header row's first cell and the columns of its three numbers."""

    band: Distinctiveness
    header: Cell
    columns: tuple[int, int, int]


def read_trading_summary(sheet: Sheet, ledger: Ledger, readings: Readings) -> TradingSummary:
    """Return a ledger's trading summary; problems are noted in ``readings``.

    Raises
    ------
    InputError
        If the tables' headers are missing.
    """
    changes: list[HabitatChange] = []
    for section in _sections(sheet, ledger, readings):
        changes.extend(_read_section(sheet, ledger, section, readings))
    _check_list(sheet, ledger, [change.habitat for change in changes], readings)
    return TradingSummary(ledger, sheet, tuple(changes), _read_flags(sheet, ledger, readings))


def _sections(sheet: Sheet, ledger: Ledger, readings: Readings) -> list[_Section]:
    sections = []
    for header in sheet.find("Habitat group"):
        band = _SECTIONS.get(key_of(sheet.text(header.at(-1))))
        if band is None:
            readings.problem(
                sheet,
                header.at(-1),
                'A table of habitats without its title, such as "High Distinctiveness".',
                _UNCHANGED,
            )
            continue
        keys = [key_of(sheet.text(header.at(0, n))) for n in range(_MAX_COLUMNS)]
        wanted = ("onsiteunitchange", "offsiteunitchange", "projectwideunitchange")
        if any(keys.count(key) != 1 for key in wanted):
            readings.problem(
                sheet,
                header,
                "The headers of on-site, off-site and project-wide unit change "
                "must each stand once in this row.",
                _UNCHANGED,
            )
            continue
        on, off, both = (keys.index(key) for key in wanted)
        sections.append(_Section(band, header, (on, off, both)))
    found = [section.band for section in sections]
    expected = bands_of(ledger)
    if sorted(found) != sorted(expected):
        readings.problem(
            sheet,
            None,
            f"The sheet should have the tables {', '.join(expected)}; "
            f"it has {', '.join(found) or 'none'}.",
            _UNCHANGED,
        )
        raise readings.error(sheet)
    return sections


def bands_of(ledger: Ledger) -> list[Distinctiveness]:
    """Return the bands that a ledger trades, highest first."""
    bands = {h.distinctiveness for h in catalogue().of(ledger) if h.trades}
    return sorted(bands, key=lambda band: -band.rank)


def _read_section(
    sheet: Sheet, ledger: Ledger, section: _Section, readings: Readings
) -> list[HabitatChange]:
    changes: list[HabitatChange] = []
    row = section.header.at(1)
    last = row.at(MAX_ROWS)
    while sheet.text(row):
        if row == last:
            message = f"The table has more than {MAX_ROWS} rows; the metric's longest has 42."
            readings.problem(sheet, row, message, _UNCHANGED)
            return changes
        change = _read_row(sheet, ledger, section, row, readings)
        if change is not None:
            changes.append(change)
        row = row.at(1)
    sums = (
        sum(change.on_site for change in changes),
        sum(change.off_site for change in changes),
        sum(change.project_wide for change in changes),
    )
    totals = _totals_row(sheet, section, row)
    for column, computed in zip(section.columns, sums, strict=True):
        cell = totals.at(0, column)
        what = f"the sum of the {section.band.value} rows above"
        readings.expect(sheet, cell, readings.number(sheet, cell), computed, what)
    return changes


def _totals_row(sheet: Sheet, section: _Section, below: Cell) -> Cell:
    """Return the row of totals: the first filled one, at most two below the last habitat."""
    rows = [below.at(n) for n in range(_MAX_GAP)]
    filled = (row for row in rows if any(sheet.text(row.at(0, c)) for c in section.columns))
    return next(filled, below)


def _read_row(
    sheet: Sheet, ledger: Ledger, section: _Section, row: Cell, readings: Readings
) -> HabitatChange | None:
    on, off, both = (row.at(0, column) for column in section.columns)
    on_site, off_site = readings.number(sheet, on), readings.number(sheet, off)
    project_wide = readings.number(sheet, both)
    readings.expect(sheet, both, project_wide, on_site + off_site, "on-site plus off-site")
    try:
        habitat = _habitat(sheet.text(row)[:MAX_LABEL_LENGTH], ledger)
    except InputError as error:
        for finding in error.findings:
            readings.problem(sheet, row, finding.message, finding.remedy)
        return None
    if habitat.distinctiveness is not section.band:
        readings.problem(
            sheet,
            row,
            f"{habitat.name} stands among the {section.band.value} habitats; it is "
            f"{habitat.distinctiveness.value}.",
            _UNCHANGED,
        )
    return HabitatChange(habitat, on_site, off_site)


@lru_cache(maxsize=1024)
def _habitat(label: str, ledger: Ledger) -> Habitat:
    return catalogue().find(label, ledger)


def _check_list(sheet: Sheet, ledger: Ledger, found: list[Habitat], readings: Readings) -> None:
    """Check that every habitat of the ledger is there once: 127, 13 or 5 rows."""
    expected = [habitat.name for habitat in catalogue().of(ledger) if habitat.trades]
    count = Counter(habitat.name for habitat in found)
    missing = [name for name in expected if name not in count]
    twice = sorted(name for name, times in count.items() if times > 1)
    if missing:
        names = _listed(missing)
        readings.problem(
            sheet,
            None,
            f"{len(found)} habitat rows were found of {len(expected)}; missing: {names}.",
            _UNCHANGED,
        )
    if twice:
        readings.problem(sheet, None, f"Habitats stand twice: {_listed(twice)}.", _UNCHANGED)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return "; ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")


def _read_flags(
    sheet: Sheet, ledger: Ledger, readings: Readings
) -> dict[Distinctiveness, tuple[Cell, bool]]:
    """Return the tool's verdicts: the table of bands at the top of the sheet."""
    group = readings.only(sheet, "Distinctiveness Group")
    verdict = readings.only(sheet, "Trading Satisfied?", lambda cell: cell.row == group.row)
    flags: dict[Distinctiveness, tuple[Cell, bool]] = {}
    for n in range(1, 11):
        band = _BANDS.get(key_of(sheet.text(group.at(n))))
        if band is None:
            continue
        cell = Cell(group.row + n, verdict.column)
        answer = key_of(sheet.text(cell))
        if answer not in ("yes", "no"):
            readings.problem(
                sheet,
                cell,
                f'The cell says "{sheet.text(cell)}"; it should say Yes or No.',
                RECALCULATE,
            )
        flags[band] = (cell, answer == "yes")
    absent = [band.value for band in bands_of(ledger) if band not in flags]
    if absent:
        readings.problem(
            sheet, group, f"The verdict on {', '.join(absent)} is missing.", _UNCHANGED
        )
    return flags
