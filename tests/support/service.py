"""A real server of the service, in a process of its own, for tests.

``from tests.support.service import served`` in a ``conftest.py`` or test module brings one
server for the whole session of pytest.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bng_opt.client import Client
from bng_opt.market import Market
from bng_opt.market.store import open_store
from bng_opt.market.store.api_keys import add_key
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user
from bng_opt.resources import data_dir

PASSWORD = "a long sentence for the tests only"
USERS = {"Ann": Role.ADMIN, "Bob": Role.ANALYST, "Cyd": Role.ANALYST, "Eve": Role.VIEWER}
SITE = {"lpa": ["Stratford-on-Avon"], "nca": ["Dunsmore and Feldon"]}
_START_S = 60.0
_LISTENS = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
_SERVED = pytest.StashKey["Served"]()
# Many tests share a server: its limits are tested on one that has small ones.
_GENEROUS = {"API_RATE_PER_MINUTE": "1000000", "API_MAX_QUEUED": "100000", "WORKERS": "1"}


@dataclass
class Served:
    """A server of the service with its own store, users and keys.

    Parameters
    ----------
    folder
        Where the store, if no URL names another, the cache and the log lie.
    database
        The store; users and a market are put into it.
    market
        Which; the demonstration's by default.
    environment
        Settings, without their ``BNG_OPT_``.
    """

    folder: Path
    database: str = ""
    market: str | Path | Market = data_dir() / "demo" / "market"
    environment: Mapping[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.database = self.database or str(self.folder / "store.sqlite")
        with open_store(self.database) as store:
            for name, role in USERS.items():
                add_user(store, name, role, PASSWORD, by="installer")
                self.keys[name] = add_key(store, name, "tests", days=1, by="Ann")[1]
            import_market(store, self.market, by="Ann")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> Served:
        """Start the server and wait until it answers."""
        began = len(self.log) if (self.folder / "log").exists() else 0
        words = ["-m", "uvicorn", "bng_opt.api:create_app", "--factory"]
        settings = {
            **_GENEROUS,
            "DATABASE": self.database,
            "CACHE_FOLDER": str(self.folder / "cache"),
            **self.environment,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words, "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **{f"BNG_OPT_{name}": each for name, each in settings.items()}},
                # Ctrl-C is for the tests; they end the server themselves.
                start_new_session=True,
            )
        self.port = self._port_in_log(began)
        return self

    def end(self, how: int = signal.SIGTERM) -> int:
        """End the server and return its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(_START_S)

    def secret(self, user: str) -> str:
        """Return the secret part of a user's key; it may have underscores of its own."""
        return self.keys[user].split("_", 2)[2]

    def client(self, user: str = "Bob", **options: Any) -> Client:
        """Return the package's client, by a user's key."""
        return Client(self.url, self.keys[user], **options)

    def http(self, user: str | None = "Bob", **headers: str) -> httpx2.Client:
        """Return a bare client, by a user's key or without one."""
        own = {"Authorization": f"Bearer {self.keys[user]}"} if user else {}
        return httpx2.Client(base_url=self.url, headers={**own, **headers}, timeout=60)

    def _port_in_log(self, began: int) -> int:
        """Return the port that the server says it listens on, once it does."""
        assert self.process is not None
        give_up = time.monotonic() + _START_S
        while self.process.poll() is None and time.monotonic() < give_up:
            found = _LISTENS.search(self.log, began)
            if found:
                return int(found.group(1))
            time.sleep(0.05)
        raise RuntimeError(f"the service did not start:\n{self.log}")


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Return the server of this session, started when it is first asked for."""
    stash = request.config.stash
    if _SERVED not in stash:
        stash[_SERVED] = Served(tmp_path_factory.mktemp("service")).start()
        request.config.add_cleanup(stash[_SERVED].end)
    return stash[_SERVED]


def tables_of(market: Market) -> dict[str, list[dict[str, Any]]]:
    """Return a market as the rows that a request has."""
    return {
        name: [
            {column: None if cell is None else _plain(cell) for column, cell in row.items()}
            for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
        ]
        for name, frame in market.to_frames().items()
    }


def _plain(cell: Any) -> Any:
    return cell if isinstance(cell, str) else float(cell)
