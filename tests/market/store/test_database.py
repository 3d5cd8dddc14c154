"""Opening a store, its transactions, and what is said when it can't be used."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store import Store, is_store_url, open_store, store_url
from bng_opt.market.store.migrate import upgrade
from bng_opt.market.store.tables import BankRow, CounterRow, StockRow
from tests.support.postgres import PASSWORD, Server
from tests.support.stores import add_stock

NOBODY = 65534
COUNT_UP = text("UPDATE counters SET value = value + 1 WHERE name = :name")
LOSE = "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'deadlock_detected'; END $$"


def put(store: Store, name: str, value: int = 1) -> None:
    with store.write() as session:
        session.add(CounterRow(name=name, value=value))


def names(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(CounterRow.name).order_by(CounterRow.name)))


def finding_of(error: pytest.ExceptionInfo[StoreError]) -> Finding:
    (finding,) = error.value.findings
    assert PASSWORD not in str(error.value)
    return finding


@contextmanager
def not_root() -> Iterator[Path]:
    """Yield a folder, as an account that may not write everywhere as root may."""
    folder = Path(tempfile.mkdtemp())
    as_root = os.geteuid() == 0
    try:
        if as_root:
            folder.chmod(0o755)
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield folder
    finally:
        if as_root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


class TestTransactions:
    def test_what_is_written_is_kept(self, store: Store, store_url: str) -> None:
        put(store, "a")
        with open_store(store_url) as again:
            assert names(again) == ["a"]

    def test_an_error_undoes_all_of_its_transaction(self, store: Store) -> None:
        def fail_after_writing(session: Session) -> None:
            session.add(CounterRow(name="a", value=1))
            session.flush()
            raise RuntimeError("after writing")

        with pytest.raises(RuntimeError, match="after writing"), store.write() as session:
            fail_after_writing(session)
        assert names(store) == []

    def test_a_broken_rule_stays_the_callers_own_error(self, store: Store) -> None:
        put(store, "a")
        with pytest.raises(IntegrityError), store.write() as session:
            session.add(CounterRow(name="a", value=2))

    def test_a_look_can_change_nothing(self, store: Store) -> None:
        with pytest.raises(DBAPIError), store.read() as session:
            session.execute(text("INSERT INTO counters VALUES ('a', 1)"))
        assert names(store) == []
        put(store, "b")
        assert names(store) == ["b"]

    def test_a_look_sees_one_moment(self, store: Store) -> None:
        put(store, "a")
        with store.read() as session:
            first = session.scalars(select(CounterRow.name)).all()
            put(store, "b")
            assert session.scalars(select(CounterRow.name)).all() == first
        assert names(store) == ["a", "b"]

    def test_a_look_holds_no_writer_up(self, store_url: str) -> None:
        with open_store(store_url, busy_timeout_s=0.05) as store, store.read() as session:
            session.scalars(select(CounterRow.name)).all()
            put(store, "a")

    def test_references_are_kept_whole(self, store: Store) -> None:
        with pytest.raises(IntegrityError), store.write() as session:
            session.add(StockRow(stock_id="S", bank_id="nowhere", habitat="h", units=1))

    def test_two_threads_that_read_and_write_lose_nothing(self, store: Store) -> None:
        put(store, "n", 0)

        def count_up() -> None:
            for _ in range(25):
                with store.write() as session:
                    session.execute(COUNT_UP, {"name": "n"})

        threads = [threading.Thread(target=count_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as session:
            assert session.get_one(CounterRow, "n").value == 100


class TestLostRaces:
    def test_one_of_two_that_wait_for_each_other_is_run_again(
        self, store: Store, database: str
    ) -> None:
        for name in ("a", "b"):
            put(store, name, 0)
        both_began = threading.Barrier(2)
        attempts: list[str] = []

        def add_in_order(first: str, second: str) -> None:
            def within(session: Session) -> None:
                attempts.append(first)
                session.execute(COUNT_UP, {"name": first})
                # SQLite lets only one begin; on PostgreSQL each has one row of two.
                if database == "postgresql" and len(attempts) <= 2:
                    both_began.wait(timeout=60)
                session.execute(COUNT_UP, {"name": second})

            store.run(within)

        threads = [
            threading.Thread(target=add_in_order, args=order) for order in (("a", "b"), ("b", "a"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as session:
            assert [session.get_one(CounterRow, name).value for name in "ab"] == [2, 2]
        assert len(attempts) == (3 if database == "postgresql" else 2)

    @pytest.mark.postgres
    def test_it_gives_up_in_the_end(self, postgres_server: Server) -> None:
        attempts: list[int] = []

        def lose(session: Session) -> None:
            attempts.append(1)
            session.execute(text(LOSE))

        with (
            Store(store_url(text_of(postgres_server.url("postgres")))) as store,
            pytest.raises(StoreError, match="changing the same rows"),
        ):
            store.run(lose)
        assert len(attempts) == 6

    def test_another_error_is_not_run_again(self, store: Store) -> None:
        attempts: list[int] = []

        def fail(session: Session) -> None:
            attempts.append(1)
            raise ValueError("a fault of the function")

        with pytest.raises(ValueError, match="a fault of the function"):
            store.run(fail)
        assert len(attempts) == 1

    def test_a_writer_waits_only_so_long_for_another(self, store_url: str) -> None:
        with (
            open_store(store_url) as slow,
            open_store(store_url, busy_timeout_s=0.1) as other,
        ):
            put(slow, "a", 0)
            with slow.write() as session:
                session.execute(COUNT_UP, {"name": "a"})
                with pytest.raises(StoreError) as error, other.write() as second:
                    second.execute(COUNT_UP, {"name": "a"})
        assert "for too long" in finding_of(error).message
        assert "BNG_OPT_BUSY_TIMEOUT_S" in finding_of(error).remedy


class TestFiles:
    def test_a_new_file_is_made_with_its_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "a folder" / "of ours" / "a store.sqlite"
        with open_store(path) as store:
            put(store, "a")
        assert path.is_file()

    def test_one_that_is_to_be_there_already_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no such store"):
            open_store(tmp_path / "none.sqlite", make=False)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_left_empty_by_a_broken_start_is_finished(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        path.touch()
        with pytest.raises(StoreError, match="no tables yet"):
            open_store(path, make=False)
        with open_store(path) as store:
            put(store, "a")

    def test_it_is_safe_from_a_crash_and_lets_readers_work(self, tmp_path: Path) -> None:
        with open_store(tmp_path / "s") as store, store.read() as session:
            ask = session.connection().exec_driver_sql
            settings = {
                name: ask(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert settings == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 30_000,
        }

    def test_one_that_another_program_is_making_is_waited_for(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
        release.start()
        with open_store(path) as store:
            put(store, "a")
        release.join()
        other.close()

    def test_many_processes_that_make_the_same_file_all_get_it(self, tmp_path: Path) -> None:
        code = (
            "import sys, time, pathlib; from bng_opt.market.store import open_store\n"
            "from sqlalchemy import text\n"
            "go = pathlib.Path(sys.argv[1])\n"
            "print('ready', flush=True)\n"
            "while not go.exists(): time.sleep(0.001)\n"
            "with open_store(sys.argv[2]) as store, store.write() as session:\n"
            "    session.execute(text(f\"INSERT INTO counters VALUES ('{sys.argv[3]}', 1)\"))\n"
        )
        go, path = tmp_path / "go", tmp_path / "new" / "store.sqlite"
        starts = [
            subprocess.Popen(
                [sys.executable, "-c", code, go, path, str(number)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(3)
        ]
        for process in starts:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        go.touch()
        for process in starts:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
        with open_store(path, make=False) as store:
            assert names(store) == [str(number) for number in range(3)]

    def test_a_path_stays_the_same_file_when_the_folder_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(tmp_path)
        for number, where in enumerate(("s.sqlite", "sqlite:///t.sqlite")):
            with open_store(where) as store:
                monkeypatch.chdir(elsewhere)
                store.close()
                put(store, str(number))
                assert names(store) == [str(number)]
            monkeypatch.chdir(tmp_path)
        assert not list(elsewhere.iterdir())

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("These are my notes.\n" * 300, encoding="utf-8")
        with pytest.raises(StoreError) as error:
            open_store(path)
        assert finding_of(error).message == "The file is no store."
        assert path.read_text(encoding="utf-8").startswith("These are my notes.")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError) as error:
            open_store(tmp_path)
        assert "can't be opened" in finding_of(error).message

    def test_a_damaged_file_is_named_so(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        with open_store(path) as store, store.write() as session:
            add_stock(session, {f"S{number}": "1" for number in range(200)})
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xa5" * (len(content) - 4096)
        path.write_bytes(content)
        with pytest.raises(StoreError) as error, open_store(path) as store:
            names(store)
        assert "damaged" in finding_of(error).message
        assert "backup" in finding_of(error).remedy

    def test_a_full_disk_changes_nothing(self, tmp_path: Path) -> None:
        with open_store(tmp_path / "s") as store:
            put(store, "a")
            event.listen(store.engine, "begin", hold_at_this_size)
            with pytest.raises(StoreError) as error, store.write() as session:
                add_stock(session, {f"S{number}": "1" for number in range(5000)})
            event.remove(store.engine, "begin", hold_at_this_size)
            assert "full" in finding_of(error).message
            assert names(store) == ["a"]
            with store.read() as session:
                assert session.scalars(select(BankRow)).all() == []

    def test_a_file_that_can_grow_no_further_changes_nothing(self, tmp_path: Path) -> None:
        with open_store(tmp_path / "s") as store:
            put(store, "a")
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
            try:
                with pytest.raises(StoreError) as error, store.write() as session:
                    add_stock(session, {f"S{number}": "1" for number in range(40_000)})
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert "nothing was changed" in finding_of(error).message
            assert names(store) == ["a"]

    def test_a_file_that_may_only_be_read_is_named_so(self) -> None:
        with not_root() as folder:
            path = folder / "store.sqlite"
            with open_store(path) as store:
                put(store, "a")
            path.chmod(0o444)
            with open_store(path) as store:
                assert names(store) == ["a"]
                with pytest.raises(StoreError) as error:
                    put(store, "b")
            assert finding_of(error).message == "The store may not be written to."

    def test_a_folder_that_may_only_be_read_is_named_so(self) -> None:
        with not_root() as folder:
            path = folder / "store.sqlite"
            with open_store(path) as store:
                put(store, "a")
            folder.chmod(0o555)
            with pytest.raises(StoreError) as error, open_store(path) as store:
                put(store, "b")
            assert "write" in finding_of(error).remedy
            with pytest.raises(StoreError) as error:
                open_store(folder / "new" / "store.sqlite")
            assert "can't be made" in finding_of(error).message


def test_a_store_works_on_in_a_forked_process_and_in_its_parent(store: Store) -> None:
    put(store, "before")
    inherited = store.engine
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            put(store, "in the child")
            status = 2 if store.engine is inherited else 0
            store.close()
        os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    put(store, "in the parent")
    assert names(store) == ["before", "in the child", "in the parent"]


class TestUrls:
    @pytest.mark.parametrize(
        ("where", "driver", "database"),
        [
            ("postgres://bng@db/x", "postgresql+psycopg", "x"),
            ("postgresql://bng@db/x", "postgresql+psycopg", "x"),
            ("postgresql+psycopg2://bng@db/x", "postgresql+psycopg", "x"),
            ("sqlite:////var/lib/bng/store.sqlite", "sqlite+pysqlite", "/var/lib/bng/store.sqlite"),
            ("/var/lib/bng/a ?#%.sqlite", "sqlite+pysqlite", "/var/lib/bng/a ?#%.sqlite"),
        ],
    )
    def test_each_way_to_name_a_store_is_understood(
        self, where: str, driver: str, database: str
    ) -> None:
        url = store_url(where)
        assert (url.drivername, url.database) == (driver, database)

    def test_a_path_from_here_becomes_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert store_url("sqlite:///rel/s").database == str(tmp_path / "rel" / "s")
        assert store_url("rel/s").database == str(tmp_path / "rel" / "s")
        assert store_url("~/s").database == str(tmp_path / "home" / "s")

    @pytest.mark.parametrize(
        "where",
        [
            "mysql://root:hunter2@db/x",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite://user:hunter2@host/x",
            "sqlite:///file:x?mode=ro&uri=true",
            "postgresql://bng:hunter2@db:port/x",
            "://hunter2",
        ],
    )
    def test_what_is_no_store_is_refused_without_its_password(self, where: str) -> None:
        with pytest.raises(StoreError) as error:
            store_url(where)
        assert "hunter2" not in str(error.value)
        assert "sqlite:///PATH" in finding_of(error).remedy

    def test_a_password_that_would_be_shown_is_refused(self) -> None:
        with pytest.raises(StoreError, match="before the @") as error:
            store_url("postgresql://db/x?user=bng&password=hunter2")
        assert "hunter2" not in str(error.value)

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            ("postgres://db/x", True),
            ("postgresql+psycopg://db/x", True),
            ("sqlite:///x", True),
            ("market.xlsx", False),
            ("https://example.org/market", False),
        ],
    )
    def test_the_url_of_a_store_is_told_from_other_sources(self, text: str, is_one: bool) -> None:
        assert is_store_url(text) is is_one


@pytest.mark.postgres
class TestServers:
    def test_names_and_passwords_may_hold_any_character(self, postgres_server: Server) -> None:
        name, role, password = "a ?#%/@: é b", "o'neil@x", "p@ss/w:rd%?#é"
        postgres_server.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")
        postgres_server.execute(f'CREATE DATABASE "{name}" OWNER "{role}" TEMPLATE template0')
        where = text_of(postgres_server.url(name, role, password))
        with Store(store_url(where)) as store:
            upgrade(store)
            assert password not in store.name
        with open_store(where) as store:
            put(store, "é")
            assert names(store) == ["é"]
        postgres_server.drop(f'"{name}"')

    def test_it_is_reached_over_a_socket(self, postgres_server: Server) -> None:
        name = postgres_server.migrated_database()
        with open_store(text_of(postgres_server.socket_url(name))) as store:
            put(store, "a")
        postgres_server.drop(name)

    def test_a_wrong_password_is_named_so(self, postgres_server: Server) -> None:
        with pytest.raises(StoreError) as error:
            open_store(text_of(postgres_server.url("postgres", password="hunter2")))
        assert "refuses the account or its password" in finding_of(error).message
        assert "hunter2" not in str(error.value)

    def test_a_server_that_is_not_there_is_named_so(self, postgres_server: Server) -> None:
        url = postgres_server.url("postgres")
        for nowhere in (url.set(port=1), url.set(host="no-such-host.invalid")):
            with pytest.raises(StoreError) as error:
                open_store(text_of(nowhere))
            assert finding_of(error).message == "The database server can't be reached."

    def test_a_database_that_is_not_there_is_named_so(self, postgres_server: Server) -> None:
        with pytest.raises(StoreError) as error:
            open_store(text_of(postgres_server.url("no_such_database")))
        assert finding_of(error).message == "There is no such database on the server."
        assert "createdb" in finding_of(error).remedy

    def test_an_account_without_rights_is_named_so(self, postgres_server: Server) -> None:
        name = postgres_server.migrated_database()
        postgres_server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        with pytest.raises(StoreError) as error:
            open_store(text_of(postgres_server.url(name, "guest", "guest")))
        assert "permission denied" in finding_of(error).remedy
        postgres_server.drop(name)

    def test_a_connection_that_the_server_ends_is_made_anew(self, postgres_server: Server) -> None:
        name = postgres_server.migrated_database()
        with open_store(text_of(postgres_server.url(name))) as store:

            def lose_the_connection(session: Session) -> None:
                session.execute(text("INSERT INTO counters VALUES ('lost', 1)"))
                end_all(postgres_server, name)
                session.execute(text("SELECT 1"))

            with pytest.raises(StoreError) as error:
                store.run(lose_the_connection)
            assert "can't be reached" in finding_of(error).message
            put(store, "a")
            end_all(postgres_server, name)
            put(store, "b")
            assert names(store) == ["a", "b"]
        postgres_server.drop(name)

    def test_a_missing_driver_names_the_extra_to_install(self) -> None:
        code = (
            "import sys; sys.modules['psycopg'] = None\n"
            "from bng_opt.errors import StoreError\n"
            "from bng_opt.market.store import open_store\n"
            "try: open_store('postgresql://bng@localhost/x')\n"
            "except StoreError as error: print(error)\n"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "pip install 'bng-opt[postgres]'" in run.stdout, run.stderr


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def end_all(server: Server, database: str) -> None:
    server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    )


def hold_at_this_size(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count=1")
