"""A store is destroyed and comes back from its backup, whole or not at all, on both databases."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_opt.errors import InputError, StoreError
from bng_opt.market.store import Store, migrate, open_store
from bng_opt.market.store.api_keys import holder_of
from bng_opt.market.store.backup import back_up
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import reach_store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.migrate import VERSION_TABLE, newest_revision, upgrade
from bng_opt.market.store.restore import count_rows, restore
from bng_opt.market.store.selling import reserve_stock
from bng_opt.market.store.tables import QuoteState
from bng_opt.market.store.users import sign_in
from bng_opt.quantities import to_decimal
from bng_opt.quotes import QuoteBook, show_quote
from bng_opt.runtime.job import JobState
from bng_opt.runtime.jobs import Desk
from tests.support.full_store import NEVER_EMPTY, all_rows, fill
from tests.support.postgres import Server
from tests.support.running import settings_in
from tests.support.stores import add_stock


@pytest.fixture
def stocked(store: Store) -> Store:
    with store.write() as session:
        add_stock(session, {"A": "1000", "B": "1000"})
    return store


@pytest.fixture
def destroy(store_url: str, database: str, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Return what takes away all that a store is, companions and tables included."""

    def files() -> None:
        for end in ("", "-wal", "-shm"):
            Path(store_url + end).unlink(missing_ok=True)

    def tables() -> None:
        server: Server = request.getfixturevalue("postgres_server")
        name = store_url.rpartition("/")[2]
        server.drop(name)
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")

    return files if database == "sqlite" else tables


def test_a_destroyed_store_comes_back_whole(
    store_url: str, tmp_path: Path, destroy: Callable[[], None]
) -> None:
    settings = settings_in(tmp_path, store_url, workers=1)
    with open_store(store_url) as store:
        filled = fill(store, settings)
        before, counted = all_rows(store), count_rows(store)
        made = back_up(store, tmp_path / "backup")
    assert [name for name in NEVER_EMPTY if not counted[name]] == []
    assert set(counted) == {*before} - {VERSION_TABLE}
    destroy()
    with reach_store(store_url, make=True) as store:
        done = restore(store, made.path)
        assert (done.revision, done.findings) == (newest_revision(), ())
        assert done.rows == counted == count_rows(store)
        assert all_rows(store) == before
    with open_store(store_url, make=False) as store:
        assert check_store(store) == ()
        assert sign_in(store, filled.user, filled.password).name == filled.user
        assert holder_of(store, filled.api_key).user.name == filled.user
        shown = show_quote(QuoteBook(store, settings, "Bea"), filled.quote)
        assert shown.state is QuoteState.DRAFT
        with Desk(store, settings, runs=False) as desk:
            assert desk.get(filled.job_id).state is JobState.DONE
            assert desk.plan(filled.job_id).total_gbp > 0
        # Numbers go on where they were: nothing new takes the place of what was restored.
        reserve_stock(store, {stock_of(store): to_decimal("0.01")}, by="Ann")


def stock_of(store: Store) -> str:
    with store.connection() as connection:
        statement = "SELECT stock_id FROM stock_lines WHERE units_e4 > 40000 LIMIT 1"
        return str(connection.execute(text(statement)).scalar_one())


def test_a_store_with_data_is_kept_unless_it_may_be_lost(stocked: Store, tmp_path: Path) -> None:
    made = back_up(stocked, tmp_path / "backup")
    before = all_rows(stocked)
    reserve_stock(stocked, {"A": to_decimal("1")}, by="Ann")
    later = all_rows(stocked)
    with pytest.raises(
        InputError, match=r"1 of banks.*1 of reservations.*2 of stock_lines.*--force"
    ):
        restore(stocked, made.path)
    assert all_rows(stocked) == later
    assert restore(stocked, made.path, replace=True).rows["stock_lines"] == 2
    assert all_rows(stocked) == before


def test_a_store_without_rows_needs_no_leave(
    stocked: Store, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = back_up(stocked, tmp_path / "backup")
    if database == "sqlite":
        where = str(tmp_path / "another.sqlite")
    else:
        server: Server = request.getfixturevalue("postgres_server")
        where = server.url(server.migrated_database()).render_as_string(hide_password=False)
    with reach_store(where, make=True) as empty:
        upgrade(empty)
        restore(empty, made.path)
        assert all_rows(empty) == all_rows(stocked)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_backup_cut_short_is_refused_before_anything_is_touched(
    stocked: Store, tmp_path: Path, keep: float
) -> None:
    made = back_up(stocked, tmp_path / "backup")
    before = all_rows(stocked)
    content = made.path.read_bytes()
    made.path.write_bytes(content[: int(len(content) * keep)])
    refused(stocked, made.path)
    assert all_rows(stocked) == before


def test_a_backup_with_other_bytes_is_refused_before_anything_is_touched(
    stocked: Store, tmp_path: Path
) -> None:
    with stocked.write() as session:
        values = {"hash": "h", "at": "2026-11-25 09:00:00", "content": os.urandom(60_000)}
        session.execute(text("INSERT INTO snapshots VALUES (:hash, :at, :content)"), values)
    made = back_up(stocked, tmp_path / "backup")
    before = all_rows(stocked)
    content = bytearray(made.path.read_bytes())
    middle, length = len(content) // 3, len(content) // 3
    content[middle : middle + length] = b"\xa5" * length
    made.path.write_bytes(content)
    refused(stocked, made.path)
    assert all_rows(stocked) == before


def refused(store: Store, backup: Path) -> None:
    folder = {path.name for path in backup.parent.iterdir()}
    with pytest.raises(StoreError) as caught:
        restore(store, backup, replace=True)
    for finding in caught.value.findings:
        assert finding.file == str(backup)
        assert finding.remedy
    assert {path.name for path in backup.parent.iterdir()} == folder


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"SQLite format 3\x00", b"a,b\n1,2\n"])
def test_what_is_no_backup_is_refused(stocked: Store, tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "backup"
    target.write_bytes(content)
    before = all_rows(stocked)
    with pytest.raises((InputError, StoreError)):
        restore(stocked, target, replace=True)
    assert all_rows(stocked) == before


def test_a_backup_that_is_not_there_is_bad_input(stocked: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: The backup can't be read: No such file"):
        restore(stocked, tmp_path / "none")


def test_a_backup_of_a_newer_version_is_refused(
    stocked: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(stocked, tmp_path / "backup")
    newest, before = newest_revision(), all_rows(stocked)
    earlier = tmp_path / "migrations"
    shutil.copytree(migrate._SCRIPTS, earlier)
    for script in earlier.glob(f"versions/{newest}_*.py"):
        script.unlink()
    monkeypatch.setattr(migrate, "_SCRIPTS", earlier)
    with pytest.raises(StoreError, match=rf"newer version of bng-opt \({newest}\).*Update"):
        restore(stocked, made.path, replace=True)
    monkeypatch.undo()
    assert all_rows(stocked) == before


def test_a_backup_of_an_older_version_comes_back_as_it_is(stocked: Store, tmp_path: Path) -> None:
    with stocked.connection(Purpose.WRITE) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0003'"))
    made = back_up(stocked, tmp_path / "backup")
    done = restore(stocked, made.path, replace=True)
    assert (made.revision, done.revision, done.findings) == ("0003", "0003", ())


class TestFiles:
    @pytest.fixture
    def database(self) -> str:
        return "sqlite"

    def test_neither_store_nor_backup_is_for_everybody(
        self, stocked: Store, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        assert stocked.path is not None
        assert mode_of(stocked.path) & 0o007 == 0
        assert mode_of(made.path) == 0o600
        with reach_store(tmp_path / "new" / "store.sqlite", make=True) as fresh:
            restore(fresh, made.path)
            assert fresh.path is not None
            assert mode_of(fresh.path) & 0o007 == 0

    def test_who_has_the_store_open_goes_on_with_what_was_restored(
        self, stocked: Store, store_url: str, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        with open_store(store_url) as other:
            held = reserve_stock(other, {"A": to_decimal("1")}, by="Ann")
            restore(stocked, made.path, replace=True)
            assert count_rows(other)["reservations"] == 0
            assert reserve_stock(other, {"A": to_decimal("2")}, by="Ann") == held
        assert check_store(stocked) == ()

    def test_a_store_that_is_held_for_too_long_stays_as_it_is(
        self, stocked: Store, store_url: str, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        before = all_rows(stocked)
        ready, over = threading.Event(), threading.Event()

        def hold() -> None:
            with stocked.write():
                ready.set()
                over.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        ready.wait(60)
        try:
            with (
                reach_store(store_url, busy_timeout_s=0.5) as other,
                pytest.raises(StoreError, match="as it was"),
            ):
                restore(other, made.path, replace=True)
        finally:
            over.set()
            holder.join()
        assert all_rows(stocked) == before

    def test_what_is_left_of_a_lost_store_does_not_come_up_again(
        self, stocked: Store, store_url: str, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        before = all_rows(stocked)
        reserve_stock(stocked, {"A": to_decimal("1")}, by="Ann")
        shutil.copy(f"{store_url}-wal", tmp_path / "left")
        stocked.close()
        Path(store_url).unlink()
        shutil.copy(tmp_path / "left", f"{store_url}-wal")
        with reach_store(store_url, make=True) as store:
            restore(store, made.path)
            assert all_rows(store) == before
            assert check_store(store) == ()

    def test_a_damaged_store_is_not_written_over(
        self, stocked: Store, store_url: str, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        stocked.close()
        Path(store_url).write_bytes(b"\xa5" * 40_000)
        with reach_store(store_url) as damaged, pytest.raises(StoreError, match="no store"):
            restore(damaged, made.path, replace=True)
        assert Path(store_url).read_bytes() == b"\xa5" * 40_000

    def test_the_store_is_not_its_own_backup(self, stocked: Store) -> None:
        assert stocked.path is not None
        with pytest.raises(InputError, match="the store itself"):
            restore(stocked, stocked.path, replace=True)

    def test_an_archive_is_for_a_server(self, stocked: Store, tmp_path: Path) -> None:
        archive = tmp_path / "archive"
        archive.write_bytes(b"PGDMP" + bytes(50))
        with pytest.raises(InputError, match="archive of a server's database"):
            restore(stocked, archive, replace=True)

    def test_a_file_of_others_is_no_backup(self, stocked: Store, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "orders")) as orders:
            orders.execute("CREATE TABLE orders (id INTEGER)")
            orders.commit()
        with pytest.raises(StoreError, match="tables that aren't a store's"):
            restore(stocked, tmp_path / "orders", replace=True)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.postgres
class TestServers:
    @pytest.fixture
    def database(self) -> str:
        return "postgresql"

    def test_a_file_is_for_an_embedded_store(self, stocked: Store, tmp_path: Path) -> None:
        open_store(tmp_path / "file.sqlite").close()
        with pytest.raises(InputError, match="embedded store's file"):
            restore(stocked, tmp_path / "file.sqlite", replace=True)

    def test_a_database_of_others_is_left_alone(
        self, stocked: Store, postgres_server: Server, tmp_path: Path
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        name = postgres_server.empty_database()
        postgres_server.execute("CREATE TABLE orders (id INTEGER)", name)
        where = postgres_server.url(name).render_as_string(hide_password=False)
        with reach_store(where) as other, pytest.raises(StoreError, match="aren't a store's"):
            restore(other, made.path, replace=True)
        assert postgres_server.execute("SELECT count(*) FROM orders", name) == [(0,)]
        postgres_server.drop(name)

    def test_what_fails_half_way_leaves_the_store(self, stocked: Store, tmp_path: Path) -> None:
        made = back_up(stocked, tmp_path / "backup")
        with stocked.connection(Purpose.WRITE) as connection:
            extra = "CREATE TABLE notes (stock_id VARCHAR REFERENCES stock_lines)"
            connection.execute(text(extra))
        before = all_rows(stocked)
        with pytest.raises(StoreError, match=r"psql failed.*notes"):
            restore(stocked, made.path, replace=True)
        assert all_rows(stocked) == before

    def test_the_rows_are_for_nobody_else_while_they_are_read(
        self, stocked: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = back_up(stocked, tmp_path / "backup")
        assert mode_of(made.path) == 0o600
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        restore(stocked, made.path, replace=True)
        assert [path for path in tmp_path.iterdir() if "restore" in path.name] == []
