"""The reports that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.batch.library import find_report, list_reports
from bng_opt.errors import InputError
from bng_opt.resources import reports_dir
from tests.support.tiny_report import write_tiny_report


def test_every_notebook_of_the_folder_is_a_report_with_its_parameters() -> None:
    found = {report.name: report for report in list_reports()}
    assert set(found) == {path.stem for path in reports_dir().glob("*.ipynb")}
    assert all(report.parameters for report in found.values())
    assert all(each.help for report in found.values() for each in report.parameters)


def test_a_report_is_found_by_its_name() -> None:
    report = find_report("site_quote")
    assert report.words == "Site quote"
    assert report.takes("metric", "lpa")
    assert not report.takes("metric", "manifest")


def test_a_notebook_of_ones_own_is_found_by_its_path(tmp_path: Path) -> None:
    path = write_tiny_report(tmp_path)
    report = find_report(str(path))
    assert (report.name, report.path) == ("tiny", path)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match=r'no report "sitequote".*nearest is site_quote.*market'):
        find_report("sitequote")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "can't be read"),
        ("[]", "isn't a Jupyter notebook"),
        ('{"cells": 3}', "isn't a Jupyter notebook"),
        (
            '{"cells": [{"metadata": {"tags": ["parameters"]}, "source": "import os"}]}',
            "line 1 of its parameters is not NAME = VALUE",
        ),
        (
            '{"cells": [{"metadata": {"tags": ["parameters"]}, "source": "a = ("}]}',
            "can't be read as a report",
        ),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "own.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        find_report(str(path))
    assert caught.value.findings[0].file == str(path)


def test_a_path_where_nothing_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        find_report(str(tmp_path / "own.ipynb"))
