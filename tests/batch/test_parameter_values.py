"""Values for the parameters of a report: from text, checked, everything wrong at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.batch.parameter_values import (
    check_parameters,
    inspect_parameters,
    rooted_parameters,
)
from bng_opt.batch.parameters import Parameter, read_parameters
from bng_opt.errors import InputError
from tests.support.tiny_report import PARAMETERS


def listed(source: str) -> tuple[Parameter, ...]:
    cell = {"metadata": {"tags": ["parameters"]}, "source": source}
    return read_parameters({"cells": [cell]})


KNOWN = listed(PARAMETERS)


def checked(**values: object) -> dict[str, Any]:
    return check_parameters(KNOWN, values, Path("/nowhere"))


def refused(**values: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        checked(**values)
    return [str(finding) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("label", "  Mill ", "Mill"),
        ("label", ["Leeds", "Rugby"], "Leeds; Rugby"),
        ("label", None, ""),
        ("label", 3, "3"),
        ("number", "7", 7),
        ("share", "0.25", 0.25),
        ("share", 1, 1),
        ("factors", "[0.8, 1]", [0.8, 1]),
        ("factors", "0.8; 1.2", [0.8, 1.2]),
        ("factors", ("2", 3), [2, 3]),
        ("loud", "Yes", True),
        ("loud", "false", False),
        ("loud", 1, True),
        ("limit", "3", 3),
        ("limit", "", None),
        ("limit", "none", None),
        ("limit", "2.5", 2.5),
        ("day", "2026-11-30", "2026-11-30"),
        ("day", date(2026, 11, 30), "2026-11-30"),
        ("day", "", ""),
    ],
)
def test_text_becomes_what_the_parameter_is(name: str, value: object, wanted: object) -> None:
    found = checked(**{name: value})[name]
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("number", "many", "a whole number"),
        ("number", "2.5", "a whole number"),
        ("number", True, "a whole number"),
        ("number", None, "a whole number"),
        ("share", "inf", "a number"),
        ("share", "", "a number"),
        ("factors", "[0.8, 'a']", "a list"),
        ("factors", "[0.8", "a list"),
        ("factors", "x", "a list"),
        ("loud", "perhaps", "true or false"),
        ("limit", "many", "a number, or nothing"),
        ("day", "30/11/2026", "a date such as 2026-11-30"),
        ("day", "2026-02-30", "a date such as 2026-11-30"),
    ],
)
def test_what_can_not_be_is_said_with_what_can(name: str, value: object, kind: str) -> None:
    (finding,) = refused(**{name: value})
    assert finding.startswith(f"{name} can't be ")
    assert f"Give {kind}: " in finding


def test_everything_wrong_is_said_at_once_and_unknown_names_get_the_known() -> None:
    found = refused(lable="x", number="y", source="nowhere.csv")
    assert len(found) == 3
    assert found[0].startswith('The report has no parameter "lable". The nearest is label.')
    assert all(each.name in found[0] for each in KNOWN)
    assert 'there is no file or folder "nowhere.csv"' in found[2]
    assert "/nowhere/nowhere.csv" in found[2]


def test_a_name_too_long_for_a_file_is_a_file_that_is_not_there() -> None:
    (finding,) = refused(source="x" * 400)
    assert "there is no file or folder" in finding


def test_paths_become_absolute_but_stores_and_folders_written_into_need_not_be(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.csv").touch()
    given = {"source": "a.csv", "files": "new/folder"}
    found = check_parameters(KNOWN, given, tmp_path)
    assert found == {"source": str(tmp_path / "a.csv"), "files": str(tmp_path / "new/folder")}
    for kept in ("", "store", "postgresql://bng@host/bng"):
        assert check_parameters(KNOWN, {"source": kept}, tmp_path) == {"source": kept}


def test_paths_of_a_file_of_parameters_are_from_its_folder(tmp_path: Path) -> None:
    given = {"source": "a.csv", "label": "a.csv", "unknown": 1}
    assert rooted_parameters(KNOWN, given, tmp_path) == {
        "source": str(tmp_path / "a.csv"),
        "label": "a.csv",
        "unknown": 1,
    }


def test_a_parameter_without_a_default_must_be_given() -> None:
    known = listed("region = ...  # Which\nsize = 1  # How big")
    with pytest.raises(InputError, match=r"region is missing.*Which.*takes: region, size"):
        check_parameters(known, {}, Path())
    assert check_parameters(known, {"region": "Arden"}, Path()) == {"region": "Arden"}
    assert known[0].as_dict()["needed"] is True


@given(st.dictionaries(st.sampled_from([each.name for each in KNOWN]), st.text(max_size=20)))
def test_any_text_is_read_or_refused_and_what_is_read_stays(values: dict[str, str]) -> None:
    first = inspect_parameters(KNOWN, values, Path("/nowhere"))
    assert set(first.values) | {name for name, _ in first.problems} == set(values)
    again = inspect_parameters(KNOWN, first.values, Path("/elsewhere"))
    assert again.values == first.values
    assert not again.problems
