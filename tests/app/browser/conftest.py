"""One server with the demonstration's market, and one browser, for all these tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import PATIENCE_S, Morning, Server, Visit, chromium, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Return Debian's Chromium: a module's, as other tests can't run beside Playwright's loop."""
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, demo_store: Path) -> Iterator[Server]:
    """Return a server that asks nobody who they are."""
    folder = tmp_path_factory.mktemp("app")
    database = folder / "store.sqlite"
    shutil.copy(demo_store, database)
    with serving(folder, database) as started:
        yield started


@pytest.fixture
def visit() -> Visit:
    """Return what the pages of a test asked for."""
    return Visit()


@pytest.fixture
def new_page(browser, visit: Visit) -> Iterator[Callable[..., object]]:
    """Return what opens a page of its own, as another person's browser would."""
    contexts = []

    def make(width: int = 1280, **options: object):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, accept_downloads=True, locale="en-GB",
            **options,
        )  # fmt: skip
        context.set_default_navigation_timeout(PATIENCE_S * 1000)
        contexts.append(context)
        page = context.new_page()
        visit.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def morning(new_page, server: Server, visit: Visit) -> Iterator[Morning]:
    """Return a broker at the dashboard; nothing may leave the machine, nothing may fail."""
    yield Morning(new_page(), server).open()
    assert visit.strangers == []
    assert visit.errors == []
