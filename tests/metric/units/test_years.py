"""Advance and delay, as the workbook counts them."""

from __future__ import annotations

import pytest

from bng_opt.errors import InputError
from bng_opt.metric.units.years import final_time, has_reached
from bng_opt.reference.times import time_to_target


@pytest.mark.parametrize(
    ("standard", "advance", "delay", "final"),
    [
        (10, 0, 0, "10"),
        (10, 4, 0, "6"),
        (10, 10, 0, "0"),
        (10, 25, 0, "0"),
        (10, "30+", 0, "0"),
        (10, 0, 20, "30"),
        (10, 0, 21, "30+"),
        (10, 0, "30+", "30+"),
        ("30+", 0, 0, "30+"),
        ("30+", 12, 0, "18"),
        ("30+", 30, 0, "0"),
        ("30+", "30+", 0, "0"),
        ("30+", 0, 5, "30+"),
        (0, 0, 0, "0"),
    ],
)
def test_advance_shortens_and_delay_lengthens_the_time(standard, advance, delay, final):
    assert final_time(time_to_target(standard), advance, delay).label == final


def test_both_an_advance_and_a_delay_are_refused():
    with pytest.raises(InputError, match="Both an advance and a delay"):
        final_time(time_to_target(10), 1, 1)


@pytest.mark.parametrize("years", [-1, 31, 1.5, "soon", "", "٣"])
def test_years_that_the_workbook_does_not_offer_are_refused(years):
    with pytest.raises(InputError, match="no number of years"):
        final_time(time_to_target(10), years, 0)


@pytest.mark.parametrize(
    ("standard", "advance", "reached"),
    [(5, 4, False), (5, 5, True), (5, "30+", True), ("30+", 30, False), ("30+", "30+", True)],
)
def test_a_target_is_reached_once_the_advance_is_as_long_as_the_time(standard, advance, reached):
    assert has_reached(time_to_target(standard), advance) is reached
