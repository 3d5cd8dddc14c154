"""What a snippet is, and what all of them need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.times import first_skipped

_YEAR = timedelta(days=400)


@dataclass(frozen=True)
class Snippet:
    """Files for another scheduler.

    Attributes
    ----------
    files
        Contents by name.
    notes
        In what it differs from ``bng-opt schedule run``.
    """

    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where the snippet will run the program.

    Attributes
    ----------
    program
        The command ``bng-opt``: its path.
    settings_file
        The settings file; None for none.
    user
        As whom.
    """

    program: Path
    settings_file: Path | None
    user: str


def note_on_skipped_hour(schedule: Schedule, who: str, now: datetime) -> tuple[str, ...]:
    """Return the note that a scheduler runs nothing in an hour that the clocks skip, if one is."""
    skipped = first_skipped(schedule.cron, schedule.zone, now, now + _YEAR)
    if skipped is None:
        return ()
    day = f"{skipped.day} {skipped:%B %Y}"
    return (
        f"On {day} the clocks of {schedule.zone.key} skip {skipped:%H:%M}: {who} runs nothing "
        "for it, where bng-opt schedule run does so as soon as they have.",
    )


def show_same_time(one: ZoneInfo, other: ZoneInfo, now: datetime) -> bool:
    """Return whether the clocks of two time zones go alike, this year and the next."""
    moments = (now + timedelta(hours=hours) for hours in range(2 * 366 * 24))
    return one.key == other.key or all(
        moment.astimezone(one).utcoffset() == moment.astimezone(other).utcoffset()
        for moment in moments
    )
