"""The processes of a deployment without containers: they start, are well, and end in order."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bng_opt.health import ask
from tests.support.postgres import server_binaries
from tests.support.running import PATIENCE_S, until

REPOSITORY = Path(__file__).resolve().parents[2]
USED = ("01", "02", "03", "04", "05", "06", "07", "08", "10")

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def free_ports() -> str:
    """Return what the numbers of ports that are all free begin with."""

    def is_free(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    return next(
        str(first)
        for first in range(110 + os.getpid() % 50, 320)
        if all(is_free(int(f"{first}{each}")) for each in USED)
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own: PostgreSQL's user has to come in, and the name of a socket is short.
    made = Path(tempfile.mkdtemp(prefix="bng-local-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that were started for a folder, by what they were given."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("LOCAL") == str(folder)
    ]


def test_all_processes_start_are_well_and_end_without_a_trace(folder: Path) -> None:
    beside = Path(sys.executable).parent
    if server_binaries() is None or not (beside / "supervisord").exists():
        pytest.skip("PostgreSQL's server or supervisor isn't installed")
    ports = free_ports()
    own = {"LOCAL": str(folder), "PORTS": ports, "WORKERS": "1", "WAIT_S": str(int(PATIENCE_S))}
    kept = {name: each for name, each in os.environ.items() if not name.startswith("BNG_OPT_")}
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    with (folder / "said").open("wb") as log:
        started = subprocess.Popen(
            [REPOSITORY / "deploy" / "up_local"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**kept, **own, "PATH": path},
            start_new_session=True,
        )
    try:
        until(lambda: "All is up" in said(folder) or started.poll() is not None, "all")
        assert started.poll() is None, said(folder)
        for server in ("02", "03"):
            assert ask(f"http://127.0.0.1:{ports}{server}/health").is_well
        secrets = [path.read_text("utf-8") for path in (folder / "secrets").iterdir()]
        logs = [path.read_text("utf-8", "replace") for path in (folder / "log").iterdir()]
        assert not [each for each in logs if any(secret in each for secret in secrets)]
        started.send_signal(signal.SIGTERM)
        assert started.wait(PATIENCE_S) == 0, said(folder)
        assert processes_in(folder) == []
    finally:
        for process in processes_in(folder):
            process.kill()


def said(folder: Path) -> str:
    """Return what the script said so far."""
    return (folder / "said").read_text("utf-8", "replace")
