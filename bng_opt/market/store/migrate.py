"""Migrations of the store's tables, from the first on, with Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.tables import Table

if TYPE_CHECKING:
    from bng_opt.market.store.database import Store

_SCRIPTS = Path(__file__).resolve().parent / "migrations"
VERSION_TABLE = "bng_opt_version"
"""Where a store says its revision: not Alembic's usual name, which others' databases use."""
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
    return _revisions()[0]


def revision_of(store: Store) -> str | None:
    """Return the revision of a store's tables, None if it has none yet."""
    with store.connection() as connection:
        return revision_in(connection, store.name)


def revision_in(connection: Connection, name: str) -> str | None:
    """Return the revision of the tables behind a connection, None if there are none.

    Parameters
    ----------
    name
        What is said to be wrong if they aren't ours or too new.

    Raises
    ------
    StoreError
        If they aren't a store's, or of a newer version than this package.
    """
    if connection.dialect.name != "sqlite":
        schema_in(connection, name)
    revision = _context(connection).get_current_revision()
    if revision is not None:
        check_known(revision, name)
    if revision is None and inspect(connection).get_table_names():
        raise StoreError(
            Finding(
                "The database holds tables that aren't a store's.",
                "Give a database of its own.",
                file=name,
            )
        )
    return revision


def check_known(revision: str, name: str) -> None:
    """See that this version knows a revision.

    Raises
    ------
    StoreError
        If it doesn't: the tables are of a newer one.
    """
    if revision not in _revisions():
        raise StoreError(
            Finding(
                f"The store is of a newer version of bng-opt ({revision}).",
                "Update bng-opt on this machine.",
                file=name,
            )
        )


def schema_in(connection: Connection, name: str) -> str:
    """Return the schema that an account of a server uses.

    Parameters
    ----------
    name
        What is said to be wrong if there is none.

    Raises
    ------
    StoreError
        If it sees none that it may use.
    """
    found = connection.execute(text("SELECT current_schema()")).scalar_one()
    if found is None:
        message = "The account sees no schema that it may use."
        remedy = "Let the owner run: bng-opt db grant ACCOUNT; or set the account's search_path."
        raise StoreError(Finding(message, remedy, file=name))
    return str(found)


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
    with store.connection(Purpose.MIGRATE) as connection:
        if not store.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        before = revision_in(connection, store.name)
        command.upgrade(_config(connection), "head")
        if store.is_sqlite:
            _check_references(connection, store.name)
    return before, newest_revision()


def check_current(store: Store) -> None:
    """See that a store's tables are those that this version needs.

    Raises
    ------
    StoreError
        If they are older, newer, or not there.
    """
    found, needed = revision_of(store), newest_revision()
    if found != needed:
        state = "has no tables yet" if found is None else f"is of an older version ({found})"
        raise StoreError(Finding(f"The store {state}.", "Run: bng-opt db upgrade", file=store.name))


def differences_from_schema(connection: Connection) -> list[str]:
    """Return what differs between a database and the tables as the package maps them."""
    context = _context(connection)
    found = [str(difference) for difference in compare_metadata(context, Table.metadata)]
    return found + _differing_checks(connection)


def _differing_checks(connection: Connection) -> list[str]:
    """Return the checks that are missing or unknown: Alembic does not compare them."""
    inspector = inspect(connection)
    found = []
    for table in Table.metadata.sorted_tables:
        if not inspector.has_table(table.name):
            continue
        there = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
        ours = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        found += [f"check {name} is missing" for name in sorted(ours - there)]
        found += [f"check {name} is unknown" for name in sorted(there - ours)]
    return found


def _revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the newest first."""
    return _read_revisions(_SCRIPTS, tuple(sorted(_SCRIPTS.glob("versions/*.py"))))


@cache
def _read_revisions(scripts: Path, files: tuple[Path, ...]) -> tuple[str, ...]:
    # Kept, as a store is opened often and to read them takes longer than all the rest.
    directory = ScriptDirectory.from_config(_config())
    revisions = tuple(script.revision for script in directory.walk_revisions())
    if not revisions:
        raise StoreError(Finding("The migrations are missing.", "Install the package again."))
    return revisions


def _context(connection: Connection) -> MigrationContext:
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options)


def _check_references(connection: Connection, name: str) -> None:
    """See that a migration of SQLite, which runs without them, kept all references whole."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        message = f"The migration would leave rows that refer to nothing, in: {tables}."
        raise StoreError(Finding(message, "Run: bng-opt db check", file=name))
