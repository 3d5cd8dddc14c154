"""Coordinates as people type them: latitude and longitude, and grid references."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from numbers import Real

from bng_opt.errors import Finding, PlaceError

COARSE_M = 1_000
"""A grid square of this size or more is flagged [m]."""

TOO_COARSE_M = 10_000
"""A grid square of this size or more is refused [m]: it spans several authorities."""

# England lies well inside; what fits only the other way round was typed the other way round.
_LAT_RANGE = (49.5, 56.5)
_LON_RANGE = (-7.0, 2.5)

_REFERENCE = re.compile(r"^([A-Z]{2}) ?(\d*) ?(\d*) ?(NE|SE|SW|NW)?$")
_EXAMPLES = "Write it like SE 298 337, SE298337 or SE2980033700."


@dataclass(frozen=True)
class GridSquare:
    """The square that a grid reference names.

    Parameters
    ----------
    easting, northing
        Its centre [m, EPSG:27700].
    size_m
        The length of its side [m].
    """

    easting: float
    northing: float
    size_m: int

    @property
    def half_diagonal_m(self) -> float:
        """Return how far from its centre the point meant may lie [m]."""
        return self.size_m / math.sqrt(2)


def check_coordinates(lat: float, lon: float) -> None:
    """Raise a :class:`PlaceError` unless the two are degrees of latitude and longitude."""
    problems = [
        Finding(f"The {name} {value!r} is not a number.", "Give it in degrees, like 53.8.")
        for name, value in (("latitude", lat), ("longitude", lon))
        if not _is_number(value)
    ]
    if problems:
        raise PlaceError(problems)
    if not _in_range(lat, lon) and _in_range(lon, lat):
        raise PlaceError(
            Finding(
                f"Latitude {lat:g} and longitude {lon:g} look swapped.",
                f"Give latitude first: {lon:g}, {lat:g}.",
            )
        )
    problems = [
        Finding(f"The {name} {value:g} is out of range.", f"It runs from -{top} to {top} degrees.")
        for name, value, top in (("latitude", lat, 90), ("longitude", lon, 180))
        if abs(value) > top
    ]
    if problems:
        raise PlaceError(problems)


def read_grid_reference(reference: str) -> GridSquare:
    """Read an Ordnance Survey grid reference.

    Raises
    ------
    PlaceError
        If it isn't one, or names a square of 10 km or more.

    Examples
    --------
    >>> read_grid_reference("SE 298 337")
    GridSquare(easting=429850.0, northing=433750.0, size_m=100)
    """
    from osbng.bng_reference import BNGReference
    from osbng.errors import BNGReferenceError

    compact = _compact(reference)
    try:
        square = BNGReference(compact)
    except BNGReferenceError:
        raise PlaceError(_unreadable(reference)) from None
    size = int(square.resolution_metres)
    if size >= TOO_COARSE_M:
        raise PlaceError(
            Finding(
                f"The grid reference {reference!r} names a square of {size // 1000} km, which "
                "may span several authorities.",
                "Give at least four figures, better six.",
            )
        )
    easting, northing = square.bng_to_xy(position="centre")
    return GridSquare(float(easting), float(northing), size)


def _compact(reference: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", reference).upper().split())
    match = _REFERENCE.match(text)
    if match is None or (match[3] and len(match[2]) != len(match[3])):
        raise PlaceError(_unreadable(reference))
    return "".join(part or "" for part in match.groups())


def _unreadable(reference: str) -> Finding:
    return Finding(f"{reference!r} is not an Ordnance Survey grid reference.", _EXAMPLES)


def _is_number(value: object) -> bool:
    # Real, not float: numpy's own numbers come out of data frames.
    return isinstance(value, Real) and math.isfinite(value)


def _in_range(lat: float, lon: float) -> bool:
    return _LAT_RANGE[0] <= lat <= _LAT_RANGE[1] and _LON_RANGE[0] <= lon <= _LON_RANGE[1]
