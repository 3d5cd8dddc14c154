"""What is wrong with a database, in words: its own errors made findings with a remedy."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, OperationalError

from bng_opt.errors import Finding

_Words = tuple[str, str]

_BUSY = (
    "Another program has held the store for too long.",
    "Try again; BNG_OPT_BUSY_TIMEOUT_S sets how long to wait.",
)
_LOST: _Words = ("Others were changing the same rows.", "Try again.")
_DAMAGED = "Restore the latest backup to another place: bng-opt db restore."
_FULL = ("The disk is full; nothing was changed.", "Make room and run it again.")
_NO_SERVER = (
    "The database server can't be reached.",
    "Check that it runs, and the host and port of the store's URL.",
)

_SQLITE: Mapping[str, _Words] = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": (
        "The store may not be written to.",
        "Give your account the right to write the file and its folder.",
    ),
    "SQLITE_NOTADB": (
        "The file is no store.",
        "Give the file of a store, or another name to make one.",
    ),
    "SQLITE_CORRUPT": ("The file of the store is damaged.", _DAMAGED),
    "SQLITE_CANTOPEN": (
        "The store's file can't be opened.",
        "Check that its folder is there and that you may write to both.",
    ),
    "SQLITE_IOERR": (
        "The store's file can't be read or written to the end; nothing was changed.",
        "Check the disk, its free room and the limits of your account.",
    ),
}
"""By the beginning of SQLite's name of the error; longer names say more of the same."""

_STATES: Mapping[str, _Words] = {
    "40001": _LOST,
    "40P01": _LOST,
    "55P03": _BUSY,
    "25006": (
        "The database may not be written to.",
        "Give the server that takes changes, not a copy of it.",
    ),
    "42501": (
        "The account may not do this on the database.",
        "Let the tables' owner do it, or run: bng-opt db grant ACCOUNT. The server says: {reason}.",
    ),
    "53100": _FULL,
    "57P01": _NO_SERVER,
    "57P02": _NO_SERVER,
    "57P03": _NO_SERVER,
    "XX001": ("The database is damaged.", _DAMAGED),
    "XX002": ("An index of the database is damaged.", "Rebuild it with REINDEX DATABASE."),
}
"""By PostgreSQL's SQLSTATE."""

_NO_ROOM = (
    "The database server takes no more connections.",
    "Try again later, or raise its max_connections.",
)
_CONNECTING: Mapping[str, _Words] = {
    "password authentication failed": (
        "The database server refuses the account or its password.",
        "Mend the store's URL; PGPASSWORD or a password file work too.",
    ),
    "no password supplied": (
        "The database server asks for a password.",
        "Put it into the store's URL, PGPASSWORD or a password file.",
    ),
    "too many connections": _NO_ROOM,
    "too many clients": _NO_ROOM,
    "remaining connection slots": _NO_ROOM,
    "starting up": _NO_SERVER,
    "shutting down": _NO_SERVER,
    "Connection refused": _NO_SERVER,
    "timeout expired": _NO_SERVER,
    "No such file or directory": _NO_SERVER,
    "translate host name": _NO_SERVER,
    "resolve host": _NO_SERVER,
    "server closed the connection": _NO_SERVER,
    "consuming input failed": _NO_SERVER,
    "connection is lost": _NO_SERVER,
    "connection is closed": _NO_SERVER,
}
"""By what the driver says where it gives no SQLSTATE: while it connects."""

_RACES = ("40001", "40P01")


def is_lost_race(error: BaseException | None) -> bool:
    """Return whether a transaction only lost to another, so that it may be tried again."""
    return isinstance(error, DBAPIError) and _state(error) in _RACES


def finding_of(error: DBAPIError, name: str, *, writing: bool) -> Finding | None:
    """Return what is wrong with the database itself, None if the statement is at fault.

    Parameters
    ----------
    name
        Where the store is, without its password.
    writing
        Whether the transaction may write: to write in another is a fault of the program.
    """
    code = getattr(error.orig, "sqlite_errorname", None) or _state(error) or ""
    if not writing and code in ("SQLITE_READONLY", "25006"):
        return None
    words = _words_of(error, code)
    if words is None:
        return None
    message, remedy = words
    reason = str(error.orig).strip().splitlines()[0] if error.orig else ""
    return Finding(message, remedy.format(reason=reason), file=name)


def _words_of(error: DBAPIError, code: str) -> _Words | None:
    for beginning, words in _SQLITE.items():
        if code.startswith(beginning):
            return words
    if code in _STATES:
        return _STATES[code]
    text = str(error.orig).strip()
    if not code:
        if "database" in text and "does not exist" in text:
            return (
                "There is no such database on the server.",
                "Make it (createdb NAME), then run: bng-opt db upgrade.",
            )
        for sign, words in _CONNECTING.items():
            if sign in text:
                return words
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return "The store can't be used.", "Mend what the database says: {reason}."
    return None


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
