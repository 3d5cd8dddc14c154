"""Executors: processes of this machine, and what is said of a scheduler that isn't there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

import pytest

from bng_opt.errors import InputError, SchedulerError
from bng_opt.runtime.executors import DaskExecutor, LocalExecutor, make_executor
from bng_opt.runtime.hands import is_gone, machine, own_name
from bng_opt.settings import Settings
from tests.support.running import settings_in, until

NOBODY_LISTENS = "tcp://127.0.0.1:9"


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    with LocalExecutor(2) as opened:
        yield opened


def test_functions_run_elsewhere_and_their_errors_come_back(executor: LocalExecutor) -> None:
    assert executor.submit(os.getpid).result() != os.getpid()
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()
    assert list(executor.map(abs, [-1, -2, -3])) == [1, 2, 3]


def test_a_lost_process_breaks_its_own_work_only(executor: LocalExecutor) -> None:
    beside = executor.submit(time.sleep, 2.0)
    with pytest.raises(BrokenExecutor):
        executor.submit(os.kill, *(_own_process(executor), signal.SIGKILL)).result()
    assert beside.result() is None
    assert executor.submit(abs, -1).result() == 1


def _own_process(executor: LocalExecutor) -> int:
    """Return the process that is free while the other is busy."""
    return executor.submit(os.getpid).result()


def test_shutting_down_at_once_ends_what_runs_and_takes_back_what_waits() -> None:
    executor = LocalExecutor(1)
    running, waiting = executor.submit(time.sleep, 600), executor.submit(abs, -1)
    until(running.running)
    executor.shutdown(wait=False)
    assert not executor.is_open
    assert waiting.cancelled()
    assert running.exception() is not None
    with pytest.raises(RuntimeError):
        executor.submit(abs, -1)


def test_by_default_this_machine_runs_jobs_as_many_as_the_settings_say(tmp_path: Path) -> None:
    with make_executor(settings_in(tmp_path, "x", workers=1)) as executor:
        assert isinstance(executor, LocalExecutor)
        processes = {executor.submit(os.getpid) for _ in range(3)}
        assert len({future.result() for future in processes}) == 1


def test_a_scheduler_that_is_not_there_is_an_error_and_no_wait(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(SchedulerError, match=r"127\.0\.0\.1:9 can't be reached") as refused:
        make_executor(settings_in(tmp_path, "x", scheduler=NOBODY_LISTENS))
    assert time.monotonic() - begin < 60
    assert "dask scheduler" in refused.value.findings[0].remedy


def test_certificates_that_are_missing_are_all_named(tmp_path: Path) -> None:
    given = {"scheduler": "tls://127.0.0.1:9", "scheduler_ca_file": tmp_path / "none.pem"}
    with pytest.raises(InputError) as refused:
        DaskExecutor(settings_in(tmp_path, "x", **given))
    remedies = [finding.remedy for finding in refused.value.findings]
    assert ["CA_FILE" in remedies[0], "CERT" in remedies[1], "KEY" in remedies[2]] == [True] * 3
    assert refused.value.findings[0].file == str(tmp_path / "none.pem")


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://x:1", "tcp://host"])
def test_an_address_of_another_form_is_refused_with_the_settings(address: str) -> None:
    with pytest.raises(InputError, match="scheduler"):
        Settings(scheduler=address)


def test_a_job_taken_back_before_a_worker_has_it_is_cancelled(executor: LocalExecutor) -> None:
    busy = [executor.submit(time.sleep, 1.0) for _ in range(2)]
    waiting = executor.submit(abs, -1)
    assert waiting.cancel()
    with pytest.raises(CancelledError):
        waiting.result()
    assert [future.result() for future in busy] == [None, None]


def test_a_name_tells_whether_its_process_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    child = ended.pid
    name = f"{machine()}:{child}/token"
    # Nobody has asked yet how it ended: it is a zombie.
    until(lambda: is_gone(name), "its end")
    ended.wait()
    assert is_gone(name)
    assert not is_gone(own_name())
    assert own_name() != own_name()
    assert [is_gone(other) for other in (f"elsewhere:{child}/token", "", "nonsense")] == [False] * 3


def test_a_scheduler_that_accepts_and_never_answers_is_given_up() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        settings = Settings(scheduler=f"tcp://127.0.0.1:{listening.getsockname()[1]}")
        with pytest.raises(SchedulerError, match="can't be reached"):
            DaskExecutor(settings)
