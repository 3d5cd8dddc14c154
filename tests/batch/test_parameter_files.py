"""Parameters from JSON, TOML and YAML."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bng_opt.batch.parameter_files import read_parameter_file
from bng_opt.errors import InputError

FILES = {
    "a.json": '{"lpa": "Leeds", "need": [0.9, 1.1], "joint": false}',
    "a.toml": 'lpa = "Leeds"\nneed = [0.9, 1.1]\njoint = false\n',
    "a.yaml": "lpa: Leeds\nneed: [0.9, 1.1]\njoint: false\n",
    "A.YML": "lpa: Leeds\nneed:\n  - 0.9\n  - 1.1\njoint: no\n",
}


@pytest.mark.parametrize("name", FILES)
def test_each_kind_says_the_same(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name])
    wanted = {"lpa": "Leeds", "need": [0.9, 1.1], "joint": False}
    assert read_parameter_file(tmp_path / name) == wanted


def test_dates_stay_dates(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("day = 2026-11-30")
    assert read_parameter_file(tmp_path / "a.toml") == {"day": date(2026, 11, 30)}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "lpa = 1", r"ends in \.json, \.toml"),
        ("a.json", "{", "can't be read"),
        ("a.toml", "lpa = ", "can't be read"),
        ("a.yaml", "a: [", "can't be read"),
        ("a.yaml", "!!python/object:os.system {}", "can't be read"),
        ("a.json", "[1]", "no parameters"),
        ("a.yaml", "1: 2", "no parameters"),
        ("a.yaml", "", "no parameters"),
    ],
)
def test_what_is_no_such_file_is_refused(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        read_parameter_file(tmp_path / name)
    assert caught.value.findings[0].file == str(tmp_path / name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_parameter_file(tmp_path / "a.json")
