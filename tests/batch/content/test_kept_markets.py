"""Markets kept by the day: the next report finds the newest of an earlier day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bng_opt.batch.content.kept_markets import keep_market, kept_market, newest_before
from bng_opt.errors import InputError
from tests.support.scenarios import NEUTRAL, Line, Scene

MONDAY, FRIDAY, NEXT = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 9)


def market(units: float):
    return Scene((Line(NEUTRAL, units, 20, "A"),)).market()


def test_a_market_is_kept_as_it_is_and_found_from_the_next_day_on(tmp_path: Path) -> None:
    keep_market(tmp_path / "kept", MONDAY, market(1))
    assert newest_before(tmp_path / "kept", MONDAY) is None
    assert newest_before(tmp_path / "kept", NEXT) == MONDAY
    assert kept_market(tmp_path / "kept", MONDAY).snapshot == market(1).snapshot


def test_the_newest_earlier_day_counts_and_a_second_run_takes_the_first_one_s_place(
    tmp_path: Path,
) -> None:
    for day, units in ((MONDAY, 1), (FRIDAY, 2), (NEXT, 3), (NEXT, 4)):
        keep_market(tmp_path, day, market(units))
    assert newest_before(tmp_path, NEXT) == FRIDAY
    assert kept_market(tmp_path, NEXT).snapshot == market(4).snapshot
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2026-03-02",
        "2026-03-06",
        "2026-03-09",
    ]


def test_other_folders_and_half_written_ones_are_passed_over(tmp_path: Path) -> None:
    for name in ("notes", "2026-13-45", ".2026-03-06.part", "2026-03-06-old"):
        (tmp_path / name).mkdir()
    (tmp_path / "2026-03-01").write_text("a file")
    assert newest_before(tmp_path, NEXT) is None
    assert newest_before(tmp_path / "nowhere", NEXT) is None
    keep_market(tmp_path, FRIDAY, market(1))
    assert newest_before(tmp_path, NEXT) == FRIDAY


def test_what_can_t_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "2026-03-02").mkdir()
    with pytest.raises(InputError):
        kept_market(tmp_path, MONDAY)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        keep_market(tmp_path / "file", MONDAY, market(1))
