"""Cron texts, read as cron on Linux reads them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bng_opt.batch.schedules.cron import read_cron
from bng_opt.errors import InputError

MONDAY = date(2026, 11, 30)
DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()


def days_of_week(text: str) -> list[str]:
    cron = read_cron(f"0 0 * * {text}")
    return [name for n, name in enumerate(DAYS) if cron.is_on(MONDAY + timedelta(n))]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1", "Mon"),
        ("sun", "Sun"),
        ("MON-Fri", "Mon Tue Wed Thu Fri"),
        ("5-7", "Fri Sat Sun"),
        ("fri-sun", "Fri Sat Sun"),
        ("sun-tue", "Mon Tue Sun"),
        ("0-6", "Mon Tue Wed Thu Fri Sat Sun"),
        ("1-5/2", "Mon Wed Fri"),
        ("*/2", "Tue Thu Sat Sun"),
        ("1,3,sat", "Mon Wed Sat"),
    ],
)
def test_days_of_the_week_begin_with_sunday(text: str, days: str) -> None:
    assert days_of_week(text) == days.split()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("*", list(range(60))),
        ("*/15", [0, 15, 30, 45]),
        ("5-59/20", [5, 25, 45]),
        ("10-12,0,12", [0, 10, 11, 12]),
        ("*/45", [0, 45]),
    ],
)
def test_steps_ranges_and_lists_are_read(text: str, minutes: list[int]) -> None:
    assert list(read_cron(f"{text} * * * *").minute.values) == minutes


@pytest.mark.parametrize(
    ("days", "on"),
    [
        # Both restricted: either is enough.
        ("13 * fri", ["2026-11-13", "2026-11-06", "2026-11-27", "2026-12-13"]),
        ("1-31 * mon", ["2026-11-11"]),
        ("13 * 0-6", ["2026-11-11"]),
        # One begins with a star: both have to match.
        ("13 * *", ["2026-11-13"]),
        ("* * fri", ["2026-11-06"]),
        ("*/2 * mon", ["2026-11-09"]),
        ("13 * */5", ["2026-11-13"]),
    ],
)
def test_either_day_is_enough_where_both_are_restricted(days: str, on: list[str]) -> None:
    cron = read_cron(f"0 7 {days}")
    assert [each for each in on if not cron.is_on(date.fromisoformat(each))] == []


@pytest.mark.parametrize(
    ("days", "off"),
    [
        ("13 * fri", "2026-11-12"),
        ("13 * *", "2026-11-12"),
        ("* * fri", "2026-11-05"),
        ("*/2 * mon", "2026-11-16"),
        ("*/2 * mon", "2026-11-05"),
        ("13 * */5", "2026-12-14"),
        ("13 12 *", "2026-11-13"),
    ],
)
def test_other_days_are_not_let_through(days: str, off: str) -> None:
    assert not read_cron(f"0 7 {days}").is_on(date.fromisoformat(off))


@pytest.mark.parametrize(
    ("shorthand", "text"),
    [("@hourly", "0 * * * *"), ("@Daily", "0 0 * * *"), ("@weekly", "0 0 * * 0")],
)
def test_shorthands_are_known(shorthand: str, text: str) -> None:
    assert read_cron(shorthand) == read_cron(text)


@pytest.mark.parametrize(
    "text",
    ["0 7 * * mon-fri", "*/5 0-6 1,15 JAN-mar *", "0 0 */3 * sun", "59 23 31 12 7", "*/1 * * * *"],
)
def test_what_is_written_in_numbers_means_the_same(text: str) -> None:
    cron = read_cron(text)
    assert read_cron(str(cron)) == cron
    assert not any(letter.isalpha() for letter in str(cron))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 7 * *", "has 4 fields, not five"),
        ("0 0 7 * * mon", "has 6 fields, not five"),
        ("", "has 0 fields"),
        ("@reboot", "has 1 fields"),
        ("60 7 * * *", "60 isn't from 0 to 59"),
        ("0 24 * * *", "24 isn't from 0 to 23"),
        ("0 0 0 * *", "0 isn't from 1 to 31"),
        ("0 0 * 13 *", "13 isn't from 1 to 12"),
        ("0 0 * * 8", "8 isn't from 0 to 7"),
        ("0 0 * * monday", "no number from 0 to 7 or sun, mon"),
        ("0 0 L * *", "no number from 1 to 31"),
        ("0 0 ? * mon", "no number"),
        ("0 0 * * 1#2", "no number"),
        ("-5 0 * * *", "no number"),
        ("+5 0 * * *", "no number"),
        ("٣ 0 * * *", "no number"),
        ("5/15 * * * *", 'such as "5-59/15"'),
        ("*,5 * * * *", "a star can't stand within a list"),
        ("*/0 * * * *", "no step from 1 to 59"),
        ("*/60 * * * *", "no step from 1 to 59"),
        ("0 22-2 * * *", "a range goes upwards"),
        ("0 0 * * fri-mon", "a range goes upwards"),
        ("1,,2 * * * *", "no number"),
        ("0 0 30 feb *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
    ],
)
def test_what_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_cron(text)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_cron("61 25 0 foo 9")
    assert len(caught.value.findings) == 5


def test_a_leap_day_comes_and_a_weekday_saves_a_day_that_never_does() -> None:
    assert read_cron("0 0 29 2 *").is_on(date(2028, 2, 29))
    assert read_cron("0 0 30 2 mon").is_on(date(2026, 2, 2))
