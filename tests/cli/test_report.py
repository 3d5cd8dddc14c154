"""``bng-opt report``: parameters from anywhere, what failed, and exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.errors import ExitStatus
from tests.support.command_line import Runner, Said
from tests.support.tiny_report import write_manifest, write_tiny_report


@pytest.fixture(name="bng")
def _bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture(name="report")
def _report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").touch()
    return str(write_tiny_report(tmp_path))


def refused(said: Said) -> list[str]:
    assert said.status == ExitStatus.BAD_INPUT
    assert not Path("out").exists()
    return [finding["message"] for finding in said.findings]


def test_a_report_is_made_into_the_folder_and_its_result_is_said(
    bng: Runner, report: str, tmp_path: Path
) -> None:
    said = bng("report", report, "--param", "number=7", "--title", "Ash Dell", "--format", "html")
    assert (said.status, said.err) == (0, "")
    assert "Ash Dell: made. Number 7.\nCounted." in said.out
    assert f"Index: {tmp_path / 'out' / 'index.html'}" in said.out
    assert (tmp_path / "out" / "Ash-Dell.html").is_file()


def test_a_batch_tells_what_failed_and_ends_with_the_worst_status(
    bng: Runner, report: str, tmp_path: Path
) -> None:
    rows = (
        {"name": "Ash", "end": "well", "source": "a.csv"},
        {"name": "Brook", "end": "without"},
        {"name": "Copse", "end": "refused"},
        {"name": "Dell", "end": "well", "source": "gone.csv"},
    )
    path = str(write_manifest(tmp_path, *({"source": "", **row} for row in rows)))
    words = ("report", report, "--manifest", path, "--format", "ipynb", "--json", "--jobs", "2")
    assert refused(bng(*words)) == ['source: there is no file or folder "gone.csv".']
    said = bng(*words, "--skip-bad")
    assert said.status == ExitStatus.BAD_INPUT
    assert said.json["exit_status"] == 2
    assert [(run["title"], run["state"]) for run in said.json["runs"]] == [
        ("Ash", "made"),
        ("Brook", "made"),
        ("Copse", "failed"),
    ]
    assert [finding["row"] for finding in said.json["left_out"]] == [5]
    assert sorted(line.partition("/")[0] for line in said.err.splitlines()) == ["1", "2", "3"]
    again = bng(*words[:-3], "--skip-bad")
    assert "Copse: failed.\n  a.csv: It is <missing>. Add it." in again.out
    assert "Left out:\n  " in again.out
    assert "3 reports:" in again.out


def test_parameters_may_come_from_a_file_whose_paths_are_from_its_folder(
    bng: Runner, report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given.toml").write_text('source = "a.csv"\nnumber = 3\nlabel = "From file"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    words = ("report", report, "--params", "../given.toml", "--param", "number=4")
    said = bng(*words, "--format", "html", "--json")
    assert said.status == 0
    assert said.json["runs"][0]["result"] == "Number 4."
    page = (tmp_path / "elsewhere" / "out" / "tiny.html").read_text("utf-8")
    assert "<h1>From file</h1>" in page


def test_everything_wrong_with_the_parameters_is_said_before_any_run(
    bng: Runner, report: str
) -> None:
    words = ("report", report, "--json")
    found = refused(bng(*words, "--param", "numbr=1", "--param", "share=much"))
    assert found == ['The report has no parameter "numbr".', 'share can\'t be "much".']
    assert refused(bng(*words, "--param", "number", "--params", "none.toml")) == [
        "It can't be read: No such file or directory.",
        '--param "number" gives no value.',
    ]
    found = refused(bng(*words, "--param", "number=1", "--param", "number=2"))
    assert found == ["--param gives number twice."]
    assert refused(bng(*words, "--format", "html,docx")) == ['There is no format "docx".']
    assert refused(bng("report", "sitequote", "--json")) == ['There is no report "sitequote".']


def test_without_a_name_the_reports_are_listed_with_their_parameters(bng: Runner) -> None:
    said = bng("report")
    assert said.status == 0
    assert "\n\nsite_quote\n" in said.out
    assert "  mode " in said.out
    assert "[statutory]" in said.out
    listed = bng("report", "--list", "--json").json["reports"]
    (quote,) = [each for each in listed if each["name"] == "site_quote"]
    assert {each["name"]: each["kind"] for each in quote["parameters"]}["metric"] == "a path"


def test_one_report_is_listed_alone(bng: Runner, report: str) -> None:
    listed = bng("report", report, "--list", "--json").json["reports"]
    assert [each["name"] for each in listed] == ["tiny"]
