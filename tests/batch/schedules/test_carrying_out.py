"""A schedule carried out for real: reports, their keeping, and being told to end in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from bng_opt.batch.report_run import RunState
from bng_opt.batch.schedules.carrying_out import carry_out
from bng_opt.batch.schedules.claims import Asked, Claimant, claim, see
from bng_opt.batch.schedules.runs import ScheduledRun, deliveries_of
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.stopping import StopAsked, Stopping
from bng_opt.errors import ExitStatus, InputError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import ScheduledRunRow, ScheduledRunState
from bng_opt.settings import Settings
from tests.support.running import until
from tests.support.scheduling import MONDAY, Clock, schedule_of, write_counted_report
from tests.support.tiny_report import write_manifest

NOW = Asked("Ann")


class Desk:
    """A store in a folder and a report that counts its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.hold = folder, folder / "log", folder / "hold"
        self.store: Store = open_store(folder / "store.sqlite")
        self.settings = Settings(
            database=str(folder / "store.sqlite"), heartbeat_s=0.3, schedule_folder=folder / "kept"
        )
        write_counted_report(folder)

    def schedule(self, *rows: dict[str, object], **changed: object) -> Schedule:
        parameters = {"log": str(self.log), "hold": str(self.hold)}
        manifest = write_manifest(self.folder, *rows) if rows else None
        given = {"parameters": parameters, "manifest": manifest, "owner": ""}
        return schedule_of(self.folder, **{**given, **changed})

    def carry_out(self, schedule: Schedule, asked: Asked | None = NOW) -> ScheduledRun | None:
        with Stopping() as stopping:
            return carry_out(self.store, self.settings, schedule, stopping, asked=asked)

    def carried_out(self, schedule: Schedule) -> ScheduledRun:
        run = self.carry_out(schedule)
        assert run is not None
        return run

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def once_begun(self, do: Callable[[], object]) -> threading.Thread:
        """Do something as soon as a report has begun."""

        def wait() -> None:
            until(self.lines, "a report that has begun")
            do()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


def tell_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_run_leaves_its_files_and_what_it_gave(desk: Desk) -> None:
    run = desk.carried_out(desk.schedule())
    assert (run.state, run.exit_status) == (ScheduledRunState.DONE, ExitStatus.DONE)
    assert run.handover is not None
    (made,) = run.handover.runs
    assert (made.title, made.result, made.state) == ("Tiny things", "Number 1.", RunState.MADE)
    assert all(path.is_file() for path in made.paths(run.folder).values())
    assert run.folder.is_relative_to(desk.folder / "kept" / "tiny")
    assert desk.lines() == ["1 begun", "1 over"]


def test_nothing_is_done_before_its_time(desk: Desk) -> None:
    assert desk.carry_out(desk.schedule(), asked=None) is None


def test_a_time_that_has_come_is_run(desk: Desk) -> None:
    desk.store.clock = Clock()
    schedule = desk.schedule()
    desk.store.run(lambda s: see(s, schedule, MONDAY - timedelta(days=3)))
    run = desk.carry_out(schedule, asked=None)
    assert run is not None
    assert (run.planned_at, run.missed, run.asked_by) == (MONDAY, 2, "")


def test_one_failure_of_several_fails_the_run_and_keeps_the_rest(desk: Desk) -> None:
    rows = ({"name": "Ash", "end": "well"}, {"name": "Elm", "end": "refused"})
    run = desk.carried_out(desk.schedule(*rows))
    assert (run.state, run.exit_status) == (ScheduledRunState.FAILED, ExitStatus.BAD_INPUT)
    assert run.handover is not None
    assert [each.title for each in run.handover.sound] == ["Ash"]
    assert [each.title for each in run.handover.unsound] == ["Elm"]


def test_what_cannot_be_run_at_all_fails_it_with_all_findings(desk: Desk) -> None:
    schedule = desk.schedule(parameters={"log": str(desk.log), "source": "none.csv"})
    run = desk.carried_out(schedule)
    assert (run.state, run.exit_status) == (ScheduledRunState.FAILED, ExitStatus.BAD_INPUT)
    assert run.handover is not None
    assert "none.csv" in run.handover.findings[0].message
    assert desk.lines() == []


def test_bad_rows_are_left_out_where_the_schedule_says_so(desk: Desk) -> None:
    rows = ({"name": "Ash", "number": 1}, {"name": "Elm", "number": "many"})
    refused = desk.carried_out(desk.schedule(*rows))
    assert refused.state is ScheduledRunState.FAILED
    assert desk.lines() == []
    run = desk.carried_out(desk.schedule(*rows, skip_bad=True, owner="owner@example.org"))
    assert run.state is ScheduledRunState.DONE
    assert run.handover is not None
    assert len(run.handover.left_out) == 1
    with desk.store.read() as session:
        assert [one.kind.value for one in deliveries_of(session, [run.id])] == ["owner"]


class TestBeingToldToEnd:
    def test_the_run_is_handed_back_and_gone_on_with_from_there(self, desk: Desk) -> None:
        desk.settings = desk.settings.model_copy(update={"workers": 1})
        rows = ({"name": "Ash", "number": 1}, {"name": "Elm", "number": 2})
        schedule = desk.schedule(*rows)

        def end_the_second() -> None:
            until(lambda: "1 over" in desk.lines(), "the first report's end")
            desk.hold.touch()
            until(lambda: "2 begun" in desk.lines(), "the second report")
            tell_to_end()

        thread = desk.once_begun(end_the_second)
        run = desk.carried_out(schedule)
        thread.join()
        assert (run.state, run.attempts, run.handover) == (ScheduledRunState.WAITING, 0, None)
        desk.hold.unlink()
        again = desk.carried_out(schedule)
        assert (again.id, again.state) == (run.id, ScheduledRunState.DONE)
        assert again.handover is not None
        assert [each.state for each in again.handover.runs] == [RunState.KEPT, RunState.MADE]
        assert desk.lines() == ["1 begun", "1 over", "2 begun", "2 begun", "2 over"]

    def test_told_before_it_began_it_begins_nothing(self, desk: Desk) -> None:
        with Stopping() as stopping:
            stopping.told.set()
            run = carry_out(desk.store, desk.settings, desk.schedule(), stopping, asked=NOW)
        assert run is not None
        assert run.state is ScheduledRunState.WAITING
        assert desk.lines() == []

    def test_no_process_is_left_behind(self, desk: Desk) -> None:
        desk.hold.touch()
        thread = desk.once_begun(tell_to_end)
        before = {process.pid for process in psutil.Process().children(recursive=True)}
        desk.carried_out(desk.schedule())
        thread.join()

        def gone() -> bool:
            now = {process.pid for process in psutil.Process().children(recursive=True)}
            return not any("ipykernel" in " ".join(cmdline(pid)) for pid in now - before)

        until(gone, "the end of all kernels")


def cmdline(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def test_one_that_others_have_taken_over_ends_and_writes_nothing(desk: Desk) -> None:
    desk.hold.touch()

    def take_over() -> None:
        with desk.store.write() as session:
            session.query(ScheduledRunRow).update({"worker": "other:1/0", "attempts": 2})

    thread = desk.once_begun(take_over)
    run = desk.carried_out(desk.schedule())
    thread.join()
    assert (run.state, run.worker, run.attempts) == (ScheduledRunState.RUNNING, "other:1/0", 2)
    assert desk.lines() == ["1 begun"]


def test_a_heartbeat_says_that_it_is_worked_on(desk: Desk) -> None:
    desk.hold.touch()
    seen = []

    def look() -> None:
        for _ in range(2):
            with desk.store.read() as session:
                row = session.query(ScheduledRunRow).one()
                seen.append(row.heartbeat_at)
            time.sleep(1.0)
        desk.hold.unlink()

    thread = desk.once_begun(look)
    desk.carried_out(desk.schedule())
    thread.join()
    assert seen[1] > seen[0]


def test_who_asks_while_one_is_made_is_refused(desk: Desk) -> None:
    desk.hold.touch()
    refused = []

    def ask() -> None:
        who, schedule = Claimant("other:1/0", desk.settings), desk.schedule()
        with pytest.raises(InputError, match="is being run already"):
            desk.store.run(lambda s: claim(s, schedule, who, desk.store.clock(), NOW))
        refused.append(True)
        desk.hold.unlink()

    thread = desk.once_begun(ask)
    desk.carried_out(desk.schedule())
    thread.join()
    assert refused == [True]


class TestStopping:
    def test_a_signal_breaks_off_only_what_may_be(self) -> None:
        with Stopping() as stopping:
            tell_to_end()
            assert stopping.told.is_set()
            with pytest.raises(StopAsked), stopping.can_break_off():
                raise AssertionError("it was told to end before")

    def test_it_breaks_off_once_so_that_the_cleaning_up_is_done(self) -> None:
        cleaned = []

        def work() -> None:
            try:
                tell_to_end()
            finally:
                tell_to_end()
                cleaned.append(True)

        with Stopping() as stopping:
            with pytest.raises(StopAsked), stopping.can_break_off():
                work()
            assert cleaned == [True]

    def test_another_thread_can_break_it_off(self) -> None:
        def work(break_off: Callable[[], None]) -> None:
            threading.Thread(target=break_off).start()
            until(lambda: False, "never")

        with (
            Stopping() as stopping,
            pytest.raises(StopAsked),
            stopping.can_break_off() as break_off,
        ):
            work(break_off)

    def test_handlers_are_put_back(self) -> None:
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        with Stopping():
            assert signal.getsignal(signal.SIGTERM) != before[0]
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
