"""Least rights on a server: an owner of one schema, and an account that changes rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_opt.errors import InputError, StoreError
from bng_opt.market.store import Store, open_store, store_url
from bng_opt.market.store.backup import back_up
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import reach_store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.migrate import newest_revision, upgrade
from bng_opt.market.store.restore import count_rows, restore
from bng_opt.market.store.rights import grant_use
from tests.support.full_store import NEVER_EMPTY, all_rows, fill
from tests.support.postgres import Server
from tests.support.running import settings_in

pytestmark = pytest.mark.postgres

_numbers = count(1)
_SECRET = "s3cret"


@dataclass(frozen=True)
class Place:
    """A database that others use too, with a schema of the store's own."""

    server: Server
    database: str
    owner: str
    account: str

    def url(self, account: str) -> str:
        url = self.server.url(self.database, account, _SECRET)
        return url.render_as_string(hide_password=False)


@pytest.fixture
def place(postgres_server: Server) -> Iterator[Place]:
    number, database = next(_numbers), postgres_server.empty_database()
    # Names that have to be quoted, as an administrator may choose them.
    made = Place(postgres_server, database, f"Owner {number}", f"App-100% {number}")
    for account in (made.owner, made.account):
        rights = "NOSUPERUSER NOCREATEDB NOCREATEROLE"
        postgres_server.execute(f"CREATE ROLE \"{account}\" LOGIN PASSWORD '{_SECRET}' {rights}")
        postgres_server.execute(
            f'ALTER ROLE "{account}" IN DATABASE {database} SET search_path = units'
        )
    for statement in (
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "CREATE TABLE public.theirs (id INTEGER)",
        f'CREATE SCHEMA units AUTHORIZATION "{made.owner}"',
    ):
        postgres_server.execute(statement, database)
    yield made
    postgres_server.drop(database)
    for account in (made.owner, made.account):
        postgres_server.execute(f'DROP ROLE "{account}"')


@pytest.fixture
def granted(place: Place) -> Place:
    with Store(store_url(place.url(place.owner))) as owned:
        upgrade(owned)
        grant_use(owned, place.account)
    return place


def test_the_owner_of_a_schema_needs_no_more(place: Place, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, place.url(place.owner), workers=1)
    with reach_store(place.url(place.owner)) as store:
        assert upgrade(store) == (None, newest_revision())
        fill(store, settings)
        before = all_rows(store)
        made = back_up(store, tmp_path / "backup")
        restore(store, made.path, replace=True)
        assert all_rows(store) == before
        assert check_store(store) == ()


def test_an_account_with_rights_on_rows_alone_does_everything(
    granted: Place, tmp_path: Path
) -> None:
    where = granted.url(granted.account)
    with open_store(where) as store:
        fill(store, settings_in(tmp_path, where, workers=1))
        counted = count_rows(store)
        assert [name for name in NEVER_EMPTY if not counted[name]] == []
        assert check_store(store) == ()
        assert back_up(store, tmp_path / "backup").findings == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE banks",
        "ALTER TABLE banks ADD COLUMN more VARCHAR",
        "CREATE TABLE more (id INTEGER)",
        "TRUNCATE banks CASCADE",
        "UPDATE audit_log SET who = 'nobody'",
        "DELETE FROM audit_log",
        "UPDATE bng_opt_version SET version_num = '0001'",
        "SELECT * FROM public.theirs",
    ],
)
def test_it_can_do_nothing_else(granted: Place, statement: str) -> None:
    with (
        open_store(granted.url(granted.account)) as store,
        pytest.raises(StoreError, match=r"may not do this.*bng-opt db grant ACCOUNT"),
        store.connection(Purpose.WRITE) as connection,
    ):
        connection.execute(text(statement))


def test_tables_of_later_upgrades_are_granted_too(granted: Place) -> None:
    later = "CREATE TABLE later (id SERIAL PRIMARY KEY, name VARCHAR)"
    with (
        reach_store(granted.url(granted.owner)) as owned,
        owned.connection(Purpose.MIGRATE) as connection,
    ):
        connection.execute(text(later))
    with (
        reach_store(granted.url(granted.account)) as store,
        store.connection(Purpose.WRITE) as connection,
    ):
        connection.execute(text("INSERT INTO later (name) VALUES ('one')"))


def test_to_grant_twice_and_after_a_restore_is_as_good(granted: Place, tmp_path: Path) -> None:
    with reach_store(granted.url(granted.owner)) as owned:
        made = back_up(owned, tmp_path / "backup")
        restore(owned, made.path)
        for _ in range(2):
            grant_use(owned, granted.account)
    test_it_can_do_nothing_else(granted, "DELETE FROM audit_log")
    with open_store(granted.url(granted.account)) as store:
        assert check_store(store) == ()


class TestRefusals:
    def test_an_account_without_rights_is_told_what_to_ask_for(self, place: Place) -> None:
        with reach_store(place.url(place.owner)) as owned:
            upgrade(owned)
        with pytest.raises(StoreError, match=r"sees no schema.*bng-opt db grant ACCOUNT"):
            open_store(place.url(place.account))
        usage = f'GRANT USAGE ON SCHEMA units TO "{place.account}"'
        place.server.execute(usage, place.database)
        with pytest.raises(StoreError, match=r"may not do this.*bng-opt db grant ACCOUNT.*denied"):
            open_store(place.url(place.account))

    def test_only_the_owner_grants_and_restores(self, granted: Place, tmp_path: Path) -> None:
        with reach_store(granted.url(granted.account)) as store:
            with pytest.raises(StoreError, match=r"owner of the tables, Owner \d+,"):
                grant_use(store, granted.account)
            made = back_up(store, tmp_path / "backup")
            before = all_rows(store)
            with pytest.raises(StoreError, match=r"psql failed.*must be owner"):
                restore(store, made.path)
            assert all_rows(store) == before

    def test_an_account_that_is_not_there_is_bad_input(self, granted: Place) -> None:
        with (
            reach_store(granted.url(granted.owner)) as owned,
            pytest.raises(InputError, match=r"no account nobody here.*CREATE ROLE"),
        ):
            grant_use(owned, "nobody here")

    def test_a_file_has_rights_of_its_own(self, tmp_path: Path) -> None:
        with (
            open_store(tmp_path / "store.sqlite") as store,
            pytest.raises(InputError, match="the file's own rights"),
        ):
            grant_use(store, "ann")
