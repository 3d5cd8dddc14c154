"""Filling a purchase into the off-site sheets of the official workbook.

Only free rows are used, below the last that anything stands in; nothing is overwritten. Results
are left out of the written file, so that whatever opens it calculates them anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.package import Source, open_package
from bng_opt.metric.project.entries import Entries, Entry, read_entries
from bng_opt.metric.project.layout import Layout, Part, layout_of
from bng_opt.metric.project.reading import input_sheets, refuse_extract
from bng_opt.metric.project.results import ProjectResult, project_result
from bng_opt.metric.readings import Readings
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.start import START, read_start
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState
from bng_opt.metric.verdicts import tool_margins
from bng_opt.metric.write_back import vocabulary
from bng_opt.metric.write_back.cell_edits import CellValue
from bng_opt.metric.write_back.package_edits import edited
from bng_opt.metric.write_back.vocabulary import Vocabulary
from bng_opt.metric.write_back.works import Works, refuse
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger
from bng_opt.reference.irreplaceable import irreplaceable_answers

HAIRS = (1e-9, 1e-8, 1e-7)
"""By how much written sizes exceed those bought: the first that clears every tie.

A hundred units grow by a ten-millionth at the first, far below what a stock line is rounded to.
"""
MOST_SITES = 101
"""As many gain sites as 'Off-site gain site summary' lists."""
_LAST_TRADED = {"D-2": 255}
"""The last row that 'G-2 Habitat groups' sums, where it isn't the sheet's last."""
_ENTERED = (
    "broad habitat size condition significance advance delay encroachment riparian spatial "
    "retained enhanced bespoke habitat_ref site"
).split()
"""What a user may have typed into a row."""
_CALCULATED = {Part.ENHANCEMENT: {"broad", "size", "spatial"}}
"""What formulas fill in there."""


@dataclass(frozen=True)
class Written:
    """One value that was written.

    Attributes
    ----------
    sheet, cell
        Where.
    value
        What.
    """

    sheet: str
    cell: Cell
    value: CellValue


@dataclass(frozen=True)
class Filled:
    """A workbook with the purchase filled in.

    Attributes
    ----------
    data
        The file; its results wait to be calculated.
    written
        Every cell that was written.
    added
        The rows that were added, as entries.
    project
        What the workbook's results will be, worked out from its rows.
    """

    data: bytes
    written: tuple[Written, ...]
    added: tuple[Entry, ...]
    project: ProjectResult

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """Return what the workbook will still find short, in words; nothing where it accepts."""
        return tuple(_shortfalls(self.project))


def fill_in(source: Source, works: Sequence[Works], name: str | None = None) -> Filled:
    """Return the official workbook with a purchase filled into its off-site sheets.

    Parameters
    ----------
    source, name
        The workbook, as for :func:`bng_opt.read_metric`.
    works
        What is bought, on the ground.

    Raises
    ------
    InputError
        If the workbook can't be read, the works can't be, or there aren't enough free rows.
    """
    refuse(tuple(works))
    workbook = Workbook(open_package(source, name))
    refuse_extract(workbook)
    sheets = workbook.read_all((START, *input_sheets(), *vocabulary.SHEETS))
    readings = Readings()
    start = read_start(sheets[START], readings)
    readings.raise_problems(sheets[START])
    entries = read_entries(sheets)
    for hair in HAIRS:
        form = _Form(sheets, entries)
        for each in works:
            form.enter(each.widened(hair))
        together = Entries((*entries.rows, *form.added), entries.warnings)
        project = project_result(_in_sheet_order(together), start.target)
        if not _has_tie(project):
            break
    data = edited(workbook, form.by_sheet())
    return Filled(data, tuple(form.written), tuple(form.added), project)


@dataclass
class _Form:
    """The off-site sheets being filled in."""

    sheets: Mapping[str, Sheet]
    entries: Entries
    written: list[Written] = field(default_factory=list)
    added: list[Entry] = field(default_factory=list)
    _next: dict[str, int] = field(default_factory=dict)

    def enter(self, works: Works) -> None:
        """Write the rows of one purchase."""
        self._keep_to_sites(works.site)
        rows = [self._baseline(works, start) for start in works.starts]
        baseline = rows[0] if rows else None
        if isinstance(works.outcome, Creation):
            self._creation(works, works.outcome, baseline)
        else:
            assert baseline is not None  # noqa: S101 (an enhancement always has one)
            self._enhancement(works, works.outcome, baseline)

    def by_sheet(self) -> dict[str, dict[Cell, CellValue]]:
        """Return what was written, by sheet."""
        found: defaultdict[str, dict[Cell, CellValue]] = defaultdict(dict)
        for each in self.written:
            found[each.sheet][each.cell] = each.value
        return dict(found)

    @cached_property
    def _words(self) -> Vocabulary:
        return Vocabulary(self.sheets)

    @cached_property
    def _sites(self) -> set[str]:
        return {entry.site for entry in self.entries.rows if entry.site}

    def _keep_to_sites(self, site: str) -> None:
        self._sites.add(site)
        if len(self._sites) > MOST_SITES:
            message = f"The workbook lists {MOST_SITES} gain sites at most."
            raise InputError(
                Finding(message, "Buy from fewer banks.", sheet="Off-site gain site summary")
            )

    def _baseline(self, works: Works, row: Baseline) -> Entry:
        layout = layout_of(works.ledger, Part.BASELINE, off_site=True)
        number = self._free_row(layout)
        enhanced = works.outcome.size if isinstance(works.outcome, Enhancement) else 0.0
        values: dict[str, CellValue] = self._described(row.state, layout)
        values |= {"size": row.size, "enhanced": enhanced} if enhanced else {"size": row.size}
        answer = "No" if "No" in irreplaceable_answers(row.state.habitat) else "Yes"
        if "irreplaceable" in layout.columns:
            values["irreplaceable"] = answer
        values["spatial"] = self._words.spatial(row.state.habitat, works.risk)
        self._write(layout, number, values, works)
        sheet = self.sheets[layout.name]
        ref = sheet.text(Cell.named(f"{layout.columns['ref']}{number}"))
        entry = Entry(
            layout, number, row, ref, enhanced=enhanced, irreplaceable=answer,
            spatial=str(values["spatial"]).strip(), site=works.site,
        )  # fmt: skip
        self.added.append(entry)
        return entry

    def _creation(self, works: Works, row: Creation, baseline: Entry | None) -> None:
        layout = layout_of(works.ledger, Part.CREATION, off_site=True)
        number = self._free_row(layout)
        values: dict[str, CellValue] = self._described(row.state, layout)
        values |= {"size": row.size, **_years(row)}
        values["spatial"] = self._words.spatial(row.state.habitat, works.risk)
        if baseline is not None and "baseline" in layout.columns:
            values["baseline"] = _number(baseline.ref)
        self._write(layout, number, values, works)
        spatial = str(values["spatial"]).strip()
        self.added.append(Entry(layout, number, row, spatial=spatial, site=works.site))

    def _enhancement(self, works: Works, row: Enhancement, baseline: Entry) -> None:
        layout = layout_of(works.ledger, Part.ENHANCEMENT, off_site=True)
        number = self._row_of_enhancement(layout, baseline)
        values: dict[str, CellValue] = self._described(row.after, layout)
        if works.ledger is Ledger.AREA and not _changes_broad(row):
            # The workbook's own formula fills it in.
            del values["broad"]
        values |= _years(row)
        self._write(layout, number, values, works)
        self.added.append(
            Entry(layout, number, row, baseline.ref, spatial=baseline.spatial, site=works.site)
        )

    def _described(self, state: HabitatState, layout: Layout) -> dict[str, CellValue]:
        words = self._words
        values: dict[str, CellValue] = {
            "habitat": words.habitat(state.habitat),
            "condition": words.condition(state),
            "significance": words.significance(state),
        }
        if layout.ledger is Ledger.AREA:
            values["broad"] = words.broad(state.habitat)
        if layout.ledger is Ledger.WATERCOURSE:
            values["encroachment"] = words.encroachment(state)
            values["riparian"] = words.riparian(state)
        return values

    def _write(
        self, layout: Layout, number: int, values: Mapping[str, CellValue], works: Works
    ) -> None:
        whole = {**values, "site": works.site, "habitat_ref": works.line}
        for column, value in whole.items():
            cell = Cell.named(f"{layout.columns[column]}{number}")
            self.written.append(Written(layout.name, cell, value))

    def _free_row(self, layout: Layout) -> int:
        number = self._next.get(layout.code) or self._first_free(layout)
        self._next[layout.code] = number + 1
        self._refuse_beyond(layout, number)
        return number

    def _first_free(self, layout: Layout) -> int:
        taken = [n for n in range(layout.first, layout.last + 1) if self._is_taken(layout, n)]
        return max(taken, default=layout.first - 1) + 1

    def _is_taken(self, layout: Layout, number: int) -> bool:
        sheet, own = self.sheets[layout.name], _CALCULATED.get(layout.part, set())
        columns = (layout.columns[c] for c in _ENTERED if c in layout.columns and c not in own)
        return any(sheet.text(Cell.named(f"{letters}{number}")) for letters in columns)

    def _row_of_enhancement(self, layout: Layout, baseline: Entry) -> int:
        """Return the row that the workbook gives to a baseline: the nth of the nth enhanced."""
        begun = [
            entry
            for entry in (*self.entries.rows, *self.added)
            if entry.layout is baseline.layout and entry.enhanced > 0
        ]
        number = layout.first + begun.index(baseline)
        self._refuse_beyond(layout, number)
        if self._is_taken(layout, number):
            message = f"Row {number} should be free for an enhancement, and something stands in it."
            remedy = "Clear what belongs to no enhanced baseline row, and save the workbook."
            raise InputError(Finding(message, remedy, sheet=layout.name))
        return number

    @staticmethod
    def _refuse_beyond(layout: Layout, number: int) -> None:
        last = _LAST_TRADED.get(layout.code, layout.last)
        if number > last:
            message = f"The sheet has no free row left: it is read down to row {last}."
            raise InputError(Finding(message, "Buy fewer lines.", sheet=layout.name))


def _years(row: Creation | Enhancement) -> dict[str, CellValue]:
    years = {"advance": row.advance, "delay": row.delay}
    return {name: _number(str(value)) for name, value in years.items() if str(value) != "0"}


def _number(text: str) -> CellValue:
    return int(text) if text.isdigit() else text


def _changes_broad(row: Enhancement) -> bool:
    return row.before.habitat.broad_habitat != row.after.habitat.broad_habitat


def _in_sheet_order(entries: Entries) -> Entries:
    """Return entries as a reading of the written workbook gives them."""
    codes = {"A": 0, "B": 1, "C": 2, "D": 3, "E": 4, "F": 5}
    rows = sorted(entries.rows, key=lambda e: (codes[e.layout.code[0]], e.layout.code, e.number))
    return replace(entries, rows=tuple(rows))


def _has_tie(project: ProjectResult) -> bool:
    """Return whether a test fails by no more than rounding."""
    return any(-UNIT_TOLERANCE < value < 0 for value in _tests(project))


def _tests(project: ProjectResult) -> Iterator[float]:
    """Yield what the workbook tests to be no less than zero."""
    for ledger, result in project.ledgers.items():
        yield from tool_margins(ledger, result.changes).values()
        yield -result.deficit


def _shortfalls(project: ProjectResult) -> Iterator[str]:
    for ledger, result in project.ledgers.items():
        for band, margin in tool_margins(ledger, result.changes).items():
            if margin < 0:
                yield f"{ledger.value}: {-margin:.6f} units short of the {band.value} trading rule"
        if result.deficit > 0:
            yield f"{ledger.value}: {result.deficit:.6f} units short of the net gain target"
