"""Restore a store from its backup: all of it, or the store stays as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, inspect, select

from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import Store, store_url
from bng_opt.market.store.file_copies import copy_file, fill_file
from bng_opt.market.store.migrate import VERSION_TABLE, check_known, newest_revision, revision_in
from bng_opt.market.store.server_programs import database_option, run_program, schema_of
from bng_opt.market.store.tables import Table

_SQLITE_MAGIC = b"SQLite format 3\x00"
_ARCHIVE_MAGIC = b"PGDMP"
_MADE_BY = "Give a file that bng-opt db backup made."


@dataclass(frozen=True)
class Restored:
    """A store that was restored.

    Attributes
    ----------
    backup
        From which file.
    revision
        Of its tables now: an older one is brought forward by an upgrade.
    rows
        How many rows it holds now, by table.
    findings
        What is wrong with its books, as it was when the backup was made; nothing is added up
        of an older revision.
    """

    backup: Path
    revision: str
    rows: Mapping[str, int]
    findings: tuple[Finding, ...]


def restore(store: Store, backup: str | os.PathLike[str], *, replace: bool = False) -> Restored:
    """Let a store hold what a backup of it holds.

    The backup is read to its end and checked before the store is touched.

    Parameters
    ----------
    store
        Of the backup's kind of database, which may be empty or not there yet; its folder has
        to be.
    backup
        A file that :func:`bng_opt.market.store.backup.back_up` made.
    replace
        Whether what the store holds is lost to what the backup holds.

    Raises
    ------
    InputError
        If the file isn't a backup of such a store, or the store holds data and isn't to lose it.
    StoreError
        If the backup is damaged or of a newer version, or the store can't be written.
    """
    source = Path(backup).expanduser().absolute()
    _check_kind(source, store)
    if store.path is not None:
        revision = _restore_file(store, store.path, source, replace)
    else:
        revision = _restore_database(store, source, replace)
    findings = check_store(store) if revision == newest_revision() else ()
    return Restored(source, revision, count_rows(store), findings)


def count_rows(store: Store) -> dict[str, int]:
    """Return how many rows each of a store's tables holds, of those that are there.

    Raises
    ------
    StoreError
        If the database holds tables that aren't a store's, is of a newer version, or can't be
        read.
    """
    with store.connection() as connection:
        revision_in(connection, store.name)
        there = set(inspect(connection).get_table_names())
        ours = [table for table in Table.metadata.sorted_tables if table.name in there]
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in ours
        }
    return dict(sorted(counts.items()))


def _check_kind(source: Path, store: Store) -> None:
    """See that a file can be a backup of such a store."""
    try:
        with source.open("rb") as stream:
            begin = stream.read(len(_SQLITE_MAGIC))
    except OSError as error:
        message = f"The backup can't be read: {error.strerror or type(error).__name__}."
        raise InputError(Finding(message, _MADE_BY, file=str(source))) from None
    is_file, is_archive = begin == _SQLITE_MAGIC, begin.startswith(_ARCHIVE_MAGIC)
    if not (is_file or is_archive):
        raise InputError(Finding("The file is no backup of a store.", _MADE_BY, file=str(source)))
    if is_file != store.is_sqlite:
        kinds = "an embedded store's file", "the archive of a server's database"
        message = f"The backup is {kinds[is_archive]}, and the store is of the other kind."
        raise InputError(Finding(message, "Name a store of that kind.", file=str(source)))


def _restore_file(store: Store, path: Path, source: Path, replace: bool) -> str:
    if path.exists() and path.samefile(source):
        message = "The backup is the store itself."
        raise InputError(Finding(message, _MADE_BY, file=str(source)))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _removed(part):
        copy_file(source, part, store.busy_timeout_s)
        with Store(store_url(part)) as copy, copy.connection() as connection:
            revision = _stated(revision_in(connection, str(source)), source)
        if path.exists():
            _check_free(store, replace)
        fill_file(part, path, store.busy_timeout_s)
    return revision


@contextmanager
def _removed(part: Path) -> Iterator[None]:
    """Remove a copy and its companions at the end, whatever happens."""
    try:
        yield
    except OSError as error:
        message = f"The backup can't be copied beside the store: {error.strerror}."
        remedy = "Name a store in a folder that is there and that you may write to."
        raise StoreError(Finding(message, remedy, file=str(part.parent))) from None
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def _restore_database(store: Store, source: Path, replace: bool) -> str:
    with TemporaryDirectory(prefix="bng-opt-restore-") as folder:
        script = Path(folder) / "script.sql"
        _read_archive(store, source, script)
        revision = _stated(_revision_of_script(script), source)
        check_known(revision, str(source))
        _check_free(store, replace)
        _run_script(store, script)
    return revision


def _read_archive(store: Store, source: Path, script: Path) -> None:
    """Turn an archive into a script: to do so it is read, and its sums are proven, to the end."""
    options = ["--no-owner", "--no-privileges", f"--schema={schema_of(store)}", f"--file={script}"]
    try:
        run_program("pg_restore", [*options, str(source)], store)
    except StoreError as error:
        (finding,) = error.findings
        remedy = "Take an earlier backup, if PostgreSQL's client is of the server's version."
        raise StoreError(Finding(finding.message, remedy, file=str(source))) from None


def _revision_of_script(script: Path) -> str | None:
    with script.open("rb") as lines:
        for line in lines:
            if line.startswith(b"COPY ") and f".{VERSION_TABLE} ".encode() in line:
                return next(lines).decode().strip()
    return None


def _stated(revision: str | None, source: Path) -> str:
    if revision is None:
        message = "The backup holds no tables of a store, or not in the schema that is used here."
        raise InputError(Finding(message, _MADE_BY, file=str(source)))
    return revision


def _check_free(store: Store, replace: bool) -> None:
    """See that a store holds nothing, or that it may be lost."""
    held = {name: rows for name, rows in count_rows(store).items() if rows}
    if held and not replace:
        listed = ", ".join(f"{rows:,} of {name}" for name, rows in held.items())
        remedy = "Name another store, or give --force to lose them; bng-opt db backup keeps them."
        raise InputError(Finding(f"The store holds rows: {listed}.", remedy, file=store.name))


def _run_script(store: Store, script: Path) -> None:
    """Take a store's tables away and make the backup's, in one transaction."""
    with store.connection() as connection:
        there = set(inspect(connection).get_table_names())
        quote = connection.dialect.identifier_preparer.quote
    ours = [name for name in (*Table.metadata.tables, VERSION_TABLE) if name in there]
    first = [f"SET lock_timeout = {int(store.busy_timeout_s * 1000)}"]
    if ours:
        first.append(f"DROP TABLE {', '.join(map(quote, ours))}")
    options = ["--no-psqlrc", "--quiet", "--no-password", "--single-transaction"]
    words = [f"--command={each}" for each in first]
    stop = "--set=ON_ERROR_STOP=1"
    where = database_option(store)
    run_program("psql", [*options, stop, where, *words, f"--file={script}"], store)
