"""Files of embedded stores: made for few eyes only, and copied by SQLite's own means for that."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from bng_opt.errors import Finding, StoreError

STORE_MODE = 0o660
"""Of a store's new file, less the umask: people's names and keys are nobody else's business."""
BACKUP_MODE = 0o600
"""Of a backup: whoever made it decides who else sees it."""

_making = threading.Lock()


def make_file(path: Path, mode: int) -> bool:
    """Make an empty file, unless there is one, and return whether it was made.

    Parameters
    ----------
    mode
        Its rights, less the umask.

    Raises
    ------
    OSError
        If it can't be made.
    """
    # Closing a file lets go of all locks of this process on it: nobody may have it open by then.
    with _making:
        if path.exists():
            return False
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
            return True
        return False


def plain_connection(path: Path, wait_s: float) -> sqlite3.Connection:
    """Return a connection outside the engine: a copy is made of what is kept, in no transaction.

    Parameters
    ----------
    wait_s
        How long it waits for others [s].
    """
    return sqlite3.connect(path, timeout=wait_s)


def copy_file(source: Path, part: Path, wait_s: float) -> None:
    """Copy an embedded store as it is at one moment into a new file, and see that it is sound.

    Parameters
    ----------
    part
        The file to make, for its owner alone.
    wait_s
        How long to wait for others [s].

    Raises
    ------
    StoreError
        If the source can't be read, or is damaged.
    """
    make_file(part, BACKUP_MODE)
    try:
        with (
            closing(plain_connection(source, wait_s)) as here,
            closing(plain_connection(part, wait_s)) as copy,
        ):
            here.backup(copy, progress=_patience(wait_s))
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        make_single(part, wait_s)
    except sqlite3.Error as error:
        remedy = "Check the disks of both files and their free room; bng-opt db check says more."
        finding = Finding(f"The file can't be copied: {error}.", remedy, file=str(source))
        raise StoreError(finding) from None
    if said != ["ok"]:
        remedy = "Take an earlier backup: bng-opt db restore."
        raise StoreError(
            Finding(f"The file is damaged: {one}.", remedy, file=str(source)) for one in said
        )


def make_single(path: Path, wait_s: float) -> None:
    """Make one file of a store that has companions, as one has that is in use."""
    with closing(plain_connection(path, wait_s)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").close()


def fill_file(part: Path, target: Path, wait_s: float) -> None:
    """Let a store's file hold what a copy holds, all or nothing, whoever has it open.

    Parameters
    ----------
    target
        The store's file; made if it isn't there.
    wait_s
        How long to wait for others [s].

    Raises
    ------
    StoreError
        If it can't be written.
    """
    is_new = False
    try:
        is_new = make_file(target, STORE_MODE)
        with (
            closing(plain_connection(part, wait_s)) as copy,
            closing(plain_connection(target, wait_s)) as there,
        ):
            copy.backup(there, progress=_patience(wait_s))
    except (OSError, sqlite3.Error) as error:
        if is_new:
            target.unlink(missing_ok=True)
        remedy = "Check that you may write the file and its folder, and that the disk has room."
        message = f"The store can't be written, and is as it was: {error}."
        raise StoreError(Finding(message, remedy, file=str(target))) from None


def _patience(wait_s: float) -> Callable[[int, int, int], None]:
    """Return what ends a copy that waits for others for too long: SQLite would wait for ever."""
    give_up = time.monotonic() + wait_s

    def look(status: int, remaining: int, total: int) -> None:
        busy = status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if busy and time.monotonic() > give_up:
            raise sqlite3.OperationalError("others have held it for too long")

    return look
