"""Schedules for tests: of a notebook that takes no time, and clocks that are set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bng_opt.batch.schedules.cron import read_cron
from bng_opt.batch.schedules.schedule import Schedule
from tests.support.tiny_report import PARAMETERS, write_tiny_report

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
"""A Monday at seven, by London's clocks too."""
DAILY = "0 7 * * *"
COUNTED = """\
import os, sys, time
from pathlib import Path
from bng_opt.settings import Settings
with Path(log).open("a") as lines:
    lines.write(f"{number} begun\\n")
while hold and Path(hold).exists():
    time.sleep(0.05)
if end == "refused":
    from bng_opt.errors import Finding, InputError
    raise InputError(Finding("It is missing.", "Add it."))
with Path(log).open("a") as lines:
    lines.write(f"{number} over\\n")
"""
"""A cell that says in a file that it begins and is over, and waits while another file is there."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        """Move it on, and return what it shows."""
        self.now += timedelta(**by)
        return self.now


def schedule_of(home: Path, /, cron: str = DAILY, **changed: Any) -> Schedule:
    """Return a schedule of the tiny report, which is written into a folder."""
    values: Mapping[str, Any] = {
        "name": "tiny",
        "cron": read_cron(cron),
        "zone": LONDON,
        "report": str(home / "tiny.ipynb"),
        "title": "Tiny things",
        "base": home,
        "parameters": {},
        "manifest": None,
        "recipients": (),
        "folder": None,
        "owner": "owner@example.org",
        "formats": ("html",),
        "skip_bad": False,
        "send_partial": False,
    }
    if not (home / "tiny.ipynb").exists():
        write_tiny_report(home)
    return Schedule(**{**values, **changed})


def write_counted_report(folder: Path) -> Path:
    """Write a report that counts its runs, and return the notebook."""
    more = 'log = ...  # Where it counts\nhold = ""  # It waits while this file is there\n'
    return write_tiny_report(folder, parameters=PARAMETERS + more, body=COUNTED)
