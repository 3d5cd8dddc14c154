"""A PostgreSQL server of the tests' own, from the system's binaries, gone when they end."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from bng_opt.market.store import Store
from bng_opt.market.store.migrate import upgrade

OWNER = "bng"
PASSWORD = "secret of the tests"
_UNPRIVILEGED = ("postgres", "nobody")
_START_S = 60.0
_ATTEMPTS = 5
# Safe from a crash of the program under test, which ends no server; not from one of the machine.
_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "deadlock_timeout=100ms",
)
_TEMPLATE = "migrated_template"


def server_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server here, None without one."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.parent.name)],
        reverse=True,
    )
    on_path = shutil.which("pg_ctl")
    folders = [*installed, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Server:
    """A server in a temporary folder; databases are made on it as tests ask for them.

    Parameters
    ----------
    binaries
        The folder of ``initdb`` and ``postgres``.
    """

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="bng-pg-"))
        self.port = 0
        self._names = (f"store_{number}" for number in count(1))
        self._process: subprocess.Popen[bytes] | None = None
        self._has_template = False
        try:
            self._make_cluster()
            self._start()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str, user: str = OWNER, password: str = PASSWORD) -> URL:
        """Return the URL of a database over TCP, where the password is asked for."""
        return URL.create("postgresql", user, password, "127.0.0.1", self.port, database)

    def socket_url(self, database: str) -> URL:
        """Return the URL of a database over the Unix socket, where no password is needed."""
        return URL.create(
            "postgresql",
            OWNER,
            database=database,
            query={"host": str(self.folder), "port": str(self.port)},
        )

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement outside a transaction, as the owner; return its rows."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def empty_database(self) -> str:
        """Make a database without tables and return its name."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def migrated_database(self) -> str:
        """Make a database with the newest tables of the store and return its name."""
        if not self._has_template:
            self.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
            with Store(self.url(_TEMPLATE).set(drivername="postgresql+psycopg")) as store:
                upgrade(store)
            self._has_template = True
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, ending whoever still uses it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server and remove all that it kept."""
        if self._process is not None and self._process.poll() is None:
            # SIGQUIT: at once and without a last checkpoint, as nothing is kept.
            self._process.send_signal(3)
            try:
                self._process.wait(_START_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """Return what the server wrote."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _make_cluster(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            user = _unprivileged_user()
            for path in (self.folder, secret):
                os.chown(path, user.pw_uid, user.pw_gid)
        made = subprocess.run(
            [
                self.binaries / "initdb",
                f"--pgdata={self._data}",
                f"--username={OWNER}",
                f"--pwfile={secret}",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            **self._as_unprivileged(),
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")

    def _start(self) -> None:
        # Between choosing a free port and using it another program may take it.
        for _ in range(_ATTEMPTS):
            self.port = _free_port()
            self._process = self._launch()
            if self._answers():
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log}")

    def _launch(self) -> subprocess.Popen[bytes]:
        options = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}"]
        words = [word for option in (*options, *_OPTIONS) for word in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.binaries / "postgres", "-D", self._data, "-p", str(self.port), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests; they end the server themselves.
                start_new_session=True,
                **self._as_unprivileged(),
            )

    def _answers(self) -> bool:
        assert self._process is not None
        give_up = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < give_up:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    def _as_unprivileged(self) -> dict[str, Any]:
        """Return how to run a program that refuses root."""
        options: dict[str, Any] = {"cwd": self.folder}
        if os.geteuid() == 0:
            user = _unprivileged_user()
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return options


def _unprivileged_user() -> pwd.struct_passwd:
    known: Iterable[pwd.struct_passwd] = pwd.getpwall()
    by_name = {user.pw_name: user for user in known}
    return next(by_name[name] for name in _UNPRIVILEGED if name in by_name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
