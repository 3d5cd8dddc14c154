"""Handing over: who gets what, once; what can't be is tried again, and then the owner hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bng_opt.batch.batch_run import BatchRun
from bng_opt.batch.report_run import Format, OutputFile, ReportRun, RunState
from bng_opt.batch.schedules.claims import Asked, Claimant, claim, finish, handover_of, see
from bng_opt.batch.schedules.due import PAUSES, take_delivery
from bng_opt.batch.schedules.handing_over import hand_over
from bng_opt.batch.schedules.runs import Delivery, ScheduledRun, deliveries_of, get_run
from bng_opt.errors import ExitStatus, Finding
from bng_opt.market.store import Store
from bng_opt.market.store.tables import DeliveryState
from bng_opt.runtime.hands import own_name
from bng_opt.settings import Settings
from tests.support.mail import Post, mail_server
from tests.support.scheduling import MONDAY, Clock, schedule_of

ANN, BOB, OWNER = "ann@example.org", "bob@example.org", "owner@example.org"


@dataclass
class Desk:
    """A store, a mail server, and runs that were made without running anything."""

    store: Store
    clock: Clock
    folder: Path
    post: Post

    @property
    def settings(self) -> Settings:
        return Settings(
            smtp_host="127.0.0.1",
            smtp_port=self.post.port,
            smtp_security="none",
            smtp_from="bng@example.org",
            smtp_timeout_s=20,
            schedule_folder=self.folder / "kept",
        )

    def finished(
        self, *titles: str, failed: tuple[str, ...] = (), asked: Asked | None = None, **changed: Any
    ) -> ScheduledRun:
        """Return a finished run; some of its reports failed."""
        schedule = schedule_of(self.folder, **changed)
        who = Claimant(own_name(), self.settings)
        self.store.run(lambda s: see(s, schedule, MONDAY - timedelta(days=1)))
        run = self.store.run(lambda s: claim(s, schedule, who, self.clock(), asked))
        assert run is not None
        run.folder.mkdir(parents=True)
        made = tuple(self.report(run.folder, title, title in failed) for title in titles)
        handover = handover_of(schedule, run.planned_at).of_batch(
            BatchRun("tiny", run.folder, made)
        )
        assert self.store.run(lambda s: finish(s, run, schedule, handover, self.clock()))
        return run

    @staticmethod
    def report(folder: Path, title: str, failed: bool) -> ReportRun:
        file = OutputFile.of(f"{title}.html", title.encode())
        (folder / file.name).write_bytes(title.encode())
        state = RunState.FAILED if failed else RunState.MADE
        status = ExitStatus.BAD_INPUT if failed else ExitStatus.DONE
        findings = (Finding("It is missing.", "Add it."),) if failed else ()
        files = {Format.HTML: file}
        return ReportRun(
            title, "tiny", title, "d", state, status, "Found.", "", files, "", 0, findings
        )

    def hand_over(self) -> int:
        return hand_over(self.store, self.settings)

    def deliveries(self, run: ScheduledRun) -> tuple[Delivery, ...]:
        with self.store.read() as session:
            return deliveries_of(session, [run.id])

    def states(self, run: ScheduledRun) -> dict[str, str]:
        """Return how each delivery stands, by kind and target."""
        return {f"{one.kind.value} {one.target}": one.state.value for one in self.deliveries(run)}

    def subjects(self, address: str) -> list[str]:
        return [str(each.message["Subject"]).partition(":")[0] for each in self.post.to(address)]


@pytest.fixture(name="desk")
def _desk(store: Store, tmp_path: Path) -> Iterator[Desk]:
    store.clock = clock = Clock()
    with mail_server() as post:
        yield Desk(store, clock, tmp_path, post)


def test_each_recipient_gets_a_message_of_their_own_and_the_folder_the_files(desk: Desk) -> None:
    run = desk.finished("Ash", "Elm", recipients=(ANN, BOB), folder=desk.folder / "team")
    assert desk.hand_over() == 3
    assert set(desk.states(run).values()) == {"done"}
    for address in (ANN, BOB):
        (got,) = desk.post.to(address)
        assert got.message["To"] == address
        assert set(got.attached) == {"Ash.html", "Elm.html"}
        assert got.message["Subject"] == "Tiny things: Monday 30 November 2026, 07:00"
    assert desk.post.to(OWNER) == []
    final = desk.folder / "team" / "2026-11-30_0700-tiny"
    assert (final / "Elm.html").read_text() == "Elm"
    assert desk.hand_over() == 0
    assert len(desk.post.received) == 2


class TestFailures:
    def test_they_go_to_the_owner_alone(self, desk: Desk) -> None:
        run = desk.finished(
            "Ash", "Elm", failed=("Elm",), recipients=(ANN,), folder=desk.folder / "t"
        )
        desk.hand_over()
        assert desk.states(run) == {f"owner {OWNER}": "done"}
        assert desk.subjects(OWNER) == ["FAILED"]
        assert "Nothing is sent to recipients" in desk.post.received[0].text
        assert not (desk.folder / "t").exists()

    def test_what_was_made_goes_out_where_the_schedule_says_so(self, desk: Desk) -> None:
        run = desk.finished("Ash", "Elm", failed=("Elm",), recipients=(ANN,), send_partial=True)
        desk.hand_over()
        assert desk.states(run) == {f"email {ANN}": "done", f"owner {OWNER}": "done"}
        (got,) = desk.post.to(ANN)
        assert set(got.attached) == {"Ash.html"}
        assert "1 of 2 reports." in got.text
        assert "Elm" not in got.text + got.page
        assert "Recipients get 1 report" in desk.post.to(OWNER)[0].text

    def test_where_all_failed_nothing_goes_out_whatever_the_schedule_says(self, desk: Desk) -> None:
        run = desk.finished("Elm", failed=("Elm",), recipients=(ANN,), send_partial=True)
        desk.hand_over()
        assert desk.states(run) == {f"owner {OWNER}": "done"}

    def test_without_an_owner_they_are_kept_in_the_history(self, desk: Desk) -> None:
        run = desk.finished("Elm", failed=("Elm",), owner="", folder=desk.folder / "t")
        assert desk.hand_over() == 0
        with desk.store.read() as session:
            kept = get_run(session, run.id)
        assert kept.handover is not None
        assert [each.title for each in kept.handover.unsound] == ["Elm"]


class TestRehearsals:
    def test_the_owner_alone_gets_what_was_made(self, desk: Desk) -> None:
        asked = Asked("Ann", to_owner=True)
        where = {"recipients": (ANN,), "folder": desk.folder / "t"}
        run = desk.finished("Ash", asked=asked, **where)
        desk.hand_over()
        assert desk.states(run) == {f"owner {OWNER}": "done"}
        assert desk.subjects(OWNER) == ["[To you alone] Tiny things"]
        assert set(desk.post.received[0].attached) == {"Ash.html"}

    def test_and_what_failed(self, desk: Desk) -> None:
        desk.finished("Elm", failed=("Elm",), asked=Asked("Ann", to_owner=True), recipients=(ANN,))
        desk.hand_over()
        assert desk.subjects(OWNER) == ["FAILED"]
        assert "for you alone" in desk.post.received[0].text


class TestTryingAgain:
    def test_one_that_fails_for_now_is_tried_again_later(self, desk: Desk) -> None:
        run = desk.finished("Ash", recipients=(ANN, BOB))
        desk.post.refused[ANN] = "451 Try later"
        assert desk.hand_over() == 1
        (ann, bob) = desk.deliveries(run)
        assert (ann.state, bob.state) == (DeliveryState.DUE, DeliveryState.DONE)
        assert "451 Try later" in ann.error
        assert ann.due_at == desk.clock() + PAUSES[0]
        desk.post.refused.clear()
        desk.clock.move(seconds=59)
        assert desk.hand_over() == 0
        desk.clock.move(seconds=1)
        assert desk.hand_over() == 1
        assert [len(desk.post.to(each)) for each in (ANN, BOB)] == [1, 1]
        assert desk.deliveries(run)[0].error == ""

    def test_after_the_last_try_the_owner_hears_of_it_once(self, desk: Desk) -> None:
        run = desk.finished("Ash", recipients=(ANN,))
        desk.post.refused[ANN] = "451 Try later"
        for pause in PAUSES:
            assert desk.hand_over() == 0
            desk.clock.now += pause
        assert desk.hand_over() == 1
        assert desk.states(run) == {f"email {ANN}": "failed", f"owner {OWNER}": "done"}
        (told,) = desk.post.to(OWNER)
        assert str(told.message["Subject"]).startswith("NOT DELIVERED")
        assert f"{ANN} did not get it." in told.text
        assert "451 Try later" in told.text
        desk.clock.move(days=30)
        assert desk.hand_over() == 0

    def test_one_that_fails_for_good_is_not_tried_again(self, desk: Desk) -> None:
        run = desk.finished("Ash", recipients=(ANN, BOB))
        desk.post.refused |= {ANN: "550 No such user", BOB: "550 No such user"}
        assert desk.hand_over() == 2
        assert [one.about for one in desk.deliveries(run)] == ["", "", ANN, BOB]
        assert len(desk.post.to(OWNER)) == 2

    def test_an_owner_who_cannot_be_told_is_the_end_of_it(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        run = desk.finished("Elm", failed=("Elm",))
        desk.post.refused[OWNER] = "550 No such user"
        assert desk.hand_over() == 0
        assert desk.states(run) == {f"owner {OWNER}": "failed"}
        assert "not tried again" in caplog.text

    def test_a_folder_that_is_not_there_for_now_gets_it_later(self, desk: Desk) -> None:
        (desk.folder / "disk").write_text("not mounted")
        desk.finished("Ash", folder=desk.folder / "disk" / "t")
        assert desk.hand_over() == 0
        (desk.folder / "disk").unlink()
        desk.clock.now += PAUSES[0]
        assert desk.hand_over() == 1

    def test_a_report_that_is_gone_from_its_folder_is_told(self, desk: Desk) -> None:
        run = desk.finished("Ash", recipients=(ANN,))
        (run.folder / "Ash.html").unlink()
        desk.hand_over()
        assert desk.post.to(ANN) == []
        assert "no longer what was made" in desk.post.to(OWNER)[0].text


class TestTakers:
    def test_of_two_one_takes_it(self, desk: Desk) -> None:
        desk.finished("Ash", recipients=(ANN,))
        first = desk.store.run(lambda s: take_delivery(s, None, desk.clock()))
        assert first is not None
        assert desk.store.run(lambda s: take_delivery(s, None, desk.clock())) is None

    def test_one_whose_taker_died_is_taken_again_with_the_same_message_id(self, desk: Desk) -> None:
        desk.finished("Ash", recipients=(ANN,))
        desk.store.run(lambda s: take_delivery(s, None, desk.clock()))
        assert desk.hand_over() == 0
        desk.clock.move(minutes=15)
        assert desk.hand_over() == 1
        (got,) = desk.post.received
        assert got.message["Message-ID"].startswith("<tiny.20261130T070000.")

    def test_those_of_one_run_are_taken_alone(self, desk: Desk) -> None:
        first = desk.finished("Ash", recipients=(ANN,))
        desk.clock.move(days=1)
        second = desk.finished("Elm", recipients=(ANN,))
        assert hand_over(desk.store, desk.settings, second.id) == 1
        assert desk.states(first) == {f"email {ANN}": "due"}

    def test_without_a_server_it_waits_until_one_is_set(self, desk: Desk) -> None:
        run = desk.finished("Ash", recipients=(ANN,))
        changed = desk.settings.model_copy(update={"smtp_from": ""})
        assert hand_over(desk.store, changed) == 0
        (one,) = desk.deliveries(run)
        assert "Set smtp_host and smtp_from" in one.error
        desk.clock.now += PAUSES[0]
        assert desk.hand_over() == 1

    def test_what_no_check_foresaw_is_logged_kept_and_tried_again(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        run = desk.finished("Ash", recipients=("no address at all",))
        assert desk.hand_over() == 0
        (one,) = desk.deliveries(run)
        assert (one.state, one.attempts) == (DeliveryState.DUE, 1)
        assert "Unexpected " in one.error
        assert "Traceback" in caplog.text
