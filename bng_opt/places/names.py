"""Find local planning authorities, character areas and marine plan areas by name.

A name is matched as a whole, after its case, blanks, punctuation and a few conventional
words are evened out. What doesn't match is an error with the nearest three names: a
likely name is never taken for the one meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.kinds import Axis
from bng_opt.places.tables import area_names, area_row, read_rows

SUGGESTIONS = 3
"""How many near names an error offers."""

_APOSTROPHE = re.compile(r"['`\u2018\u2019\u02bc\u2032]")
# ONS's service returns "King0s Lynn": its apostrophe went through a bad encoding.
_ZERO_FOR_APOSTROPHE = re.compile(r"(?<=[a-z])0(?=s\b)")
_NOT_WORD = re.compile(r"[\W_]+")
_LPA_ENDINGS = re.compile(
    r" (lpa|local planning authority|((metropolitan )?(borough|district) |city )?council)$"
)
_LPA_BEGINNINGS = re.compile(r"^(london borough of|royal borough of|borough of|city of) ")
_NUMBERED_NCA = re.compile(r"^(?:nca |national character area )?0*(\d{1,3})\b ?(.*)$")

# Spellings of Natural England's own and of others, seen in the wild (GEODATA.md, doubt 5).
_NCA_SPELLINGS = {
    "isle of portland": "Isle of Porland",
    "blackmoor vale and vale of wardour": "Blackmore Vale and Vale of Wardour",
    "avon vale": "Avon Vales",
}


@dataclass(frozen=True)
class NameMatch:
    """A name that was recognised.

    Parameters
    ----------
    name
        The canonical name.
    former
        Whether the text named an authority that no longer exists, of which ``name`` is
        the successor.
    """

    name: str
    former: bool = False


def normalise_name(text: str) -> str:
    """Return a name without case, punctuation, accents and surplus blanks.

    Examples
    --------
    >>> normalise_name("  King\u2019s Lynn & West  Norfolk ")
    'kings lynn and west norfolk'
    >>> normalise_name("King0s Lynn") == normalise_name("Kings Lynn")
    True
    """
    plain = unicodedata.normalize("NFKD", text).casefold().replace("&", " and ")
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _ZERO_FOR_APOSTROPHE.sub("", _APOSTROPHE.sub("", plain))
    return " ".join(_NOT_WORD.sub(" ", plain).split())


def nearest_names(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the three names most like ``text``; those that contain it come first."""
    wanted = normalise_name(text)
    matcher = SequenceMatcher(b=wanted, autojunk=False)

    def rank(name: str) -> tuple[bool, float, str]:
        plain = normalise_name(name)
        matcher.set_seq1(plain)
        contained = bool(wanted) and f" {wanted} " in f" {plain} "
        return (not contained, -matcher.ratio(), name)

    return tuple(sorted(set(names), key=rank)[:SUGGESTIONS])


def unknown_name(kind: str, text: str, names: Iterable[str], remedy: str = "") -> Finding:
    """Return the finding that a name is unknown, with the nearest three."""
    nearest = "; ".join(nearest_names(text, names))
    return Finding(
        f"{text!r} is not a known {kind}.",
        f"Nearest: {nearest}.{' ' if remedy else ''}{remedy}",
    )


def find_each(
    find: Callable[[str], str], texts: Iterable[str], problems: list[Finding]
) -> tuple[str, ...]:
    """Return what ``find`` makes of each text, and add the findings of those that fail."""
    found = []
    for text in texts:
        try:
            found.append(find(text))
        except PlaceError as error:
            problems.extend(error.findings)
    return tuple(found)


@cache
def match_lpa(text: str) -> NameMatch:
    """Return the local planning authority that a name stands for.

    Parameters
    ----------
    text
        Its name, its council's name, the name the ONS gives it, or the name of an
        abolished district.

    Raises
    ------
    PlaceError
        If the name is unknown.
    """
    index = _lpa_index()
    plain = normalise_name(text)
    stem = _LPA_ENDINGS.sub("", plain)
    for candidate in (plain, stem, _LPA_BEGINNINGS.sub("", stem)):
        if candidate in index:
            return index[candidate]
    raise PlaceError(_unknown_lpa(text))


def find_lpa(text: str) -> str:
    """Find a local planning authority by name.

    Parameters
    ----------
    text
        Its name in any case and punctuation, its council's, or that of a district since
        merged into it.

    Returns
    -------
    str
        The canonical name, as in ``data/lpa.csv``.

    Raises
    ------
    PlaceError
        If the name is unknown; the finding offers the nearest three.

    Examples
    --------
    >>> find_lpa("bristol")
    'Bristol, City of'
    >>> find_lpa("Aylesbury Vale District Council")
    'Buckinghamshire'
    """
    return match_lpa(text).name


@cache
def find_nca(text: str) -> str:
    """Find a National Character Area by its name, its number, or both.

    Parameters
    ----------
    text
        For instance ``"cotswolds"``, ``"107"``, ``"NCA 107"`` or ``"107. Cotswolds"``.

    Returns
    -------
    str
        The canonical name, as in ``data/nca.csv``.

    Raises
    ------
    PlaceError
        If it is unknown, or if the number and the name contradict each other.

    Examples
    --------
    >>> find_nca("107")
    'Cotswolds'
    """
    plain = normalise_name(text)
    numbered = _NUMBERED_NCA.match(plain)
    if numbered:
        return _find_numbered_nca(text, int(numbered[1]), numbered[2])
    name = _nca_index().get(_without_article(plain))
    if name is None:
        raise PlaceError(unknown_name("National Character Area", text, area_names(Axis.NCA)))
    return name


@cache
def find_marine_plan_area(text: str) -> str:
    """Find one of the six inshore marine plan areas of England.

    Parameters
    ----------
    text
        For instance ``"South East"``, ``"South East Inshore"`` or ``"south-east marine plan
        area"``.

    Raises
    ------
    PlaceError
        If it is unknown, or an offshore area, where no intertidal habitat lies.

    Examples
    --------
    >>> find_marine_plan_area("south-east")
    'South East Inshore'
    """
    plain = normalise_name(text)
    stem = re.sub(r"( inshore| marine| plan| area)+$", "", plain)
    names = marine_plan_area_names()
    for name in names:
        if normalise_name(name) == f"{stem} inshore":
            return name
    remedy = "Intertidal habitat lies in an inshore area." if "offshore" in plain else ""
    raise PlaceError(unknown_name("inshore marine plan area of England", text, names, remedy))


@cache
def marine_plan_area_names() -> tuple[str, ...]:
    """Return the six inshore marine plan areas of England, sorted."""
    return tuple(sorted({row["name"] for row in read_rows("marine_plan_areas.csv")}))


def former_name_warning(text: str) -> Finding | None:
    """Return a note if ``text`` names an LPA that was abolished or lost its powers."""
    match = match_lpa(text)
    if match.former:
        return Finding(
            f"{text!r} names a former authority: its successor, {match.name}, was taken.",
            "Check that the site's planning authority is the one named.",
        )
    ended = area_row(Axis.LPA, match.name)["planning_powers_ended"]
    if not ended:
        return None
    return Finding(
        f"{match.name} lost its planning powers on {ended}.",
        "Name the borough that decides the application now.",
    )


def former_name_warnings(texts: Iterable[str]) -> list[Finding]:
    """Return the notes of :func:`former_name_warning` on several names."""
    return [note for text in texts if (note := former_name_warning(text)) is not None]


@cache
def _lpa_index() -> Mapping[str, NameMatch]:
    index = {
        normalise_name(row["alias"]): NameMatch(row["lpa"], former=row["kind"] == "former")
        for row in read_rows("lpa_aliases.csv")
    }
    index.update({normalise_name(name): NameMatch(name) for name in area_names(Axis.LPA)})
    return index


@cache
def _nca_index() -> Mapping[str, str]:
    index = {_without_article(normalise_name(name)): name for name in area_names(Axis.NCA)}
    return index | _NCA_SPELLINGS


def _without_article(plain: str) -> str:
    return plain.removeprefix("the ")


def _find_numbered_nca(text: str, number: int, rest: str) -> str:
    names = {int(row["code"]): row["name"] for row in read_rows("nca.csv")}
    if number not in names:
        near = sorted(names, key=lambda code: (abs(code - number), code))[:SUGGESTIONS]
        offer = "; ".join(f"{code} {names[code]}" for code in near)
        raise PlaceError(
            Finding(
                f"There is no National Character Area number {number}.",
                f"Nearest: {offer}. They run from 1 to {max(names)}.",
            )
        )
    name = names[number]
    if rest and find_nca(rest) != name:
        raise PlaceError(
            Finding(
                f"{text!r} contradicts itself: National Character Area {number} is {name}.",
                f"Give the number alone, or the name: {name}; {find_nca(rest)}.",
            )
        )
    return name


def _unknown_lpa(text: str) -> Finding:
    plain = normalise_name(text)
    county = plain.endswith("county council")
    remedy = (
        "A county council is not the authority meant here: name the district."
        if county
        else "Only English planning authorities are known."
    )
    stem = plain.removesuffix(" county council") if county else _LPA_ENDINGS.sub("", plain)
    nearest = "; ".join(nearest_names(stem, _lpa_offers()))
    return Finding(
        f"{text!r} is not a known local planning authority.", f"Nearest: {nearest}. {remedy}"
    )


@cache
def _lpa_offers() -> frozenset[str]:
    """Return the names worth offering: without "Council", which is like every other council."""
    former = (row["alias"] for row in read_rows("lpa_aliases.csv") if row["kind"] == "former")
    short = (name for name in former if not _LPA_ENDINGS.search(normalise_name(name)))
    return frozenset((*area_names(Axis.LPA), *short))
