"""The one opening and the one ending: result, proof, data, versions, and the command again."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bng_opt.batch.content.frame import REFERENCE_TABLES, Frame, again
from bng_opt.batch.content.outcome import MIME, Outcome
from bng_opt.errors import ExitStatus
from bng_opt.runtime.run import versions
from tests.support.report_pages import headings, page_of

VERSIONS = versions()


def frame(status: ExitStatus = ExitStatus.DONE, **fields: object) -> Frame:
    outcome = Outcome(status, "proven", "Buy 1.00 area units.", "Proven: within £0.00.", "f" * 64)
    stated = {
        "report": "site_quote",
        "kind": "A kind",
        "title": "Ash <Dell>",
        "asked": (("Site", "LPA: Leeds"), ("Wishes", "")),
        "data": (("Market", "folder market"),),
        "outcome": outcome,
        "parameters": {"lpa": "Leeds"},
        "versions": VERSIONS,
        "made_at": datetime(2026, 3, 7, 9, 5, tzinfo=UTC),
    }
    return Frame(**{**stated, **fields})  # type: ignore[arg-type]


def test_the_opening_says_result_proof_question_and_data_with_their_dates() -> None:
    opening = frame().opening()
    assert headings(opening) == ["Ash <Dell>", "What was asked", "Data, versions and dates"]
    text = page_of(opening).get_text(" ")
    for words in ("Buy 1.00 area units.", "Proven: within £0.00.", "LPA: Leeds", "folder market"):
        assert words in text
        assert words in opening.text
    assert "7 March 2026, 09:05 UTC" in text
    assert "31 July 2025" in text
    assert "Wishes" not in text


def test_the_result_stands_in_one_line_before_all_else() -> None:
    page = page_of(frame().opening())
    box = page.find(class_="result")
    assert [p.get_text() for p in box.find_all("p")] == [
        "Buy 1.00 area units.",
        "Proven: within £0.00.",
    ]
    assert box.find_next("h2").get_text() == "What was asked"


def test_what_went_wrong_is_told_by_more_than_words() -> None:
    assert page_of(frame().opening()).find(class_="alarm") is None
    alarmed = frame(ExitStatus.NO_LAWFUL_PURCHASE).opening()
    assert page_of(alarmed).find(class_="alarm") is not None


def test_a_demonstration_says_so() -> None:
    assert "Demonstration" in frame(is_demonstration=True).opening().text
    assert "Demonstration" not in frame().opening().text


def test_the_ending_has_scenario_versions_and_the_command() -> None:
    ending = frame().ending()
    text = ending.text
    assert "f" * 64 in text.replace("\n", "").replace(" ", "")
    assert f"bng_opt {VERSIONS['bng_opt']}" in text
    assert VERSIONS["rules"] in text
    assert f"highspy {VERSIONS['highspy']}" in text
    assert "bng-opt report site_quote --param lpa=Leeds --out ." in text
    assert ending.told[MIME] == frame().outcome.as_dict()


@pytest.mark.parametrize(
    "value", ["Dunsmore and Feldon", "it's", 'a "b" $HOME `x` \\', "C:\\new folder", "=1;2", "é"]
)
def test_the_command_survives_the_shell(value: str) -> None:
    words = shlex.split(again("market", {"areas": value}))
    assert words == ["bng-opt", "report", "market", "--param", f"areas={value}", "--out", "."]


def test_the_command_spells_lists_flags_and_numbers_as_json() -> None:
    words = shlex.split(again("x", {"need": [0.9, 1.1], "joint": False, "max_banks": 3}))
    assert [w for w in words if "=" in w] == ["need=[0.9, 1.1]", "joint=false", "max_banks=3"]


def test_the_dates_of_the_reference_tables_are_those_of_their_readmes(repository: Path) -> None:
    readmes = "".join(
        (repository / "bng_opt" / folder / "README.md").read_text("utf-8")
        for folder in ("reference", "places/data")
    )
    for dated in re.findall(r"(?:\d+ )?[A-Z][a-z]+ 20\d\d", REFERENCE_TABLES):
        assert dated in readmes
    assert "fetched 2026" in readmes
    assert "National Character Areas as published in 2026" in REFERENCE_TABLES
