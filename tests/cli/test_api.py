"""``bng-opt api`` and ``bng-opt user key``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from bng_opt.market.store import open_store
from bng_opt.market.store.api_keys import holder_of
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user
from tests.support.command_line import Runner

PASSWORD = "a long sentence for the tests only"


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def path(tmp_path: Path) -> str:
    place = str(tmp_path / "store.sqlite")
    with open_store(place) as store:
        add_user(store, "Ann", Role.ADMIN, PASSWORD, by="installer")
        add_user(store, "Bob", Role.ANALYST, PASSWORD, by="Ann")
    return place


def test_a_key_is_printed_once_and_works(bng: Runner, path: str) -> None:
    said = bng("user", "key", "add", "bob", "--name", "reports", "--store", path, "--by", "Ann")
    assert said.status == 0
    key = said.out.splitlines()[0]
    with open_store(path) as store:
        assert holder_of(store, key).user.name == "Bob"
    listed = bng("user", "key", "list", "--store", path, "--json")
    assert [row["name"] for row in listed.json["api_keys"]] == ["reports"]
    assert key not in listed.out
    assert key.split("_", 2)[2] not in listed.out


def test_a_key_is_listed_by_user_and_revoked_by_prefix(bng: Runner, path: str) -> None:
    options = ("--store", path, "--by", "Ann", "--json")
    made = bng("user", "key", "add", "Bob", "--name", "a", "--days", "3", *options).json["api_key"]
    assert bng("user", "key", "list", "Ann", "--store", path, "--json").json == {"api_keys": []}
    revoked = bng("user", "key", "revoke", made["prefix"], *options).json["api_key"]
    assert revoked["revoked_at"] is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "Zoe", "--name", "a"), 'no user "Zoe"'),
        (("add", "Bob", "--name", " "), "no name"),
        (("add", "Bob", "--name", "a", "--days", "0"), "0 days"),
        (("revoke", "x"), 'no key "x"'),
        (("list", "Zoe"), 'no user "Zoe"'),
    ],
)
def test_what_can_t_be_is_bad_input(
    bng: Runner, path: str, words: tuple[str, ...], message: str
) -> None:
    said = bng("user", "key", *words, "--store", path)
    assert said.status == 2
    assert message in said.err


def test_the_command_serves_until_it_is_told_to_end(path: str, tmp_path: Path) -> None:
    code = "from bng_opt.cli import main; main()"
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "api", "--port", "0", "--store", path],
            stdout=stream,
            stderr=stream,
            env={**os.environ, "BNG_OPT_CACHE_FOLDER": str(tmp_path / "cache")},
            start_new_session=True,
        )
    try:
        url = _url_in(log, process)
        answer = httpx2.get(f"{url}/health", timeout=30)
        assert answer.json()["state"] == "ok"
        assert "server" not in answer.headers
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert "Application shutdown complete" in log.read_text()


def _url_in(log: Path, process: subprocess.Popen[bytes]) -> str:
    give_up = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < give_up:
        found = re.search(r"running on (http://\S+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{log.read_text()}")
