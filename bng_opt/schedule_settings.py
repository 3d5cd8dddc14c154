"""What a team writes of one schedule: a ``[[schedule]]`` table of the settings file.

Here only its form is checked; whether its times, report and addresses can be is found by
:func:`bng_opt.batch.schedules.reading.read_schedules`, so that a slip stops no other command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """One schedule.

    Parameters
    ----------
    name
        Small letters, digits and hyphens.
    cron
        When: minute, hour, day of month, month and day of week.
    report
        Which report, or the path of a notebook.
    parameters
        Of the report; relative paths begin in the folder of the settings file.
    manifest
        A CSV file with a row for each run of the report.
    recipients
        E-mail addresses that get what was made, and never a failure.
    folder
        Where what was made is put too, in a folder of its date.
    owner
        The e-mail address that gets failures; ``schedule_owner`` otherwise.
    timezone
        Whose clocks ``cron`` means; ``schedule_timezone`` otherwise.
    title
        What the messages call it; the report's name otherwise.
    formats
        What is made: ``ipynb``, ``html``, ``pdf``.
    skip_bad
        Whether rows of the manifest that can't be used are left out, and the owner told.
    send_partial
        Whether recipients get what was made although other runs of the batch failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cron: str
    report: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    manifest: Path | None = None
    recipients: tuple[str, ...] = ()
    folder: Path | None = None
    owner: str = ""
    timezone: str = ""
    title: str = ""
    formats: tuple[Literal["ipynb", "html", "pdf"], ...] = Field(
        default=("ipynb", "html", "pdf"), min_length=1
    )
    skip_bad: bool = False
    send_partial: bool = False

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Return what is shown of it where settings are listed."""
        return [("name", self.name), ("cron", self.cron)]
