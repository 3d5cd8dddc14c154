"""A schedule: which report is made when, and who gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bng_opt.batch.schedules.cron import Cron
from bng_opt.batch.schedules.times import next_time


@dataclass(frozen=True)
class Schedule:
    """A schedule that was read and can be.

    Attributes
    ----------
    cron, zone
        When, by whose clocks.
    report, parameters, manifest, base
        What is made; relative paths begin in ``base``.
    recipients, folder
        Who gets what was made.
    owner
        The address that gets failures; empty for none.
    title
        What messages call it.
    formats
        What is made of each run.
    skip_bad
        Whether rows of the manifest that can't be used are left out.
    send_partial
        Whether recipients get what was made where other runs failed.
    """

    name: str
    cron: Cron
    zone: ZoneInfo
    report: str
    title: str
    base: Path
    parameters: Mapping[str, Any]
    manifest: Path | None
    recipients: tuple[str, ...]
    folder: Path | None
    owner: str
    formats: tuple[str, ...]
    skip_bad: bool
    send_partial: bool

    @property
    def timing(self) -> str:
        """Return when it is, in one text: the same text means the same times."""
        return f"{self.cron} {self.zone.key}"

    def next_after(self, moment: datetime) -> datetime:
        """Return its first time after a moment, by its own clocks."""
        return next_time(self.cron, self.zone, moment).astimezone(self.zone)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "name": self.name,
            "cron": str(self.cron),
            "timezone": self.zone.key,
            "report": self.report,
            "parameters": dict(self.parameters),
            "manifest": str(self.manifest) if self.manifest else None,
            "recipients": list(self.recipients),
            "folder": str(self.folder) if self.folder else None,
            "owner": self.owner or None,
            "title": self.title,
            "formats": list(self.formats),
            "skip_bad": self.skip_bad,
            "send_partial": self.send_partial,
        }
