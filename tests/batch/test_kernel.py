"""The kernel of a run: this Python, these settings, no secrets."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from bng_opt.batch.kernel import environment, own_kernel
from bng_opt.settings import Settings


def test_settings_are_told_as_they_are_and_read_back_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        database="postgresql://bng:pa$$word@host/bng",
        cache_folder=tmp_path / "cache",
        vat_rate=Decimal("0.175"),
        workers=3,
    )
    for name, text in environment(tmp_path, settings).items():
        monkeypatch.setenv(name, text)
    assert Settings() == settings


def test_secrets_are_not_told(tmp_path: Path) -> None:
    settings = Settings(app_token=SecretStr("a-secret-of-the-team"))
    assert "a-secret-of-the-team" not in str(environment(tmp_path, settings))


def test_relative_paths_are_told_from_where_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = environment(tmp_path, Settings(database="team.sqlite", cache_folder=Path("plans")))
    assert told["BNG_OPT_DATABASE"] == str(tmp_path / "team.sqlite")
    assert told["BNG_OPT_CACHE_FOLDER"] == str(tmp_path / "plans")
    assert told["BNG_OPT_SETTINGS"] == ""


def test_threads_of_libraries_are_one_unless_the_user_says_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert environment(tmp_path, Settings())["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert "OMP_NUM_THREADS" not in environment(tmp_path, Settings())


def test_the_kernel_is_this_python_and_its_files_are_in_the_folder(tmp_path: Path) -> None:
    manager = own_kernel(tmp_path, Settings(database="postgresql://u:a$b@h/d"))()
    assert manager.kernel_spec.argv[0] == sys.executable
    assert manager.connection_file == str(tmp_path / "kernel.json")
    assert manager.kernel_spec.env["BNG_OPT_DATABASE"] == "postgresql://u:a$$b@h/d"
    assert manager.transport == "ipc"


def test_where_a_socket_would_have_too_long_a_name_the_kernel_is_talked_to_by_tcp(
    tmp_path: Path,
) -> None:
    assert own_kernel(tmp_path / ("x" * 90), Settings())().transport == "tcp"
