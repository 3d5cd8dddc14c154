"""Progress, and what Ctrl-C does: once it keeps the best plan, twice it leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

import bng_opt
from bng_opt.cli.running import progress_teller, stopping_quietly
from bng_opt.errors import SolverError
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.progress import Phase, Progress
from tests.support.command_line import Runner, write_job
from tests.support.hand_plan import hand_plan


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_one_interrupt_is_kept_as_a_wish_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    with stopping_quietly() as cancelled:
        assert not cancelled()
        interrupt()
        assert cancelled()
    assert "best plan so far" in capsys.readouterr().err


def press_twice() -> None:
    with stopping_quietly():
        interrupt()
        interrupt()


def test_a_second_interrupt_leaves_at_once() -> None:
    with pytest.raises(SolverError, match="Stopped from the keyboard"):
        press_twice()


def test_afterwards_interrupts_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping_quietly():
        assert signal.getsignal(signal.SIGINT) is not before
        interrupt()
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_may_search_too() -> None:
    seen: list[bool] = []

    def work() -> None:
        with stopping_quietly() as cancelled:
            seen.append(cancelled())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_a_stopped_search_prints_its_best_plan_and_has_status_4(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def search(*_: object, **asked: Any) -> Plan:
        interrupt()
        assert asked["cancelled"]()
        return Plan(**{**vars(hand_plan()), "status": PlanStatus.FEASIBLE})

    monkeypatch.setattr(bng_opt, "optimise", search, raising=False)
    said = Runner(capsys)("optimise", *write_job(tmp_path), "--json")
    assert said.status == 4
    assert said.json["status"] == "feasible"
    assert "Stopping" in said.err


def test_an_interrupt_while_files_are_read_has_status_4_and_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def read(*_: object) -> None:
        raise KeyboardInterrupt

    job = write_job(tmp_path)
    monkeypatch.setattr(bng_opt, "load_market", read, raising=False)
    for command in ("optimise", "alternatives"):
        said = Runner(capsys)(command, *job, "--json")
        assert said.status == said.json["error"]["exit_status"] == 4
    assert "Stopped from the keyboard" in Runner(capsys)("optimise", *job).err


def test_alternatives_of_a_stopped_search_are_not_looked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def search(*_: object, **__: object) -> Plan:
        interrupt()
        return hand_plan()

    monkeypatch.setattr(bng_opt, "optimise", search, raising=False)
    for command in ("alternatives", "sensitivity"):
        said = Runner(capsys)(command, *write_job(tmp_path), "--json")
        assert said.status == said.json["error"]["exit_status"] == 4
        assert "best plan" not in said.err


def told(capsys: pytest.CaptureFixture[str], *looks: Progress) -> list[str]:
    tell = progress_teller()
    for look in looks:
        tell(look)
    return capsys.readouterr().err.splitlines()


def test_every_new_phase_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    looks = [Progress(phase, 0.01 * n) for n, phase in enumerate(Phase)]
    assert len(told(capsys, *looks)) == len(Phase)


def test_news_within_a_second_wait(capsys: pytest.CaptureFixture[str]) -> None:
    looks = [Progress(Phase.PROOF, 0.1 * n, 1000.0 - n, 900.0) for n in range(25)]
    lines = told(capsys, *looks)
    assert len(lines) == 3
    assert lines[0].endswith("best so far £1,000.00, at most £100.00 above the best possible")


def test_no_news_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    looks = [Progress(Phase.PROOF, float(n), 1000.0, 900.0) for n in range(9)]
    assert len(told(capsys, *looks)) == 1
