"""The borders that the map draws: the embedded polygons, coarse enough for a screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import ipyleaflet

from bng_opt.app.views.kit import render
from bng_opt.places import Axis, Site
from bng_opt.places.boundaries import BORDER_TOLERANCE_M, layer, lon_lat, to_grid

_TOLERANCE_M = 250
"""Borders are drawn this coarsely near the site [m]: below what the data are accurate to."""
REACH_M = 40_000
"""Borders are drawn at least so far around the site [m]."""
_OUTLINE_M = 1500
_ENGLAND_M = (0, 0, 700_000, 700_000)
"""West, south, east and north on the National Grid [m]."""


@dataclass(frozen=True)
class AreaLook:
    """How the areas of an axis are drawn: their borders, and the site's own filled."""

    line: str
    fill: str
    words: str


LOOKS = {
    Axis.NCA: AreaLook("#33658f", "#c9deef", "the site's National Character Area"),
    Axis.LPA: AreaLook("#4c5a55", "#bfdfcb", "the site's local planning authority"),
}


def england_layer() -> Any:
    """Return all of England, without a site."""
    return _areas_layer(_england(), LOOKS[Axis.NCA].line, 0.0)


def border_layers(site: Site, lat: float, lon: float, reach_m: float) -> list[Any]:
    """Return the areas around a site: the farther they reach, the coarser.

    Parameters
    ----------
    lat, lon
        The middle [degrees].
    reach_m
        To each side of it [m].
    """
    east, north = to_grid(lat, lon)
    bounds = (east - reach_m, north - reach_m, east + reach_m, north + reach_m)
    tolerance_m = _TOLERANCE_M * reach_m / REACH_M
    own = {Axis.LPA: set(site.lpas), Axis.NCA: set(site.ncas)}
    layers = []
    for axis, look in LOOKS.items():
        found = layer(axis).touching(bounds)
        inside = [shape for name, shape in found if name in own[axis]]
        others = [shape for name, shape in found if name not in own[axis]]
        layers.append(_areas_layer(_features(others, tolerance_m), look.line, 0.0))
        # The site's own are few and are looked at closely.
        layers.append(_areas_layer(_features(inside, _TOLERANCE_M), look.line, 0.5, look.fill))
    return layers


def borders_note(tiles_note: str = "") -> str:
    """Return whose borders these are and how accurate, as their licences ask for."""
    return render("map_note", accuracy_m=BORDER_TOLERANCE_M, tiles_note=tiles_note)


def _areas_layer(features: list[Any], line: str, opacity: float, fill: str = "#ffffff") -> Any:
    weight = 2.0 if opacity else 1.0
    return ipyleaflet.GeoJSON(
        data={"type": "FeatureCollection", "features": features},
        style={"color": line, "weight": weight, "fillColor": fill, "fillOpacity": opacity},
    )


@cache
def _england() -> list[Any]:
    return _features((shape for _, shape in layer(Axis.NCA).touching(_ENGLAND_M)), _OUTLINE_M)


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
