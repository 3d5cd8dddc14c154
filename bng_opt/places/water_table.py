"""The embedded table of waterbodies and their operational catchments: WFD Cycle 2 (2019)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from heapq import nsmallest

from bng_opt.places.names import SUGGESTIONS, normalise_name
from bng_opt.places.tables import read_rows

WATERBODY_FILE = "wfd_waterbodies_cycle2.csv"
TABLE = "the embedded table (WFD Cycle 2, 2019)"


def catchment_of(waterbody: str) -> str | None:
    """Return the operational catchment of a waterbody id, or None if it isn't in the table.

    Examples
    --------
    >>> catchment_of("GB102021073050")
    'River Till'
    """
    return _catchments_by_id().get(waterbody)


@cache
def catchment_names() -> frozenset[str]:
    """Return the names of the 520 operational catchments."""
    return frozenset(_catchments_by_id().values())


@cache
def names_by_id() -> Mapping[str, str]:
    """Return the name of each waterbody by its id."""
    return {row["wb_id"]: row["name"] for row in read_rows(WATERBODY_FILE)}


def ids_of_name(text: str) -> list[str]:
    """Return the ids of the waterbodies of a name, in any spelling."""
    wanted = normalise_name(text)
    return [wb for wb, name in names_by_id().items() if normalise_name(name) == wanted]


def nearest_ids(waterbody: str) -> list[str]:
    """Return the three ids most like one, by the digits shared at the start and the end.

    One digit wrong, missing or too many leaves all others shared. A general comparison of
    texts is slower, and a market may hold hundreds of unknown ids.

    Examples
    --------
    >>> nearest_ids("GB102021073055")[0]
    'GB102021073050'
    """

    def shared(other: str) -> int:
        return _common(waterbody, other) + _common(waterbody[::-1], other[::-1])

    return nsmallest(SUGGESTIONS, names_by_id(), key=lambda other: (-shared(other), other))


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


@cache
def _catchments_by_id() -> Mapping[str, str]:
    return {row["wb_id"]: row["operational_catchment"] for row in read_rows(WATERBODY_FILE)}
