"""The marks on the map: a star for the site, a colour and a shape for each category of bank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ipyleaflet
from markupsafe import Markup

from bng_opt.app.views.kit import render
from bng_opt.app.views.map_borders import LOOKS
from bng_opt.places import Category

_SITE = ("#111111", "star")
_BANKS: Mapping[Category, tuple[str, str, str]] = {
    Category.WITHIN: ("#1f6f4a", "circle", "within the LPA or NCA"),
    Category.NEIGHBOURING: ("#1b5a8f", "square", "neighbouring"),
    Category.OUTSIDE: ("#7a4b00", "triangle", "outside"),
}
_SHAPES = {
    "circle": '<circle cx="10" cy="10" r="7.5" {look}/>',
    "square": '<rect x="3" y="3" width="14" height="14" {look}/>',
    "triangle": '<path d="M10 2 L18.5 17 L1.5 17 Z" {look}/>',
    "star": '<path d="M10 1 L12.6 7.2 L19 7.7 L14.2 12 L15.7 18.5 L10 15 L4.3 18.5 L5.8 12 L1 7.7 '
    'L7.4 7.2 Z" {look}/>',
    "area": '<rect x="1" y="3" width="18" height="14" {look}/>',
}
_MARKED_PX, _CHOSEN_PX, _OTHER_PX, _SITE_PX, _LEGEND_PX = 30, 20, 14, 26, 16


@dataclass(frozen=True)
class BankMark:
    """A bank on the map.

    Attributes
    ----------
    lat, lon
        Where it is drawn [degrees]; None where that isn't known: it is then only listed.
    label
        What to say of it.
    is_chosen
        Whether the plan buys there; others are drawn paler.
    """

    bank_id: str
    name: str
    lat: float | None
    lon: float | None
    category: Category
    label: str = ""
    is_chosen: bool = True


def site_marker(lat: float, lon: float) -> Any:
    """Return the mark of the site."""
    colour, shape = _SITE
    return _marker(lat, lon, "The site", _icon(shape, colour, _SITE_PX))


def bank_marker(mark: BankMark, is_marked: bool, on_click: Callable[..., None]) -> Any:
    """Return the mark of a bank whose place is known."""
    said = f"{mark.name}: {mark.label}" if mark.label else mark.name
    marker = _marker(mark.lat, mark.lon, said, bank_icon(mark, is_marked))
    marker.on_click(on_click)
    return marker


def bank_icon(mark: BankMark, is_marked: bool) -> Any:
    """Return how a bank looks: larger where the plan buys, largest where it is looked at."""
    colour, shape, _ = _BANKS[mark.category]
    size = _MARKED_PX if is_marked else _CHOSEN_PX if mark.is_chosen else _OTHER_PX
    return _icon(shape, colour, size, pale=not mark.is_chosen and not is_marked)


def legend(has_site: bool, marks: Iterable[BankMark]) -> str:
    """Return what the marks and colours on the map mean, in words."""
    marks = list(marks)
    entries: list[tuple[Markup, str]] = []
    if has_site:
        entries.append((_symbol("star", _SITE[0]), "the site"))
        entries += [(_area(look.line, look.fill), look.words) for look in LOOKS.values()]
    entries += [
        (_symbol(shape, colour), f"bank {words}")
        for category, (colour, shape, words) in _BANKS.items()
        if any(mark.category is category for mark in marks)
    ]
    if not all(mark.is_chosen for mark in marks):
        entries.append((_symbol("circle", "#4c5a55", pale=True), "hollow: nothing is bought there"))
    lost = sum(mark.lat is None or mark.lon is None for mark in marks)
    return render("map_legend", entries=entries, lost=lost)


def _marker(lat: float | None, lon: float | None, said: str, icon: Any) -> Any:
    # Not in the order of the Tab key: the tables beside the map say and do the same.
    return ipyleaflet.Marker(
        location=(lat, lon), draggable=False, keyboard=False, title=said, alt=said, icon=icon
    )


def _icon(shape: str, colour: str, size: int, *, pale: bool = False) -> Any:
    return ipyleaflet.DivIcon(
        html=_svg(shape, size, _look(colour, pale)), icon_size=(size, size),
        icon_anchor=(size // 2, size // 2), bg_pos=(0, 0),
    )  # fmt: skip


def _symbol(shape: str, colour: str, *, pale: bool = False) -> Markup:
    return Markup(_svg(shape, _LEGEND_PX, _look(colour, pale)))  # noqa: S704  # of our own drawings


def _area(line: str, fill: str) -> Markup:
    look = f'fill="{fill}" stroke="{line}" stroke-width="1.6"'
    return Markup(_svg("area", _LEGEND_PX, look))  # noqa: S704  # of our own drawings


def _look(colour: str, pale: bool) -> str:
    fill, stroke = ("#ffffff", colour) if pale else (colour, "#ffffff")
    return f'fill="{fill}" stroke="{stroke}" stroke-width="1.6"'


def _svg(shape: str, size: int, look: str) -> str:
    body = _SHAPES[shape].format(look=look)
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">{body}</svg>'
    )
