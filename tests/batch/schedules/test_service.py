"""The service in processes of its own: killed, doubled, told to end. Nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psutil
import pytest
import sqlalchemy as sa

from bng_opt.batch.schedules.runs import ScheduledRun, deliveries_of, find_runs
from bng_opt.batch.schedules.service import Service
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import ScheduledRunState, ScheduleRow
from bng_opt.settings import Settings
from tests.support.mail import Post, mail_server
from tests.support.running import PATIENCE_S, command, kill_all, until
from tests.support.scheduling import write_counted_report

pytestmark = pytest.mark.slow

ANN = "ann@example.org"
TOML = """\
database = "store.sqlite"
heartbeat_s = 0.5
schedule_folder = "kept"
schedule_owner = "owner@example.org"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
smtp_from = "bng@example.org"
log_level = "info"

[[schedule]]
name = "tiny"
cron = "{cron}"
report = "tiny.ipynb"
recipients = ["ann@example.org"]
formats = ["html"]
folder = "handed"

[schedule.parameters]
log = "{folder}/log"
hold = "{folder}/hold"
"""
UNCHANGED = Settings.model_construct()
"""Nothing set beside the file."""
YEARLY = "0 0 1 1 *"
"""A time that doesn't come while a test runs: it is made to have been missed."""


class Desk:
    """A folder with settings, a store and a report that counts its runs."""

    def __init__(self, folder: Path, post: Post) -> None:
        self.folder, self.log, self.hold = folder, folder / "log", folder / "hold"
        self.post = post
        self.services: list[subprocess.Popen[bytes]] = []
        write_counted_report(folder)
        self.write_settings(YEARLY)
        self.store: Store = open_store(folder / "store.sqlite")

    def write_settings(self, cron: str) -> None:
        text = TOML.format(port=self.post.port, cron=cron, folder=self.folder)
        (self.folder / "bng_opt.toml").write_text(text, encoding="utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        """Start the service."""
        number = len(self.services)
        log = self.folder / f"service-{number}.log"
        self.services.append(command("schedule", "run", settings=UNCHANGED, log=log))
        service = self.services[-1]
        begun = "Ctrl-C ends it"
        until(lambda: begun in self.said(number) or service.poll() is not None, "a service")
        assert begun in self.said(number), self.said(number)
        return service

    def said(self, number: int = 0) -> str:
        path = self.folder / f"service-{number}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def miss(self, years: int = 1) -> None:
        """Make it so that the schedule was last seen to years ago."""
        seen_to = datetime.now(UTC) - timedelta(days=366 * years)
        with self.store.write() as session:
            session.execute(sa.update(ScheduleRow).values(seen_to=seen_to))

    def lines(self) -> Counter[str]:
        return Counter(self.log.read_text().splitlines() if self.log.exists() else [])

    def runs(self) -> tuple[ScheduledRun, ...]:
        with self.store.read() as session:
            return find_runs(session, "tiny", 100)

    def is_done(self, runs: int = 1) -> bool:
        """Return whether so many runs are finished and handed over."""
        found = self.runs()
        with self.store.read() as session:
            due = [
                one
                for one in deliveries_of(session, [run.id for run in found])
                if one.state != "done"
            ]
        return len(found) == runs and not due and all(not run.is_open for run in found)

    def hold_a_run(self) -> None:
        """Wait until a run has begun that waits to be let go."""
        self.hold.touch()
        self.miss()
        until(lambda: self.lines()["1 begun"], "a report that has begun")

    def stop(self) -> None:
        for service in self.services:
            if service.poll() is None:
                kill_all(service)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in [each for each in os.environ if each.startswith("BNG_OPT_")]:
        monkeypatch.delenv(name)
    with mail_server() as post:
        desk = Desk(tmp_path, post)
        monkeypatch.setenv("BNG_OPT_SETTINGS", str(tmp_path / "bng_opt.toml"))
        monkeypatch.chdir(tmp_path)
        yield desk
        desk.stop()
        desk.store.close()


def end(service: subprocess.Popen[bytes]) -> int:
    """Tell a service to end, and return its exit status."""
    service.send_signal(signal.SIGTERM)
    return service.wait(60)


def test_a_time_that_comes_is_run_and_handed_over(desk: Desk) -> None:
    desk.write_settings("* * * * *")
    service = desk.start()
    until(lambda: any(not run.is_open for run in desk.runs()), "a finished run")
    until(lambda: desk.post.to(ANN), "its delivery")
    assert end(service) == 0
    first = desk.runs()[-1]
    assert (first.state, first.missed, first.asked_by) == (ScheduledRunState.DONE, 0, "")
    assert (first.planned_at.second, first.planned_at.microsecond) == (0, 0)
    assert timedelta(0) <= first.started_at - first.planned_at < timedelta(minutes=1)
    assert [path.name for path in (desk.folder / "handed").iterdir() if path.name[0] != "."]
    said = desk.said()
    assert f"job=tiny#{first.id}" in said
    assert "Handed over (email): ann@example.org" in said


def test_what_was_missed_while_it_was_off_is_run_once(desk: Desk) -> None:
    end(desk.start())
    desk.miss(years=3)
    service = desk.start()
    until(desk.is_done, "the run that makes up for it")
    end(service)
    end(desk.start())
    (run,) = desk.runs()
    assert (run.missed, run.state) == (2, ScheduledRunState.DONE)
    assert desk.lines() == {"1 begun": 1, "1 over": 1}
    assert len(desk.post.to(ANN)) == 1


def test_told_to_end_at_any_moment_it_ends(tmp_path: Path) -> None:
    where = str(tmp_path / "store.sqlite")
    settings = Settings(database=where, heartbeat_s=0.01, schedule_folder=tmp_path / "kept")
    chance, interval = Random(1), sys.getswitchinterval()

    def begin_and_end() -> None:
        with open_store(where) as store:
            for _ in range(200):
                with Service(store, settings, ()):
                    time.sleep(chance.random() * 0.02)

    sys.setswitchinterval(1e-5)
    try:
        # A thread of its own: one that never ends fails the test and holds up no other.
        life = threading.Thread(target=begin_and_end, daemon=True)
        life.start()
        life.join(PATIENCE_S)
    finally:
        sys.setswitchinterval(interval)
    assert not life.is_alive(), "a service did not end"


def test_killed_with_all_its_processes_it_goes_on_after_a_restart(desk: Desk) -> None:
    desk.start()
    desk.hold_a_run()
    kill_all(desk.services[0])
    (lost,) = desk.runs()
    assert lost.state is ScheduledRunState.RUNNING
    desk.hold.unlink()
    desk.start()
    until(desk.is_done, "the run that was lost")
    (run,) = desk.runs()
    assert (run.id, run.attempts, run.state) == (lost.id, 2, ScheduledRunState.DONE)
    # Its kernel may have outlived the kill for a moment, but the run counts once.
    assert desk.lines()["1 begun"] == 2
    assert len(desk.post.to(ANN)) == 1
    assert len(list((desk.folder / "handed").iterdir())) == 1
    assert "lost" in desk.said(1)


def test_killed_alone_its_run_goes_on_and_a_restart_begins_no_other(desk: Desk) -> None:
    service = desk.start()
    desk.hold_a_run()
    service.kill()
    service.wait()
    desk.start()
    desk.hold.unlink()
    until(desk.is_done, "the run that went on")
    (run,) = desk.runs()
    assert (run.attempts, run.state) == (1, ScheduledRunState.DONE)
    assert desk.lines() == {"1 begun": 1, "1 over": 1}
    assert len(desk.post.to(ANN)) == 1


def test_told_to_end_it_hands_the_run_back_and_the_next_goes_on(desk: Desk) -> None:
    service = desk.start()
    desk.hold_a_run()
    assert end(service) == 0
    (waiting,) = desk.runs()
    assert (waiting.state, waiting.attempts) == (ScheduledRunState.WAITING, 0)
    assert "Handed back" in desk.said()
    until(lambda: not processes_of(service.pid), "the end of all its processes")
    desk.hold.unlink()
    desk.start()
    until(desk.is_done, "the run that was handed back")
    (run,) = desk.runs()
    assert (run.attempts, run.state) == (1, ScheduledRunState.DONE)
    assert len(desk.post.to(ANN)) == 1


def test_two_services_on_one_store_run_it_once(desk: Desk) -> None:
    desk.start()
    desk.start()
    desk.miss()
    until(desk.is_done, "the run")
    for service in desk.services:
        assert end(service) == 0
    assert desk.lines() == {"1 begun": 1, "1 over": 1}
    assert len(desk.post.to(ANN)) == 1


def test_a_delivery_that_was_not_tried_yet_is_made_after_a_restart(desk: Desk) -> None:
    desk.post.refused[ANN] = "451 Try later"
    service = desk.start()
    desk.miss()
    until(lambda: "Not handed over so far" in desk.said(), "a delivery that failed")
    kill_all(service)
    assert desk.post.to(ANN) == []
    desk.post.refused.clear()
    with desk.store.write() as session:
        session.execute(sa.text("UPDATE deliveries SET due_at = '2026-01-01 00:00:00.000000'"))
    desk.start()
    until(desk.is_done, "the delivery")
    assert len(desk.post.to(ANN)) == 1
    assert desk.lines() == {"1 begun": 1, "1 over": 1}


def test_a_run_whose_process_is_killed_again_and_again_fails_and_the_owner_hears(
    desk: Desk,
) -> None:
    desk.hold.touch()
    desk.start()
    desk.miss()

    def killed(attempt: int) -> Callable[[], bool]:
        def kill() -> bool:
            (run,) = desk.runs() or (None,)
            if run is None or run.attempts != attempt or not run.is_open:
                return False
            number = int(run.worker.rpartition("/")[0].rpartition(":")[2])
            os.kill(number, signal.SIGKILL)
            return True

        return kill

    for attempt in (1, 2, 3):
        until(killed(attempt), f"attempt {attempt}")
    until(lambda: desk.post.to("owner@example.org"), "a message to the owner")
    (run,) = desk.runs()
    assert (run.state, run.attempts) == (ScheduledRunState.FAILED, 3)
    assert "lost its process 3 times" in desk.post.to("owner@example.org")[0].text
    assert desk.post.to(ANN) == []


def processes_of(session: int) -> list[int]:
    """Return what still runs of a session of processes."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.Error, ProcessLookupError):
            continue
    return found
