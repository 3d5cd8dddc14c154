"""Open the store: SQLite in one file, or PostgreSQL by its URL.

All changes go through :meth:`Store.write`, one transaction each; all looks through
:meth:`Store.read`, which sees one moment whatever is written meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.migrate import check_current, upgrade

BUSY_TIMEOUT_S = 30.0
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_DRIVERS |= {"postgres": "postgresql+psycopg"}
_NOT_NOW = {"40001", "40P01", "55P03"}
"""PostgreSQL's states of a transaction that lost to another: serialisation, deadlock, lock."""


def utc_now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


class Store:
    """A store that is open.

    Parameters
    ----------
    url
        Where it is.
    busy_timeout_s
        How long a writer waits for another [s].
    clock
        Tells the time; tests bring their own.
    """

    def __init__(
        self,
        url: URL,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.url = url
        self.clock = clock
        self.engine = _engine(url, busy_timeout_s)

    @property
    def is_sqlite(self) -> bool:
        """Return whether the store is a file of embedded SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """Return the file of an embedded store, None on a server."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def name(self) -> str:
        """Return where the store is, without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session whose changes are kept together or not at all.

        Raises
        ------
        StoreError
            If the store is busy for too long, full, read-only or out of reach.
        """
        with self._session(writing=True) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that sees one moment of the store; nothing it changes is kept.

        Raises
        ------
        StoreError
            If the store can't be reached.
        """
        with self._session(writing=False) as session:
            yield session

    @contextmanager
    def connection(self, *, writing: bool = False) -> Iterator[Connection]:
        """Yield a connection within one transaction, as migrations and checks need."""
        options: dict[str, Any] = {"bng_writing": writing}
        if not self.is_sqlite and not writing:
            options["isolation_level"] = "REPEATABLE READ"
        with self._translated(), self.engine.connect() as plain:
            connection = plain.execution_options(**options)
            with connection.begin() as transaction:
                yield connection
                if not writing:
                    transaction.rollback()

    @contextmanager
    def _session(self, *, writing: bool) -> Iterator[Session]:
        with (
            self.connection(writing=writing) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            if writing:
                session.flush()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            finding = _finding_of(error, self.name)
            if finding is None:
                raise
            raise StoreError(finding) from error

    def close(self) -> None:
        """Let go of the store's connections."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(
    where: str | PathLike[str],
    *,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    clock: Callable[[], datetime] = utc_now,
    make: bool = True,
) -> Store:
    """Open a store; a new file of embedded SQLite is made with all its tables.

    Parameters
    ----------
    where
        A file for SQLite, or a URL: ``sqlite:///…`` or ``postgresql://user@host/name``.
    busy_timeout_s
        How long a writer waits for another before it gives up [s].
    clock
        Tells the time; tests bring their own.
    make
        Whether a file that isn't there is made; a server's tables are made by
        ``bng-opt db upgrade``.

    Returns
    -------
    Store
        Close it when done, or use it in a ``with``.

    Raises
    ------
    StoreError
        If it can't be reached, or its tables are older or newer than this version needs.
    """
    url = store_url(where)
    store = Store(url, busy_timeout_s=busy_timeout_s, clock=clock)
    path = store.path
    if path is not None and not path.exists():
        if not make:
            remedy = "Give the file of a store, or import a market to make one."
            raise StoreError(Finding("There is no such store.", remedy, file=str(path)))
        _make_folder(path)
        upgrade(store)
    try:
        check_current(store)
    except BaseException:
        store.close()
        raise
    return store


def is_store_url(text: str) -> bool:
    """Return whether a text is the URL of a store."""
    return text.partition("://")[0].partition("+")[0] in _DRIVERS and "://" in text


def store_url(where: str | PathLike[str]) -> URL:
    """Return the URL of a store, with the driver that we use.

    Raises
    ------
    StoreError
        If it names no kind of database that we keep a store in.

    Examples
    --------
    >>> store_url("market.sqlite").drivername
    'sqlite+pysqlite'
    >>> store_url("postgresql://bng@db.local/bng").drivername
    'postgresql+psycopg'
    """
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite+pysqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(_no_url(text.partition("://")[0])) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise StoreError(_no_url(url.get_backend_name()))
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        raise StoreError(_no_url("sqlite without a file"))
    return url.set(drivername=driver)


def _no_url(kind: str) -> Finding:
    return Finding(
        f"A store isn't kept in {kind}.",
        "Give a file, sqlite:///PATH, or postgresql://USER@HOST/NAME.",
    )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            Finding(
                f"The folder of the store can't be made: {error.strerror}.",
                "Set BNG_OPT_DATABASE to a file in a folder that you may write to.",
                file=str(path),
            )
        ) from None


def _engine(url: URL, busy_timeout_s: float) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": busy_timeout_s})
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        wait_ms = int(busy_timeout_s * 1000)
        options = f"-c lock_timeout={wait_ms} -c timezone=UTC"
        return create_engine(url, pool_pre_ping=True, connect_args={"options": options})
    except (ModuleNotFoundError, NoSuchModuleError):
        remedy = "Install it: pip install 'bng-opt[postgres]'."
        raise StoreError(Finding("The driver for PostgreSQL is missing.", remedy)) from None


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # No transactions by the driver: it would begin them without the lock that writers need.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("bng_writing", False)
    # A writer takes its lock at once: one that reads first could find it taken when it writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def is_lost_race(error: DBAPIError) -> bool:
    """Return whether a transaction only lost to another, so that it may be tried again."""
    return getattr(error.orig, "sqlstate", None) in _NOT_NOW


def _finding_of(error: DBAPIError, name: str) -> Finding | None:
    """Return what is wrong with the database itself; None if it is the statement's fault."""
    text = str(error.orig).strip().splitlines()[0] if error.orig else ""
    known = (
        ("database is locked", "Another program has held the store for too long.",
         "Try again; BNG_OPT_BUSY_TIMEOUT_S sets how long to wait."),
        ("readonly database", "The store may not be written to.",
         "Give your account the right to write the file and its folder."),
        ("database or disk is full", "The disk is full; nothing was changed.",
         "Make room and run it again."),
        ("No space left", "The disk is full; nothing was changed.",
         "Make room and run it again."),
        ("file is not a database", "The file is no store.",
         "Give the file of a store, or another name to make one."),
        ("disk image is malformed", "The file of the store is damaged.",
         "Put the latest backup in its place (bng-opt db backup makes them)."),
        ("unable to open database file", "The store's file can't be opened.",
         "Check that its folder is there and that you may write to it."),
    )  # fmt: skip
    for sign, message, remedy in known:
        if sign in text:
            return Finding(message, remedy, file=name)
    if is_lost_race(error):
        return Finding("Others were changing the same rows.", "Try again.", file=name)
    if isinstance(error, OperationalError) or error.connection_invalidated:
        remedy = "Check that the server runs, the address, and the rights of the account."
        return Finding(f"The store can't be used: {text}.", remedy, file=name)
    return None
