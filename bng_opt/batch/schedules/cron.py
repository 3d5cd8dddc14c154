"""Cron texts: minute, hour, day of month, month and day of week, read as cron on Linux does.

Sunday is 0 and 7. Where both day fields are restricted, that is neither begins with a star, a
day has to match either of them; otherwise both. (APScheduler's own reader begins the week with
Monday as 0 and wants both days to match, so it isn't used.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bng_opt.errors import Finding, InputError

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WEEKDAYS = "sun mon tue wed thu fri sat".split()
_SUNDAY, _SUNDAY_TOO = 0, 7
_LONGEST = {month: 31 - (month in (4, 6, 9, 11)) for month in range(1, 13)} | {2: 29}
"""How many days a month has at most."""
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FORM = 'Write minute, hour, day of month, month and day of week: "30 6 * * mon-fri".'


@dataclass(frozen=True)
class _Kind:
    """One of the five fields: its name, its limits, and the words for its values."""

    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()


_KINDS = (
    _Kind("minute", 0, 59),
    _Kind("hour", 0, 23),
    _Kind("day of month", 1, 31),
    _Kind("month", 1, 12, tuple(_MONTHS)),
    _Kind("day of week", 0, 7, tuple(_WEEKDAYS)),
)


@dataclass(frozen=True)
class CronField:
    """What one field lets through.

    Attributes
    ----------
    values
        In order; of days of the week Sunday is 0.
    star_step
        1 for ``*``, n for ``*/n``, 0 where values are listed.
    """

    values: tuple[int, ...]
    star_step: int = 0

    @property
    def is_any(self) -> bool:
        """Return whether it lets everything through by a star."""
        return self.star_step == 1

    def __str__(self) -> str:
        if self.star_step:
            return "*" if self.is_any else f"*/{self.star_step}"
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class Cron:
    """A cron text that was read; as text it is in numbers alone, which every cron reads alike."""

    minute: CronField
    hour: CronField
    day: CronField
    month: CronField
    weekday: CronField

    @property
    def takes_either_day(self) -> bool:
        """Return whether a day of the month or of the week is enough, as both are restricted."""
        return not self.day.star_step and not self.weekday.star_step

    @property
    def is_every_hour(self) -> bool:
        """Return whether it lets every hour of the day through."""
        return len(self.hour.values) == 24

    def is_on(self, day: date) -> bool:
        """Return whether it lets a day through."""
        if day.month not in self.month.values:
            return False
        of_month = day.day in self.day.values
        of_week = day.isoweekday() % 7 in self.weekday.values
        return of_month or of_week if self.takes_either_day else of_month and of_week

    def __str__(self) -> str:
        fields = (self.minute, self.hour, self.day, self.month, self.weekday)
        return " ".join(map(str, fields))


def read_cron(text: str) -> Cron:
    """Read a cron text.

    Parameters
    ----------
    text
        Five fields: ``*``, numbers, names of three letters, ranges, steps, and lists of these;
        or a shorthand such as ``@daily``.

    Raises
    ------
    InputError
        With everything that can't be.

    Examples
    --------
    >>> str(read_cron("*/15 6-8 * JAN,jul mon-fri"))
    '*/15 6,7,8 * 1,7 1,2,3,4,5'
    >>> read_cron("0 7 13 * fri").takes_either_day
    True
    """
    given = _SHORTHANDS.get(text.strip().casefold(), text)
    parts = given.split()
    if len(parts) != len(_KINDS):
        known = ", ".join(_SHORTHANDS)
        message = f'The cron text "{text}" has {len(parts)} fields, not five.'
        raise InputError(Finding(message, f"{_FORM} Or give one of {known}."))
    fields: list[CronField] = []
    findings: list[Finding] = []
    for part, kind in zip(parts, _KINDS, strict=True):
        try:
            fields.append(_field(part.casefold(), kind))
        except ValueError as error:
            message = f'The {kind.name} "{part}" of the cron text "{text}" can\'t be: {error}.'
            findings.append(Finding(message, _FORM))
    if findings:
        raise InputError(findings)
    cron = Cron(*fields)
    if not _ever_comes(cron):
        message = f'The day of the cron text "{text}" never comes.'
        raise InputError(Finding(message, "Give a day that the month has."))
    return cron


def _field(text: str, kind: _Kind) -> CronField:
    head, slash, step = text.partition("/")
    if head == "*":
        step_ = _step(step, kind) if slash else 1
        last = kind.last - (kind.last == _SUNDAY_TOO)
        return CronField(tuple(range(kind.first, last + 1, step_)), step_)
    values = {value for part in text.split(",") for value in _values(part, kind)}
    if kind.last == _SUNDAY_TOO and _SUNDAY_TOO in values:
        values = (values - {_SUNDAY_TOO}) | {_SUNDAY}
    return CronField(tuple(sorted(values)))


def _values(text: str, kind: _Kind) -> Iterator[int]:
    span, slash, step = text.partition("/")
    if "*" in span:
        raise ValueError("a star can't stand within a list")
    first_text, dash, last_text = span.partition("-")
    if slash and not dash:
        raise ValueError(f'a step needs a range, such as "{span or kind.first}-{kind.last}/{step}"')
    first = _number(first_text, kind)
    if not dash:
        yield first
        return
    last = _number(last_text, kind)
    if last == _SUNDAY and last_text in kind.words and kind.last == _SUNDAY_TOO:
        # A range that ends on a Sunday ends the week.
        last = _SUNDAY_TOO
    if last < first:
        raise ValueError("a range goes upwards; list its two parts")
    yield from range(first, last + 1, _step(step, kind) if slash else 1)


def _number(text: str, kind: _Kind) -> int:
    if text in kind.words:
        return kind.words.index(text) + kind.first
    if not (text.isascii() and text.isdecimal()):
        known = f" or {', '.join(kind.words)}" if kind.words else ""
        raise ValueError(f'"{text}" is no number from {kind.first} to {kind.last}{known}')
    number = int(text)
    if not kind.first <= number <= kind.last:
        raise ValueError(f"{number} isn't from {kind.first} to {kind.last}")
    return number


def _step(text: str, kind: _Kind) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= kind.last:
        raise ValueError(f'"{text}" is no step from 1 to {kind.last}')
    return int(text)


def _ever_comes(cron: Cron) -> bool:
    if cron.takes_either_day:
        return True
    return any(day <= _LONGEST[month] for month in cron.month.values for day in cron.day.values)
