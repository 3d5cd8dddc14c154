"""A page on a store with the demonstration market, without a browser."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import bng_opt
from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.app.views.page import Page
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.metric.requirement import Requirement
from bng_opt.resources import data_dir
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.executors import LocalExecutor
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.pages import RecordingLink, make_ready
from tests.support.running import PATIENCE_S, settings_in

Turn = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="session")
def workers() -> Iterator[LocalExecutor]:
    """Return two workers that all tests share; none may kill one."""
    executor = LocalExecutor(2)
    yield executor
    executor.shutdown(wait=False)


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store with the demonstration market: to be copied, not changed."""
    path = tmp_path_factory.mktemp("demo") / "store.sqlite"
    with open_store(path) as store:
        import_market(store, data_dir() / "demo" / "market", by="Ann")
    # What still lies beside the file would not be copied with it.
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    return path


@pytest.fixture
def settings(tmp_path: Path, demo_store: Path) -> Settings:
    """Return the settings of a test, with a store of its own that has the demonstration."""
    shutil.copy(demo_store, tmp_path / "store.sqlite")
    return settings_in(tmp_path, str(tmp_path / "store.sqlite"), user="Ann")


@pytest.fixture
def services(settings: Settings, workers: LocalExecutor) -> Iterator[Services]:
    """Return what Ann's page stands on; its desk has jobs run."""
    store = open_store(settings.database)
    opened = Services(settings, store, Desk(store, settings, workers), Cache(settings), "Ann")
    yield opened
    opened.close()


@pytest.fixture
def queueing(settings: Settings) -> Iterator[Services]:
    """Return what Ann's page stands on where nobody works."""
    store = open_store(settings.database)
    desk = Desk(store, settings, runs=False)
    opened = Services(settings, store, desk, Cache(settings), "Ann")
    yield opened
    opened.close()


@pytest.fixture
def session(services: Services) -> Session:
    """Return a session that has just begun."""
    return Session(services)


@pytest.fixture
def page(session: Session, turn: Turn) -> Page:
    """Return a page of the session; ``page.link.told`` is what its browser was told."""
    return Page(session, RecordingLink())  # type: ignore[arg-type]


@pytest.fixture
def turn() -> Iterator[Turn]:
    """Return what lets the page's tasks go on until something holds, as a kernel would."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def until(holds: Callable[[], object]) -> None:
        async def wait() -> None:
            while not holds():
                await asyncio.sleep(0.02)

        loop.run_until_complete(asyncio.wait_for(wait(), PATIENCE_S))

    yield until
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def demo_need() -> Requirement:
    """Return what the demonstration's development owes."""
    return bng_opt.read_metric(data_dir() / "demo" / "metric.xlsx")


@pytest.fixture
def ready(session: Session, demo_need: Requirement) -> Session:
    """Return a session with the demonstration's need, site and market: only to be searched."""
    return make_ready(session, demo_need)
