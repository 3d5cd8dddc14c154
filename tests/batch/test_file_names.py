"""File names from what people call their sites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.batch.file_names import file_stems


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Mill", "Mill"),
        ("Brook Farm, phase 2", "Brook-Farm-phase-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("Llŷn (Café)", "Llyn-Cafe"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_title_becomes_a_plain_name(title: str, stem: str) -> None:
    assert file_stems([title]) == [stem]


@pytest.mark.parametrize("title", ["", "湖", "index", "CON", "nul.txt", "."])
def test_what_can_not_be_a_name_gets_a_mark(title: str) -> None:
    (stem,) = file_stems([title])
    assert stem.rpartition("-")[0] in {"report", "index", "CON", "nul.txt"}


def test_a_mark_follows_from_the_title_alone() -> None:
    assert file_stems(["a/b", "a b"])[1] == file_stems(["x", "a-b", "a b"])[2]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_names_are_unique_and_safe_on_every_system(titles: list[str]) -> None:
    stems = file_stems(titles)
    assert len({stem.casefold() for stem in stems}) == len(titles)
    for stem in stems:
        assert stem.replace("-", "").replace(".", "").replace("_", "").isalnum()
        assert stem.isascii()
        assert stem.casefold() not in {"index", "con", "aux"}
        assert not stem.startswith((".", "-"))
