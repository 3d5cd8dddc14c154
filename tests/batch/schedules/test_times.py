"""The moments of cron texts, over days when the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.batch.schedules.cron import Cron, CronField, read_cron
from bng_opt.batch.schedules.times import count_times, first_skipped, latest_time, next_time

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(text: str, zone: ZoneInfo, after: str, until: str) -> list[str]:
    """Return the moments after one and not after another, in UTC."""
    cron, moment, found = read_cron(text), utc(after), []
    while (moment := next_time(cron, zone, moment)) <= utc(until):
        found.append(f"{moment:%Y-%m-%d %H:%M}")
    return found


def test_a_daily_time_follows_the_clocks_through_the_year() -> None:
    assert next_time(read_cron("0 7 * * *"), LONDON, utc("2026-07-01 00:00")) == utc(
        "2026-07-01 06:00"
    )
    assert next_time(read_cron("0 7 * * *"), LONDON, utc("2026-12-01 00:00")) == utc(
        "2026-12-01 07:00"
    )


class TestTheSkippedHour:
    """On 29 March 2026 London's clocks go from 01:00 to 02:00, which is 01:00 UTC."""

    @pytest.mark.parametrize(
        "text", ["30 1 * * *", "0 1 * * *", "*/10 1 * * *", "0 1,2 * * *", "0,30 1 29 3 *"]
    )
    def test_what_falls_into_it_runs_once_as_soon_as_it_is_skipped(self, text: str) -> None:
        found = moments(text, LONDON, "2026-03-28 23:00", "2026-03-29 12:00")
        assert found == ["2026-03-29 01:00"]

    def test_every_hour_follows_the_real_time(self) -> None:
        found = moments("30 * * * *", LONDON, "2026-03-28 23:00", "2026-03-29 03:00")
        assert [each[11:] for each in found] == ["23:30", "00:30", "01:30", "02:30"]

    def test_the_days_around_are_as_always(self) -> None:
        found = moments("30 1 * * *", LONDON, "2026-03-27 12:00", "2026-03-31 12:00")
        assert found == [
            "2026-03-28 01:30",
            "2026-03-29 01:00",
            "2026-03-30 00:30",
            "2026-03-31 00:30",
        ]

    def test_it_is_told_of(self) -> None:
        year = utc("2026-01-01 00:00"), utc("2027-01-01 00:00")
        assert first_skipped(read_cron("30 1 * * *"), LONDON, *year) == datetime(2026, 3, 29, 1, 30)
        for other in ("30 2 * * *", "30 * * * *", "30 1 * * mon"):
            assert first_skipped(read_cron(other), LONDON, *year) is None
        assert first_skipped(read_cron("30 1 * * *"), ZoneInfo("UTC"), *year) is None


class TestTheHourThatComesTwice:
    """On 25 October 2026 London's clocks go from 02:00 back to 01:00, which is 01:00 UTC."""

    @pytest.mark.parametrize("text", ["30 1 * * *", "30 1 25 10 *"])
    def test_what_falls_into_it_runs_the_first_time_only(self, text: str) -> None:
        found = moments(text, LONDON, "2026-10-24 12:00", "2026-10-25 12:00")
        assert found == ["2026-10-25 00:30"]

    def test_every_hour_follows_the_real_time(self) -> None:
        found = moments("30 * * * *", LONDON, "2026-10-24 23:00", "2026-10-25 03:00")
        assert [each[11:] for each in found] == ["23:30", "00:30", "01:30", "02:30"]


def test_a_gap_of_half_an_hour_and_one_at_midnight_are_skipped_alike() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # 02:00 to 02:30 on 4 October 2026
    found = moments("15 2 * * *", lord_howe, "2026-10-03 12:00", "2026-10-04 10:00")
    assert found == ["2026-10-03 15:30"]
    beirut = ZoneInfo("Asia/Beirut")  # 00:00 to 01:00 on 29 March 2026
    found = moments("0 0 * * *", beirut, "2026-03-28 12:00", "2026-03-29 10:00")
    assert found == ["2026-03-28 22:00"]


def test_a_leap_day_is_waited_for() -> None:
    cron = read_cron("0 12 29 2 *")
    assert next_time(cron, LONDON, utc("2096-03-01 00:00")) == utc("2104-02-29 12:00")


def test_the_latest_time_and_how_many_were_missed() -> None:
    cron, begin = read_cron("0 7 * * mon"), utc("2026-11-02 07:00")
    assert latest_time(cron, LONDON, begin, utc("2026-11-28 08:00")) == utc("2026-11-23 07:00")
    assert count_times(cron, LONDON, begin, utc("2026-11-28 08:00"), 100) == 3
    assert count_times(cron, LONDON, begin, utc("2026-11-28 08:00"), 2) == 2
    assert latest_time(cron, LONDON, begin, utc("2026-11-09 06:59")) is None
    assert latest_time(cron, LONDON, begin, utc("2026-11-09 07:00")) == utc("2026-11-09 07:00")


def fields(first: int, last: int) -> st.SearchStrategy[CronField]:
    listed = st.lists(st.integers(first, last), min_size=1, max_size=6, unique=True)
    some = listed.map(lambda values: CronField(tuple(sorted(values))))
    return st.one_of(some, st.just(CronField(tuple(range(first, last + 1)), 1)))


CRONS = st.builds(Cron, fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 6))
ZONES = st.sampled_from(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


def lets_through(cron: Cron, wall: datetime) -> bool:
    """Return whether a clock that shows this time is at one of the text."""
    is_time = wall.minute in cron.minute.values and wall.hour in cron.hour.values
    return is_time and cron.is_on(wall.date()) and not wall.second and not wall.microsecond


@given(CRONS, ZONES, MOMENTS)
def test_every_moment_shows_a_time_of_the_text_or_the_end_of_a_gap(
    cron: Cron, zone_name: str, after: datetime
) -> None:
    zone = ZoneInfo(zone_name)
    moment = next_time(cron, zone, after)
    assert moment > after
    wall = moment.astimezone(zone)
    before = (moment - MINUTE).astimezone(zone)
    ends_gap = wall.utcoffset() > before.utcoffset()
    assert lets_through(cron, wall.replace(tzinfo=None)) or ends_gap


@given(CRONS, MOMENTS)
def test_no_moment_is_left_out_where_the_clocks_never_change(cron: Cron, after: datetime) -> None:
    """Walked minute by minute over a day: an answer by other means."""
    begin = after.replace(second=0, microsecond=0)
    walked = [begin + n * MINUTE for n in range(1, 24 * 60)]
    expected = [each for each in walked if lets_through(cron, each.replace(tzinfo=None))]
    zone, found, moment = ZoneInfo("UTC"), [], begin
    while (moment := next_time(cron, zone, moment)) <= walked[-1]:
        found.append(moment)
    assert found == expected


@given(CRONS, ZONES, MOMENTS)
def test_the_latest_time_is_the_last_that_comes_one_by_one(
    cron: Cron, zone_name: str, after: datetime
) -> None:
    zone = ZoneInfo(zone_name)
    chain = [after]
    for _ in range(5):
        chain.append(next_time(cron, zone, chain[-1]))
    for earlier, later in pairwise(chain):
        assert latest_time(cron, zone, after, later) == later
        between = later - timedelta(seconds=1)
        expected = None if earlier == after else earlier
        assert latest_time(cron, zone, after, between) == expected
    assert count_times(cron, zone, after, chain[-1], 100) == 5
