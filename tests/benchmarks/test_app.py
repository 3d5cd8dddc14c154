"""How soon a page of the dashboard is there, beside an empty notebook in Voila as it comes.

Both servers have kernels that wait. A round opens both in turn, each in a browser context of
its own with nothing cached, and only once a kernel waits again and the machine is at rest.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.resources import data_dir
from tests.benchmarks.conftest import Bench
from tests.benchmarks.scores import Target
from tests.support.browser import Server, chromium, end, free_port, serving
from tests.support.running import PATIENCE_S, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAINT = Target("first useful paint, against an empty notebook in Voila", 1.5, middle=True)
ROUNDS = 5
EMPTY = "empty.ipynb"
_LOOK_S = 1.5
_AT_REST = 0.03
"""Kernels that take less than so much of a core over a look do no longer start."""


@contextmanager
def empty_notebook(folder: Path) -> Iterator[Server]:
    """Serve a notebook that shows one line, by Voila as it comes and with kernels that wait."""
    source = "import ipywidgets\nipywidgets.HTML('<p class=\"there\">Nothing</p>')"
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [{**cell, "outputs": [], "source": source}],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / EMPTY).write_text(json.dumps(notebook))
    port, log = free_port(), folder / "voila.log"
    words = [sys.executable, "-m", "voila", EMPTY, "--no-browser", f"--port={port}",
             "--preheat_kernel=True", "--pool_size=1"]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words, cwd=folder, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}/"
        until(lambda: answers(f"{url}voila/static/voila.js", process), "Voila")
        yield Server(url, folder, log, process)
    finally:
        end(process)


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Return whether a server answers anything; it may not have ended."""
    assert process.poll() is None, "Voila ended"
    try:
        with urlopen(url, timeout=5):
            return True
    except URLError as error:
        return hasattr(error, "code")


def kernels_of(server: Server) -> list[psutil.Process]:
    """Return the kernels of a server."""
    started = psutil.Process(server.process.pid).children(recursive=True)
    return [process for process in started if is_kernel(process)]


def is_kernel(process: psutil.Process) -> bool:
    """Return whether a process is a notebook's kernel."""
    try:
        return bool(re.search(r"kernel-[0-9a-f-]{36}\.json", " ".join(process.cmdline())))
    except psutil.Error:
        return False


def spent(processes: list[psutil.Process]) -> float:
    """Return the seconds of a core that processes have taken so far."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


class Opening:
    """Opens a server's page again and again, as for the first time."""

    def __init__(self, browser, server: Server, shows: str) -> None:
        self._browser, self._server, self._shows = browser, server, shows
        self._opened_at = 0.0

    def rest(self) -> tuple[()]:
        """Wait until a kernel that nobody has used waits, and none works any more."""

        def at_rest() -> bool:
            kernels = kernels_of(self._server)
            before = spent(kernels)
            time.sleep(_LOOK_S)
            fresh = any(self._is_fresh(kernel) for kernel in kernels)
            return fresh and spent(kernels) - before < _AT_REST * _LOOK_S

        until(at_rest, "a kernel that waits")
        return ()

    def _is_fresh(self, kernel: psutil.Process) -> bool:
        try:
            return kernel.create_time() > self._opened_at
        except psutil.Error:
            return False

    def open(self) -> float:
        """Return the seconds until the page shows what it is for [s]."""
        context = self._browser.new_context()
        page = context.new_page()
        self._opened_at = time.time()
        begin = perf_counter()
        page.goto(self._server.url, wait_until="commit", timeout=PATIENCE_S * 1000)
        page.wait_for_selector(self._shows, timeout=PATIENCE_S * 1000)
        seconds = perf_counter() - begin
        context.close()
        return seconds


@pytest.fixture
def browser() -> Iterator[object]:
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def test_the_dashboard_is_there_nearly_as_soon_as_an_empty_notebook(
    browser, bench: Bench, tmp_path: Path
) -> None:
    database = tmp_path / "store.sqlite"
    with open_store(database) as store:
        import_market(store, data_dir() / "demo" / "market", by="Ann")
    with serving(tmp_path, database) as ours, empty_notebook(tmp_path) as bare:
        dashboard = Opening(browser, ours, ".bng-app input[type=file]")
        empty = Opening(browser, bare, "p.there")

        def rival() -> float:
            empty.rest()
            dashboard.rest()
            return empty.open()

        def ready() -> tuple[()]:
            empty.rest()
            return dashboard.rest()

        for each in (empty, dashboard):
            each.rest()
            each.open()
        bench.measure(
            dashboard.open,
            group="app",
            case="first useful paint, preheated",
            rival=rival,
            fresh=ready,
            targets=(PAINT,),
            rounds=ROUNDS if bench.enabled else 1,
        )
