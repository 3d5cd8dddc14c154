"""Several values after one option."""

from __future__ import annotations

from bng_opt.cli.options import spread_values


def test_only_naming_options_take_several_values() -> None:
    words = ["--point", "1,2", "x", "--lpa", "A", "B", "--json", "y"]
    assert spread_values(words) == [*words[:5], "--lpa", *words[5:]]


def test_an_option_with_an_equals_sign_is_left_alone() -> None:
    assert spread_values(["--lpa=A", "--nca", "B", "C"]) == ["--lpa=A", "--nca", "B", "--nca", "C"]
