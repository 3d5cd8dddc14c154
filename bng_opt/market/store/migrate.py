"""Migrations of the store's tables, from the first on, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.tables import Table

if TYPE_CHECKING:
    from bng_opt.market.store.database import Store

_SCRIPTS = Path(__file__).resolve().parent / "migrations"
_ONE_AT_A_TIME = 0x626E67
"""The key of PostgreSQL's lock that lets one migration run at a time."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the revision of the tables that this version of the package needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StoreError(Finding("The migrations are missing.", "Install the package again."))
    return head


def revision_of(store: Store) -> str | None:
    """Return the revision of a store's tables, None if it has none yet."""
    with store.connection() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store) -> tuple[str | None, str]:
    """Bring a store's tables to the newest revision, all or nothing.

    Returns
    -------
    The revisions before and after.

    Raises
    ------
    StoreError
        If the store is of a newer version than this package, or isn't ours.
    """
    with store.connection(writing=True) as connection:
        if not store.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        before = MigrationContext.configure(connection).get_current_revision()
        _refuse_unknown(before, connection, store.name)
        command.upgrade(_config(connection), "head")
    return before, newest_revision()


def check_current(store: Store) -> None:
    """See that a store's tables are those that this version needs.

    Raises
    ------
    StoreError
        If they are older, newer, or not there.
    """
    with store.connection() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        _refuse_unknown(found, connection, store.name)
    if found != newest_revision():
        state = "has no tables yet" if found is None else f"is of an older version ({found})"
        raise StoreError(Finding(f"The store {state}.", "Run: bng-opt db upgrade", file=store.name))


def differences_from_schema(connection: Connection) -> list[str]:
    """Return what differs between a database and the tables as the package maps them."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [str(difference) for difference in compare_metadata(context, Table.metadata)]


def _refuse_unknown(revision: str | None, connection: Connection, name: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            Finding(
                f"The store is of a newer version of bng-opt ({revision}).",
                "Update bng-opt on this machine.",
                file=name,
            )
        )
    if revision is None and inspect(connection).get_table_names():
        raise StoreError(
            Finding(
                "The database holds tables that aren't a store's.",
                "Give a database of its own.",
                file=name,
            )
        )
