"""What the sheet Start states: version, target, project and planning authority."""

from __future__ import annotations

from dataclasses import dataclass

from bng_opt.errors import InputError
from bng_opt.metric.cells import Cell, Sheet
from bng_opt.metric.readings import Readings
from bng_opt.quantities import UNIT_TOLERANCE

START = "Start"
VERSION = 4.1
"""The statutory metric's version (Start!D8)."""
NEXT_MAJOR = 5.0
OFFICIAL = "Use the statutory biodiversity metric calculation tool (version 4.1) of gov.uk."

_LOWEST_LAWFUL_TARGET = 0.1
_HIGHEST_PLAUSIBLE_TARGET = 1.0


@dataclass(frozen=True)
class Start:
    """What the sheet Start states."""

    version: float
    target: float
    project: str
    planning_authority: str


def read_start(sheet: Sheet, readings: Readings) -> Start:
    """Return what the sheet states; problems are noted in ``readings``.

    Raises
    ------
    InputError
        If it is the sheet of another version.
    """
    if sheet.find("Version control:"):
        raise InputError(
            sheet.finding(
                "This is the draft of metric 4.1, not the statutory metric.",
                OFFICIAL,
                sheet.find("Version control:")[0],
            )
        )
    version = _read_version(sheet, readings)
    label = readings.only(sheet, "Target % net gain:")
    cell = _beside(sheet, label)
    target = readings.number(sheet, cell)
    if target < 0:
        message = f"The target is negative ({target:.4g})."
        readings.problem(sheet, cell, message, "Enter the target, at least 10%.")
    elif target < _LOWEST_LAWFUL_TARGET - UNIT_TOLERANCE and not _says_below(sheet):
        message = f"The target is {target:.2%}, below the statutory 10%."
        readings.warning(sheet, cell, message, "Check the target with the planning authority.")
    elif target > _HIGHEST_PLAUSIBLE_TARGET:
        message = f"The target is {target:.0%}."
        readings.warning(sheet, cell, message, "Check that it was not typed a hundredfold.")
    return Start(
        version, target, _detail(sheet, "Project name:"), _detail(sheet, "Planning authority:")
    )


def _read_version(sheet: Sheet, readings: Readings) -> float:
    """Return the version, which stands above "Project details" (D8)."""
    labels = sheet.find("Project details")
    cell = labels[0].at(-1) if labels else Cell(7, 3)
    version = sheet.value(cell)
    if isinstance(version, bool) or not isinstance(version, (int, float)):
        message = f'The cell says "{sheet.text(cell)}" where the metric\'s version belongs.'
        raise InputError(sheet.finding(message, OFFICIAL, cell))
    if not VERSION <= version < NEXT_MAJOR:
        message = f"This is metric {version:g}; this program reads version {VERSION:g}."
        raise InputError(sheet.finding(message, OFFICIAL, cell))
    if version > VERSION:
        message = f"This is metric {version:g}; the rules used are those of {VERSION:g}."
        readings.warning(sheet, cell, message, "Check whether the trading rules have changed.")
    return float(version)


def _says_below(sheet: Sheet) -> bool:
    """Return whether the sheet itself says that the target is below 10% (I22)."""
    return bool(sheet.find("Target set below 10%"))


def _beside(sheet: Sheet, label: Cell) -> Cell:
    """Return the first filled cell right of a label; else where version 4.1 has it (F)."""
    near = [label.at(0, n) for n in range(1, 4)]
    return next((cell for cell in near if sheet.text(cell)), near[1])


def _detail(sheet: Sheet, label: str) -> str:
    cells = sheet.find(label)
    return sheet.text(_beside(sheet, cells[0])) if cells else ""
