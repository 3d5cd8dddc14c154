"""PostgreSQL's own programs for copying a database, run so that no password is seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from bng_opt.errors import Finding, StoreError
from bng_opt.market.store.database import Store
from bng_opt.market.store.migrate import schema_in

_CLIENT = "Install PostgreSQL's client of the server's version (Debian: postgresql-client)."
_PUBLIC = "public"


def run_program(name: str, arguments: Sequence[str], store: Store) -> str:
    """Run one of PostgreSQL's programs and return what it printed.

    Parameters
    ----------
    name
        Of the program.
    arguments
        Seen by everybody on this machine: the password goes by the environment alone.
    store
        Whose password that is.

    Raises
    ------
    StoreError
        If it isn't there, or fails.
    """
    program = shutil.which(name)
    if program is None:
        raise StoreError(Finding(f"The program {name} isn't there.", _CLIENT))
    secret = {"PGPASSWORD": store.url.password} if store.url.password else {}
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, **secret},
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise StoreError(Finding(f"{name} failed: {said}", _CLIENT, file=store.name))
    return done.stdout


def database_option(store: Store) -> str:
    """Return the option that tells PostgreSQL's programs how to reach a database."""
    from psycopg.conninfo import make_conninfo

    _, arguments = store.engine.dialect.create_connect_args(store.url)
    # The engine adds a thing of its own that is no text.
    plain = {name: value for name, value in arguments.items() if isinstance(value, str | int)}
    plain.pop("password", None)
    return f"--dbname={make_conninfo('', **plain)}"


def schema_of(store: Store) -> str:
    """Return the schema in which a server's store lies.

    Raises
    ------
    StoreError
        If there is none that the account may use.
    """
    with store.connection() as connection:
        return schema_in(connection, store.name)


def schema_options(store: Store) -> tuple[str, ...]:
    """Return the option that keeps to a store's schema where others may lie beside it."""
    schema = schema_of(store)
    if schema == _PUBLIC:
        # By name it would be made anew, and every database has it.
        return ()
    return (f"--schema={schema}",)


def tables_listed(listing: str) -> set[str]:
    """Return the tables whose rows an archive holds, from what ``pg_restore --list`` prints."""
    return set(re.findall(r" TABLE DATA \S+ (\S+) ", listing))
