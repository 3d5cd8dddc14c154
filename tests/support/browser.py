"""A real server of the dashboard and a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ARTEFACTS = Path(os.environ.get("BNG_OPT_ARTEFACTS") or REPOSITORY / "tests" / "artefacts")
PATIENCE_S = 90.0
START_S = 240.0
"""A server of a machine that is busy with other tests takes long to start [s]."""
_HARMLESS = re.compile(r"JUPYTERLAB\.CORE_OUTPUT|Federation Runtime|Starting WebSocket")
"""What Voila's own scripts say of each other's versions."""


def chromium() -> str:
    """Return the path of a Chromium, or skip."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium is installed (Debian, Ubuntu: apt install chromium)")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A dashboard's server in a process of its own."""

    url: str
    database: Path
    log: Path
    process: subprocess.Popen[bytes]

    def healthy(self) -> bool:
        """Return whether it answers."""
        try:
            with urlopen(f"{self.url}health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


@contextmanager
def serving(folder: Path, database: Path, *options: str, **settings: str) -> Iterator[Server]:
    """Serve the dashboard on a store until the end, with options and settings by their names."""
    port, log = free_port(), folder / "server.log"
    own = {
        "database": str(database),
        "cache_folder": str(folder / "cache"),
        "user": "Ann",
        "app_port": str(port),
        "workers": "1",
        **settings,
    }
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("BNG_OPT_", "BNG_APP_"))}
    environ |= {f"BNG_OPT_{name.upper()}": value for name, value in own.items()}
    environ["JUPYTER_PLATFORM_DIRS"] = "1"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", "from bng_opt.cli import main; main()", "app", *options],
            env=environ, cwd=folder, stdout=stream, stderr=stream, start_new_session=True,
        )  # fmt: skip
        base = own.get("app_base_url", "/")
        server = Server(f"http://127.0.0.1:{port}{base}", database, log, process)
        try:
            _await(server)
            yield server
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server gently, and whatever of it is left after that."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(server: Server) -> None:
    until = time.monotonic() + START_S
    while not server.healthy():
        if server.process.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"the server didn't start:\n{server.log.read_text()[-4000:]}")
        time.sleep(0.2)


@dataclass
class Visit:
    """What a page of the browser asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        """Note requests and errors of a page from now on."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._look_at)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)

    def _look_at(self, response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.request.method} {response.url}")

    def _hear(self, message) -> None:
        if message.type == "error" and not _HARMLESS.search(message.text):
            self.errors.append(message.text)

    @property
    def strangers(self) -> list[str]:
        """Return the requests that left the machine."""
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in ("data", "blob")
            and urlsplit(url).hostname not in ("127.0.0.1", "localhost")
        ]


def serious_findings(page) -> dict[str, list[str]]:
    """Return what axe calls serious or critical: the elements by rule."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python isn't installed"
    )
    found = axe.Axe().run(page).response["violations"]
    return {
        f"{rule['id']} ({rule['impact']})": [node["html"][:200] for node in rule["nodes"]]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    }


class Morning:
    """A broker at the dashboard: the things that one does, as one does them."""

    def __init__(self, page, server: Server) -> None:
        self.page, self.server = page, server

    def open(self, query: str = "") -> Morning:
        """Open the dashboard."""
        self.page.goto(self.server.url + query, wait_until="commit", timeout=PATIENCE_S * 1000)
        self.page.wait_for_selector(".bng-app h2", timeout=PATIENCE_S * 1000)
        return self

    def button(self, name: str):
        """Return the button of a name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        """Press a button."""
        self.button(name).click(timeout=PATIENCE_S * 1000)

    def see(self, text: str) -> None:
        """Wait until a text is on the page."""
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE_S * 1000)

    def upload(self, path: Path | str) -> None:
        """Choose a file."""
        self.page.set_input_files("input[type=file]", str(path))

    def fill(self, label: str, text: str) -> None:
        """Type into a field and leave it."""
        field = self.page.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Tab")

    def give_metric(self) -> None:
        """Take the example's need."""
        self.press("Use the example")
        heading = self.page.get_by_role("heading", name="What is needed")
        heading.wait_for(timeout=PATIENCE_S * 1000)

    def find_site(self, postcode: str = "CV37 6QW") -> None:
        """Go on to the site and find it."""
        self.press("Next: Site")
        self.fill("Postcode", postcode)
        self.press("Find the postcode")
        self.see("Known by")

    def take_market(self) -> None:
        """Go on to the market, which is the store's."""
        self.press("Next: Market")
        self.see("Who sells what is needed")

    def search(self) -> None:
        """Go on to the search, and start it."""
        self.press("Next: Optimise")
        self.press("Start the search")

    def to_result(self) -> None:
        """Go from an empty page to a result."""
        self.give_metric()
        self.find_site()
        self.take_market()
        self.search()
        self.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)

    def to_quote(self, client: str) -> None:
        """Go from a result to a quote that was worked out."""
        self.press("Next: Quote")
        self.fill("Name", client)
        self.press("Work the quote out")
        self.see("Total with VAT")

    def shoot(self, name: str) -> None:
        """Keep a picture of the page."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
