"""What a browser sees of the server itself: loading, a lost kernel, kernels that are cleared up."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.browser import PATIENCE_S, Morning, Server, Visit, serious_findings, serving
from tests.support.running import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOST = "#bng-lost:not([hidden])"


def kernels_of(server: Server) -> dict[str, psutil.Process]:
    """Return the processes of a server's kernels by their ids."""
    found = {}
    for process in psutil.Process(server.process.pid).children(recursive=True):
        # One that has just ended has no command any more.
        with suppress(psutil.NoSuchProcess):
            command = " ".join(process.cmdline())
            if kernel := re.search(r"kernel-([0-9a-f-]{36})\.json", command):
                found[kernel[1]] = process
    return found


def watched(page) -> list[str]:
    """Return the list in which the kernels of a page will be."""
    seen: list[str] = []

    def note(socket) -> None:
        if kernel := re.search(r"/kernels/([0-9a-f-]{36})/channels", socket.url):
            seen.append(kernel[1])

    page.on("websocket", note)
    return seen


def test_a_page_whose_kernel_is_lost_says_so_and_goes_on_after_a_reload(
    new_page: Callable[..., object], server: Server, visit: Visit
) -> None:
    page = new_page()
    own = watched(page)
    morning = Morning(page, server).open()
    morning.give_metric()
    kernels_of(server)[own[-1]].kill()
    page.wait_for_selector(LOST, timeout=PATIENCE_S * 1000)
    assert "What you entered and what ran is kept" in page.locator("#bng-lost").inner_text()
    assert serious_findings(page) == {}
    morning.shoot("17-connection-lost")
    page.locator("#bng-lost").get_by_role("button", name="Reload").click()
    page.get_by_role("heading", name="What is needed").wait_for(timeout=PATIENCE_S * 1000)
    assert page.locator(LOST).count() == 0
    assert visit.strangers == []


def test_a_page_says_that_the_server_has_ended(
    new_page: Callable[..., object], demo_store: Path, tmp_path: Path
) -> None:
    database = tmp_path / "store.sqlite"
    shutil.copy(demo_store, database)
    page = new_page()
    with serving(tmp_path, database) as server:
        Morning(page, server).open()
    page.wait_for_selector(LOST, timeout=PATIENCE_S * 1000)


def test_kernels_of_closed_pages_go_and_those_of_open_ones_stay(
    new_page: Callable[..., object], demo_store: Path, tmp_path: Path
) -> None:
    database = tmp_path / "store.sqlite"
    shutil.copy(demo_store, database)
    # A tenth of a minute; a page that is open tells every few seconds that it is there.
    with serving(tmp_path, database, app_idle_minutes="0.1") as server:
        pages = [new_page(), new_page()]
        own = [watched(page) for page in pages]
        first, second = (Morning(page, server).open() for page in pages)
        assert {own[0][-1], own[1][-1]} < set(kernels_of(server))
        second.page.context.set_offline(True)
        second.page.goto("about:blank")
        until(lambda: own[1][-1] not in kernels_of(server), "the end of the closed page's kernel")
        assert own[0][-1] in kernels_of(server)
        first.give_metric()


def test_while_it_loads_the_page_says_so_and_after_long_offers_a_way_on(
    new_page: Callable[..., object], server: Server
) -> None:
    page = new_page()
    page.clock.install()
    # Voila's own script never comes: the page stays as the server sent it.
    page.route(re.compile(r"voila/templates|voila/static"), lambda route: route.abort())
    page.goto(server.url, wait_until="domcontentloaded", timeout=PATIENCE_S * 1000)
    assert page.get_by_text("Opening the dashboard…").is_visible()
    assert not page.get_by_role("button", name="Try again").is_visible()
    page.clock.run_for(31_000)
    assert page.get_by_role("button", name="Try again").is_visible()
    assert serious_findings(page) == {}


def test_a_page_that_isn_t_there_is_told_in_our_own_words(
    new_page: Callable[..., object], server: Server, visit: Visit
) -> None:
    page = new_page()
    page.goto(f"{server.url}nonsense")
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    assert serious_findings(page) == {}
    page.get_by_role("link", name="Open the dashboard").click()
    Morning(page, server).see("Metric")
    assert visit.strangers == []
