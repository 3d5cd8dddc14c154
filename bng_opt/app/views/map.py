"""A map of site and banks over the embedded boundaries.

No tile is asked of anybody unless a team has named a source of tiles and the user ticks it.
What the map shows stands in words beside it too; it is never the only way to anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import ipyleaflet
import ipywidgets as widgets

from bng_opt.app.views.kit import column, html, prose
from bng_opt.places import Axis, Category, Site
from bng_opt.places.boundaries import layer, lon_lat, to_grid

ENGLAND = (52.8, -1.6)
_WHOLE, _NEAR = 6, 9
_TOLERANCE_M = 250
"""Borders are drawn this coarsely [m]: below what a screen shows at these scales."""
_REACH_M = 40_000
"""Borders are drawn so far around the site [m]."""
_OUTLINE_M = 1500
_LOOK: Mapping[Category, tuple[str, str, str]] = {
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
}


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


class SiteMap:
    """The map.

    Parameters
    ----------
    on_click
        Called with latitude and longitude of a click on the map [degrees].
    on_bank
        Called with the id of a bank that was chosen there.
    tiles_url
        Where tiles are, if a team allows them.

    Attributes
    ----------
    box
        The map with its legend, as a widget.
    """

    def __init__(
        self,
        *,
        on_click: Callable[[float, float], None] | None = None,
        on_bank: Callable[[str], None] | None = None,
        tiles_url: str = "",
    ) -> None:
        self._on_click, self._on_bank = on_click, on_bank
        self._map = ipyleaflet.Map(
            center=ENGLAND, zoom=_WHOLE, layers=(), scroll_wheel_zoom=False,
            attribution_control=False,
        )  # fmt: skip
        self._map.layout.height = "380px"
        self._map.add_class("bng-map")
        self._legend = html()
        self._site: Site | None = None
        self._marks: dict[str, BankMark] = {}
        self._markers: dict[str, Any] = {}
        self._chosen = ""
        self._outline = _areas_layer(_england(), "#8a9690", 0.0)
        self._map.add(self._outline)
        if on_click is not None:
            self._map.on_interaction(self._clicked)
        children: list[widgets.Widget] = [self._map, self._legend]
        if tiles_url:
            children.insert(0, self._tiles_switch(tiles_url))
        self.box = column(*children, name="map-box")

    def show_site(self, site: Site | None) -> None:
        """Show the site, and the borders around it."""
        if site == self._site:
            return
        self._site = site
        kept = [each for each in self._map.layers if getattr(each, "name", "") == "tiles"]
        layers: list[Any] = kept if site is not None else [*kept, self._outline]
        if site is not None:
            lat, lon = _point(site)
            layers += _borders(site, lat, lon)
            layers.append(_marker(lat, lon, "star", "#111111", "The site", 26))
            self._map.center, self._map.zoom = (lat, lon), _NEAR
        self._map.layers = tuple(layers)
        self._markers = {}
        self._draw_banks()

    def show_banks(self, marks: Iterable[BankMark]) -> None:
        """Show banks, by category in colour and shape."""
        by_id = {mark.bank_id: mark for mark in marks}
        if by_id == self._marks:
            return
        self._marks = by_id
        self._draw_banks()

    def choose(self, bank_id: str) -> None:
        """Mark one bank; an empty id marks none."""
        before, self._chosen = self._chosen, bank_id
        for each in {before, bank_id} & self._markers.keys():
            self._markers[each].icon = _icon_of(self._marks[each], each == bank_id)
        mark = self._marks.get(bank_id)
        if mark is not None and mark.lat is not None and mark.lon is not None:
            self._map.center = (mark.lat, mark.lon)

    def _draw_banks(self) -> None:
        old = set(map(id, self._markers.values()))
        layers = [each for each in self._map.layers if id(each) not in old]
        self._markers = {}
        for mark in sorted(self._marks.values(), key=lambda each: each.is_chosen):
            if mark.lat is None or mark.lon is None:
                continue
            said, is_marked = f"{mark.name}: {mark.label}", mark.bank_id == self._chosen
            marker = ipyleaflet.Marker(
                location=(mark.lat, mark.lon), draggable=False, keyboard=False, alt=said,
                title=said, icon=_icon_of(mark, is_marked),
            )  # fmt: skip
            marker.on_click(self._choosing(mark.bank_id))
            self._markers[mark.bank_id] = marker
        self._map.layers = (*layers, *self._markers.values())
        self._legend.value = self._legend_text()

    def _choosing(self, bank_id: str) -> Callable[..., None]:
        def chosen(**_: Any) -> None:
            self.choose(bank_id)
            if self._on_bank is not None:
                self._on_bank(bank_id)

        return chosen

    def _clicked(self, **event: Any) -> None:
        if event.get("type") == "click" and self._on_click is not None:
            self._on_click(*event["coordinates"])

    def _legend_text(self) -> str:
        parts = [_svg("star", "#111111", 16) + " the site"] if self._site else []
        shown = {mark.category for mark in self._marks.values()}
        for category, (colour, shape, words) in _LOOK.items():
            if category in shown:
                parts.append(f"{_svg(shape, colour, 16)} bank {words}")
        lost = sum(mark.lat is None for mark in self._marks.values())
        if lost:
            parts.append(f"{lost} without a place of their own, in the table only")
        items = "".join(f"<li>{part}</li>" for part in parts)
        return f'<ul class="bng-legend">{items}</ul>' if items else ""

    def _tiles_switch(self, url: str) -> widgets.Widget:
        from urllib.parse import urlsplit

        tiles = ipyleaflet.TileLayer(url=url, name="tiles")
        switch = widgets.Checkbox(
            description=f"Street map from {urlsplit(url).netloc}", indent=False
        )

        def turn(change: Mapping[str, Any]) -> None:
            others = [each for each in self._map.layers if each is not tiles]
            self._map.layers = (tiles, *others) if change["new"] else tuple(others)

        switch.observe(turn, "value")
        box = column(switch, prose("Asks that machine for pictures of the area.", kind="help"))
        box.add_class("bng-field")
        return box


def _icon_of(mark: BankMark, is_marked: bool) -> Any:
    colour, shape, _ = _LOOK[mark.category]
    size = 30 if is_marked else 20 if mark.is_chosen else 14
    return _icon(shape, colour, size, pale=not mark.is_chosen and not is_marked)


def _marker(lat: float, lon: float, shape: str, colour: str, title: str, size: int) -> Any:
    return ipyleaflet.Marker(
        location=(lat, lon), draggable=False, title=title, alt=title, keyboard=False,
        icon=_icon(shape, colour, size),
    )  # fmt: skip


def _icon(shape: str, colour: str, size: int, *, pale: bool = False) -> Any:
    return ipyleaflet.DivIcon(
        html=_svg(shape, colour, size, pale=pale), icon_size=(size, size),
        icon_anchor=(size // 2, size // 2), bg_pos=(0, 0),
    )  # fmt: skip


def _svg(shape: str, colour: str, size: int, *, pale: bool = False) -> str:
    fill = "#ffffff" if pale else colour
    look = f'fill="{fill}" stroke="{colour if pale else "#ffffff"}" stroke-width="1.6"'
    body = _SHAPES[shape].format(look=look)
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">{body}</svg>'
    )


def _point(site: Site) -> tuple[float, float]:
    if site.lat is not None and site.lon is not None:
        return site.lat, site.lon
    return place_point(site.lpas[0], site.ncas[0])


def place_point(lpa: str, nca: str) -> tuple[float, float]:
    """Return a point inside an LPA and NCA [degrees], for what states none of its own."""
    from bng_opt.places.tables import area_row, overlaps

    row = overlaps().get((lpa, nca)) or area_row(Axis.LPA, lpa)
    return float(row["lat"]), float(row["lon"])


def _borders(site: Site, lat: float, lon: float) -> list[Any]:
    east, north = to_grid(lat, lon)
    bounds = (east - _REACH_M, north - _REACH_M, east + _REACH_M, north + _REACH_M)
    own = {Axis.LPA: set(site.lpas), Axis.NCA: set(site.ncas)}
    looks = {Axis.NCA: ("#4d7ea8", "#d6e6f2"), Axis.LPA: ("#6b7a74", "#cfe6d8")}
    layers = []
    for axis, (line, fill) in looks.items():
        found = layer(axis).touching(bounds)
        inside = [shape for name, shape in found if name in own[axis]]
        others = [shape for name, shape in found if name not in own[axis]]
        layers.append(_areas_layer(_features(others, _TOLERANCE_M), line, 0.0))
        layers.append(_areas_layer(_features(inside, _TOLERANCE_M), line, 0.35, fill))
    return layers


def _areas_layer(features: list[Any], line: str, opacity: float, fill: str = "#ffffff") -> Any:
    style = {"color": line, "weight": 1.0, "fillColor": fill, "fillOpacity": opacity}
    return ipyleaflet.GeoJSON(
        data={"type": "FeatureCollection", "features": features},
        style={**style, "interactive": False},
    )


@cache
def _england() -> list[Any]:
    shapes = [shape for _, shape in layer(Axis.NCA).touching((0, 0, 700_000, 700_000))]
    return _features(shapes, _OUTLINE_M)


def _features(shapes: Iterable[Any], tolerance_m: float) -> list[Any]:
    """Return shapes of the National Grid as GeoJSON in degrees, coarse enough for a screen."""
    import shapely

    features = []
    for shape in shapes:
        coarse = shapely.simplify(shape, tolerance_m)
        project: Any = lon_lat
        degrees = shapely.transform(coarse, project, interleaved=False)
        geometry = shapely.geometry.mapping(shapely.set_precision(degrees, 1e-5))
        features.append({"type": "Feature", "properties": {}, "geometry": geometry})
    return features
