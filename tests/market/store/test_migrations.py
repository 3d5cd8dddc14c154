"""Migrations: from nothing to the newest tables, all or nothing, on both databases."""

from __future__ import annotations

import json
import shutil
import threading
import zlib
from pathlib import Path

import pytest
from sqlalchemy import MetaData, inspect, select, text
from sqlalchemy.exc import IntegrityError

from bng_opt.errors import StoreError
from bng_opt.market.store import Store, migrate, open_store, store_url
from bng_opt.market.store import store_url as store_url_of
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import reach_store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.migrate import (
    VERSION_TABLE,
    check_current,
    differences_from_schema,
    newest_revision,
    revision_of,
    upgrade,
)
from bng_opt.market.store.restore import count_rows
from bng_opt.market.store.tables import BankRow, Table
from bng_opt.market.store.users import sign_in
from bng_opt.quotes import QuoteBook, check_quote
from bng_opt.runtime.jobs import Desk
from tests.market.store.test_tables import begin
from tests.support.full_store import all_rows, fill
from tests.support.running import settings_in

HEAD = '''"""{name}."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
'''

CHANGE_TWO_TABLES = """
    with op.batch_alter_table("banks") as batch:
        batch.add_column(sa.Column("region", sa.String(), nullable=False, server_default="?"))
    with op.batch_alter_table("stock_lines") as batch:
        batch.drop_constraint(op.f("ck_stock_lines_id_not_blank"), type_="check")
        batch.add_column(sa.Column("note", sa.String()))
        batch.create_check_constraint("note_short", "length(note) < 10")
    op.execute("UPDATE stock_lines SET note = 'moved'")
"""

FAIL_HALF_WAY = """
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE banks SET bank_name = 'half done'")
    with op.batch_alter_table("banks") as batch:
        batch.add_column(sa.Column("region", sa.String()))
    raise RuntimeError("half way")
"""

OLD_JOB = """
    INSERT INTO jobs (id, kind, key, payload, state, submitted_by, submitted_at, worker, attempts,
                      cancel_requested)
    VALUES (:id, 'optimise', :key, :payload, 'done', 'Ann', '2026-01-01 12:00:00', '', 0, FALSE)
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the migrations, in use, that a test adds to."""
    copy = tmp_path / "migrations with a % in it"
    shutil.copytree(migrate._SCRIPTS, copy)
    monkeypatch.setattr(migrate, "_SCRIPTS", copy)
    return copy


def add_revision(scripts: Path, name: str, body: str) -> None:
    before = newest_revision()
    text = HEAD.format(name=name, before=before) + body
    (scripts / "versions" / f"{name}_of_the_tests.py").write_text(text, encoding="utf-8")


def tables_of(store: Store) -> set[str]:
    with store.connection() as connection:
        return set(inspect(connection).get_table_names())


def test_an_empty_database_gets_all_tables(empty_store_url: str) -> None:
    with Store(store_url(empty_store_url)) as store:
        assert revision_of(store) is None
        assert upgrade(store) == (None, newest_revision())
        assert tables_of(store) == {*Table.metadata.tables, VERSION_TABLE}
        check_current(store)


def test_the_migrations_make_what_the_package_maps(store: Store) -> None:
    with store.connection() as connection:
        assert differences_from_schema(connection) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE banks ADD COLUMN extra VARCHAR", "extra"),
        ("DROP TABLE habitat_aliases", "habitat_aliases"),
        ("CREATE TABLE more (id INTEGER)", "more"),
        ("DROP INDEX ix_jobs_state", "ix_jobs_state"),
        ("DROP INDEX uq_reservations_live", "uq_reservations_live"),
    ],
)
def test_each_difference_from_what_the_package_maps_is_found(
    store: Store, change: str, named: str
) -> None:
    with store.connection(Purpose.WRITE) as connection:
        connection.execute(text(change))
    with store.connection() as connection:
        (found,) = {named for one in differences_from_schema(connection) if named in one}
    assert found == named


@pytest.mark.postgres
def test_a_missing_check_is_found(postgres_server) -> None:
    name = postgres_server.migrated_database()
    postgres_server.execute(
        "ALTER TABLE stock_lines DROP CONSTRAINT "
        "ck_stock_lines_never_oversold, ADD CONSTRAINT odd CHECK (1 = 1)",
        name,
    )
    url = postgres_server.url(name).render_as_string(hide_password=False)
    with Store(store_url(url)) as store, store.connection() as connection:
        assert differences_from_schema(connection) == [
            "check ck_stock_lines_never_oversold is missing",
            "check odd is unknown",
        ]
    postgres_server.drop(name)


def test_to_upgrade_twice_changes_nothing(store: Store) -> None:
    with store.write() as session:
        begin(session)
    newest = newest_revision()
    assert upgrade(store) == (newest, newest)
    with store.read() as session:
        assert session.get_one(BankRow, "B1").bank_name == "Bank B1"


def test_two_upgrades_at_once_are_one(empty_store_url: str) -> None:
    results: list[tuple[str | None, str]] = []
    start = threading.Barrier(3)

    def run() -> None:
        with Store(store_url(empty_store_url)) as store:
            start.wait()
            results.append(upgrade(store))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = newest_revision()
    assert sorted(results, key=str) == sorted([(None, newest), *2 * [(newest, newest)]], key=str)


class TestLaterRevisions:
    def test_a_store_with_data_is_brought_forward_whole(
        self, store: Store, store_url: str, scripts: Path
    ) -> None:
        with store.write() as session:
            begin(session)
        first = newest_revision()
        add_revision(scripts, "t002", CHANGE_TWO_TABLES)
        with pytest.raises(StoreError, match="older version"):
            open_store(store_url)
        assert upgrade(store) == (first, "t002")
        with open_store(store_url) as again:
            with again.read() as session:
                kept = "SELECT units_e4, note, region FROM stock_lines NATURAL JOIN banks"
                assert session.execute(text(kept)).one() == (100_000, "moved", "?")
                held = "SELECT units_e4 FROM reservation_lines WHERE stock_id = 'S1'"
                assert session.execute(text(held)).scalar_one() == 10_000
            self.check_rules_still_hold(again)

    @staticmethod
    def check_rules_still_hold(store: Store) -> None:
        for broken in (
            "DELETE FROM stock_lines",
            "DELETE FROM banks",
            "UPDATE stock_lines SET sold_e4 = units_e4 + 1",
            "UPDATE stock_lines SET note = 'much too long'",
        ):
            with pytest.raises(IntegrityError), store.write() as session:
                session.execute(text(broken))

    def test_one_that_fails_half_way_leaves_nothing(self, store: Store, scripts: Path) -> None:
        with store.write() as session:
            begin(session)
        before, tables = newest_revision(), tables_of(store)
        add_revision(scripts, "t002", FAIL_HALF_WAY)
        with pytest.raises(RuntimeError, match="half way"):
            upgrade(store)
        assert revision_of(store) == before
        assert tables_of(store) == tables
        with store.connection() as connection:
            assert differences_from_schema(connection) == []
        with store.read() as session:
            assert session.get_one(BankRow, "B1").bank_name == "Bank B1"

    def test_an_earlier_one_is_undone_with_it(self, empty_store_url: str, scripts: Path) -> None:
        add_revision(scripts, "t002", FAIL_HALF_WAY)
        with Store(store_url(empty_store_url)) as store:
            with pytest.raises(RuntimeError, match="half way"):
                upgrade(store)
            assert revision_of(store) is None
            assert tables_of(store) == set()

    def test_one_that_leaves_loose_ends_is_undone(
        self, store: Store, database: str, scripts: Path
    ) -> None:
        with store.write() as session:
            begin(session)
        before = newest_revision()
        add_revision(scripts, "t002", '    op.execute("DELETE FROM banks")\n')
        loose = (
            (StoreError, "refer to nothing")
            if database == "sqlite"
            else (IntegrityError, "violates foreign key")
        )
        with pytest.raises(loose[0], match=loose[1]):
            upgrade(store)
        assert revision_of(store) == before
        with store.read() as session:
            assert session.get(BankRow, "B1") is not None


def test_jobs_of_before_are_given_their_titles(empty_store_url: str, scripts: Path) -> None:
    (titles,) = scripts.glob("versions/*_job_titles.py")
    held_back = titles.rename(scripts / titles.name)
    later = [each for each in scripts.glob("versions/*.py") if each.name > titles.name]
    for each in later:
        each.rename(scripts / each.name)
    need = {"project": "Land at  ÉRROL", "source": "metric.xlsx"}
    site = {"lpas": ["Leeds"]}
    inputs = {"inputs": {"requirement": need, "site": site}}
    payloads = {
        "one": zlib.compress(json.dumps({"scenarios": [inputs]}).encode()),
        "two": zlib.compress(json.dumps({"scenarios": [inputs, inputs]}).encode()),
        "odd": b"damaged",
    }
    with Store(store_url(empty_store_url)) as store:
        upgrade(store)
        with store.connection(Purpose.WRITE) as connection:
            for job_id, payload in payloads.items():
                values = {"id": job_id, "key": job_id, "payload": payload}
                connection.execute(text(OLD_JOB), values)
        for each in (held_back, *(scripts / each.name for each in later)):
            each.rename(scripts / "versions" / each.name)
        upgrade(store)
        with store.connection() as connection:
            rows = connection.execute(text("SELECT id, title, search_key FROM jobs ORDER BY id"))
            assert [tuple(row) for row in rows] == [
                ("odd", "", "ann"),
                ("one", "Land at  ÉRROL, Leeds", "land at érrol, leeds ann"),
                ("two", "Land at  ÉRROL, Leeds and 1 more", "land at érrol, leeds and 1 more ann"),
            ]
            assert differences_from_schema(connection) == []


def test_a_store_of_the_first_tables_is_brought_to_the_newest_with_all_it_holds(
    store: Store,
    store_url: str,
    database: str,
    scripts: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    settings = settings_in(tmp_path, store_url, workers=1)
    filled = fill(store, settings)
    later = [path for path in scripts.glob("versions/*.py") if not path.name.startswith("0001_")]
    for path in later:
        path.rename(scripts / path.name)
    where = another_place(database, tmp_path, request)
    with Store(store_url_of(where)) as first:
        assert upgrade(first) == (None, "0001")
        copied = copy_rows(store, first)
    for path in later:
        (scripts / path.name).rename(path)
    with pytest.raises(StoreError, match=r"older version \(0001\).*bng-opt db upgrade"):
        open_store(where)
    with reach_store(where) as first:
        assert upgrade(first) == ("0001", newest_revision())
    with open_store(where, make=False) as now:
        assert {name: count_rows(now)[name] for name in copied} == copied
        assert check_store(now) == ()
        # What only later tables hold wasn't there to be kept.
        kept, before = without_nulls(now), without_nulls(store)
        assert {name: kept[name] for name in copied} == {name: before[name] for name in copied}
        assert sign_in(now, filled.user, filled.password).name == filled.user
        # Every rule and figure of the quote is verified again, or this raises.
        check_quote(QuoteBook(now, settings, "Bea"), filled.quote)
        with Desk(now, settings, runs=False) as desk:
            assert desk.plan(filled.job_id).total_gbp > 0


def another_place(database: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if database == "sqlite":
        return str(folder / "first.sqlite")
    server = request.getfixturevalue("postgres_server")
    return str(server.url(server.empty_database()).render_as_string(hide_password=False))


def without_nulls(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows; a document that is null is nothing, as copying makes no difference."""
    return {
        name: [tuple(None if cell == "null" else cell for cell in row) for row in rows]
        for name, rows in all_rows(store).items()
    }


def copy_rows(source: Store, target: Store) -> dict[str, int]:
    """Copy what a store of earlier tables can hold, and return how many rows by table."""
    earlier, copied = MetaData(), {}
    with source.connection() as here, target.connection(Purpose.WRITE) as there:
        earlier.reflect(there)
        for table in earlier.sorted_tables:
            if table.name == VERSION_TABLE:
                continue
            rows = [dict(row._mapping) for row in here.execute(select(table))]
            copied[table.name] = len(rows)
            if rows:
                there.execute(table.insert(), rows)
    return copied


class TestRefusals:
    def test_a_newer_store_is_left_alone(self, store: Store, store_url: str) -> None:
        with store.connection(Purpose.WRITE) as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        for use in (upgrade, check_current, lambda _: open_store(store_url)):
            with pytest.raises(StoreError, match=r"newer version of bng-opt \(9999\).*Update"):
                use(store)

    def test_a_database_of_others_is_left_alone(self, empty_store_url: str) -> None:
        with Store(store_url(empty_store_url)) as store:
            with store.connection(Purpose.WRITE) as connection:
                connection.execute(text("CREATE TABLE orders (id INTEGER)"))
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR)"))
                connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
            for use in (upgrade, check_current, lambda _: open_store(empty_store_url)):
                with pytest.raises(StoreError, match="tables that aren't a store's"):
                    use(store)
            assert tables_of(store) == {"orders", "alembic_version"}

    @pytest.mark.postgres
    def test_a_server_gets_no_tables_by_being_opened(self, postgres_server) -> None:
        name = postgres_server.empty_database()
        url = postgres_server.url(name).render_as_string(hide_password=False)
        with pytest.raises(StoreError, match=r"no tables yet. Run: bng-opt db upgrade"):
            open_store(url)
        with Store(store_url(url)) as store:
            assert tables_of(store) == set()
        postgres_server.drop(name)
