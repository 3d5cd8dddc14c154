"""Claims: each time is run once, one run at a time, and none is lost with its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bng_opt.batch.batch_run import BatchRun
from bng_opt.batch.report_run import ReportRun, RunState
from bng_opt.batch.schedules.claims import (
    Asked,
    Claimant,
    beat,
    claim,
    finish,
    hand_back,
    handover_of,
    is_called_for,
    see,
)
from bng_opt.batch.schedules.runs import ScheduledRun, deliveries_of, find_runs, get_run
from bng_opt.errors import InputError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import DeliveryKind, ScheduledRunState
from bng_opt.runtime.hands import machine, own_name
from bng_opt.settings import Settings
from tests.support.scheduling import MONDAY, Clock, schedule_of

SETTINGS = Settings(heartbeat_s=5, job_retries=2)
ELSEWHERE = "other-machine:1/0123abcd"
"""Whether a process of another machine has ended isn't known."""


class Desk:
    """A store whose clock is moved by hand, and one schedule on it, seen on Sunday."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.clock = store, Clock(MONDAY - timedelta(days=1))
        store.clock = self.clock
        self.schedule = schedule_of(folder)
        self.see()
        self.clock.now = MONDAY

    def see(self) -> None:
        self.store.run(lambda session: see(session, self.schedule, self.clock()))

    def claim(
        self, worker: str = ELSEWHERE, asked: Asked | None = None, *, heeds_silence: bool = True
    ) -> ScheduledRun | None:
        who = Claimant(worker, SETTINGS, heeds_silence)
        return self.store.run(lambda s: claim(s, self.schedule, who, self.clock(), asked))

    def claimed(self, worker: str = ELSEWHERE, asked: Asked | None = None) -> ScheduledRun:
        run = self.claim(worker, asked)
        assert run is not None
        return run

    def is_called_for(self) -> bool:
        who = Claimant(own_name(), SETTINGS)
        with self.store.read() as session:
            return is_called_for(session, self.schedule, who, self.clock())

    def finish(self, run: ScheduledRun, state: RunState = RunState.MADE) -> bool:
        made = ReportRun("Tiny", "tiny", "tiny", "d", state)
        batch = BatchRun("tiny", run.folder, (made,))
        handover = handover_of(self.schedule, run.planned_at).of_batch(batch)
        return self.store.run(lambda s: finish(s, run, self.schedule, handover, self.clock()))

    def get(self, run: ScheduledRun) -> ScheduledRun:
        with self.store.read() as session:
            return get_run(session, run.id)

    def runs(self) -> tuple[ScheduledRun, ...]:
        with self.store.read() as session:
            return find_runs(session, None, 100)


@pytest.fixture(name="desk")
def _desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def ended_process() -> str:
    """Return the name of a process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{machine()}:{process.pid}/0123abcd"


class TestTimes:
    def test_a_time_is_run_once(self, desk: Desk) -> None:
        assert desk.is_called_for()
        run = desk.claimed()
        assert (run.planned_at, run.missed, run.state) == (MONDAY, 0, ScheduledRunState.RUNNING)
        desk.finish(run)
        assert not desk.is_called_for()
        assert desk.claim() is None

    def test_nothing_is_done_before_it(self, desk: Desk) -> None:
        desk.clock.now = MONDAY - timedelta(seconds=1)
        assert not desk.is_called_for()
        assert desk.claim() is None

    def test_the_next_comes_in_its_turn(self, desk: Desk) -> None:
        desk.finish(desk.claimed())
        desk.clock.move(days=1)
        assert desk.claimed().planned_at == MONDAY + timedelta(days=1)

    def test_times_missed_are_made_up_for_once_by_the_latest(self, desk: Desk) -> None:
        desk.clock.now = MONDAY + timedelta(days=9, hours=5)
        run = desk.claimed()
        assert (run.planned_at, run.missed) == (MONDAY + timedelta(days=9), 9)
        desk.finish(run)
        assert desk.claim() is None

    def test_a_schedule_begins_when_it_is_first_seen(self, store: Store, tmp_path: Path) -> None:
        desk = Desk(store, tmp_path)
        desk.schedule = schedule_of(tmp_path, name="new")
        desk.clock.now = MONDAY + timedelta(hours=1)
        assert desk.claim() is None
        desk.clock.move(days=1)
        assert desk.claimed().missed == 0

    def test_other_times_begin_when_they_are_first_seen(self, desk: Desk, tmp_path: Path) -> None:
        desk.schedule = schedule_of(tmp_path, "0 6 * * *")
        assert not desk.is_called_for()
        assert desk.claim() is None
        desk.clock.move(days=1)
        assert desk.claimed().planned_at == MONDAY + timedelta(hours=23)

    def test_another_time_zone_means_other_times(self, desk: Desk, tmp_path: Path) -> None:
        from zoneinfo import ZoneInfo

        desk.schedule = schedule_of(tmp_path, zone=ZoneInfo("Europe/Paris"))
        assert desk.claim() is None

    def test_each_run_has_a_folder_of_its_own(self, desk: Desk) -> None:
        planned = desk.claimed()
        desk.finish(planned)
        desk.clock.move(microseconds=1)
        asked = desk.claimed(asked=Asked("Ann"))
        folder = SETTINGS.schedule_folder / "tiny"
        assert planned.folder == folder / "20261130T070000Z"
        assert asked.folder == folder / "20261130T070000.000001Z"


class TestOverlaps:
    def test_none_is_begun_while_one_goes_on(self, desk: Desk) -> None:
        desk.claimed()
        desk.clock.move(seconds=29)
        assert not desk.is_called_for()
        assert desk.claim() is None

    def test_what_came_meanwhile_is_run_afterwards_once(self, desk: Desk) -> None:
        run = desk.claimed(own_name())
        for _ in range(3):
            desk.clock.move(days=1)
            desk.store.run(lambda s: beat(s, run, desk.clock()))
            assert desk.claim() is None
        desk.finish(run)
        late = desk.claimed()
        assert (late.planned_at, late.missed) == (MONDAY + timedelta(days=3), 2)

    def test_one_asked_for_meanwhile_is_refused(self, desk: Desk) -> None:
        desk.claimed()
        with pytest.raises(InputError, match=r"being run already, since 2026-11-30 07:00 UTC"):
            desk.claim(asked=Asked("Ann"))

    def test_one_that_is_asked_for_takes_no_time_from_the_plan(self, desk: Desk) -> None:
        desk.clock.move(minutes=-5)
        run = desk.claimed(asked=Asked("Ann", to_owner=True))
        assert (run.asked_by, run.to_owner, run.planned_at) == ("Ann", True, desk.clock())
        desk.finish(run)
        desk.clock.move(minutes=5)
        assert desk.claimed().asked_by == ""

    def test_of_many_who_look_at_the_same_moment_one_gets_it(
        self, desk: Desk, store_url: str
    ) -> None:
        starting, got = threading.Barrier(8), []

        def look(number: int) -> None:
            with open_store(store_url, clock=desk.clock) as store:
                who = Claimant(f"{ELSEWHERE}{number}", SETTINGS)
                starting.wait()
                got.append(store.run(lambda s: claim(s, desk.schedule, who, desk.clock())))

        threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 8
        (winner,) = [run for run in got if run is not None]
        assert [run.id for run in desk.runs()] == [winner.id]


class TestTakingOver:
    def test_a_run_whose_process_has_ended_is_taken_over_at_once(self, desk: Desk) -> None:
        lost = desk.claimed(ended_process())
        assert desk.is_called_for()
        taken = desk.claimed()
        assert (taken.id, taken.attempts, taken.planned_at) == (lost.id, 2, lost.planned_at)
        assert taken.folder == lost.folder

    def test_one_of_another_machine_after_a_long_silence(self, desk: Desk) -> None:
        desk.claimed()
        desk.clock.move(seconds=30)
        assert desk.claim() is None
        desk.clock.move(seconds=1)
        assert desk.claimed("third:1/0").attempts == 2

    def test_silence_says_nothing_just_after_the_store_was_away(self, desk: Desk) -> None:
        desk.claimed()
        desk.clock.move(hours=1)
        assert desk.claim(heeds_silence=False) is None

    def test_who_has_lost_a_run_can_change_nothing_of_it(self, desk: Desk) -> None:
        lost = desk.claimed(ended_process())
        taken = desk.claimed(own_name())
        assert not desk.finish(lost, RunState.FAILED)
        assert not desk.store.run(lambda s: hand_back(s, lost))
        assert not desk.store.run(lambda s: beat(s, lost, desk.clock()))
        assert desk.get(taken).state is ScheduledRunState.RUNNING
        assert desk.finish(taken)
        assert desk.get(taken).state is ScheduledRunState.DONE

    def test_one_handed_back_is_gone_on_with_and_the_attempt_does_not_count(
        self, desk: Desk
    ) -> None:
        run = desk.claimed()
        for _ in range(5):
            assert desk.store.run(lambda s: hand_back(s, run))  # noqa: B023
            assert desk.get(run).state is ScheduledRunState.WAITING
            assert desk.is_called_for()
            again = desk.claimed()
            assert (again.id, again.attempts) == (run.id, 1)
            run = again

    def test_who_asks_for_a_run_gets_the_one_left_unfinished(self, desk: Desk) -> None:
        run = desk.claimed(ended_process())
        assert desk.claimed(asked=Asked("Ann")).id == run.id

    def test_one_lost_too_often_fails_and_the_owner_hears_of_it(self, desk: Desk) -> None:
        runs = [desk.claimed(ended_process()) for _ in range(3)]
        assert [run.attempts for run in runs] == [1, 2, 3]
        assert desk.claim() is None
        failed = desk.get(runs[0])
        assert (failed.state, failed.exit_status) == (ScheduledRunState.FAILED, 4)
        assert failed.handover is not None
        assert "lost its process 3 times" in failed.handover.findings[0].message
        with desk.store.read() as session:
            (told,) = deliveries_of(session, [failed.id])
        assert (told.kind, told.target) == (DeliveryKind.OWNER, "owner@example.org")


@pytest.mark.parametrize(
    ("moment", "planned", "stamp"),
    [
        ("2026-11-30 07:00", "Monday 30 November 2026, 07:00 (Europe/London)", "2026-11-30_0700"),
        ("2026-07-01 06:00", "Wednesday 1 July 2026, 07:00 (Europe/London)", "2026-07-01_0700"),
        ("2026-10-25 00:30", "Sunday 25 October 2026, 01:30 (Europe/London)", "2026-10-25_0130"),
        (
            "2026-10-25 01:30",
            "Sunday 25 October 2026, 01:30 (Europe/London)",
            "2026-10-25_0130_again",
        ),
        (
            "2026-11-30 09:15:30.5",
            "Monday 30 November 2026, 09:15 (Europe/London)",
            "2026-11-30_091530",
        ),
    ],
)
def test_a_run_is_named_by_the_clocks_of_its_schedule(
    tmp_path: Path, moment: str, planned: str, stamp: str
) -> None:
    at = datetime.fromisoformat(f"{moment}+00:00")
    handover = handover_of(schedule_of(tmp_path), at)
    assert (handover.planned, handover.stamp) == (planned, stamp)


def test_a_run_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no run 7 of a schedule"), store.read() as session:
        get_run(session, 7)
