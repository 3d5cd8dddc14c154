"""Moments as the page says them: in England's time, wherever the server is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ENGLAND = ZoneInfo("Europe/London")


def moment_text(moment: datetime) -> str:
    """Return a moment with its day.

    Examples
    --------
    >>> from datetime import UTC
    >>> moment_text(datetime(2026, 7, 1, 11, 30, tzinfo=UTC))
    '1 July 2026, 12:30'
    """
    return f"{day_text(moment.astimezone(ENGLAND).date())}, {time_text(moment)}"


def time_text(moment: datetime) -> str:
    """Return the time of the day."""
    return f"{moment.astimezone(ENGLAND):%H:%M}"


def day_text(day: date) -> str:
    """Return a day.

    Examples
    --------
    >>> day_text(date(2026, 7, 1))
    '1 July 2026'
    """
    return f"{day.day} {day:%B %Y}"
