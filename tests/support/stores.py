"""Stores for tests, each on both databases: import these fixtures in a ``conftest.py``.

``from tests.support.stores import *`` brings ``postgres_server``, ``database``,
``empty_store_url``, ``store_url`` and ``store``. One server serves the whole session of
pytest, whichever folders use it; every test has a database of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import BankRow, StockRow
from tests.support.postgres import Server, server_binaries

__all__ = ["database", "empty_store_url", "postgres_server", "store", "store_url"]

_SERVER = pytest.StashKey[Server]()


@pytest.fixture
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """Return the PostgreSQL server of this session, started when it is first asked for."""
    stash = request.config.stash
    if _SERVER not in stash:
        binaries = server_binaries()
        if binaries is None:
            pytest.skip("there is no PostgreSQL server here: install Debian's postgresql")
        stash[_SERVER] = Server(binaries)
        request.config.add_cleanup(stash[_SERVER].stop)
    return stash[_SERVER]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """Return the kind of database: each test runs on both."""
    return str(request.param)


@pytest.fixture
def empty_store_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return where a store can be made: a file that isn't there, or a database without tables."""
    yield from _place(database, tmp_path, request, migrated=False)


@pytest.fixture
def store_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return where a store is that has its tables and nothing in them."""
    yield from _place(database, tmp_path, request, migrated=True)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return an open store that has its tables and nothing in them."""
    with open_store(store_url) as opened:
        yield opened


def add_stock(session: Session, lines: Mapping[str, str], bank_id: str = "B1") -> None:
    """Add a bank, if it isn't there, and stock lines of neutral grassland: units by stock id."""
    if session.get(BankRow, bank_id) is None:
        session.add(BankRow(bank_id=bank_id, bank_name=f"Bank {bank_id}", lpa="Leeds", nca="Arden"))
        session.flush()
    session.add_all(
        StockRow(
            stock_id=stock_id,
            bank_id=bank_id,
            habitat="Grassland - Other neutral grassland",
            units=Decimal(units),
        )
        for stock_id, units in lines.items()
    )


def _place(
    database: str, folder: Path, request: pytest.FixtureRequest, *, migrated: bool
) -> Iterator[str]:
    if database == "sqlite":
        path = folder / "store.sqlite"
        if migrated:
            open_store(path).close()
        yield str(path)
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = server.migrated_database() if migrated else server.empty_database()
    yield server.url(name).render_as_string(hide_password=False)
    server.drop(name)
