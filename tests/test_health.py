"""Whether what serves is well: real servers that are asked, and signs of life on disk."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bng_opt.cli import run
from bng_opt.errors import InputError
from bng_opt.health import (
    FRESH_S,
    address_of_api,
    address_of_app,
    ask,
    give_sign,
    look_at_sign,
    sign_file,
    take_sign_away,
)
from bng_opt.settings import Settings


class Handler(BaseHTTPRequestHandler):
    """Is well at one address and ill at all others."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()
        self.wfile.write(b"so it is")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("BNG_OPT_DATABASE", str(tmp_path / "store.sqlite"))
    return Settings()


def test_what_answers_well_is_well(server: str) -> None:
    found = ask(f"{server}/health")
    assert found.is_well
    assert "so it is" in found.message


def test_what_answers_otherwise_is_not_and_its_words_are_told(server: str) -> None:
    found = ask(f"{server}/other")
    assert not found.is_well
    assert "503: so it is" in found.message


def test_what_does_not_listen_is_not_well() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = ask(f"http://127.0.0.1:{free.getsockname()[1]}/health")
    assert not found.is_well
    assert "doesn't answer" in found.message


def test_what_hangs_is_not_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = ask(f"http://127.0.0.1:{silent.getsockname()[1]}/health", limit_s=0.2)
    assert not found.is_well


@pytest.mark.parametrize("address", ["app2", "https://localhost/", "http://", "http://a:b/"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="no address"):
        ask(address)


def test_what_listens_everywhere_is_asked_on_this_machine() -> None:
    everywhere = Settings(app_host="0.0.0.0", app_base_url="/bng/", api_host="::")
    assert address_of_app(everywhere) == "http://127.0.0.1:8866/bng/health"
    assert address_of_api(everywhere) == "http://[::1]:8000/health"


def test_a_sign_of_life_tells_and_is_taken_away(settings: Settings) -> None:
    assert not look_at_sign(settings).is_well
    give_sign(settings, "")
    assert look_at_sign(settings).is_well
    give_sign(settings, "The schedules wait: the store is away.")
    assert look_at_sign(settings).message == "The schedules wait: the store is away."
    assert not look_at_sign(settings).is_well
    take_sign_away(settings)
    assert "No service" in look_at_sign(settings).message


def test_an_old_sign_of_life_is_of_a_service_that_hangs(settings: Settings) -> None:
    give_sign(settings, "")
    past = time.time() - FRESH_S - 10
    os.utime(sign_file(settings), (past, past))
    assert not look_at_sign(settings).is_well


def test_two_stores_have_signs_of_their_own(settings: Settings) -> None:
    give_sign(settings, "")
    assert not look_at_sign(Settings(database="other.sqlite")).is_well


def test_the_command_says_it_by_its_exit_status(server: str, settings: Settings) -> None:
    give_sign(settings, "")
    asked = ["schedule", f"{server}/health", f"{server}/other", "app2"]
    assert [run(["health", what]) for what in asked] == [0, 0, 2, 2]
