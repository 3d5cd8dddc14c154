"""Parts of the service that need no server: token buckets and labels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bng_opt.api.inputs import label_of
from bng_opt.api.limits import _MOST_BUCKETS, Rates


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    rates = Rates(60, lambda: now[0])
    assert [rates.wait_s("a") for _ in range(61)] == [0] * 60 + [1]
    now[0] = 1.0
    assert [rates.wait_s("a"), rates.wait_s("a")] == [0, 1]
    now[0] = 1000.0
    assert [rates.wait_s("a") for _ in range(61)] == [0] * 60 + [1]


@given(
    per_minute=st.integers(1, 600),
    gaps=st.lists(st.floats(0, 5, allow_nan=False), max_size=200),
)
def test_never_more_than_the_burst_and_the_rate_get_through(
    per_minute: int, gaps: list[float]
) -> None:
    now = [0.0]
    rates = Rates(per_minute, lambda: now[0])
    let_through = 0
    for gap in gaps:
        now[0] += gap
        let_through += rates.wait_s("a") == 0
    assert let_through <= per_minute + now[0] * per_minute / 60 + 1e-6


@given(per_minute=st.integers(1, 600))
def test_who_waits_as_told_gets_through(per_minute: int) -> None:
    now = [0.0]
    rates = Rates(per_minute, lambda: now[0])
    while not (wait_s := rates.wait_s("a")):
        pass
    now[0] += wait_s
    assert rates.wait_s("a") == 0


def test_memory_of_callers_is_bounded_and_the_silent_are_forgotten_first() -> None:
    rates = Rates(1, lambda: 0.0)
    rates.wait_s("greedy")
    for number in range(_MOST_BUCKETS - 1):
        rates.wait_s(str(number))
        assert rates.wait_s("greedy") > 0
    rates.wait_s("one more")
    assert rates.wait_s("greedy") > 0
    assert rates.wait_s("0") == 0


@given(st.text())
def test_a_label_has_no_folder_no_control_characters_and_an_end(name: str) -> None:
    label = label_of(name)
    assert 0 < len(label) <= 100
    assert label.isprintable() or all(not each.isprintable() for each in label if each.isspace())
    assert not set(label) & set("/\\\r\n\t\0\u202e")
