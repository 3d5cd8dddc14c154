"""Backups: complete and checked or not there, while others write, on both databases."""

from __future__ import annotations

import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_opt.errors import InputError, StoreError
from bng_opt.market.store import Store, open_store, store_url
from bng_opt.market.store.backup import _keep, back_up
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import reach_store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.migrate import VERSION_TABLE, newest_revision
from bng_opt.market.store.selling import reserve_stock, sell_stock
from bng_opt.market.store.tables import StockRow
from bng_opt.quantities import to_decimal
from tests.support.postgres import PASSWORD, Server
from tests.support.stores import add_stock


@pytest.fixture
def stocked(store: Store) -> Store:
    with store.write() as session:
        add_stock(session, {"A": "1000", "B": "1000"})
    return store


def restored(path: Path, database: str, request: pytest.FixtureRequest) -> str:
    """Return where a store is that was made of a backup."""
    if database == "sqlite":
        return str(path)
    server: Server = request.getfixturevalue("postgres_server")
    name = server.empty_database()
    where = f"--dbname={server.socket_url(name).render_as_string(hide_password=False)}"
    subprocess.run(["pg_restore", "--exit-on-error", where, path], check=True)
    return server.url(name).render_as_string(hide_password=False)


def test_a_backup_is_a_whole_store(
    stocked: Store, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    sell_stock(stocked, reserve_stock(stocked, {"A": to_decimal("2.5")}, by="Ann"), by="Ann")
    made = back_up(stocked, tmp_path / "a backup")
    assert (made.revision, made.findings) == (newest_revision(), ())
    assert made.size_bytes == made.path.stat().st_size
    with open_store(restored(made.path, database, request), make=False) as copy:
        assert check_store(copy) == ()
        with copy.read() as session:
            assert session.get_one(StockRow, "A").sold == to_decimal("2.5")
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("store.sqlite")}
    assert left <= {"a backup", "a backup-wal", "a backup-shm"}


def test_it_is_of_one_moment_while_others_write(
    stocked: Store, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    done = threading.Event()

    def trade() -> None:
        while not done.is_set():
            wanted = {"A": to_decimal("0.01"), "B": to_decimal("0.01")}
            sell_stock(stocked, reserve_stock(stocked, wanted, by="Ann"), by="Ann")

    trader = threading.Thread(target=trade)
    trader.start()
    try:
        made = [back_up(stocked, tmp_path / f"backup {number}") for number in range(3)]
    finally:
        done.set()
        trader.join()
    for one in made:
        assert one.findings == ()
    with open_store(restored(made[-1].path, database, request), make=False) as copy:
        assert check_store(copy) == ()
        with copy.read() as session:
            a, b = (session.get_one(StockRow, line) for line in "AB")
            assert (a.sold, a.reserved) == (b.sold, b.reserved)
            assert a.sold > 0


def test_a_file_that_is_there_is_kept_unless_it_is_to_be_replaced(
    stocked: Store, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"a file of this name.*--force"):
        back_up(stocked, target)
    assert target.read_text(encoding="utf-8") == "mine"
    back_up(stocked, target, replace=True)
    assert target.stat().st_size > 1000


def test_books_that_do_not_add_up_are_copied_and_named(stocked: Store, tmp_path: Path) -> None:
    with stocked.write() as session:
        session.execute(text("UPDATE stock_lines SET sold_e4 = 1 WHERE stock_id = 'A'"))
    (finding,) = back_up(stocked, tmp_path / "backup").findings
    assert "Stock line A counts 0.0001 units as sold" in finding.message


def test_a_store_of_another_revision_is_copied_as_it_is(stocked: Store, tmp_path: Path) -> None:
    with stocked.connection(Purpose.WRITE) as connection:
        connection.execute(text("ALTER TABLE banks ADD COLUMN older VARCHAR"))
    made = back_up(stocked, tmp_path / "backup")
    assert any("older" in finding.message for finding in made.findings)


def test_an_empty_database_is_copied_too(empty_store_url: str, tmp_path: Path) -> None:
    with Store(store_url(empty_store_url)) as empty:
        assert back_up(empty, tmp_path / "backup").revision is None


@pytest.mark.parametrize("name", ["no/such/folder/backup", "."])
def test_a_name_that_can_not_be_is_refused(stocked: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="in a folder that is there"):
        back_up(stocked, tmp_path / name)


class TestFiles:
    @pytest.fixture
    def database(self) -> str:
        return "sqlite"

    def test_the_copy_is_one_file(self, stocked: Store, tmp_path: Path) -> None:
        folder = tmp_path / "backups"
        folder.mkdir()
        back_up(stocked, folder / "backup")
        assert [path.name for path in folder.iterdir()] == ["backup"]
        # SQLite's file format, bytes 18 and 19: a write-ahead log isn't needed to read it.
        assert (folder / "backup").read_bytes()[18:20] == b"\x01\x01"

    def test_a_file_that_another_made_meanwhile_is_kept(self, tmp_path: Path) -> None:
        part, target = tmp_path / "part", tmp_path / "backup"
        part.write_text("ours", encoding="utf-8")
        target.write_text("theirs", encoding="utf-8")
        with pytest.raises(InputError, match="a file of this name"):
            _keep(part, target, replace=False)
        assert target.read_text(encoding="utf-8") == "theirs"

    def test_a_damaged_store_gives_no_backup(self, stocked: Store, tmp_path: Path) -> None:
        path = stocked.path
        assert path is not None
        stocked.close()
        content = bytearray(path.read_bytes())
        content[20 * 4096 :] = b"\xa5" * (len(content) - 20 * 4096)
        path.write_bytes(content)
        folder = tmp_path / "backups"
        folder.mkdir()
        with reach_store(path) as damaged, pytest.raises(StoreError, match=r"damaged|copied"):
            back_up(damaged, folder / "backup")
        assert list(folder.iterdir()) == []

    def test_a_store_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no such store"):
            reach_store(tmp_path / "none")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.postgres
class TestServers:
    @pytest.fixture
    def database(self) -> str:
        return "postgresql"

    def test_the_password_is_in_no_argument(
        self, stocked: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, spy = shutil.which("pg_dump"), tmp_path / "bin" / "pg_dump"
        spy.parent.mkdir()
        said = tmp_path / "arguments"
        spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{said}"\nexec {real} "$@"\n')
        spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(spy.parent), prepend=":")
        back_up(stocked, tmp_path / "backup")
        arguments = said.read_text(encoding="utf-8")
        assert "--dbname=" in arguments
        assert "password=" not in arguments
        assert PASSWORD not in arguments

    def test_a_missing_program_is_named(
        self, stocked: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(StoreError, match=r"pg_dump isn't there.*postgresql-client"):
            back_up(stocked, tmp_path / "backup")
        assert not (tmp_path / "backup").exists()

    def test_a_program_that_fails_leaves_nothing(
        self, stocked: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad = tmp_path / "bin" / "pg_dump"
        bad.parent.mkdir()
        bad.write_text(
            '#!/bin/sh\necho "half" >"${6#--file=}"\necho "aborting: mismatch" >&2\nexit 1\n'
        )
        bad.chmod(bad.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(bad.parent), prepend=":")
        folder = tmp_path / "backups"
        folder.mkdir()
        with pytest.raises(StoreError, match="aborting: mismatch"):
            back_up(stocked, folder / "backup")
        assert list(folder.iterdir()) == []


def test_the_table_of_the_revision_is_copied(
    stocked: Store, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = restored(back_up(stocked, tmp_path / "backup").path, database, request)
    with Store(store_url(where)) as copy, copy.connection() as connection:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()
    assert found == newest_revision()
