"""A systemd service and its timer.

systemd's own calendar texts are written from what the cron text lets through, not translated
letter by letter: values as numbers, days of the week by name, the time zone at the end. Where a
day of the month or of the week is enough, there are two texts, and the timer fires for either.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from bng_opt.batch.schedules.cron import Cron, CronField
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.snippets.snippet import Place, Snippet, note_on_skipped_hour

_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_ALL_WEEK, _ANY = 7, "*"
_TO_STOP_S = 60
"""A run hands back in less."""


def systemd_units(schedule: Schedule, place: Place, now: datetime) -> Snippet:
    """Return the service and the timer of a schedule.

    Parameters
    ----------
    now
        From when on changes of the clocks are looked for.
    """
    name = f"bng-opt-{schedule.name}"
    notes = list(note_on_skipped_hour(schedule, "systemd", now))
    if schedule.cron.is_every_hour and _has_changes(schedule, now):
        notes.append(
            "In the hour that comes twice in autumn, systemd runs the first time only; "
            "bng-opt schedule run both times."
        )
    return Snippet(
        {
            f"{name}.service": _service(schedule, place),
            f"{name}.timer": _timer(schedule, tuple(notes)),
        },
        tuple(notes),
    )


def calendar_texts(schedule: Schedule) -> tuple[str, ...]:
    """Return what stands behind ``OnCalendar=``: one text, or two of which either is enough."""
    cron, zone = schedule.cron, schedule.zone.key
    if not cron.takes_either_day:
        return (f"{_calendar(cron, cron.weekday, cron.day)} {zone}",)
    any_weekday, any_day = CronField(tuple(range(7)), 1), CronField(tuple(range(1, 32)), 1)
    of_month = _calendar(cron, any_weekday, cron.day)
    of_week = _calendar(cron, cron.weekday, any_day)
    return (f"{of_month} {zone}", f"{of_week} {zone}")


def _calendar(cron: Cron, weekday: CronField, day: CronField) -> str:
    date = f"*-{_values(cron.month, 12)}-{_values(day, 31)}"
    time = f"{_values(cron.hour, 24)}:{_values(cron.minute, 60)}:00"
    if len(weekday.values) == _ALL_WEEK:
        return f"{date} {time}"
    # The week of systemd begins on Monday, and so do its ranges.
    days = sorted((value + 6) % 7 for value in weekday.values)
    names = [_WEEKDAYS[(value + 1) % 7] for value in days]
    return f"{','.join(names)} {date} {time}"


def _values(field: CronField, count: int) -> str:
    """Return the values of a field, ranges as such: ``01..03,07``."""
    if len(field.values) == count:
        return _ANY
    runs = [[field.values[0]]]
    for before, value in pairwise(field.values):
        if value == before + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(_range(run) for run in runs)


def _range(run: list[int]) -> str:
    if len(run) > 2:
        return f"{run[0]:02d}..{run[-1]:02d}"
    return ",".join(f"{value:02d}" for value in run)


def _has_changes(schedule: Schedule, now: datetime) -> bool:
    months = (now.replace(month=month, day=1) for month in range(1, 13))
    return len({month.astimezone(schedule.zone).utcoffset() for month in months}) > 1


def _service(schedule: Schedule, place: Place) -> str:
    settings: tuple[str, ...] = ()
    if place.settings_file is not None:
        assigned = f"BNG_OPT_SETTINGS={place.settings_file}"
        settings = (f"Environment={_quoted(assigned)}",)
    lines = (
        "[Unit]",
        f"Description=bng-opt: {_escaped(schedule.title)} ({schedule.name})",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        f"User={_escaped(place.user)}",
        f"WorkingDirectory={_escaped(str(schedule.base))}",
        *settings,
        "# Passwords, such as BNG_OPT_SMTP_PASSWORD=..., readable by root alone:",
        "EnvironmentFile=-/etc/bng-opt/secrets.env",
        f"ExecStart={_quoted(str(place.program))} schedule run-now {schedule.name}",
        "# Told to stop, it hands the run back; the next start goes on with it.",
        f"TimeoutStopSec={_TO_STOP_S}",
    )
    return "\n".join(lines) + "\n"


def _timer(schedule: Schedule, notes: tuple[str, ...]) -> str:
    lines = (
        *(f"# {note}" for note in notes),
        "[Unit]",
        f"Description=Times of bng-opt: {_escaped(schedule.title)} ({schedule.name})",
        "",
        "[Timer]",
        *(f"OnCalendar={text}" for text in calendar_texts(schedule)),
        "# Times missed while the machine was off are made up for, once.",
        "Persistent=true",
        "AccuracySec=1s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text without specifiers of systemd."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Return a text as one word of a unit file, where a backslash, quote or dollar is only that."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{_escaped(inner)}"'
