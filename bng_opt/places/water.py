"""Waterbodies and operational catchments (Water Framework Directive).

A waterbody is known by its id, never by its name: names repeat. Its operational catchment
follows from the embedded table, which is that of Cycle 2 (2019). The Environment Agency now
serves Cycle 3, where ids and names may differ: what the user states counts, and where the
table doesn't hold it or says otherwise a warning tells so. Neither is ever inferred from a
planning authority.

Catchments are compared by :func:`catchment_key`; where they are kept they are spelt as
:func:`find_operational_catchment` spells them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.names import find_each, nearest_names, normalise_name, unknown_name
from bng_opt.places.water_table import (
    TABLE,
    catchment_names,
    catchment_of,
    ids_of_name,
    names_by_id,
    nearest_ids,
)

_CHECK = "Check it in the Catchment Data Explorer"
# Texts that are given are remembered up to this many, so that a service doesn't grow for ever.
_REMEMBERED = 4096

# Ids have 8, 9 or 12 digits; those of groundwater a letter among them. Fewer are a cut id.
_ID = re.compile(r"GB[0-9][0-9A-Z]{7,}")
_LIKE_ID = re.compile(r"GB[0-9]")
# Two of these are not the same catchment, as two equal names are.
_NO_NAMES = frozenset({"n a", "na", "nil", "none", "not known", "null", "tba", "tbc", "unknown"})


@dataclass(frozen=True)
class Waters:
    """The waterbodies and operational catchments of a place, and what was noticed.

    Parameters
    ----------
    waterbodies
        Waterbody ids, sorted.
    operational_catchments
        Names, sorted; none if a waterbody's is unknown.
    warnings
        What the table doesn't hold or says otherwise.
    """

    waterbodies: tuple[str, ...] = ()
    operational_catchments: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()


def catchment_key(name: str) -> str:
    """Return what two spellings of one operational catchment have in common.

    Examples
    --------
    >>> catchment_key("river  TILL x") == catchment_key("River Till X Operational Catchment")
    True
    """
    return normalise_name(name).removesuffix(" operational catchment")


@lru_cache(_REMEMBERED)
def find_operational_catchment(text: str) -> str:
    """Return an operational catchment as the table spells it, or else as given.

    Parameters
    ----------
    text
        Its name; one that the table doesn't hold only loses its surplus blanks.

    Raises
    ------
    PlaceError
        If it can't be a name: an id, a number, or a word like "unknown".

    Examples
    --------
    >>> find_operational_catchment("river till")
    'River Till'
    >>> find_operational_catchment(" river  TILL x")
    'river TILL x'
    """
    key = catchment_key(text)
    if key in _catchment_index():
        return _catchment_index()[key]
    if key in _NO_NAMES or not any(map(str.isalpha, key)) or _looks_like_id(text):
        raise PlaceError(
            Finding(
                f"{text!r} is not the name of an operational catchment.",
                "Give its name, like River Till, or leave it blank if it is unknown.",
            )
        )
    return " ".join(text.split())


def find_catchments(texts: Iterable[str], problems: list[Finding]) -> tuple[str, ...]:
    """Return the operational catchments that texts stand for, each once, sorted.

    Parameters
    ----------
    texts
        Their names.
    problems
        Findings on texts that can't be names are added here.
    """
    names = sorted(set(find_each(find_operational_catchment, texts, problems)), reverse=True)
    return tuple(sorted({catchment_key(name): name for name in names}.values()))


def complete_catchments(ids: Iterable[str], catchments: Iterable[str]) -> frozenset[str]:
    """Return the operational catchments that waterbodies lie in; none if one's is unknown.

    Parameters
    ----------
    ids
        Waterbody ids.
    catchments
        Those given, canonical. They win over the table, unless they may be meant for a
        waterbody that it doesn't hold: then those of the others count too.
    """
    given = frozenset(catchments)
    tabled = [catchment_of(wb) for wb in ids]
    if given and None not in tabled:
        return given
    if not given and None in tabled:
        return frozenset()
    return given.union(name for name in tabled if name is not None)


def resolve_waters(
    waterbodies: Iterable[str], catchments: Iterable[str], problems: list[Finding]
) -> Waters:
    """Return canonical ids and catchments; the catchment follows from a known waterbody.

    Parameters
    ----------
    waterbodies
        Waterbody ids. One that the table doesn't hold is accepted, with a warning.
    catchments
        Names of operational catchments, which win over the table, with a warning; none to
        take those of the waterbodies.
    problems
        Findings are added here: what is neither an id nor a name.
    """
    names = find_catchments(catchments, problems)
    texts = sorted({normalise_id(text) for text in waterbodies})
    ids = tuple(text for text in texts if _looks_like_id(text))
    problems.extend(_no_waterbody(text) for text in texts if text not in ids)
    return Waters(
        ids,
        tuple(sorted(complete_catchments(ids, names))),
        (*waterbody_warnings(ids, names), *catchment_warnings(ids, names)),
    )


def normalise_id(text: str) -> str:
    """Return a waterbody id in capitals and without blanks."""
    return _compact(text) if _looks_like_id(text) else text.strip()


def waterbody_warnings(ids: Iterable[str], catchments: Collection[str]) -> list[Finding]:
    """Return a warning for each waterbody that the table doesn't hold.

    Parameters
    ----------
    ids, catchments
        Those given, canonical.
    """
    return [_untabled(wb, bool(catchments)) for wb in ids if catchment_of(wb) is None]


def catchment_warnings(ids: Iterable[str], catchments: Iterable[str]) -> list[Finding]:
    """Return a warning for each catchment given that the table doesn't hold or contradicts.

    Parameters
    ----------
    ids, catchments
        Those given, canonical.
    """
    given = sorted(catchments)
    warnings = [_untabled_catchment(name) for name in given if name not in catchment_names()]
    tabled = {wb: catchment_of(wb) for wb in ids}
    if not given or not tabled or None in tabled.values():
        return warnings
    wrong = [_contradiction(wb, name, given) for wb, name in tabled.items() if name not in given]
    surplus = [name for name in given if name not in tabled.values()]
    return [*warnings, *(wrong or map(_surplus, surplus))]


def _compact(text: str) -> str:
    return "".join(text.split()).upper()


def _looks_like_id(text: str) -> bool:
    return _ID.fullmatch(_compact(text)) is not None


@cache
def _catchment_index() -> Mapping[str, str]:
    return {catchment_key(name): name for name in catchment_names()}


def _offer(ids: Iterable[str]) -> str:
    return "; ".join(f"{wb} ({names_by_id()[wb]})" for wb in ids)


@lru_cache(_REMEMBERED)
def _no_waterbody(text: str) -> Finding:
    ids = ids_of_name(text)
    if ids:
        return Finding(
            f"{text!r} is the name of a waterbody: names repeat, so its id is needed.",
            f"Carrying that name: {'; '.join(ids)}.",
        )
    return Finding(
        f"{text!r} is neither a waterbody id nor the name of a waterbody of {TABLE}.",
        f"Nearest: {_offer(_nearest(text))}. Give the id, from the Catchment Data Explorer.",
    )


def _nearest(text: str) -> list[str]:
    if _LIKE_ID.match(_compact(text)):
        return nearest_ids(_compact(text))
    names = names_by_id()
    near = nearest_names(text, names.values())
    return [next(wb for wb in names if names[wb] == name) for name in near]


@lru_cache(_REMEMBERED)
def _untabled(waterbody: str, with_catchment: bool) -> Finding:
    effect, remedy = (
        ("it and its operational catchment count as given.", "")
        if with_catchment
        else (
            "without an operational catchment it matches only the same waterbody.",
            " Give its operational catchment too.",
        )
    )
    return Finding(
        f"The waterbody {waterbody} isn't in {TABLE}: {effect}",
        f"{_CHECK}. Nearest: {_offer(nearest_ids(waterbody))}.{remedy}",
    )


@lru_cache(_REMEMBERED)
def _untabled_catchment(name: str) -> Finding:
    unknown = unknown_name("operational catchment", name, catchment_names())
    return Finding(
        f"The operational catchment {name} isn't in {TABLE}: it counts as given, and matches "
        "only the same name.",
        f"{_CHECK}. {unknown.remedy}",
    )


def _contradiction(waterbody: str, tabled: str | None, given: list[str]) -> Finding:
    return Finding(
        f"The waterbody {waterbody} lies in the operational catchment {tabled} by {TABLE}, "
        f"not in {' and '.join(given)}: what was given counts.",
        f"{_CHECK}, or give the waterbody alone: its operational catchment follows.",
    )


def _surplus(name: str) -> Finding:
    return Finding(
        f"No waterbody given lies in the operational catchment {name} by {TABLE}: it counts "
        "all the same.",
        "Give that waterbody too, or leave the operational catchment out.",
    )
