"""Names of files from names that people gave: safe on every system, and unique."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import count

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80
"""Far below the 255 bytes of most systems, and still read at a glance."""
_TAKEN = frozenset(
    {"index", "con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)
"""The folder's own index, and what Windows keeps for itself."""


def file_stems(titles: Iterable[str]) -> list[str]:
    """Return a file name without ending for each title, no two alike in small letters.

    Examples
    --------
    >>> file_stems(["Brook Farm, phase 2", "Café"])
    ['Brook-Farm-phase-2', 'Cafe']
    """
    taken: set[str] = set()
    stems = []
    for title in titles:
        stem = next(each for each in _wished(title) if each.casefold() not in taken)
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def _wished(title: str) -> Iterator[str]:
    """Yield what its file may be called, the best first."""
    plain = _plain(title)
    if plain and plain.casefold().partition(".")[0] not in _TAKEN:
        yield plain
    for number in count():
        # By the title alone, so that it is the same whatever stands beside it.
        mark = hashlib.sha256(f"{title}{number or ''}".encode()).hexdigest()[:8]
        yield f"{plain or 'report'}-{mark}"


def _plain(title: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", ascii_only)[:_LONGEST].strip("-._")
