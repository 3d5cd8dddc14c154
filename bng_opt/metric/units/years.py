"""Time to target with advance and delay, as the workbook counts it.

The workbook writes ``"30+"`` for any time beyond 30 years, and compares it as text, which is
greater than every number. Habitats may be started up to ``"30+"`` years in advance or late,
but not both.
"""

from __future__ import annotations

from typing import TypeAlias

from bng_opt.errors import Finding, InputError
from bng_opt.reference.times import TimeToTarget, time_to_target

Years: TypeAlias = "int | str"
"""Whole years from 0 to 31, or ``"30+"``."""

LONG = "30+"
_LONGEST = 30
"""Years that are still counted one by one."""


def final_time(standard: TimeToTarget, advance: Years, delay: Years) -> TimeToTarget:
    """Return the time to target after advance or delay.

    Workbook 'D-2' S, 'D-3' AH, 'E-2' S, 'E-3' AB, "F-2" P and 'F-3' AC, and their like on site.

    Parameters
    ----------
    standard
        Time to target of the habitat and condition.
    advance, delay
        How long before or after the losses it is begun [years].

    Raises
    ------
    InputError
        If both are given, or either isn't in the workbook's list.

    Examples
    --------
    >>> final_time(time_to_target(10), 4, 0).label, final_time(time_to_target(10), 0, 25).label
    ('6', '30+')
    """
    ahead, late = checked_years(advance, "in advance"), checked_years(delay, "of delay")
    if is_some(ahead) and is_some(late):
        remedy = "Give one of them: the workbook refuses both on one row."
        raise InputError(Finding("Both an advance and a delay are given.", remedy))
    return time_to_target(_final(_plain(standard), ahead, late))


def has_reached(standard: TimeToTarget, advance: Years) -> bool:
    """Return whether a habitat begun so far in advance has reached its target by the losses."""
    years = _plain(standard)
    if advance == LONG or years == LONG:
        return advance == LONG
    return int(years) <= int(advance)


def is_some(years: Years) -> bool:
    """Return whether a number of years is more than none."""
    return years not in (0, "0")


def checked_years(years: Years, what: str) -> Years:
    """Return years as a whole number from 0 to 30, or ``"30+"``.

    Raises
    ------
    InputError
        If they are neither.
    """
    text = str(years).replace(" ", "")
    if text == LONG:
        return LONG
    if text.isascii() and text.isdigit() and int(text) <= _LONGEST:
        return int(text)
    remedy = f'Give whole years from 0 to {_LONGEST}, or "{LONG}".'
    raise InputError(Finding(f'"{years}" is no number of years {what}.', remedy))


def _final(standard: Years, ahead: Years, late: Years) -> Years:
    if ahead == LONG:
        return 0
    if late == LONG:
        return LONG
    if standard == LONG:
        return _LONGEST - int(ahead) if ahead else LONG
    total = int(standard) + int(late) - int(ahead)
    return LONG if total > _LONGEST else max(0, total)


def _plain(time: TimeToTarget) -> Years:
    return LONG if time.label == LONG else int(time.label)
