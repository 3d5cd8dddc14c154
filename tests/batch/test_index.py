"""The index of a folder: how each run stands, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bng_opt.batch.batch_run import BatchRun
from bng_opt.batch.index import read_index, write_index
from bng_opt.batch.report_run import Format, OutputFile, ReportRun, RunState
from bng_opt.errors import ExitStatus, Finding

MADE = ReportRun(
    "Mill & <Co>", "site_quote", "Mill-Co", "d1", RunState.MADE, ExitStatus.NO_LAWFUL_PURCHASE,
    "None exists.", "Proven.", {Format.HTML: OutputFile.of("Mill-Co.html", b"x")},
    "2026-11-30T08:15:00+00:00", 2.25, (Finding("North: It is sold out.", ""),),
)  # fmt: skip
FAILED = ReportRun(
    "Fen", "site_quote", "Fen", "d2", RunState.FAILED, ExitStatus.BAD_INPUT, seconds=1.0,
    findings=(Finding("It is missing.", "Add it.", file="a.csv", row=3),),
)  # fmt: skip
WAITING = ReportRun("Dell", "site_quote", "Dell", "d3")
LEFT_OUT = (Finding("There is no file.", "Give it.", file="runs.csv", row=5, column="metric"),)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "Mill-Co.html").write_bytes(b"x")
    return tmp_path


def page_of(folder: Path) -> BeautifulSoup:
    return BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser")


def test_what_is_written_is_read_back_the_same(folder: Path) -> None:
    write_index(BatchRun("site_quote", folder, (MADE, FAILED, WAITING), LEFT_OUT), ())
    assert read_index(folder) == (MADE, FAILED, WAITING)


def test_the_page_tells_how_each_stands_and_what_failed_first(folder: Path) -> None:
    write_index(BatchRun("site_quote", folder, (MADE, FAILED, WAITING), LEFT_OUT), ())
    page = page_of(folder)
    assert page.h1.get_text() == "Reports: site quote"
    said = page.main.p.get_text()
    assert said == (
        "3 reports: 1 made, 1 failed, 1 not run yet, 1 finding on rows that were left out."
    )
    headings = [tag.get_text() for tag in page.find_all("h2")]
    assert headings == ["Failed", "Left out"]
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in page.tbody.find_all("tr")
    ]
    assert rows[0][:2] == ["Mill & <Co>", "made no lawful purchase"]
    assert rows[0][2] == "None exists. Proven. North: It is sold out."
    assert rows[0][3:] == ["html", "2026-11-30 08:15:00 UTC", "2.2"]
    assert rows[1][2] == "a.csv, row 3: It is missing. Add it."
    assert rows[2] == ["Dell", "waiting", "", "", "", ""]


def test_links_are_relative_have_names_and_nothing_else_is_fetched(folder: Path) -> None:
    write_index(BatchRun("site_quote", folder, (MADE,)), ())
    page = page_of(folder)
    (link,) = page.find_all("a")
    assert (link["href"], link["aria-label"]) == ("Mill-Co.html", "Mill & <Co> as html")
    assert not page.find_all(["script", "img", "iframe"])
    assert [tag["href"] for tag in page.find_all("link")] == ["data:,"]
    assert page.html["lang"] == "en-GB"


def test_earlier_runs_are_listed_while_their_files_are_there(folder: Path) -> None:
    gone = replace(MADE, title="Gone", stem="Gone", files={Format.PDF: OutputFile("Gone.pdf", "")})
    write_index(BatchRun("market", folder, ()), (MADE, gone))
    assert read_index(folder) == (MADE,)
    assert "Mill & <Co>" in page_of(folder).find(id="earlier").parent.get_text()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"form": 1}', '{"form": 1, "runs": [{"title": 1}], "earlier": []}']
)
def test_a_damaged_index_counts_as_none_and_is_told(
    folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "index.json").write_text(content)
    assert read_index(folder) == ()
    assert "can't be read" in caplog.text


def test_no_index_and_one_of_another_form_say_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_index(folder) == ()
    (folder / "index.json").write_text(json.dumps({"form": 99}))
    assert read_index(folder) == ()
    assert not caplog.text


def test_the_worst_run_is_the_status_of_all_and_rows_left_out_are_bad_input(folder: Path) -> None:
    assert BatchRun("x", folder, (MADE,)).status is ExitStatus.NO_LAWFUL_PURCHASE
    assert BatchRun("x", folder, (MADE, FAILED)).status is ExitStatus.BAD_INPUT
    assert BatchRun("x", folder, (), LEFT_OUT).status is ExitStatus.BAD_INPUT
    assert BatchRun("x", folder, ()).status is ExitStatus.DONE


@pytest.mark.parametrize(
    ("formats", "content", "whole"),
    [
        ((Format.HTML,), b"x", True),
        ((Format.HTML, Format.PDF), b"x", False),
        ((Format.HTML,), b"y", False),
        ((Format.HTML,), None, False),
    ],
)
def test_a_run_is_whole_if_all_its_files_are_there_as_they_were_written(
    tmp_path: Path, formats: tuple[Format, ...], content: bytes | None, whole: bool
) -> None:
    if content is not None:
        (tmp_path / "Mill-Co.html").write_bytes(content)
    assert MADE.is_whole(tmp_path, formats) is whole
    assert not replace(MADE, state=RunState.WAITING).is_whole(tmp_path, formats)
