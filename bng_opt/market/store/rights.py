"""The least rights on a server's store: an account that uses it, but doesn't own it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market.store.database import Store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.migrate import VERSION_TABLE, check_current
from bng_opt.market.store.server_programs import schema_of
from bng_opt.market.store.tables import AuditRow

_ROWS = "SELECT, INSERT, UPDATE, DELETE"
_NUMBERS = "SELECT, USAGE"
_NO_ACCOUNT = "42704"


def grant_use(store: Store, account: str) -> None:
    """Let an account of the server read and change a store's rows, and nothing else.

    It can't change tables, and neither rewrite the audit log nor the tables' revision. What
    later upgrades of the same owner add is granted too.

    Parameters
    ----------
    store
        On a server, opened as the owner of its tables.
    account
        A role that is there.

    Raises
    ------
    InputError
        If the store is a file, or there is no such account.
    StoreError
        If who asks isn't the owner, or the tables aren't those of this version.
    """
    if store.is_sqlite:
        message = "The store is a file: who may use it is said by the file's own rights."
        remedy = "Use chmod and chown on the file and its folder."
        raise InputError(Finding(message, remedy, file=store.name))
    check_current(store)
    schema = schema_of(store)
    try:
        with store.connection(Purpose.MIGRATE) as connection:
            _check_owner(connection, schema, store.name)
            for statement in _statements(_quoted(schema), _quoted(account)):
                connection.execute(text(statement.replace(":", r"\:")))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_ACCOUNT:
            raise
        message = f"There is no account {account} on the server."
        remedy = "Make it first: CREATE ROLE NAME LOGIN PASSWORD '…'."
        raise InputError(Finding(message, remedy, file=store.name)) from None


def _check_owner(connection: Connection, schema: str, name: str) -> None:
    """See that who asks owns the tables: the server warns of rights not given, and goes on."""
    statement = text(
        "SELECT tableowner, pg_has_role(tableowner, 'USAGE') FROM pg_tables "
        "WHERE schemaname = :schema AND tablename = :table"
    )
    named = {"schema": schema, "table": VERSION_TABLE}
    owner, is_owner = connection.execute(statement, named).one()
    if not is_owner:
        message = f"Only the owner of the tables, {owner}, may give rights on them."
        remedy = "Run it with the owner's account in the store's URL."
        raise StoreError(Finding(message, remedy, file=name))


def _quoted(name: str) -> str:
    from psycopg.sql import Identifier

    return Identifier(name).as_string(None)


def _statements(schema: str, account: str) -> Iterator[str]:
    """Yield the statements; names are quoted."""
    yield f"GRANT USAGE ON SCHEMA {schema} TO {account}"
    yield f"GRANT {_ROWS} ON ALL TABLES IN SCHEMA {schema} TO {account}"
    yield f"GRANT {_NUMBERS} ON ALL SEQUENCES IN SCHEMA {schema} TO {account}"
    yield f"REVOKE UPDATE, DELETE ON {schema}.{AuditRow.__tablename__} FROM {account}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON {schema}.{VERSION_TABLE} FROM {account}"
    later = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
    yield f"{later} {_ROWS} ON TABLES TO {account}"
    yield f"{later} {_NUMBERS} ON SEQUENCES TO {account}"
