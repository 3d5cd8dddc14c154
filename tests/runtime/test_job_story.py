"""The log tells a job's story, from asked to done by its id, and no secret with it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bng_opt.market.store import open_store
from bng_opt.runtime.job import Job, JobKind, JobState
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.postgres import PASSWORD, Server
from tests.support.questions import Question, endless, impossible, slow, small
from tests.support.running import (
    command,
    finished,
    process_of,
    settings_in,
    until,
    until_running,
)
from tests.support.service import Served

pytestmark = pytest.mark.slow

LOGGED = {"log_format": "json", "log_level": "info", "workers": 1}


class Story:
    """What the logs of a job's programs say of it."""

    def __init__(self, *logs: Path) -> None:
        self._logs = logs

    def lines(self, job_id: str) -> list[dict[str, Any]]:
        said = [line for log in self._logs for line in log.read_text().splitlines()]
        told = [json.loads(line) for line in said if line.startswith("{")]
        return sorted((each for each in told if each.get("job") == job_id), key=_time)

    def tells(self, job_id: str, *parts: str) -> bool:
        """Return whether all parts are told, in this order."""
        messages = iter([line["message"] for line in self.lines(job_id)])
        return all(any(part in message for message in messages) for part in parts)


def _time(line: dict[str, Any]) -> str:
    return str(line["time"])


@pytest.fixture
def database(tmp_path: Path) -> str:
    where = str(tmp_path / "store.sqlite")
    open_store(where).close()
    return where


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return settings_in(tmp_path, database, **LOGGED)


@pytest.fixture
def queue(settings: Settings) -> Callable[[Question], Job]:
    """Return what leaves a job for others to take up."""

    def ask(question: Question) -> Job:
        with open_store(settings.database) as store, Desk(store, settings, runs=False) as desk:
            return desk.submit_scenario(JobKind.OPTIMISE, *question, by="Ann")

    return ask


def test_each_step_of_jobs_that_end_well_and_ill(
    settings: Settings, queue: Callable[[Question], Job], tmp_path: Path
) -> None:
    jobs = [queue(question) for question in (small(), impossible())]
    log = tmp_path / "work.log"
    working = command("job", "work", settings=settings, log=log)
    with open_store(settings.database) as store, Desk(store, settings, runs=False) as desk:
        good, bad = (finished(desk, job) for job in jobs)
    working.send_signal(signal.SIGTERM)
    assert working.wait(60) == 0, log.read_text()
    story = Story(log)
    for job in (good, bad):
        assert all(line["level"] == "info" for line in story.lines(job.id))
    begun = f"begun by {good.worker}, attempt 1"
    assert story.tells(good.id, "which nobody held, queued here", begun, "ended: done, after")
    assert story.tells(bad.id, "begun by", "has no answer: ", "ended: failed, after")


def test_who_asks_and_who_stops_is_told_where_it_is_done(
    settings: Settings, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with open_store(database) as store, Desk(store, settings, runs=False) as desk:
        job = desk.submit_scenario(JobKind.OPTIMISE, *small(), by="Ann")
        desk.submit_scenario(JobKind.OPTIMISE, *small(), by="Bob")
        desk.cancel(job.id, by="Bob")
        desk.cancel(job.id, by="Ann")
    assert [each for each in caplog.messages if job.id in each] == [
        f"Job {job.id} asked for by Ann: optimise",
        f"Job {job.id} under way already, asked for by Bob: optimise",
        f"Job {job.id}: Bob wants it no more; it is queued",
        f"Job {job.id}: Ann wants it no more; it is cancelled",
    ]


def test_progress_and_handing_back_are_told_and_no_process_is_left(
    settings: Settings, queue: Callable[[Question], Job], tmp_path: Path
) -> None:
    job, log = queue(endless()), tmp_path / "work.log"
    working = command("job", "work", settings=settings, log=log)
    with open_store(settings.database) as store, Desk(store, settings, runs=False) as desk:
        held_by = process_of(until_running(desk, job, with_plan=True))
        until(lambda: Story(log).tells(job.id, "best plan £"), "the progress in the log")
        working.send_signal(signal.SIGTERM)
        assert working.wait(60) == 0, log.read_text()
        left = desk.get(job.id)
    assert (left.state, left.worker, left.attempts) == (JobState.QUEUED, "", 0)
    until(lambda: not is_alive(held_by), "the end of the worker's process")
    assert Story(log).tells(job.id, "begun by", "best plan £", "handed back: others may")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_is_lost_is_told_with_its_job(
    settings: Settings, queue: Callable[[Question], Job], tmp_path: Path
) -> None:
    job = queue(slow())
    log = tmp_path / "work.log"
    working = command("job", "work", settings=settings, log=log)
    with open_store(settings.database) as store, Desk(store, settings, runs=False) as desk:
        lost = until_running(desk, job)
        os.kill(process_of(lost), signal.SIGKILL)
        finished(desk, job)
    working.send_signal(signal.SIGTERM)
    assert working.wait(60) == 0, log.read_text()
    ways = f"lost {lost.worker} in attempt 1", "queued here", "attempt 2", "ended: done"
    assert Story(log).tells(job.id, *ways)


@pytest.mark.postgres
def test_no_secret_is_in_the_logs_of_what_serves_and_works(
    postgres_server: Server, tmp_path: Path
) -> None:
    name = postgres_server.migrated_database()
    database = postgres_server.url(name).render_as_string(hide_password=False)
    secrets = {"SMTP_PASSWORD": "mail-s3cret", "APP_TOKEN": "team-t0ken-of-the-tests-0123456789"}
    told = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug", **secrets}
    served = Served(tmp_path, database, environment=told).start()
    with served.client() as client:
        refused = served.http(Authorization=f"Bearer {served.keys['Bob']}x").get("/v1/jobs")
        assert refused.status_code == 401
        assert client.jobs() == ()
    settings = settings_in(tmp_path, database, **{**LOGGED, "log_level": "debug"})
    with open_store(database) as store, Desk(store, settings, runs=False) as desk:
        job = desk.submit_scenario(JobKind.OPTIMISE, *small(), by="Bob")
        finished(desk, job)
        postgres_server.drop(name)
        until(lambda: "can't be" in served.log or "Jobs wait" in served.log, "trouble in the log")
    assert served.end() in (0, -signal.SIGTERM)
    assert f'"job": "{job.id}"' in served.log
    for secret in (PASSWORD, served.secret("Bob"), *secrets.values()):
        assert secret not in served.log
