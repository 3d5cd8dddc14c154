"""Open the store: SQLite in one file, or PostgreSQL by its URL.

All changes go through :meth:`Store.write`, one transaction each; all looks through
:meth:`Store.read`, which sees one moment whatever is written meanwhile.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.engines import Purpose, made_engine
from bng_opt.market.store.faults import finding_of, is_lost_race
from bng_opt.market.store.migrate import check_current, revision_of, upgrade

BUSY_TIMEOUT_S = 30.0
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_DRIVERS |= {"postgres": "postgresql+psycopg"}
_PAUSES_S = (0.01, 0.05, 0.1, 0.2, 0.4)
"""Before a transaction that lost a race is tried again; so many times, and once more."""

T = TypeVar("T")


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
        self.busy_timeout_s = busy_timeout_s
        self._engine = made_engine(url, busy_timeout_s)
        self._process = os.getpid()
        self._inherited: list[Engine] = []

    @property
    def engine(self) -> Engine:
        """Return the engine of this process: after a fork, a new one.

        A connection of the parent may not even be closed by a child: it is kept, unused.
        """
        if self._process != os.getpid():
            self._inherited.append(self._engine)
            self._engine = made_engine(self.url, self.busy_timeout_s)
            self._process = os.getpid()
        return self._engine

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
        with self._session(Purpose.WRITE) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that sees one moment of the store and can't change it.

        Raises
        ------
        StoreError
            If the store can't be reached.
        """
        with self._session(Purpose.READ) as session:
            yield session

    def run(self, function: Callable[[Session], T]) -> T:
        """Return what a function makes of a session that writes; again if it lost a race.

        Parameters
        ----------
        function
            All it does is done in the session, so that it can be undone and done again.

        Raises
        ------
        StoreError
            As :meth:`write`; a lost race only after several.
        """
        for pause in _PAUSES_S:
            try:
                return self._run_once(function)
            except StoreError as error:
                if not is_lost_race(error.__cause__):
                    raise
            time.sleep(pause)
        return self._run_once(function)

    @contextmanager
    def connection(self, purpose: Purpose = Purpose.READ) -> Iterator[Connection]:
        """Yield a connection within one transaction, as migrations and checks need."""
        with self._translated(purpose), self.engine.connect() as plain:
            options: dict[str, Any] = purpose.options(sqlite=self.is_sqlite)
            connection = plain.execution_options(**options)
            with connection.begin() as transaction:
                yield connection
                if purpose is Purpose.READ:
                    transaction.rollback()

    def _run_once(self, function: Callable[[Session], T]) -> T:
        with self.write() as session:
            return function(session)

    @contextmanager
    def _session(self, purpose: Purpose) -> Iterator[Session]:
        with (
            self.connection(purpose) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            if purpose is Purpose.WRITE:
                session.flush()

    @contextmanager
    def _translated(self, purpose: Purpose) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            finding = finding_of(error, self.name, writing=purpose is not Purpose.READ)
            if finding is None:
                raise
            raise StoreError(finding) from error

    def close(self) -> None:
        """Let go of the store's connections."""
        if self._process == os.getpid():
            self._engine.dispose()

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
    store = Store(store_url(where), busy_timeout_s=busy_timeout_s, clock=clock)
    try:
        _see_to_file(store, make)
        check_current(store)
    except BaseException:
        store.close()
        raise
    return store


def reach_store(
    where: str | PathLike[str], *, busy_timeout_s: float = BUSY_TIMEOUT_S, make: bool = False
) -> Store:
    """Return a store whose tables may be older or missing: to upgrade it, or to back it up.

    Parameters
    ----------
    make
        Whether the folder of a file that isn't there is made.

    Raises
    ------
    StoreError
        If there is no such file and it isn't to be made.
    """
    store = Store(store_url(where), busy_timeout_s=busy_timeout_s)
    if store.path is not None:
        if make:
            _make_folder(store.path)
        elif not store.path.exists():
            raise StoreError(no_such_store(store.path))
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
        return _file_url(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(_UNREADABLE_URL) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise StoreError(Finding(f"A store isn't kept in {url.get_backend_name()}.", _URLS))
    if "password" in url.query:
        remedy = "Write it before the @ of the URL, where it is never shown: USER:PASSWORD@HOST."
        raise StoreError(Finding("The URL has its password behind the question mark.", remedy))
    if not driver.startswith("sqlite"):
        return url.set(drivername=driver)
    if url.database in (None, "", ":memory:") or url.host or url.username or url.query:
        raise StoreError(Finding("The URL names no file for the store.", _URLS))
    return _file_url(str(url.database))


_URLS = "Give a file, sqlite:///PATH, or postgresql://USER@HOST/NAME."
_UNREADABLE_URL = Finding(
    "The store's URL can't be read.",
    f"{_URLS} In a password write % as %25, @ as %40, / as %2F, : as %3A.",
)


def _file_url(path: str) -> URL:
    # Absolute, so that it stays the same file when the working folder changes.
    return URL.create(_DRIVERS["sqlite"], database=str(Path(path).expanduser().absolute()))


def _see_to_file(store: Store, make: bool) -> None:
    """See that the file of an embedded store is there, with tables where it may be made."""
    path = store.path
    if path is None:
        return
    if not make:
        if not path.exists():
            raise StoreError(no_such_store(path))
        return
    _make_folder(path)
    # Whoever makes it at the same moment is waited for; one broken off is finished.
    if revision_of(store) is None:
        upgrade(store)


def no_such_store(path: Path) -> Finding:
    """Return what to say of a store's file that isn't there."""
    remedy = "Give the file of a store, or make one: bng-opt db upgrade."
    return Finding("There is no such store.", remedy, file=str(path))


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
