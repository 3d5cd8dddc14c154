"""The commands ``bng-opt cache``, and what the cache does for the others."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from bng_opt.runtime.cache import Cache
from tests.support.command_line import Runner, in_process_of_its_own, write_job


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def job(tmp_path: Path) -> tuple[str, ...]:
    return ("optimise", *write_job(tmp_path), "--json")


def grow_old() -> None:
    at = time.time() - 13 * 3600
    for path in Cache().folder.rglob("document.json"):
        os.utime(path, (at, at))


def test_the_same_job_is_searched_once(bng: Runner, job: tuple[str, ...]) -> None:
    first, second = bng(*job), bng(*job)
    assert (first.json["cached"], second.json["cached"]) == (False, True)
    changing = ("cached", "seconds")
    assert [{**said.json, **dict.fromkeys(changing)} for said in (first, second)] == [
        {**first.json, **dict.fromkeys(changing)}
    ] * 2
    assert second.err == ""


def test_another_process_finds_it_too(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    assert in_process_of_its_own(*job).json["cached"]


def test_no_cache_searches_anew_and_keeps_nothing(bng: Runner, job: tuple[str, ...]) -> None:
    assert not bng(*job, "--no-cache").json["cached"]
    assert bng("cache", "info", "--json").json["plans"] == 0
    bng(*job)
    assert not bng(*job, "--no-cache").json["cached"]


def test_a_time_limit_finds_a_plan_that_was_proven_without(
    bng: Runner, job: tuple[str, ...]
) -> None:
    bng(*job)
    said = bng(*job, "--time-limit", "60")
    assert (said.status, said.json["cached"]) == (0, True)


def test_progress_tells_of_a_plan_found(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    assert "verifying the plan" in bng(*job, "--progress").err


def test_info_says_what_is_kept_and_where(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    said = bng("cache", "info", "--json").json
    assert set(said) == {"folder", "plans", "megabytes", "most_megabytes", "hours", "trouble"}
    assert said["plans"] == 1
    assert said["folder"] == os.environ["BNG_OPT_CACHE_FOLDER"]
    assert "1 plan kept in" in bng("cache", "info").out


def test_clear_drops_all(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    assert bng("cache", "clear").out == "Dropped 1 plan.\n"
    assert bng("cache", "clear", "--json").json == {"dropped": 0}
    assert not bng(*job).json["cached"]


def test_prune_drops_what_is_old(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    assert bng("cache", "prune", "--json").json == {"dropped": 0}
    grow_old()
    assert bng("cache", "prune").out == "Dropped 1 plan.\n"


def test_a_folder_that_cannot_be_used_is_told_and_the_plan_is_found_all_the_same(
    bng: Runner, job: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    monkeypatch.setenv("BNG_OPT_CACHE_FOLDER", str(file / "cache"))
    assert bng(*job).json["status"] == "optimal"
    assert bng("cache", "info", "--json").json["trouble"]
    for command in ("clear", "prune"):
        said = bng("cache", command, "--json")
        assert said.status == 2
        assert "The cache can't be used" in said.findings[0]["message"]
        assert "BNG_OPT_CACHE_FOLDER" in said.findings[0]["remedy"]


def test_a_cache_that_vanished_is_made_again(bng: Runner, job: tuple[str, ...]) -> None:
    bng(*job)
    shutil.rmtree(os.environ["BNG_OPT_CACHE_FOLDER"])
    assert not bng(*job).json["cached"]
    assert bng(*job).json["cached"]
