"""Workers and desks that are killed, stores that go away: nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bng_opt import save_market
from bng_opt.market.store import Store, open_store
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.runtime.jobs import Desk, Job, JobKind, JobState
from bng_opt.settings import Settings
from tests.support.command_line import SITE
from tests.support.postgres import Server, server_binaries
from tests.support.questions import Question, endless, slow, small
from tests.support.running import (
    command,
    finished,
    kill_all,
    process_of,
    settings_in,
    until,
    until_running,
)

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For tests of processes, which are the same on both."""


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    return settings_in(tmp_path, store_url, workers=2)


@pytest.fixture
def desk(store: Store, settings: Settings) -> Iterator[Desk]:
    with Desk(store, settings) as opened:
        yield opened


def submit(desk: Desk, question: Question, kind: JobKind = JobKind.OPTIMISE, **options) -> Job:
    return desk.submit_scenario(kind, *question, **{"by": "Ann", **options})


def write_question(folder: Path, question: Question) -> tuple[str, ...]:
    """Write a question of net gain into a folder; return the options that name it."""
    save_market(question.market, folder / "market")
    rows = [
        f"{ledger.value},Net gain,{position.deficit}"
        for ledger, position in question.requirement.ledgers.items()
        if position.deficit
    ]
    (folder / "need.csv").write_text("\n".join(["ledger,habitat,units", *rows]) + "\n")
    policy = question.policy
    wishes = (
        "--gap-gbp",
        str(policy.gap_gbp),
        "--min-units-per-bank",
        str(policy.min_units_per_bank),
    )
    where = ("--requirement", str(folder / "need.csv"), "--market", str(folder / "market"))
    return (*where, *SITE, *wishes)


@one_database
def test_a_killed_worker_loses_only_time_and_its_neighbour_not_even_that(desk: Desk) -> None:
    job, beside = submit(desk, slow()), submit(desk, endless())
    running = until_running(desk, job, with_plan=True)
    neighbour = until_running(desk, beside)
    os.kill(process_of(running), signal.SIGKILL)
    done = finished(desk, job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert process_of(done) != process_of(running)
    assert desk.plan(job.id).status is PlanStatus.OPTIMAL
    assert desk.get(beside.id).worker == neighbour.worker
    desk.cancel(beside.id, by="Ann")
    assert finished(desk, beside).attempts == 1


@one_database
def test_a_worker_that_hangs_is_replaced_and_keeps_nothing_when_it_wakes(desk: Desk) -> None:
    job = submit(desk, slow())
    hanging = until_running(desk, job)
    os.kill(process_of(hanging), signal.SIGSTOP)
    done = finished(desk, job)
    os.kill(process_of(hanging), signal.SIGCONT)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert process_of(done) != process_of(hanging)
    # Both lanes take jobs again once the one that hung has noticed.
    asked = [submit(desk, small(need)) for need in (1.0, 1.5, 2.0, 2.5)]
    assert {finished(desk, each).state for each in asked} == {JobState.DONE}
    assert desk.get(job.id) == done


@one_database
def test_a_job_that_kills_its_workers_fails_as_lost(store: Store, settings: Settings) -> None:
    once = settings.model_copy(update={"job_retries": 0})
    with Desk(store, once) as desk:
        job = submit(desk, endless())
        os.kill(process_of(until_running(desk, job)), signal.SIGKILL)
        done = finished(desk, job)
    assert (done.state, done.error_kind, done.exit_status) == (JobState.FAILED, "LostError", 4)
    assert "memory" in done.error[0].remedy


@one_database
def test_two_programs_that_submit_the_same_share_one_computation(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    words = ("job", "submit", *write_question(tmp_path, slow(20)), "--wait", "--json")
    logs = [tmp_path / "one.json", tmp_path / "two.json"]
    both = [command(*words, settings=settings, log=log) for log in logs]
    assert [process.wait(60) for process in both] == [0, 0]
    said = [json.loads(log.read_text()) for log in logs]
    assert said[0]["id"] == said[1]["id"]
    assert [each["attempts"] for each in said] == [1, 1]
    with Desk(store, settings, runs=False) as desk:
        assert len(desk.find()) == 1


def test_a_machine_that_fails_loses_nothing(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    with Desk(store, settings, runs=False) as queueing:
        job, waiting = submit(queueing, slow()), submit(queueing, small())
        one = settings.model_copy(update={"workers": 1})
        first = command("job", "work", settings=one, log=tmp_path / "first.log")
        until_running(queueing, job)
        kill_all(first)
        assert queueing.get(job.id).state is JobState.RUNNING
        second = command("job", "work", settings=settings, log=tmp_path / "second.log")
        done = finished(queueing, job)
        assert (done.state, done.attempts) == (JobState.DONE, 2)
        assert finished(queueing, waiting).state is JobState.DONE
        second.terminate()
        assert second.wait(60) == 0, (tmp_path / "second.log").read_text()


@one_database
def test_who_is_told_to_end_gives_back_what_runs(store: Store, settings: Settings) -> None:
    with Desk(store, settings) as first:
        job = submit(first, slow())
        until_running(first, job)
    with Desk(store, settings) as second:
        left = second.get(job.id)
        assert (left.state, left.worker, left.attempts) == (JobState.QUEUED, "", 0)
        second.recover()
        done = finished(second, job)
    assert (done.state, done.attempts) == (JobState.DONE, 1)


@one_database
def test_work_that_does_not_stop_is_ended_with_its_process(desk: Desk) -> None:
    # The plan itself is known at once; what is around it asks for ten such searches.
    finished(desk, submit(desk, slow(20)))
    job = submit(desk, slow(20), JobKind.ALTERNATIVES)
    until(lambda: (desk.get(job.id).progress or {}).get("phase") == "looking around the plan")
    running = desk.cancel(job.id, by="Ann")
    done = finished(desk, job)
    assert (running.state, done.state) == (JobState.RUNNING, JobState.CANCELLED)
    assert (done.attempts, done.has_result) == (1, False)
    assert done.best["total_gbp"] > 0
    assert finished(desk, submit(desk, small())).state is JobState.DONE


@contextmanager
def held_by_another(path: str) -> Iterator[None]:
    """Hold a store of SQLite so that nobody else can write."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_store_that_is_held_for_long_delays_a_job_and_no_more(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite")
    settings = settings_in(tmp_path, path, workers=1, busy_timeout_s=0.2)
    with open_store(path, busy_timeout_s=0.2) as store, Desk(store, settings) as desk:
        job = submit(desk, slow())
        until_running(desk, job, with_plan=True)
        with held_by_another(path):
            until(lambda: "held the store" in desk.trouble, "trouble")
            # Longer than a worker may be silent.
            time.sleep(4)
            assert desk.get(job.id).state is JobState.RUNNING
        done = finished(desk, job)
        assert (done.state, done.attempts) == (JobState.DONE, 1)
        until(lambda: not desk.trouble, "the end of the trouble")


class Restarted(Server):
    """A server that tests stop and start again, with its data and port."""

    def crash(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def start_again(self) -> None:
        self._process = self._launch()
        assert self._answers(), self.log


@pytest.fixture
def fragile() -> Iterator[Restarted]:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("there is no PostgreSQL server here: install Debian's postgresql")
    server = Restarted(binaries)
    yield server
    server.stop()


@pytest.mark.postgres
def test_a_server_that_goes_and_comes_back_loses_no_job(tmp_path: Path, fragile: Restarted) -> None:
    url = fragile.url(fragile.migrated_database()).render_as_string(hide_password=False)
    settings = settings_in(tmp_path, url, workers=1)
    with open_store(url) as store, Desk(store, settings) as desk:
        job, waiting = submit(desk, slow()), submit(desk, small())
        until_running(desk, job, with_plan=True)
        fragile.crash()
        until(lambda: "can't be reached" in desk.trouble, "trouble")
        time.sleep(2)
        fragile.start_again()
        assert finished(desk, job).state is JobState.DONE
        assert finished(desk, waiting).state is JobState.DONE
        assert desk.get(job.id).attempts <= 2
        until(lambda: not desk.trouble, "the end of the trouble")
