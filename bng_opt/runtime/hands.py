"""Names of processes that hold jobs, and whether such a process is gone."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from uuid import uuid4

_ZOMBIE = "Z"
"""It has ended, and only its parent hasn't asked how."""


def own_name() -> str:
    """Return a new name of this process, such as ``desk-7/4026531836:1234/5f3a9c01``.

    Machine, process number and a token: one process may hold jobs under several names.
    """
    return f"{machine()}:{os.getpid()}/{uuid4().hex[:8]}"


@cache
def machine() -> str:
    """Return the name of this machine; containers that share one have processes of their own."""
    try:
        space = f"/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        space = ""
    return socket.gethostname() + space


def is_gone(name: str) -> bool:
    """Return whether the process of a name is known to have ended.

    Of other machines that isn't known, nor where the system doesn't tell.
    """
    place, _, number = name.rpartition("/")[0].rpartition(":")
    if place != machine() or not number.isdecimal() or os.name != "posix":
        return False
    return not _lives(int(number))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # No such folder on this system, or it ended just now: the next look tells.
        return True
    return status.rpartition(")")[2].split()[0] != _ZOMBIE
