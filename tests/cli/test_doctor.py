"""The commands ``bng-opt doctor`` and ``bng-opt settings``, and the logs of all commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bng_opt.runtime.checkups import CHECKUPS
from tests.support.command_line import Runner, in_process_of_its_own, write_job

NAMES = ["settings", *(each.name for each in CHECKUPS), "pdf", "weasyprint", "chromium"]


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("BNG_OPT_DATABASE", str(path))
    return path


def test_the_doctor_looks_at_everything_and_prints_json_alone(store: Path) -> None:
    said = in_process_of_its_own("doctor", "--json")
    assert [check["name"] for check in said.json["checks"]] == NAMES
    assert [check for check in said.json["checks"] if check["state"] == "failed"] == []
    assert (said.status, said.err) == (0, "")
    assert set(said.json["checks"][0]) == {
        "name", "needed", "state", "message", "remedy", "seconds",
    }  # fmt: skip


def test_what_is_broken_is_told_with_its_remedy_and_status_2(bng: Runner, store: Path) -> None:
    store.write_bytes(b"no database at all " * 100)
    said = bng("doctor")
    assert said.status == 2
    assert "The file is no store." in said.out
    assert said.out.rstrip().endswith("To be mended: store.")


def test_the_store_may_be_named_on_the_command_line(bng: Runner, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"no database at all " * 100)
    said = bng("doctor", "--store", str(other), "--json")
    (found,) = [check for check in said.json["checks"] if check["name"] == "store"]
    assert str(other) in found["message"]
    assert said.status == 2


def test_a_wrong_settings_file_is_told_and_the_rest_is_looked_at(
    bng: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "team.toml"
    file.write_text('vat_rate = "much"\nworkers = 0\n')
    monkeypatch.setenv("BNG_OPT_SETTINGS", str(file))
    said = bng("doctor", "--json")
    assert said.status == 2
    states = {check["name"]: check["state"] for check in said.json["checks"]}
    assert (states["settings"], states["store"], states["solver"]) == ("failed", "absent", "ok")
    message = said.json["checks"][0]["message"]
    assert "vat_rate" in message
    assert "workers" in message


def test_settings_tells_value_source_and_meaning(
    bng: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "team.toml"
    file.write_text("vat_rate = 0.1\n")
    monkeypatch.setenv("BNG_OPT_SETTINGS", str(file))
    monkeypatch.setenv("BNG_OPT_DATABASE", "postgresql://bng:hunter2@db.local/bng")
    monkeypatch.setenv("BNG_OPT_DATABSE", "x")
    said, text = bng("settings", "--json"), bng("settings")
    assert said.json["file"] == str(file)
    rows = {row["name"]: row for row in said.json["settings"]}
    assert (rows["vat_rate"]["value"], rows["vat_rate"]["source"]) == ("0.1", "file")
    assert rows["database"]["value"] == "postgresql://bng:***@db.local/bng"
    assert rows["database"]["source"] == "environment"
    assert "BNG_OPT_DATABSE" in said.json["warnings"][0]["message"]
    assert f"Settings file: {file}" in text.out
    assert "vat_rate = 0.1  [file]\n    VAT as a fraction, shown apart." in text.out
    assert "BNG_OPT_DATABSE is no setting" in text.out
    assert "hunter2" not in said.out + text.out


def test_settings_that_cannot_be_are_refused(bng: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_LOG_LEVEL", "loud")
    said = bng("settings", "--json")
    assert said.status == 2
    assert "log_level" in said.findings[0]["message"]


def test_every_command_logs_as_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = in_process_of_its_own(
        "optimise",
        *write_job(tmp_path),
        "--json",
        BNG_OPT_LOG_FORMAT="json",
        BNG_OPT_CACHE_FOLDER=str(tmp_path / "file" / "cache"),
    )
    assert said.json["status"] == "optimal"
    logged = [json.loads(line) for line in said.err.splitlines()]
    assert {line["logger"] for line in logged} == {"bng_opt.runtime.cache"}
    assert {line["level"] for line in logged} == {"warning"}


def test_the_documents_of_a_quote_leave_no_notes_on_css(tmp_path: Path) -> None:
    said = in_process_of_its_own("demo", "--out", str(tmp_path), "--json")
    assert said.status == 0
    assert [path for path in said.json["documents"] if path.endswith(".pdf")]
    assert "WARNING" not in said.err
    assert "Ignored" not in said.err


def test_with_settings_that_cannot_be_read_a_command_without_need_of_them_runs_and_says_so(
    repository: Path,
) -> None:
    metric = str(repository / "data" / "demo" / "metric.xlsx")
    said = in_process_of_its_own("metric", metric, BNG_OPT_LOG_LEVEL="loud")
    assert said.status == 0
    assert "logs are as shipped" in said.err
