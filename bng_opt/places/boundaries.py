"""The embedded polygons, projected to the National Grid once, on first use.

shapely and pyproj are imported inside the functions: work on names alone never pays for them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from bng_opt.places.kinds import Axis
from bng_opt.places.tables import read_text

BORDER_TOLERANCE_M = 350
"""Nearer to a border than this a point's area is uncertain [m]: the polygons' accuracy."""

NEAREST_LIMIT_M = 5_000
"""A point in no polygon, but within this of one, is given the nearest [m]: a tidal site."""

_SEARCH_RADII_M = (BORDER_TOLERANCE_M, NEAREST_LIMIT_M, 60_000)


# The seven parameters of EPSG:1314 between two geocentric steps, then EPSG:27700's projection.
_WGS84_TO_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 "
    "+rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 +convention=position_vector "
    "+step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)


@dataclass(frozen=True)
class Hit:
    """Where a point lies in one layer of areas.

    Parameters
    ----------
    name
        The area that holds the point, or else the nearest.
    distance_m
        0 if the area holds the point, else the distance to it [m].
    border_m
        The distance to the nearest other area [m]; infinite if it is over 60 km.
    edge_m
        The distance to the area's own boundary, coast included [m].
    others
        The other areas within the tolerance asked for, sorted.
    """

    name: str
    distance_m: float
    border_m: float
    edge_m: float
    others: tuple[str, ...]


class Layer:
    """One layer of areas with its spatial index.

    Parameters
    ----------
    axis
        LPA or NCA.
    """

    def __init__(self, axis: Axis) -> None:
        import shapely

        features = json.loads(read_text(f"{axis.value}_boundaries.geojson"))["features"]
        self._names: list[str] = [feature["properties"]["name"] for feature in features]
        degrees = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        self._polygons: list[Any] = [
            shapely.transform(polygon, _projection().transform, interleaved=False)
            for polygon in degrees
        ]
        self._tree = shapely.STRtree(self._polygons)

    def at(self, easting: float, northing: float, tolerance_m: float) -> Hit:
        """Return where a point lies.

        Parameters
        ----------
        easting, northing
            EPSG:27700 [m].
        tolerance_m
            How near another area is reported in ``others`` [m].
        """
        from shapely import Point

        point = Point(easting, northing)
        index = self._holding(point)
        polygon = self._polygons[index]
        near = self._near(point, index, tolerance_m)
        return Hit(
            self._names[index],
            float(polygon.distance(point)),
            self._border(point, index),
            float(polygon.boundary.distance(point)),
            tuple(sorted(self._names[i] for i in near)),
        )

    def within(self, bounds: tuple[float, float, float, float]) -> list[tuple[str, Any]]:
        """Return the names and the clipped polygons of the areas in a box, by name.

        Parameters
        ----------
        bounds
            West, south, east and north, EPSG:27700 [m].
        """
        import shapely

        found = self._tree.query(shapely.box(*bounds), predicate="intersects")
        clipped = {self._names[i]: shapely.clip_by_rect(self._polygons[i], *bounds) for i in found}
        return [(name, clipped[name]) for name in sorted(clipped) if not clipped[name].is_empty]

    def touching(self, bounds: tuple[float, float, float, float]) -> list[tuple[str, Any]]:
        """Return the names and the whole polygons of the areas that reach into a box, by name.

        Parameters
        ----------
        bounds
            West, south, east and north, EPSG:27700 [m].
        """
        import shapely

        found = self._tree.query(shapely.box(*bounds), predicate="intersects")
        return sorted((self._names[i], self._polygons[i]) for i in found)

    def _holding(self, point: Any) -> int:
        held = self._tree.query(point, predicate="intersects")
        if len(held) == 0:
            held = self._tree.query_nearest(point)
        # On a shared line both hold the point: the first by name, so that it never varies.
        return int(min(held, key=lambda i: self._names[i]))

    def _near(self, point: Any, own: int, radius_m: float) -> list[int]:
        found = self._tree.query(point, predicate="dwithin", distance=radius_m)
        return [int(i) for i in found if i != own]

    def _border(self, point: Any, own: int) -> float:
        for radius in _SEARCH_RADII_M:
            near = self._near(point, own, radius)
            if near:
                return min(float(self._polygons[i].distance(point)) for i in near)
        return math.inf


@cache
def layer(axis: Axis) -> Layer:
    """Return the layer of an axis, built on first use (about 0.4 s)."""
    return Layer(axis)


def to_grid(lat: float, lon: float) -> tuple[float, float]:
    """Return the easting and northing of a WGS84 point [m, EPSG:27700]."""
    easting, northing = _projection().transform(lon, lat)
    return float(easting), float(northing)


def to_degrees(easting: float, northing: float) -> tuple[float, float]:
    """Return the WGS84 latitude and longitude of a National Grid point [degrees]."""
    lon, lat = _projection().transform(easting, northing, direction="INVERSE")
    return float(lat), float(lon)


def lon_lat(eastings: Any, northings: Any) -> tuple[Any, Any]:
    """Return longitudes and latitudes of National Grid points, as GeoJSON has them [degrees].

    Parameters
    ----------
    eastings, northings
        Arrays of one shape [m, EPSG:27700].
    """
    lons, lats = _projection().transform(eastings, northings, direction="INVERSE")
    return lons, lats


@cache
def _projection() -> Any:
    """Return the one transformation used, EPSG:1314 (good to about 5 m), and the National Grid.

    Left to itself, PROJ picks a transformation by point and by the grid files of the machine:
    the same point could then lie in different areas on two machines.
    """
    from pyproj import Transformer

    return Transformer.from_pipeline(_WGS84_TO_GRID)
