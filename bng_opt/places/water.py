"""Waterbodies and operational catchments (Water Framework Directive, Cycle 2 names).

A waterbody is known by its id, never by its name: names repeat. Its operational catchment
follows from the table. Neither is ever inferred from a planning authority.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.names import find_each, nearest_names, normalise_name, unknown_name
from bng_opt.places.tables import read_rows

WATERBODY_FILE = "wfd_waterbodies_cycle2.csv"
_CYCLE = "The names are those of WFD Cycle 2."


@dataclass(frozen=True)
class Waters:
    """The waterbodies and operational catchments of a place, and what was noticed.

    Parameters
    ----------
    waterbodies
        Waterbody ids, sorted.
    operational_catchments
        Names, sorted.
    warnings
        Ids that the table doesn't hold.
    """

    waterbodies: tuple[str, ...] = ()
    operational_catchments: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()


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
def find_operational_catchment(text: str) -> str:
    """Find an operational catchment by name.

    Raises
    ------
    PlaceError
        If the name is unknown; the finding offers the nearest three.

    Examples
    --------
    >>> find_operational_catchment("river till")
    'River Till'
    """
    index = _catchment_index()
    plain = normalise_name(text)
    for candidate in (plain, plain.removesuffix(" operational catchment")):
        if candidate in index:
            return index[candidate]
    raise PlaceError(unknown_name("operational catchment", text, index.values(), _CYCLE))


def resolve_waters(
    waterbodies: Iterable[str], catchments: Iterable[str], problems: list[Finding]
) -> Waters:
    """Return canonical ids and catchments; the catchment follows from a known waterbody.

    Parameters
    ----------
    waterbodies
        Waterbody ids. One that the table doesn't hold is accepted, with a warning, only
        beside an operational catchment.
    catchments
        Names of operational catchments; none to take those of the waterbodies.
    problems
        Findings are added here: unknown names, and catchments that contradict the table.
    """
    given = frozenset(find_each(find_operational_catchment, catchments, problems))
    ids = sorted({normalise_id(text) for text in waterbodies})
    unknown = [wb for wb in ids if catchment_of(wb) is None]
    followed = frozenset(c for wb in ids if (c := catchment_of(wb)) is not None)
    accepted = [wb for wb in unknown if given and _looks_like_id(wb)]
    problems.extend(_unknown_waterbody(wb) for wb in unknown if wb not in accepted)
    if given:
        problems.extend(_contradictions(ids, given, followed, bool(unknown)))
    return Waters(
        tuple(ids),
        tuple(sorted(given | followed)),
        tuple(_untabled(wb) for wb in accepted),
    )


def normalise_id(text: str) -> str:
    """Return a waterbody id in capitals and without blanks."""
    return "".join(text.split()).upper() if _looks_like_id(text) else text.strip()


def _looks_like_id(text: str) -> bool:
    compact = "".join(text.split()).upper()
    return compact.startswith("GB") and compact[2:].isalnum() and any(c.isdigit() for c in compact)


@cache
def _catchments_by_id() -> Mapping[str, str]:
    return {row["wb_id"]: row["operational_catchment"] for row in read_rows(WATERBODY_FILE)}


@cache
def _catchment_index() -> Mapping[str, str]:
    return {normalise_name(name): name for name in _catchments_by_id().values()}


@cache
def _names_by_id() -> Mapping[str, str]:
    return {row["wb_id"]: row["name"] for row in read_rows(WATERBODY_FILE)}


def _ids_of_name(text: str) -> list[str]:
    wanted = normalise_name(text)
    return [wb for wb, name in _names_by_id().items() if normalise_name(name) == wanted]


def _unknown_waterbody(text: str) -> Finding:
    ids = _ids_of_name(text)
    if ids:
        return Finding(
            f"{text!r} is the name of a waterbody: names repeat, so its id is needed.",
            f"Carrying that name: {'; '.join(ids)}.",
        )
    names = _names_by_id()
    if _looks_like_id(text):
        nearest = nearest_names(text, names)
    else:
        near = nearest_names(text, names.values())
        nearest = tuple(next(wb for wb in names if names[wb] == name) for name in near)
    offer = "; ".join(f"{wb} ({names[wb]})" for wb in nearest)
    return Finding(
        f"{text!r} is not a waterbody id of the embedded table (WFD Cycle 2).",
        f"Nearest: {offer}. Give the operational catchment too if the id is right.",
    )


def _untabled(waterbody: str) -> Finding:
    return Finding(
        f"The waterbody {waterbody} isn't in the embedded table (WFD Cycle 2): "
        "its operational catchment was taken as given.",
        "Check both in the Catchment Data Explorer.",
    )


def _contradictions(
    ids: list[str], given: frozenset[str], followed: frozenset[str], some_unknown: bool
) -> list[Finding]:
    wrong = [
        Finding(
            f"The waterbody {wb} lies in the operational catchment {catchment_of(wb)}, "
            f"not in {' or '.join(sorted(given))}.",
            "Give the waterbody alone: its operational catchment follows.",
        )
        for wb in ids
        if (catchment := catchment_of(wb)) is not None and catchment not in given
    ]
    surplus = given - followed
    if wrong or some_unknown or not ids or not surplus:
        return wrong
    return [
        Finding(
            f"No waterbody given lies in the operational catchment {name}.",
            "Give that waterbody too, or leave the operational catchment out.",
        )
        for name in sorted(surplus)
    ]
