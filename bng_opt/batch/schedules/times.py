"""The moments that a cron text means in a time zone, over the days when its clocks change.

As cron on Linux does it: what falls into an hour that the clocks skip runs once, as soon as they
have skipped it; what falls into an hour that comes twice runs the first time only. A text that
lets every hour through follows the real time instead: nothing in an hour that isn't there, and
every time in one that comes twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bng_opt.batch.schedules.cron import Cron

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_KEPT_DAYS = 128


def next_time(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first moment after another, in UTC.

    Parameters
    ----------
    zone
        Whose clocks the text means.
    after
        A moment with a time zone.

    Examples
    --------
    In London the clocks go from 01:00 to 02:00 on 29 March 2026.

    >>> from bng_opt.batch.schedules.cron import read_cron
    >>> london = ZoneInfo("Europe/London")
    >>> eve = datetime(2026, 3, 28, 12, tzinfo=london)
    >>> next_time(read_cron("30 1 * * *"), london, eve).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    after = after.astimezone(UTC)
    start = after.astimezone(zone).date() - _DAY
    found: datetime | None = None
    for day in _days_from(cron, start):
        if found is not None and day > found.astimezone(zone).date() + _DAY:
            break
        moments = _moments(cron, zone, day)
        position = bisect_right(moments, after)
        if position < len(moments):
            found = min(found or moments[position], moments[position])
    if found is None:
        raise ValueError(f"{cron} has no more times after {after}")
    return found


def latest_time(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Return the last moment after one and not after another, in UTC; None if there is none."""
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    day, first = until.astimezone(zone).date() + _DAY, after.astimezone(zone).date() - _DAY
    found: datetime | None = None
    while day >= first and (found is None or day >= found.astimezone(zone).date() - _DAY):
        moments = _moments(cron, zone, day) if cron.is_on(day) else ()
        position = bisect_right(moments, until)
        if position and moments[position - 1] > after:
            found = max(found or moments[position - 1], moments[position - 1])
        day -= _DAY
    return found


def count_times(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime, most: int) -> int:
    """Return how many moments lie after one and not after another; counted up to a most."""
    count, moment = 0, after
    while count < most:
        moment = next_time(cron, zone, moment)
        if moment > until:
            break
        count += 1
    return count


def first_skipped(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first time that the clocks skip, as they would show it; None if there is none."""
    if cron.is_every_hour:
        return None
    day, last = after.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for wall in _walls(cron, day) if cron.is_on(day) else ():
            if _shown(zone, _moment(zone, wall)) != wall:
                return wall
        day += _DAY
    return None


def _days_from(cron: Cron, day: date) -> Iterator[date]:
    """Yield the days that are let through; of the sound texts each has more than it is asked."""
    while day < date.max - _DAY:
        if cron.is_on(day):
            yield day
        day += _DAY


@lru_cache(maxsize=_KEPT_DAYS)
def _moments(cron: Cron, zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    """Return the moments of a day, in UTC and in order, each once."""
    walls = _walls(cron, day)
    return tuple(sorted({moment for wall in walls for moment in _meant(cron, zone, wall)}))


def _walls(cron: Cron, day: date) -> Iterator[datetime]:
    """Yield what the clocks show at the times of a day."""
    for hour in cron.hour.values:
        for minute in cron.minute.values:
            yield datetime.combine(day, time(hour, minute))


def _meant(cron: Cron, zone: ZoneInfo, wall: datetime) -> Iterator[datetime]:
    """Yield what moments a clock's time means: one, two as it comes twice, or none."""
    first = _moment(zone, wall)
    if _shown(zone, first) != wall:
        if not cron.is_every_hour:
            yield _end_of_gap(zone, wall)
        return
    yield first
    second = _moment(zone, wall.replace(fold=1))
    if second != first and cron.is_every_hour:
        yield second


def _end_of_gap(zone: ZoneInfo, wall: datetime) -> datetime:
    while _shown(zone, _moment(zone, wall)) != wall:
        wall += _MINUTE
    return _moment(zone, wall)


def _moment(zone: ZoneInfo, wall: datetime) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _shown(zone: ZoneInfo, moment: datetime) -> datetime:
    """Return what a clock shows, without saying which time of two."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
