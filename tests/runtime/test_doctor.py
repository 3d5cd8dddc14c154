"""The doctor: real things that are broken, each told with its remedy, none stopping another."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from packaging.requirements import Requirement

from bng_opt.errors import Finding, InputError
from bng_opt.market.store import open_store
from bng_opt.market.store.tables import StockRow
from bng_opt.runtime.checkups import CHECKUPS, Checkup, State
from bng_opt.runtime.checkups.environment import unmet
from bng_opt.runtime.checkups.kinds import absent, failed, fine, warned
from bng_opt.runtime.doctor import Checked, Health, check_health
from bng_opt.runtime.executors import make_executor
from bng_opt.settings import Settings
from tests.support.stores import *  # noqa: F403
from tests.support.stores import add_stock

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 60.0


def seen(name: str, **settings: object) -> Checked:
    """Look at one thing with these settings."""
    return check_health(Settings(**settings), only=(name,))[name]


def own(name: str, look: object, **others: object) -> Checkup:
    return Checkup(name, look, "Do something.", **others)  # type: ignore[arg-type]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that accepts whoever comes, and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


# --- one and all


def test_on_this_machine_all_that_is_needed_works(tmp_path: Path) -> None:
    health = check_health(Settings(database=str(tmp_path / "store.sqlite")))
    assert [check.name for check in health.checks] == [
        "settings",
        *(checkup.name for checkup in CHECKUPS),
    ]
    assert [check.name for check in health.checks if check.is_fatal] == [], health.summary()
    for name in ("python", "packages", "solver", "cross-check", "cache", "executor", "fonts"):
        assert health[name].state in (State.OK, State.WARNING), health.summary()
    assert health.is_fine
    assert not (tmp_path / "store.sqlite").exists()


def test_only_what_is_asked_for_is_looked_at() -> None:
    looked = check_health(Settings(), only=("cache", "scheduler"))
    assert {check.name for check in looked.checks} == {"cache", "scheduler"}


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(ValueError, match="cahce"):
        check_health(Settings(), only=("cahce",))


def test_no_checkup_stops_the_others_however_it_ends() -> None:
    def raises(_: Settings) -> None:
        raise ZeroDivisionError("of no use")

    def refuses(_: Settings) -> None:
        raise InputError([Finding("A is wrong.", "Mend A."), Finding("B is wrong.", "Mend B.")])

    def leaves(_: Settings) -> None:
        raise SystemExit(5)

    never = Event()
    checkups = (
        own("raises", raises),
        own("refuses", refuses),
        own("hangs", lambda _: never.wait() and fine(""), limit_s=0.2),
        own("leaves", leaves),
        own("works", lambda _: fine("It works.")),
    )
    health = check_health(Settings(), checkups=checkups)
    never.set()
    assert "ZeroDivisionError: of no use" in health["raises"].message
    assert (health["refuses"].message, health["refuses"].remedy) == (
        "A is wrong. B is wrong.",
        "Mend A. Mend B.",
    )
    assert (health["hangs"].message, health["hangs"].remedy) == (
        "No answer within 0.2 s.",
        "Do something.",
    )
    assert "SystemExit: 5" in health["leaves"].message
    assert health["works"].state is State.OK


@pytest.mark.parametrize(
    ("found", "needed", "whole"),
    [
        (fine("Well."), True, State.OK),
        (absent("Not there."), True, State.OK),
        (warned("Nearly.", "Mend it."), True, State.WARNING),
        (failed("Not well.", "Mend it."), True, State.FAILED),
        (failed("Not well.", "Mend it."), False, State.WARNING),
    ],
)
def test_the_whole_fails_only_with_what_is_needed(
    found: object, needed: bool, whole: State
) -> None:
    checkups = (own("thing", lambda _: found, needed=needed),)
    health = check_health(Settings(), only=("thing",), checkups=checkups)
    assert health.state is whole
    assert health.is_fine is (whole is not State.FAILED)
    assert health.as_dict()["state"] == whole.value


def test_the_report_names_each_thing_with_its_remedy_and_what_is_to_be_mended() -> None:
    checkups = (
        own("first", lambda _: fine("It works.")),
        own("second", lambda _: failed("It\x1b[2J doesn't. " * 20, "Mend it.")),
    )
    text = check_health(Settings(), only=("first", "second"), checkups=checkups).summary()
    assert text.splitlines()[0] == "first   ok       It works."
    assert "-> Mend it." in text
    assert text.endswith("To be mended: second.")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_no_secret_is_told_whoever_tells_it() -> None:
    checkups = (own("thing", lambda _: failed("postgresql://bng:pw@h/db", "password=pw")),)
    assert "pw" not in str(check_health(Settings(), checkups=checkups)["thing"].as_dict())


def test_health_of_nothing_is_fine() -> None:
    assert Health(()).summary().endswith("All that is needed works.")


# --- settings


def test_with_wrong_settings_what_needs_none_is_looked_at_all_the_same() -> None:
    with pytest.raises(InputError) as caught:
        Settings(log_format="xml", vat_rate=2)
    only = ("settings", "python", "store", "cache", "executor", "scheduler")
    health = check_health(caught.value, only=only)
    assert health["settings"].state is State.FAILED
    assert "log_format" in health["settings"].message
    assert "vat_rate" in health["settings"].message
    assert health["python"].state is State.OK
    for name in ("store", "cache", "executor", "scheduler"):
        assert health[name].state is State.ABSENT
        assert health[name].message == "Not looked at while the settings are wrong."
    assert not health.is_fine


def test_a_misspelt_variable_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_CASHE_MB", "1")
    check = seen("settings")
    assert check.state is State.WARNING
    assert check.remedy == "Did you mean BNG_OPT_CACHE_MB?"


# --- packages


def test_a_package_that_is_missing_or_too_old_is_told() -> None:
    wanted = [Requirement("no-such-package>=1"), Requirement("pandas>=999"), Requirement("numpy")]
    missing, old = unmet(wanted)
    assert missing.message == "no-such-package isn't installed."
    assert missing.remedy == "Install it: pip install 'no-such-package>=1'."
    assert old.message == f"pandas is {version('pandas')}, and >=999 is needed."


def test_an_office_that_is_not_there_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert seen("libreoffice").state is State.ABSENT


def test_an_office_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    check = seen("libreoffice")
    assert check.state is State.FAILED
    assert not check.is_fatal
    assert str(program) in check.message


# --- the store


def test_a_sound_store_is_fine_and_stays_as_it_is(store_url: str) -> None:
    check = seen("store", database=store_url)
    assert check.state is State.OK, check
    assert "its books add up" in check.message


def test_a_store_that_is_not_made_yet_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.sqlite"
    check = seen("store", database=str(path))
    assert check.state is State.ABSENT
    assert "bng-opt db upgrade" in check.remedy
    assert not path.parent.exists()


def test_a_store_that_can_never_be_made_is_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    check = seen("store", database=str(tmp_path / "file" / "store.sqlite"))
    assert check.state is State.FAILED
    assert "BNG_OPT_DATABASE" in check.remedy


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"no database at all " * 100)
    check = seen("store", database=str(path))
    assert (check.state, check.is_fatal) == (State.FAILED, True)
    assert "The file is no store." in check.message


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path).close()
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 4096)
    path.write_bytes(content)
    check = seen("store", database=str(path))
    assert check.state is State.FAILED
    assert "backup" in check.remedy


def test_a_store_without_its_tables_is_told(empty_store_url: str, database: str) -> None:
    if database == "sqlite":
        sqlite3.connect(empty_store_url).close()
        Path(empty_store_url).touch()
    check = seen("store", database=empty_store_url)
    assert check.state is State.FAILED
    assert "has no tables yet" in check.message
    assert "bng-opt db upgrade" in check.remedy


def test_books_that_do_not_add_up_are_told(store_url: str) -> None:
    with open_store(store_url) as store, store.write() as session:
        add_stock(session, {"S1": "2"})
        session.execute(sa.update(StockRow).values(reserved=StockRow.units))
    check = seen("store", database=store_url)
    assert check.state is State.FAILED
    assert "S1" in check.message


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    check = seen("store", database=f"postgresql://bng:hunter2@127.0.0.1:{free_port()}/bng")
    assert check.state is State.FAILED
    assert "can't be reached" in check.message
    assert "hunter2" not in repr(check)


def test_a_server_that_never_answers_is_given_up(silent_port: int) -> None:
    quick = [replace(each, limit_s=1) for each in CHECKUPS if each.name == "store"]
    settings = Settings(database=f"postgresql://bng:hunter2@127.0.0.1:{silent_port}/bng")
    check = check_health(settings, only=("store",), checkups=quick)["store"]
    assert check.message == "No answer within 1 s."
    assert "bng-opt db check" in check.remedy


def test_a_store_that_another_holds_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path).close()
    with open_store(path) as store, store.write():
        check = seen("store", database=str(path), busy_timeout_s=0.1)
    assert check.state is State.FAILED
    assert "held the store for too long" in check.message


# --- the cache


def test_a_cache_whose_folder_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    check = seen("cache", cache_folder=tmp_path / "file" / "cache")
    assert check.state is State.FAILED
    assert "BNG_OPT_CACHE_FOLDER" in check.remedy


def test_a_disk_without_room_for_the_cache_is_a_warning(tmp_path: Path) -> None:
    check = seen("cache", cache_folder=tmp_path, cache_mb=1e12)
    assert check.state is State.WARNING
    assert "BNG_OPT_CACHE_MB" in check.remedy


# --- those who work


def test_a_scheduler_that_is_not_there_is_told() -> None:
    settings = Settings(scheduler=f"tcp://127.0.0.1:{free_port()}")
    check = check_health(settings, only=("scheduler",))["scheduler"]
    assert check.is_fatal
    assert "can't be reached" in check.message
    assert "BNG_OPT_SCHEDULER" in check.remedy


def test_a_scheduler_that_never_answers_does_not_hold_up_the_rest(silent_port: int) -> None:
    code = (
        "import sys; from dataclasses import replace; from bng_opt.settings import Settings; "
        "from bng_opt.runtime.doctor import check_health; "
        "from bng_opt.runtime.checkups import CHECKUPS; "
        f"settings = Settings(scheduler='tcp://127.0.0.1:{silent_port}'); "
        "print(check_health(settings, only=('executor', 'scheduler', 'fonts'), "
        "checkups=[replace(each, limit_s=30 if each.name == 'fonts' else 1) for each in CHECKUPS]))"
    )
    # The process has to end, too, though a thread of it never comes back.
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert run.stdout.count("No answer within 1 s.") == 2
    assert "fonts      ok" in run.stdout
    assert "To be mended: executor, scheduler." in run.stdout


def test_tls_without_certificates_is_told() -> None:
    check = seen("scheduler", scheduler="tls://127.0.0.1:8786")
    assert "scheduler_ca_file" in check.message
    assert "BNG_OPT_SCHEDULER_CA_FILE" in check.remedy


def test_without_a_scheduler_nothing_is_amiss() -> None:
    assert seen("scheduler").state is State.ABSENT


@contextmanager
def running(*words: str, **environment: str) -> Iterator[None]:
    """Run a program of Dask's while the test does."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(START_S)


@contextmanager
def scheduler() -> Iterator[str]:
    port = free_port()
    options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with running("distributed.cli.dask_scheduler", *options):
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def worker(address: str, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    options = ("--nthreads", "1", "--no-dashboard", "--no-nanny")
    with running("distributed.cli.dask_worker", address, *options, **(environment or {})):
        yield


def wait_for(address: str, workers: int) -> None:
    """Wait until a scheduler answers and has its workers."""
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        try:
            executor = make_executor(Settings(scheduler=address))
        except Exception:
            time.sleep(0.1)
            continue
        try:
            while time.monotonic() < give_up:
                if executor.n_workers == workers:  # type: ignore[attr-defined]
                    return
                time.sleep(0.1)
        finally:
            executor.shutdown(wait=False)
    raise AssertionError(f"{address} did not come to have {workers} workers")


@pytest.mark.slow
def test_a_real_scheduler_is_told_without_workers_with_one_and_with_one_of_another_version(
    tmp_path: Path,
) -> None:
    names = ("executor", "scheduler")
    (tmp_path / "sitecustomize.py").write_text("import bng_opt\nbng_opt.__version__ = '0.0.9'\n")
    with scheduler() as address:
        settings = Settings(scheduler=address)
        wait_for(address, workers=0)
        lonely = check_health(settings, only=names)
        for name in names:
            assert lonely[name].is_fatal
            assert "has no workers" in lonely[name].message
            assert lonely[name].remedy == f"Start workers: dask worker {address}"
        with worker(address):
            wait_for(address, workers=1)
            staffed = check_health(settings, only=names)
            assert [staffed[name].state for name in names] == [State.OK, State.OK], str(staffed)
            assert "1 worker, all of our versions" in staffed["scheduler"].message
            with worker(address, {"PYTHONPATH": str(tmp_path)}):
                wait_for(address, workers=2)
                mixed = check_health(settings, only=("scheduler",))["scheduler"]
                assert mixed.state is State.FAILED
                assert "bng_opt 0.0.9 (here 0.1.0)" in mixed.message
                assert "same versions" in mixed.remedy
