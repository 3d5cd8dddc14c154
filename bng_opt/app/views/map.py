"""A map of site and banks over the embedded boundaries.

No tile is asked of anybody unless a team has named a source of tiles and the user ticks it.
What the map shows stands in words beside it too; it is never the only way to anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import ipyleaflet
import ipywidgets as widgets

from bng_opt.app.views.kit import column, html, prose
from bng_opt.app.views.map_borders import REACH_M, border_layers, borders_note, england_layer
from bng_opt.app.views.map_marks import BankMark, bank_icon, bank_marker, legend, site_marker
from bng_opt.places import Axis, Site
from bng_opt.places.boundaries import to_grid
from bng_opt.places.tables import area_row, overlaps

__all__ = ["BankMark", "SiteMap"]

_ENGLAND = (52.9, -1.8)
_WHOLE, _NEAR = 6, 9
"""Scales [Leaflet's zoom]: all of England, and the surroundings of a site."""
_HEIGHT_PX, _WIDTH_PX = 460, 340
"""What is framed fits in this, on a narrow screen too."""
_TILE_PX = 256
_MARGIN_M = 15_000


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
            center=_ENGLAND, zoom=_WHOLE, layers=(), scroll_wheel_zoom=False,
            attribution_control=False,
        )  # fmt: skip
        self._map.layout.height = f"{_HEIGHT_PX}px"
        self._map.add_class("bng-map")
        self._legend, self._note = html(), html()
        self._note.value = borders_note()
        self._site: Site | None = None
        self._is_clicking = False
        self._marks: dict[str, BankMark] = {}
        self._chosen = ""
        self._tiles: tuple[Any, ...] = ()
        self._borders: list[Any] = [england_layer()]
        self._markers: dict[str, Any] = {}
        self._put_layers()
        if on_click is not None:
            self._map.on_interaction(self._clicked)
        switch = [self._tiles_switch(tiles_url)] if tiles_url else []
        self.box = column(*switch, self._map, self._legend, self._note, name="map-box")

    def show_site(self, site: Site | None) -> None:
        """Show the site, and the borders around it."""
        if site == self._site:
            return
        self._site = site
        self._frame()
        self._draw()

    def show_banks(self, marks: Iterable[BankMark]) -> None:
        """Show banks, by category in colour and shape; those that are bought from are in view."""
        by_id = {mark.bank_id: mark for mark in marks}
        if by_id == self._marks:
            return
        self._marks = by_id
        self._frame()
        self._draw()

    def choose(self, bank_id: str) -> None:
        """Mark one bank; an empty id marks none."""
        before, self._chosen = self._chosen, bank_id
        for each in {before, bank_id} & self._markers.keys():
            self._markers[each].icon = bank_icon(self._marks[each], each == bank_id)
        mark = self._marks.get(bank_id)
        if mark is not None and mark.lat is not None and mark.lon is not None:
            self._map.center = (mark.lat, mark.lon)

    def _frame(self) -> None:
        """Bring the site and the banks that the plan buys from into view."""
        if self._is_clicking:
            # Whoever clicked looks at the place already.
            return
        points = self._points()
        if not points:
            self._map.center, self._map.zoom = _ENGLAND, _WHOLE
            return
        lats, lons = zip(*points, strict=True)
        self._map.center = ((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
        self._map.zoom = _zoom(max(lats) - min(lats), max(lons) - min(lons))

    def _points(self) -> list[tuple[float, float]]:
        points = [_point(self._site)] if self._site is not None else []
        return points + [
            (mark.lat, mark.lon)
            for mark in self._marks.values()
            if mark.is_chosen and mark.lat is not None and mark.lon is not None
        ]

    def _draw(self) -> None:
        if self._site is None:
            self._borders = [england_layer()]
        else:
            lat, lon = _point(self._site)
            reach_m = self._reach_m(lat, lon)
            self._borders = [
                *border_layers(self._site, lat, lon, reach_m), site_marker(lat, lon),
            ]  # fmt: skip
        self._markers = {
            mark.bank_id: bank_marker(
                mark, mark.bank_id == self._chosen, self._choosing(mark.bank_id)
            )
            for mark in sorted(self._marks.values(), key=lambda each: each.is_chosen)
            if mark.lat is not None and mark.lon is not None
        }
        self._put_layers()
        self._legend.value = legend(self._site is not None, self._marks.values())

    def _reach_m(self, lat: float, lon: float) -> float:
        """Return how far around the site borders are drawn: beyond all that is framed [m]."""
        here = to_grid(lat, lon)
        away = [math.dist(here, to_grid(*point)) for point in self._points()]
        return max(REACH_M, max(away) + _MARGIN_M)

    def _put_layers(self) -> None:
        self._map.layers = (*self._tiles, *self._borders, *self._markers.values())

    def _choosing(self, bank_id: str) -> Callable[..., None]:
        def chosen(**_: Any) -> None:
            self.choose(bank_id)
            if self._on_bank is not None:
                self._on_bank(bank_id)

        return chosen

    def _clicked(self, **event: Any) -> None:
        if event.get("type") != "click" or self._on_click is None:
            return
        self._is_clicking = True
        try:
            self._on_click(*event["coordinates"])
        finally:
            self._is_clicking = False

    def _tiles_switch(self, url: str) -> widgets.Widget:
        host = urlsplit(url).netloc
        tiles = ipyleaflet.TileLayer(url=url, name="tiles")
        switch = widgets.Checkbox(description=f"Street map from {host}", indent=False)

        def turn(change: Mapping[str, Any]) -> None:
            self._tiles = (tiles,) if change["new"] else ()
            self._put_layers()
            self._note.value = borders_note(_tiles_note(host) if change["new"] else "")

        switch.observe(turn, "value")
        return column(
            switch, prose("Asks that machine for pictures of the area.", kind="help"), name="field"
        )


def _point(site: Site) -> tuple[float, float]:
    if site.lat is not None and site.lon is not None:
        return site.lat, site.lon
    row = overlaps().get((site.lpas[0], site.ncas[0])) or area_row(Axis.LPA, site.lpas[0])
    return float(row["lat"]), float(row["lon"])


def _tiles_note(host: str) -> str:
    if host.endswith("openstreetmap.org"):
        return "Street map © OpenStreetMap contributors."
    return f"Street map from {host}."


def _zoom(lat_span: float, lon_span: float) -> int:
    """Return the largest scale at which so many degrees fit on the map."""
    middle = math.cos(math.radians(_ENGLAND[0]))
    for zoom in range(_NEAR, _WHOLE - 1, -1):
        px_per_degree = _TILE_PX * 2**zoom / 360
        fits_down = lat_span * px_per_degree / middle <= _HEIGHT_PX - 60
        if fits_down and lon_span * px_per_degree <= _WIDTH_PX - 40:
            return zoom
    return _WHOLE
