"""Geography schemes: how near two places are on land, by law.

Today that is by LPA or NCA. A scheme is one class with a name and a judgement; registering
it makes it available everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.kinds import Axis, Category
from bng_opt.places.names import nearest_names
from bng_opt.places.neighbours import near_pair, neighbours, neighbours_of_any

if TYPE_CHECKING:
    from bng_opt.places.place import Place
    from bng_opt.places.site import Site

DEFAULT_SCHEME = "lpa_nca"

_USE = f"Use {DEFAULT_SCHEME!r}."
_ANNOUNCED = {
    "lnrs": (
        "Local Nature Recovery Strategy areas are announced (April 2026) but are not yet the "
        "law: the statutory metric still judges by LPA and NCA."
    )
}


@dataclass(frozen=True)
class Judgement:
    """How near a place is, and why."""

    category: Category
    why: str


class Scheme(Protocol):
    """A way to judge how near a place is to a site on land."""

    name: str

    def judge(self, site: Site, place: Place) -> Judgement:
        """Return the category of a place for a site, with its reason."""
        ...


class LpaNca:
    """The scheme in force: LPA and NCA are alternatives, and the better of the two counts."""

    name = DEFAULT_SCHEME

    def judge(self, site: Site, place: Place) -> Judgement:
        """Return the category of a place for a site, with its reason."""
        axes = ((Axis.LPA, site.lpas, place.lpa), (Axis.NCA, site.ncas, place.nca))
        same = [f"same {axis.label}: {name}" for axis, own, name in axes if name in own]
        if same:
            return Judgement(Category.WITHIN, "; ".join(same))
        beside = [
            f"neighbouring {axis.label}: {_beside(site, axis, own, name)}"
            for axis, own, name in axes
            if name in _neighbours(site, axis, own)
        ]
        if beside:
            return Judgement(Category.NEIGHBOURING, "; ".join(beside))
        return Judgement(Category.OUTSIDE, _apart(site, place))


_registry: dict[str, Scheme] = {DEFAULT_SCHEME: LpaNca()}


def register_scheme(scheme: Scheme) -> None:
    """Make a scheme available under its name.

    Raises
    ------
    ValueError
        If another scheme of that name is registered.
    """
    if scheme.name in _registry:
        raise ValueError(f"a scheme named {scheme.name!r} is registered already")
    _registry[scheme.name] = scheme


def get_scheme(name: str) -> Scheme:
    """Return the scheme of a name.

    Raises
    ------
    PlaceError
        If there is none, or it is announced but not yet law.
    """
    problems = scheme_problems(name)
    if problems:
        raise PlaceError(problems)
    return _registry[name]


def scheme_problems(name: str) -> list[Finding]:
    """Return why a scheme can't be used; nothing if it can."""
    if name in _registry:
        return []
    if name in _ANNOUNCED:
        return [Finding(f"The scheme {name!r} can't be used yet. {_ANNOUNCED[name]}", _USE)]
    offer = "; ".join(nearest_names(name, _registry))
    return [Finding(f"{name!r} is not a known geography scheme.", f"Known: {offer}.")]


def _neighbours(site: Site, axis: Axis, own: tuple[str, ...]) -> frozenset[str]:
    return neighbours_of_any(axis, own, site.extra_neighbours, site.removed_neighbours)


def _beside(site: Site, axis: Axis, own: Iterable[str], name: str) -> str:
    borders = [mine for mine in own if name in neighbours(axis, mine)]
    if borders:
        return f"{name} borders {' and '.join(borders)}"
    return f"{name}, as stated by the user"


def _apart(site: Site, place: Place) -> str:
    removed = [
        f"{axis.label} {name} is not a neighbour, as stated by the user"
        for axis, name in ((Axis.LPA, place.lpa), (Axis.NCA, place.nca))
        if (axis.value, name) in site.removed_neighbours
    ]
    pair = near_pair(site.lpas, place.lpa)
    notes = [*removed, *([str(pair)] if pair and not removed else [])]
    apart = f"neither LPA {place.lpa} nor NCA {place.nca} is the site's or adjoins it"
    return "; ".join([apart, *notes])
