"""Desks, workers and a Dask cluster for tests of jobs, in processes that tests may kill."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bng_opt.runtime.jobs import Desk, Job, JobState
from bng_opt.settings import Settings

PATIENCE_S = 240.0
"""Nothing that a test waits for takes so long on any machine, however busy it is [s]."""
BEAT_S = 0.5


def settings_in(folder: Path, database: str, **others: object) -> Settings:
    """Return the settings of a test: its store, a cache of its own, quick heartbeats."""
    given = {"heartbeat_s": BEAT_S, "cache_folder": folder / "cache", **others}
    return Settings(database=database, **given)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which a process has the same settings."""
    stated = settings.model_dump(exclude_unset=True)
    return {**os.environ, **{f"BNG_OPT_{name.upper()}": str(stated[name]) for name in stated}}


def until(holds: Callable[[], object], what: str = "it") -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up, f"{what} did not come to be"
        time.sleep(0.05)


def until_running(desk: Desk, job: Job, *, with_plan: bool = False) -> Job:
    """Wait until a job runs, and has a plan if that is asked, and return it."""

    def runs() -> bool:
        now = desk.get(job.id)
        assert not now.is_finished, now
        return now.state is JobState.RUNNING and (now.best is not None or not with_plan)

    until(runs, f"a running job {job.id}")
    return desk.get(job.id)


def finished(desk: Desk, job: Job) -> Job:
    """Wait for a job and return it."""
    done = desk.wait(job.id, PATIENCE_S)
    assert done.is_finished, done
    return done


def process_of(job: Job) -> int:
    """Return the process that holds a job."""
    found = re.search(r":(\d+)/", job.worker)
    assert found, job
    return int(found[1])


def command(*words: str, settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    """Start ``bng-opt`` in a session of its own; its output goes to a file."""
    code = "from bng_opt.cli import main; main()"
    return _started([sys.executable, "-c", code, *words], log, environment_of(settings))


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it started, as a machine that fails does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cluster:
    """A Dask scheduler on loopback and its workers, by Dask's own commands.

    Parameters
    ----------
    folder
        For logs and what workers spill.
    tls
        Dask's options for certificates; none for plain TCP.
    """

    def __init__(self, folder: Path, tls: Sequence[str] = ()) -> None:
        self.folder, self._tls = folder, tuple(tls)
        self.port = _free_port()
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{'tls' if self._tls else 'tcp'}://127.0.0.1:{self.port}"

    def start(self, n_workers: int) -> Cluster:
        """Start the scheduler and so many workers."""
        words = ("scheduler", "--host", self._host, "--port", str(self.port))
        self._scheduler = self._dask(*words, "--no-dashboard", "--no-show")
        until(self._listens, "a scheduler")
        for _ in range(n_workers):
            self.add_worker()
        return self

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker, of one thread."""
        words = ("worker", self.address, "--nthreads", "1", "--host", self._host)
        spill = ("--local-directory", str(self.folder / "spill"))
        self.workers.append(self._dask(*words, "--no-dashboard", *spill))
        return self.workers[-1]

    def stop(self) -> None:
        """End everything at once."""
        for process in (*self.workers, self._scheduler):
            if process is not None and process.poll() is None:
                kill_all(process)
        self.workers.clear()

    @property
    def _host(self) -> str:
        return "tls://127.0.0.1" if self._tls else "127.0.0.1"

    def _dask(self, *words: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{words[0]}-{len(self.workers)}.log"
        return _started([sys.executable, "-m", "dask", *words, *self._tls], log, os.environ)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _started(
    words: Sequence[str], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
