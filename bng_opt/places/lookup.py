"""Find the LPA and NCA of a postcode, a point or a grid reference, without a network.

Every answer states its confidence. A doubt is a warning that names the other areas it could
be; what can't be answered is a :class:`~bng_opt.errors.PlaceError`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from bng_opt.errors import Finding, PlaceError
from bng_opt.places import boundaries, doubts, grid
from bng_opt.places.kinds import Axis, Confidence
from bng_opt.places.names import find_lpa, find_nca
from bng_opt.places.postcodes import Postcode
from bng_opt.places.tables import Row, read_rows

__all__ = [
    "Located",
    "find_lpa",
    "find_nca",
    "locate_grid_reference",
    "locate_point",
    "locate_postcode",
]


@dataclass(frozen=True)
class Located:
    """A point with the areas it lies in.

    Parameters
    ----------
    lat, lon
        WGS84 [degrees].
    lpa, nca
        Canonical names.
    confidence
        How sure the two names are: the less sure of the two counts.
    lpa_share, nca_share
        Of a postcode sector or district: the share of its postcodes that lie in the area
        named, 0 to 1; None for a point.
    warnings
        What to check, none if there is no doubt.
    lpa_border_m, nca_border_m
        Of a point: the distance to the nearest other area [m]; None for a postcode, and
        for an area that was known.
    """

    lat: float
    lon: float
    lpa: str
    nca: str
    confidence: Confidence
    lpa_share: float | None = None
    nca_share: float | None = None
    warnings: tuple[Finding, ...] = ()
    lpa_border_m: float | None = None
    nca_border_m: float | None = None


def locate_point(
    lat: float,
    lon: float,
    *,
    uncertainty_m: float = 0,
    known: Mapping[Axis, str] = MappingProxyType({}),
) -> Located:
    """Find the LPA and NCA of a point.

    Parameters
    ----------
    lat, lon
        WGS84 [degrees].
    uncertainty_m
        How far the true point may be from this one [m].
    known
        Canonical names already known from a better source: they are taken as they are,
        without a doubt, and only the other axis is looked up.

    Returns
    -------
    Located
        Of confidence ``exact``; ``near_border`` within 350 m (plus the uncertainty) of
        another area; ``nearest`` if it lies in no polygon but within 5 km of one.

    Raises
    ------
    PlaceError
        If it isn't a point on Earth, seems to have latitude and longitude swapped, or is
        over 5 km from England.

    Examples
    --------
    >>> found = locate_point(53.2146, -1.6747)  # Bakewell
    >>> found.lpa, found.nca
    ('Peak District National Park', 'White Peak')
    """
    grid.check_coordinates(lat, lon)
    tolerance = boundaries.BORDER_TOLERANCE_M + uncertainty_m
    lpa = _hit(Axis.LPA, lat, lon, tolerance, known)
    nca = _hit(Axis.NCA, lat, lon, tolerance, known)
    far = max(lpa, nca, key=lambda hit: hit.distance_m)
    if far.distance_m > boundaries.NEAREST_LIMIT_M:
        raise PlaceError(doubts.not_in_england(lat, lon, far))
    warnings = [*doubts.doubts_of_hit(Axis.LPA, lpa), *doubts.doubts_of_hit(Axis.NCA, nca)]
    warnings += doubts.edge_of_england(lpa, tolerance) + doubts.former_authority(lpa.name)
    return Located(
        float(lat),
        float(lon),
        lpa.name,
        nca.name,
        _confidence(lpa, nca, tolerance),
        warnings=tuple(warnings),
        lpa_border_m=None if Axis.LPA in known else lpa.border_m,
        nca_border_m=None if Axis.NCA in known else nca.border_m,
    )


def locate_grid_reference(reference: str) -> Located:
    """Find the LPA and NCA of an Ordnance Survey grid reference.

    Parameters
    ----------
    reference
        Such as ``"SE 298 337"``, ``"SE298337"`` or ``"SE2980033700"``. It names a square,
        whose centre is taken; the size of the square adds to the uncertainty.

    Raises
    ------
    PlaceError
        If it can't be read, names a square of 10 km or more, or isn't in England.

    Examples
    --------
    >>> locate_grid_reference("SE 298 337").lpa
    'Leeds'
    """
    square = grid.read_grid_reference(reference)
    lat, lon = boundaries.to_degrees(square.easting, square.northing)
    found = locate_point(lat, lon, uncertainty_m=square.half_diagonal_m)
    if square.size_m < grid.COARSE_M:
        return found
    coarse = Finding(
        f"The grid reference {reference.strip()!r} names a square of {square.size_m:,} m: "
        "its centre was taken.",
        "Give six figures or more.",
    )
    return replace(found, warnings=(coarse, *found.warnings))


def locate_postcode(postcode: str | Postcode) -> Located:
    """Find the LPA and NCA of a postcode by the majority of its sector, else of its district.

    Parameters
    ----------
    postcode
        In full, or its district alone (which is then a guess, and flagged).

    Returns
    -------
    Located
        Of confidence ``sector`` or ``outcode``, with the shares; the point is the median
        of the sector's or district's postcodes.

    Raises
    ------
    PlaceError
        If it hasn't the form of a postcode, or no English postcode begins so.

    Examples
    --------
    >>> found = locate_postcode("LS1 4AP")
    >>> found.lpa, found.confidence.value
    ('Leeds', 'sector')
    """
    code = postcode if isinstance(postcode, Postcode) else Postcode.parse(postcode)
    district = _districts().get(code.outcode)
    if district is None:
        raise PlaceError(doubts.unknown_postcode(code))
    sector = _sectors().get(code.sector or "")
    row = sector or district
    confidence = Confidence.SECTOR if sector else Confidence.OUTCODE
    area = code.sector if sector and code.sector else code.outcode
    warnings = doubts.partly_abroad(code, district) + doubts.guess(code, confidence)
    if row["lpa"] and row["nca"]:
        warnings += doubts.split_shares(area, row) + doubts.former_authority(row["lpa"])
        return _from_row(row, confidence, warnings)
    return _off_the_map(row, area, confidence, warnings)


@cache
def _sectors() -> dict[str, Row]:
    return {row["sector"]: row for row in read_rows("postcode_sectors.csv")}


@cache
def _districts() -> dict[str, Row]:
    return {row["outcode"]: row for row in read_rows("outcodes.csv")}


def _hit(
    axis: Axis, lat: float, lon: float, tolerance: float, known: Mapping[Axis, str]
) -> boundaries.Hit:
    if axis in known:
        return boundaries.Hit(known[axis], 0, math.inf, math.inf, ())
    return boundaries.layer(axis).at(*boundaries.to_grid(lat, lon), tolerance)


def _from_row(row: Row, confidence: Confidence, warnings: list[Finding]) -> Located:
    return Located(
        float(row["lat"]),
        float(row["lon"]),
        row["lpa"],
        row["nca"],
        confidence,
        float(row["lpa_share"]),
        float(row["nca_share"]),
        tuple(warnings),
    )


def _off_the_map(row: Row, area: str, confidence: Confidence, warnings: list[Finding]) -> Located:
    found = locate_point(float(row["lat"]), float(row["lon"]))
    note = Finding(
        f"The table knows no LPA or no NCA for {area}: those of its middle point were taken.",
        doubts.NAME_THEM,
    )
    return replace(
        found,
        confidence=Confidence.least(confidence, found.confidence),
        warnings=(*warnings, note, *found.warnings),
    )


def _confidence(lpa: boundaries.Hit, nca: boundaries.Hit, tolerance: float) -> Confidence:
    if lpa.distance_m or nca.distance_m:
        return Confidence.NEAREST
    if lpa.others or nca.others or doubts.edge_of_england(lpa, tolerance):
        return Confidence.NEAR_BORDER
    return Confidence.EXACT
