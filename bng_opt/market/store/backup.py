"""Backups of a store while others use it: complete and checked, or not there at all."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect

from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import BUSY_TIMEOUT_S, Store, store_url
from bng_opt.market.store.migrate import newest_revision, revision_of

_CLIENT = "Install PostgreSQL's client of the server's version (Debian: postgresql-client)."


@dataclass(frozen=True)
class Backup:
    """A backup that was made.

    Attributes
    ----------
    path
        A store's file, or an archive for ``pg_restore``.
    revision
        Of its tables; None of an empty database.
    size_bytes
        Its size.
    findings
        What is wrong with the books that it copies: as wrong as the store's own.
    """

    path: Path
    revision: str | None
    size_bytes: int
    findings: tuple[Finding, ...]


def back_up(store: Store, path: str | os.PathLike[str], *, replace: bool = False) -> Backup:
    """Copy a store as it is at one moment, whoever writes meanwhile.

    Parameters
    ----------
    store
        Of any revision.
    path
        The file to make.
    replace
        Whether a file of this name is replaced.

    Raises
    ------
    InputError
        If the file is there already, or can't be written.
    StoreError
        If the store can't be copied, or the copy isn't sound.
    """
    target = Path(path).expanduser().absolute()
    _check_target(target, replace)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    revision = revision_of(store)
    try:
        findings = _copy_file(store.path, part) if store.path else _dump(store, part)
        _keep(part, target, replace)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)
    return Backup(target, revision, target.stat().st_size, findings)


def _check_target(target: Path, replace: bool) -> None:
    if target.is_dir() or not target.parent.is_dir():
        message = "The backup needs the name of a file in a folder that is there."
        raise InputError(Finding(message, "Give another name.", file=str(target)))
    if target.exists() and not replace:
        raise _there_already(target)


def _copy_file(path: Path, part: Path) -> tuple[Finding, ...]:
    """Copy SQLite's file by its own means for that, in one step, and check the copy."""
    try:
        with closing(_plain(path)) as source, closing(_plain(part)) as copy:
            source.backup(copy)
            # One file, without the companions of one that is in use.
            copy.execute("PRAGMA journal_mode=DELETE").close()
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        remedy = "Check the disks of both files and their free room; bng-opt db check says more."
        finding = Finding(f"The store can't be copied: {error}.", remedy, file=str(path))
        raise StoreError(finding) from None
    if said != ["ok"]:
        remedy = "Put an earlier backup in the place of the store."
        raise StoreError(
            Finding(f"The store is damaged: {one}.", remedy, file=str(path)) for one in said
        )
    return _findings_in_copy(part)


def _plain(path: Path) -> sqlite3.Connection:
    """Return a connection outside the engine: a copy is made of what is kept, in no transaction."""
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)


def _findings_in_copy(part: Path) -> tuple[Finding, ...]:
    """Add up the books of a copy; those of another revision can't be."""
    with Store(store_url(part)) as copy:
        findings = check_store(copy) if revision_of(copy) == newest_revision() else ()
    with closing(_plain(part)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").close()
    return findings


def _dump(store: Store, part: Path) -> tuple[Finding, ...]:
    """Let PostgreSQL's own program copy the database, and see that the copy is complete."""
    findings = check_store(store) if revision_of(store) == newest_revision() else ()
    dump, restore = _program("pg_dump"), _program("pg_restore")
    options = ["--format=custom", "--no-password", "--no-owner", "--no-privileges"]
    _run([dump, *options, f"--dbname={_without_password(store)}", f"--file={part}"], store)
    listed = _run([restore, "--list", str(part)], store)
    with store.connection() as connection:
        tables = inspect(connection).get_table_names()
    missing = [name for name in tables if not re.search(rf" TABLE DATA \S+ {name} ", listed)]
    if missing:
        message = f"The archive lacks tables: {', '.join(missing)}."
        raise StoreError(Finding(message, "Make the backup again.", file=store.name))
    return findings


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(Finding(f"The program {name} isn't there.", _CLIENT))
    return found


def _run(words: list[str], store: Store) -> str:
    """Run one of PostgreSQL's programs; the password goes by the environment alone."""
    secret = {"PGPASSWORD": store.url.password} if store.url.password else {}
    done = subprocess.run(
        words,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, **secret},
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise StoreError(Finding(f"The backup failed: {said}", _CLIENT, file=store.name))
    return done.stdout


def _without_password(store: Store) -> str:
    """Return how PostgreSQL's programs reach the database: their arguments are seen by all."""
    from psycopg.conninfo import make_conninfo

    _, arguments = store.engine.dialect.create_connect_args(store.url)
    # The engine adds a thing of its own that is no text.
    plain = {name: value for name, value in arguments.items() if isinstance(value, str | int)}
    plain.pop("password", None)
    return make_conninfo("", **plain)


def _keep(part: Path, target: Path, replace: bool) -> None:
    """Give the finished copy its name; without leave never over a file that is there."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    if replace:
        part.replace(target)
        return
    try:
        # Unlike a rename this fails if another made a file of this name meanwhile.
        target.hardlink_to(part)
    except FileExistsError:
        raise _there_already(target) from None


def _there_already(target: Path) -> InputError:
    remedy = "Give another name, or --force to replace it."
    return InputError(Finding("There is a file of this name.", remedy, file=str(target)))


def _unwritable(target: Path, error: OSError) -> InputError:
    message = f"The backup can't be written: {error.strerror or type(error).__name__}."
    return InputError(Finding(message, "Give a file that you may write to.", file=str(target)))
