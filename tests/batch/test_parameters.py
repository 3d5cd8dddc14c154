"""What the first cell of a report lists."""

from __future__ import annotations

from typing import Any

import pytest

from bng_opt.batch.parameters import read_parameters
from tests.support.tiny_report import PARAMETERS


def notebook(source: str | list[str], **metadata: object) -> dict[str, Any]:
    tags = {"tags": ["parameters"], **metadata}
    return {"cells": [{"metadata": {}, "source": "x = 1"}, {"metadata": tags, "source": source}]}


def test_the_cell_tagged_parameters_gives_names_defaults_and_words() -> None:
    known = read_parameters(notebook(PARAMETERS))
    label, number, *_ = known
    assert (label.name, label.default, label.help) == ("label", "", "What it is called")
    assert (number.name, number.default, number.kind) == ("number", 1, "a whole number")
    kinds = {each.name: each.kind for each in known}
    assert kinds["limit"] == "a number, or nothing"
    assert kinds["source"] == "a path"
    assert kinds["day"].startswith("a date")


def test_source_may_be_lines_annotated_or_longer_than_a_line() -> None:
    lines = ["a: int = 1  # One\n", "b = [\n", "    2,\n", "]  # Two"]
    found = read_parameters(notebook(lines))
    assert [(each.name, each.default, each.help) for each in found] == [
        ("a", 1, "One"),
        ("b", [2], "Two"),
    ]


def test_a_notebook_without_the_cell_takes_none() -> None:
    assert read_parameters({"cells": [{"metadata": {}, "source": "x = 1"}]}) == ()


@pytest.mark.parametrize("source", ["import os", "a = b = 1", "a = date(2026, 1, 1)", "f(1)"])
def test_anything_but_plain_lines_is_no_list_of_parameters(source: str) -> None:
    with pytest.raises(ValueError, match=r"of its parameters|no plain value"):
        read_parameters(notebook(source))
