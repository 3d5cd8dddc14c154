"""The words of a workbook's own lists, blanks and all: its look-ups match them to the letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bng_opt.errors import Finding, InputError
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.units import HabitatState
from bng_opt.reference import Habitat, Ledger, normalise
from bng_opt.reference.multipliers import spatial_risk, strategic_significance

ALL, MULTIPLIERS, HEDGES, WATERS, CONDITIONS = (
    "G-1 All Habitats",
    "G-3 Multipliers",
    "G-6 Hedgerow Data",
    "G-7 WaterC' Data",
    "G-8 Condition Look up",
)
SHEETS = (ALL, MULTIPLIERS, HEDGES, WATERS, CONDITIONS)
"""The sheets with the lists."""


@dataclass(frozen=True)
class Vocabulary:
    """A workbook's spellings."""

    sheets: Mapping[str, Sheet]

    def broad(self, habitat: Habitat) -> str:
        """Return an area habitat's broad habitat ('G-1' AF, the drop-down of column E)."""
        return self._spelt(ALL, "AF", range(3, 18), habitat.broad_habitat)

    def habitat(self, habitat: Habitat) -> str:
        """Return a habitat's type: 'G-1' A, 'G-6' B, or "G-7" B."""
        if habitat.ledger is Ledger.HEDGEROW:
            return self._spelt(HEDGES, "B", range(3, 16), habitat.name)
        if habitat.ledger is Ledger.WATERCOURSE:
            return self._spelt(WATERS, "B", range(4, 9), habitat.name)
        sheet = self.sheets[ALL]
        for row in range(3, 136):
            if normalise(sheet.text(Cell.named(f"B{row}"))) == normalise(habitat.name):
                return str(sheet.value(Cell.named(f"A{row}")))
        raise _unknown(ALL, habitat.name)

    def condition(self, state: HabitatState) -> str:
        """Return a condition: 'G-1' Z4:Z9, or "G-7" H3:L3."""
        if state.habitat.ledger is Ledger.WATERCOURSE:
            cells = (f"{column}3" for column in "HIJKL")
            return self._first(WATERS, cells, state.condition.value)
        return self._spelt(ALL, "Z", range(3, 10), state.condition.value)

    def significance(self, state: HabitatState) -> str:
        """Return a strategic significance by its description: 'G-3' L4:L6 or "G-7" AK4:AK6."""
        is_water = state.habitat.ledger is Ledger.WATERCOURSE
        name, first, second = (WATERS, "AK", "AL") if is_water else (MULTIPLIERS, "L", "M")
        wanted = strategic_significance(state.significance).category
        sheet = self.sheets[name]
        for row in range(4, 7):
            if normalise(sheet.text(Cell.named(f"{second}{row}"))) == normalise(wanted):
                return str(sheet.value(Cell.named(f"{first}{row}")))
        raise _unknown(name, wanted)

    def encroachment(self, state: HabitatState) -> str:
        """Return encroachment into a watercourse ("G-7" AA4:AA7)."""
        return self._spelt(WATERS, "AA", range(4, 8), state.encroachment)

    def riparian(self, state: HabitatState) -> str:
        """Return encroachment into the riparian zone ("G-7" AD4:AD14)."""
        return self._spelt(WATERS, "AD", range(4, 15), state.riparian)

    def spatial(self, habitat: Habitat, code: str) -> str:
        """Return a spatial risk category ('G-3' S4:S10, or "G-7" AO4:AO7)."""
        category = spatial_risk(habitat, code).category
        if habitat.ledger is Ledger.WATERCOURSE:
            return self._spelt(WATERS, "AO", range(3, 8), category)
        return self._spelt(MULTIPLIERS, "S", range(4, 11), category)

    def _spelt(self, sheet: str, column: str, rows: Iterable[int], wanted: str) -> str:
        return self._first(sheet, (f"{column}{row}" for row in rows), wanted)

    def _first(self, name: str, references: Iterator[str], wanted: str) -> str:
        sheet = self.sheets[name]
        for reference in references:
            cell = Cell.named(reference)
            if normalise(sheet.text(cell)) == normalise(wanted):
                return str(sheet.value(cell))
        raise _unknown(name, wanted)


def _unknown(sheet: str, wanted: str) -> InputError:
    message = f'The workbook\'s own lists have no "{wanted}".'
    return InputError(Finding(message, "Give the statutory metric 4.1 unchanged.", sheet=sheet))
