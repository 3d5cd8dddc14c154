"""A line for a crontab.

cron knows one time zone, that of the machine; cronie (Fedora, Red Hat) heeds ``CRON_TZ``, Debian's
cron doesn't. So the line is only written where it will run at the times that are meant.
"""

from __future__ import annotations

import os
import shlex
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.snippets.snippet import Place, Snippet, show_same_time
from bng_opt.errors import Finding, InputError

_LOCALTIME = Path("/etc/localtime")
_ZONES = "zoneinfo/"


def crontab_line(
    schedule: Schedule, place: Place, now: datetime, *, machine: ZoneInfo | None, cronie: bool
) -> Snippet:
    """Return the lines of a schedule for the crontab of a user.

    Parameters
    ----------
    now
        From when on time zones are compared.
    machine
        The time zone of the machine; None if it isn't known.
    cronie
        Whether the machine's cron is cronie, which heeds ``CRON_TZ``.

    Raises
    ------
    InputError
        If the line would run at other times than are meant.
    """
    zone = schedule.zone.key
    notes = ("cron makes up for nothing that was missed while the machine was off.",)
    if cronie:
        lines = [f"CRON_TZ={zone}"]
    elif machine is None or not show_same_time(machine, schedule.zone, now):
        known = machine.key if machine else "unknown"
        raise InputError(
            Finding(
                f"{schedule.name} means the clocks of {zone}, and those of this machine are "
                f"{known}: Debian's cron would run it at other times.",
                "Take systemd; or say --machine-timezone if it is for another machine; or --cronie "
                "if its cron is cronie, which heeds CRON_TZ.",
            )
        )
    else:
        lines = [f"# The machine's clocks have to be those of {zone}."]
    return Snippet({"crontab": "\n".join([*lines, _line(schedule, place)]) + "\n"}, notes)


def machine_zone() -> ZoneInfo | None:
    """Return the time zone of this machine; None where the system doesn't name it."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named and _LOCALTIME.is_symlink():
        named = str(_LOCALTIME.resolve()).rpartition(_ZONES)[2]
    return ZoneInfo(named) if named in available_timezones() else None


def _line(schedule: Schedule, place: Place) -> str:
    file = place.settings_file
    settings = f"BNG_OPT_SETTINGS={shlex.quote(str(file))} " if file else ""
    program = shlex.quote(str(place.program))
    folder = shlex.quote(str(schedule.base))
    command = f"cd {folder} && {settings}{program} schedule run-now {schedule.name}"
    # In a crontab a bare per cent sign ends the line.
    return f"{schedule.cron} {command}".replace("%", "\\%")
