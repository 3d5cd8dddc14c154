"""``bng-opt app``: what it refuses before it serves; tests/app/server has a server that runs."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Runner


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite")


def test_a_dashboard_that_is_open_to_everybody_is_refused(bng: Runner, path: str) -> None:
    said = bng("app", "--host", "0.0.0.0", "--store", path)
    assert said.status == 2
    assert "open to everybody" in said.err
    assert "BNG_OPT_APP_SIGN_IN" in said.err


def test_a_port_that_is_taken_is_refused_with_a_way_out(bng: Runner, path: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = bng("app", "--port", str(taken.getsockname()[1]), "--store", path)
    assert said.status == 2
    assert "--port" in said.err


def test_without_the_extra_it_says_how_to_get_it(
    bng: Runner, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith("bng_opt.app.server")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "voila.app", None)
    said = bng("app", "--store", path)
    assert said.status == 2
    assert "pip install 'bng-opt[app]'" in said.err
