"""What a map stands on: the boundaries of LPAs and NCAs inside a box, and a scale.

shapely is imported inside the functions: other figures never pay for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from bng_opt.optimiser.figures.style import TEXT_GREY, drawn
from bng_opt.places import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]
"""Easting and northing [m, EPSG:27700]."""

_MARGIN = 0.18
"""Room around what has to be on the map, as a share of its longer side."""
_LEAST_SIDE_M = 30_000
"""A site with a bank next door is still shown with its surroundings [m]."""
_FLATTEST, _TALLEST = 0.6, 0.8
"""Height over width of a map, so that it fits a page."""
_WIDEST_NAMED_M = 150_000
"""On a wider map areas are too small for their names [m]."""
_NAMED_SHARE = 0.015
"""An area with a smaller share of the map isn't named."""
_LINES = {Axis.LPA: ("#A6A6A6", "-", 0.6), Axis.NCA: ("#8FB0D0", ":", 0.9)}
_SCALES_KM = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Box:
    """A rectangle on the National Grid [m, EPSG:27700]."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, points: Iterable[Point]) -> Box:
        """Return a box with room around the points, neither too flat nor too tall."""
        eastings, northings = zip(*points, strict=True)
        width, height = max(eastings) - min(eastings), max(northings) - min(northings)
        room = 2 * _MARGIN * max(width, height)
        width = max(width + room, _LEAST_SIDE_M)
        height = max(height + room, _LEAST_SIDE_M)
        width = max(width, height / _TALLEST)
        height = max(height, width * _FLATTEST)
        middle_e = (max(eastings) + min(eastings)) / 2
        middle_n = (max(northings) + min(northings)) / 2
        return cls(
            middle_e - width / 2, middle_n - height / 2, middle_e + width / 2, middle_n + height / 2
        )

    @property
    def width(self) -> float:
        """Return the width [m]."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Return the height [m]."""
        return self.north - self.south

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north [m]."""
        return self.west, self.south, self.east, self.north

    def holds(self, point: Point) -> bool:
        """Return whether a point lies in the box."""
        return self.west <= point[0] <= self.east and self.south <= point[1] <= self.north


def draw_ground(axes: Axes, box: Box) -> None:
    """Draw the boundaries inside a box, the names of its LPAs, and a scale."""
    axes.set_xlim(box.west, box.east)
    axes.set_ylim(box.south, box.north)
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#BFBFBF")
    for axis in (Axis.NCA, Axis.LPA):
        _draw_borders(axes, axis, box)
    _draw_names(axes, box)
    _draw_scale(axes, box)


def fill_areas(axes: Axes, axis: Axis, names: Collection[str], box: Box, colour: str) -> None:
    """Fill some areas where they lie in a box."""
    for name, area in areas_in(axis, box):
        if name in names:
            path = Path.make_compound_path(*_rings(area))
            axes.add_patch(PathPatch(path, facecolor=colour, edgecolor="none", zorder=0.5))


def areas_in(axis: Axis, box: Box) -> list[tuple[str, Any]]:
    """Return the names and the clipped polygons of the areas in a box, by name."""
    from bng_opt.places.boundaries import layer

    return layer(axis).within(box.bounds)


def _rings(area: Any) -> Iterator[Path]:
    for part in getattr(area, "geoms", [area]):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield Path(np.asarray(ring.coords), closed=True)


def _draw_borders(axes: Axes, axis: Axis, box: Box) -> None:
    colour, style, width = _LINES[axis]
    lines = [path.vertices for _, area in areas_in(axis, box) for path in _rings(area)]
    axes.add_collection(
        LineCollection(lines, colors=colour, linestyles=style, linewidths=width, zorder=1),
        autolim=False,
    )


def _draw_names(axes: Axes, box: Box) -> None:
    if box.width > _WIDEST_NAMED_M:
        return
    for name, area in areas_in(Axis.LPA, box):
        if area.area < _NAMED_SHARE * box.width * box.height:
            continue
        point = area.representative_point()
        axes.text(
            point.x, point.y, drawn(name, 18, 2), ha="center", va="center", fontsize=7.5,
            color="#8A8A8A", style="italic", zorder=2, clip_on=True,
        )  # fmt: skip


def _draw_scale(axes: Axes, box: Box) -> None:
    km = max(each for each in _SCALES_KM if each == 1 or each * 1000 <= box.width / 5)
    west, south = box.west + 0.025 * box.width, box.south + 0.03 * box.height
    axes.plot([west, west + 1000 * km], [south, south], color="black", linewidth=2.5, zorder=7)
    axes.text(west, south + 0.012 * box.height, f"{km} km", fontsize=8.5, color=TEXT_GREY, zorder=7)
