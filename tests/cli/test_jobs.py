"""The commands ``bng-opt job``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.output.files import WRITTEN
from tests.support.command_line import Runner, write_job
from tests.support.running import command, settings_in, until


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store.sqlite"
    given = {"DATABASE": path, "CACHE_FOLDER": tmp_path / "cache", "WORKERS": 1, "USER": "Ann"}
    for name, value in given.items():
        monkeypatch.setenv(f"BNG_OPT_{name}", str(value))
    return path


@pytest.fixture
def job(tmp_path: Path) -> tuple[str, ...]:
    return write_job(tmp_path)


def test_a_job_is_queued_by_one_command_and_run_by_another(
    bng: Runner, job: tuple[str, ...], tmp_path: Path
) -> None:
    queued = bng("job", "submit", *job, "--json").json
    assert (queued["state"], queued["submitted_by"]) == ("queued", "Ann")
    assert bng("job", "submit", *job, "--by", "Bob", "--json").json["id"] == queued["id"]
    assert bng("job", "work", "--until-idle").status == 0
    shown = bng("job", "show", queued["id"], "--out", str(tmp_path / "out"), "--json")
    assert (shown.json["state"], shown.json["attempts"]) == ("done", 1)
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(WRITTEN)
    assert shown.json["best"]["total_gbp"] == 60_000
    assert "£60,000.00" in bng("job", "show", queued["id"]).out


def test_waiting_has_the_exit_status_of_the_work(
    bng: Runner, job: tuple[str, ...], tmp_path: Path
) -> None:
    done = bng("job", "submit", *job, "--kind", "report", "--wait", "--json")
    assert (done.status, done.json["state"], done.json["kind"]) == (0, "done", "report")
    folder = tmp_path / "more"
    folder.mkdir()
    too_much = write_job(folder, units=100.0)
    failed = bng("job", "submit", *too_much, "--wait", "--json")
    assert (failed.status, failed.json["error"]["kind"]) == (3, "InfeasibleError")
    assert bng("job", "wait", failed.json["id"]).status == 3
    said = bng("job", "show", failed.json["id"])
    assert (said.status, failed.json["error"]["findings"][0]["remedy"] in said.out) == (0, True)
    refused = bng("job", "show", failed.json["id"], "--out", str(folder / "out"), "--json")
    assert refused.findings == failed.json["error"]["findings"]


def test_jobs_are_listed_cancelled_and_waited_for(bng: Runner, job: tuple[str, ...]) -> None:
    assert bng("job", "list").out == "No jobs yet.\n"
    first = bng("job", "submit", *job, "--json").json["id"]
    second = bng("job", "submit", *job, "--no-cache", "--json").json["id"]
    waited = bng("job", "wait", first, "--timeout", "0.1", "--json")
    assert (waited.status, waited.json["state"]) == (4, "queued")
    assert bng("job", "cancel", first, "--json").json["state"] == "cancelled"
    listed = bng("job", "list", "--json").json["jobs"]
    assert [(row["id"], row["state"]) for row in listed] == [
        (second, "queued"),
        (first, "cancelled"),
    ]
    only = bng("job", "list", "--state", "cancelled", "--submitted-by", "Ann", "--count", "1")
    assert first in only.out
    assert second not in only.out
    assert bng("job", "list", "--submitted-by", "Eve").out == "No jobs yet.\n"


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (("show", "nowhere"), "nowhere"),
        (("cancel", "nowhere"), "nowhere"),
        (("wait", "nowhere"), "nowhere"),
        (("list", "--state", "asleep"), "asleep"),
    ],
)
def test_what_is_not_known_is_bad_input(bng: Runner, words: tuple[str, ...], about: str) -> None:
    said = bng("job", *words, "--json")
    assert said.status == 2
    assert about in said.findings[0]["message"]
    assert said.findings[0]["remedy"]


def test_what_can_not_be_submitted_is_bad_input(bng: Runner, job: tuple[str, ...]) -> None:
    for words, about in (
        (("--kind", "guess"), "guess"),
        (("--kind", "portfolio"), "portfolio"),
        (("--timeout", "-1"), "time-out"),
    ):
        said = bng("job", "submit", *job, *words, "--json")
        assert (said.status, about in said.findings[0]["message"]) == (2, True)
    assert bng("job", "list", "--json").json["jobs"] == []


def test_who_works_ends_when_told_to(tmp_path: Path, database: Path) -> None:
    log = tmp_path / "log"
    working = command("job", "work", settings=settings_in(tmp_path, str(database)), log=log)
    until(database.exists, "the store")
    working.terminate()
    assert working.wait(60) == 0, log.read_text()
