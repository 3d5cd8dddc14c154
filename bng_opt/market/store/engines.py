"""Engines for the two databases: how each connects, begins a transaction and waits."""

from __future__ import annotations

import os
import sqlite3
import time
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import NoSuchModuleError

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.file_copies import STORE_MODE, make_file

_PURPOSE = "bng_purpose"
_CONNECT_S = 10
_ALIVE = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
"""A server lets go of a vanished machine's locks after a minute, not after its two hours [s]."""
_TRY_AGAIN_S = 0.02


class Purpose(Enum):
    """What a transaction is for."""

    READ = "read"
    WRITE = "write"
    MIGRATE = "migrate"

    def options(self, *, sqlite: bool) -> dict[str, Any]:
        """Return how a connection is set for such a transaction."""
        if sqlite:
            return {_PURPOSE: self}
        if self is Purpose.READ:
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        # Whatever the server's default: a guarded UPDATE is to see the row as it is now.
        return {"isolation_level": "READ COMMITTED"}


def made_engine(url: URL, busy_timeout_s: float) -> Engine:
    """Return an engine.

    Parameters
    ----------
    busy_timeout_s
        How long a transaction waits for another [s].

    Raises
    ------
    StoreError
        If the driver for PostgreSQL is missing.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": busy_timeout_s})
        event.listen(engine, "do_connect", _make_sqlite)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            url, pool_pre_ping=True, connect_args=_server_arguments(url, busy_timeout_s)
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        remedy = "Install it: pip install 'bng-opt[postgres]'."
        raise StoreError(Finding("The driver for PostgreSQL is missing.", remedy)) from None


def _server_arguments(url: URL, busy_timeout_s: float) -> dict[str, Any]:
    settings = {"lock_timeout": int(busy_timeout_s * 1000), "timezone": "UTC", **_ALIVE}
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    theirs = url.query.get("options", "")
    arguments = {"connect_timeout": _CONNECT_S, "client_encoding": "utf8"}
    chosen = {name: value for name, value in arguments.items() if name not in url.query}
    return {**chosen, "options": f"{ours} {theirs}".strip()}


def _make_sqlite(dialect: object, record: object, arguments: list[Any], named: object) -> None:
    """Make the file, where there is none yet, for fewer eyes than SQLite would."""
    path = Path(arguments[0])
    if path.parent.is_dir() and os.access(path.parent, os.W_OK):
        make_file(path, STORE_MODE)


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # No transactions by the driver: it would begin them without the lock that writers need.
    connection.isolation_level = None
    (wait_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    _write_ahead(connection, time.monotonic() + wait_ms / 1000)
    connection.execute("PRAGMA synchronous=FULL").close()


def _write_ahead(connection: sqlite3.Connection, give_up: float) -> None:
    """Let readers and the writer work at the same time: the file says so from then on."""
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            # SQLite doesn't wait by itself while two programs make the same file.
            busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(_TRY_AGAIN_S)


def _begin_sqlite(connection: Connection) -> None:
    purpose = connection.get_execution_options().get(_PURPOSE, Purpose.READ)
    reading, migrating = purpose is Purpose.READ, purpose is Purpose.MIGRATE
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    # A migration changes a table by copying it, which would break references for a moment.
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if migrating else 'ON'}")
    # A writer takes its lock at once: one that reads first could find it taken when it writes.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
