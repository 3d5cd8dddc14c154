"""Labels beside points, placed so that they don't cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FONT_PT = 9.0
_CHARACTER_PT = 5.6
"""Mean width of a bold character at this size [points]."""
_LINE_PT = 12.0
_AWAY_PT = 11.0
_MARK_PT = 9.0
"""Half the width of a marker [points]."""
_POINTS_PER_INCH = 72

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top [points]."""
Side = tuple[int, int]

_SIDES: tuple[Side, ...] = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Where a label may stand from its point, the best first."""
_RINGS = (1.0, 2.2, 3.6)
"""How far away it may stand if nothing nearer is free, in normal distances."""
_ALIGN_H: dict[int, Literal["left", "center", "right"]] = {1: "left", 0: "center", -1: "right"}
_ALIGN_V: dict[int, Literal["bottom", "center", "top"]] = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True)
class Label:
    """A text beside a point, in the coordinates of the axes."""

    text: str
    point: tuple[float, float]


def place_labels(axes: Axes, labels: Sequence[Label], units_per_inch: float) -> None:
    """Draw labels, each at the first side of its point that is free.

    Parameters
    ----------
    units_per_inch
        The scale of both axes, roughly.
    """
    scale = _POINTS_PER_INCH / units_per_inch
    spots = [(label.point[0] * scale, label.point[1] * scale) for label in labels]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    frame = (left * scale, bottom * scale, right * scale, top * scale)
    taken = [(x - _MARK_PT, y - _MARK_PT, x + _MARK_PT, y + _MARK_PT) for x, y in spots]
    for label, spot in zip(labels, spots, strict=True):
        side, away, rectangle = _free_side(label, spot, taken, frame)
        taken.append(rectangle)
        leader = {"arrowstyle": "-", "color": "black", "linewidth": 0.7}
        axes.annotate(
            label.text,
            label.point,
            (side[0] * away, side[1] * away),
            textcoords="offset points",
            ha=_ALIGN_H[side[0]],
            va=_ALIGN_V[side[1]],
            fontsize=_FONT_PT,
            fontweight="bold",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.0},
            arrowprops=leader if away > _AWAY_PT else None,
            zorder=8,
        )


def _free_side(
    label: Label, spot: tuple[float, float], taken: Sequence[Rectangle], frame: Rectangle
) -> tuple[Side, float, Rectangle]:
    """Return the side and distance with the least overlap, the nearest first."""
    choices = [
        (side, _AWAY_PT * ring, _rectangle(label.text, spot, side, _AWAY_PT * ring))
        for ring in _RINGS
        for side in _SIDES
    ]
    return min(choices, key=lambda choice: _cost(choice[2], taken, frame))


def _rectangle(text: str, spot: tuple[float, float], side: Side, away: float) -> Rectangle:
    lines = text.split("\n")
    width = _CHARACTER_PT * max(map(len, lines))
    height = _LINE_PT * len(lines)
    x, y = spot[0] + side[0] * away, spot[1] + side[1] * away
    left = x - width * (1 - side[0]) / 2
    bottom = y - height * (1 - side[1]) / 2
    return left, bottom, left + width, bottom + height


def _cost(rectangle: Rectangle, taken: Sequence[Rectangle], frame: Rectangle) -> float:
    """Return how much of a rectangle is covered or beyond the frame [square points]."""
    area = (rectangle[2] - rectangle[0]) * (rectangle[3] - rectangle[1])
    return area - _shared(rectangle, frame) + sum(_shared(rectangle, each) for each in taken)


def _shared(one: Rectangle, other: Rectangle) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
