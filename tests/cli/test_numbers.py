"""Numbers after options: what is wrong is said at once, with what to write instead."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.cli.numbers import (
    read_bank_factors,
    read_factors,
    read_jobs,
    read_share,
    read_whole,
)
from bng_opt.errors import InputError


@pytest.mark.parametrize("text", ["-1", "1.5", "three", ""])
def test_a_count_is_a_whole_number_from_0(text: str) -> None:
    with pytest.raises(InputError, match="--count"):
        read_whole("--count", text, 3)


@pytest.mark.parametrize("text", ["0", "-2", "all"])
def test_jobs_are_at_least_one_or_all_cores(text: str) -> None:
    with pytest.raises(InputError, match="--jobs"):
        read_jobs(text)
    assert [read_jobs(good) for good in (None, "2", "-1")] == [None, 2, -1]


def test_every_wrong_factor_is_said() -> None:
    with pytest.raises(InputError) as caught:
        read_factors("--need", "0.9,many,-1,nan,inf,1e9")
    assert len(caught.value.findings) == 5


def test_a_price_factor_is_above_zero() -> None:
    with pytest.raises(InputError, match="above 0"):
        read_factors("--prices", "0,1.1", zero=False)


def test_factors_of_banks_are_read_by_bank() -> None:
    found = read_bank_factors(["B1=0,0.5", "B2=2", "B1=3"])
    assert found == {"B1": (Decimal(0), Decimal("0.5"), Decimal(3)), "B2": (Decimal(2),)}


def test_every_wrong_bank_factor_is_said() -> None:
    with pytest.raises(InputError) as caught:
        read_bank_factors(["B1", "=0.5", "B2=x", "B3=1"])
    assert len(caught.value.findings) == 3


@pytest.mark.parametrize("text", ["1", "100%", "-0.1", "half", "%", "nan"])
def test_a_gap_is_a_share_below_one(text: str) -> None:
    with pytest.raises(InputError, match="--gap"):
        read_share("--gap", text)
