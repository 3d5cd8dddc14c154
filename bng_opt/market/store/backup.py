"""Backups of a store while others use it: complete and checked, or not there at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect

from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import Store, store_url
from bng_opt.market.store.file_copies import BACKUP_MODE, copy_file, make_file, make_single
from bng_opt.market.store.migrate import newest_revision, revision_of
from bng_opt.market.store.server_programs import (
    database_option,
    run_program,
    schema_options,
    tables_listed,
)


@dataclass(frozen=True)
class Backup:
    """A backup that was made.

    Attributes
    ----------
    path
        A store's file, or an archive for ``pg_restore``; its owner alone may read it.
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
        findings = _copy_file(store, store.path, part) if store.path else _dump(store, part)
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


def _copy_file(store: Store, path: Path, part: Path) -> tuple[Finding, ...]:
    """Copy an embedded store's file, and add up the copy's books; those of before can't be."""
    copy_file(path, part, store.busy_timeout_s)
    with Store(store_url(part)) as copy:
        findings = check_store(copy) if revision_of(copy) == newest_revision() else ()
    make_single(part, store.busy_timeout_s)
    return findings


def _dump(store: Store, part: Path) -> tuple[Finding, ...]:
    """Let PostgreSQL's own program copy the database, and see that the copy is complete."""
    findings = check_store(store) if revision_of(store) == newest_revision() else ()
    make_file(part, BACKUP_MODE)
    options = ["--format=custom", "--no-password", "--no-owner", "--no-privileges"]
    where = (database_option(store), *schema_options(store))
    run_program("pg_dump", [*options, *where, f"--file={part}"], store)
    listed = tables_listed(run_program("pg_restore", ["--list", str(part)], store))
    with store.connection() as connection:
        missing = [name for name in inspect(connection).get_table_names() if name not in listed]
    if missing:
        message = f"The archive lacks tables: {', '.join(missing)}."
        raise StoreError(Finding(message, "Make the backup again.", file=store.name))
    return findings


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
