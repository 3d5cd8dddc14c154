"""What is doubtful about a place that was looked up, each doubt a finding.

Kept apart from the look-ups so that these read as their steps.
"""

from __future__ import annotations

from bng_opt.errors import Finding
from bng_opt.places.boundaries import BORDER_TOLERANCE_M, Hit
from bng_opt.places.kinds import Axis, Confidence
from bng_opt.places.names import former_name_warnings, nearest_names
from bng_opt.places.postcodes import Postcode
from bng_opt.places.tables import Row, read_rows

NAME_THEM = "Name the LPA and the NCA yourself if you know them."

# On the land border of England the layers end: the far side is Wales or Scotland.
LAND_BORDER_LPAS = frozenset(
    {
        "Cheshire West and Chester",
        "Cumberland",
        "Forest of Dean",
        "Herefordshire, County of",
        "Northumberland",
        "Northumberland National Park",
        "Shropshire",
    }
)


def guess(code: Postcode, confidence: Confidence) -> list[Finding]:
    """Return a warning if only the district is known, or the sector is not."""
    if confidence is not Confidence.OUTCODE:
        return []
    unknown = f"The sector {code.sector} is unknown" if code.sector else "No full postcode given"
    return [
        Finding(
            f"{unknown}: the LPA and NCA are those of most postcodes of {code.outcode}, a guess.",
            f"Give the full postcode, or a point. {NAME_THEM}",
        )
    ]


def split_shares(area: str, row: Row) -> list[Finding]:
    """Return a warning if not all postcodes of a row lie in the areas it names."""
    split = [
        f"{float(row[f'{axis}_share']):.0%} of its postcodes are in the {axis.label} {row[axis]}"
        for axis in Axis
        if float(row[f"{axis}_share"]) < 1
    ]
    if not split:
        return []
    return [
        Finding(
            f"{area} lies in several areas: {', '.join(split)}; the majority was taken.",
            f"Check them against a map, or give a point. {NAME_THEM}",
        )
    ]


def partly_abroad(code: Postcode, district: Row) -> list[Finding]:
    """Return a warning if some postcodes of the district are not in England."""
    share = float(district["england_share"])
    if share >= 1:
        return []
    return [
        Finding(
            f"{1 - share:.0%} of the postcodes of {code.outcode} are not in England.",
            "Make sure that the site is: biodiversity net gain is English law.",
        )
    ]


def unknown_postcode(code: Postcode) -> Finding:
    """Return the finding that no English postcode begins so, with the nearest three."""
    outcodes = [row["outcode"] for row in read_rows("outcodes.csv")]
    return Finding(
        f"No postcode of England begins with {code.outcode}.",
        f"Nearest: {'; '.join(nearest_names(code.outcode, outcodes))}. "
        "Scotland, Wales and Northern Ireland are not covered.",
    )


def doubts_of_hit(axis: Axis, hit: Hit) -> list[Finding]:
    """Return what is uncertain about the area that a point was found in."""
    found = []
    if hit.distance_m:
        found.append(
            Finding(
                f"The point lies in no {axis.label} polygon: the nearest, {hit.name}, "
                f"{hit.distance_m:,.0f} m away, was taken.",
                f"Check that the site is in England and on land. {NAME_THEM}",
            )
        )
    if hit.others:
        found.append(
            Finding(
                f"The {axis.label} is uncertain: {hit.name} was taken, but "
                f"{' and '.join(hit.others)} may hold the point "
                f"({hit.border_m:,.0f} m away; the boundaries are good to "
                f"{BORDER_TOLERANCE_M} m).",
                f"Check it against a map. {NAME_THEM}",
            )
        )
    return found


def edge_of_england(lpa: Hit, tolerance: float) -> list[Finding]:
    """Return a warning if the far side of an LPA's edge may be Wales or Scotland."""
    if lpa.name not in LAND_BORDER_LPAS or lpa.edge_m >= tolerance or lpa.others:
        return []
    return [
        Finding(
            f"The point is {lpa.edge_m:,.0f} m from the edge of {lpa.name}, which is the coast "
            "or the border of England.",
            "Make sure that the site is in England.",
        )
    ]


def former_authority(lpa: str) -> list[Finding]:
    """Return a warning if an LPA has lost its planning powers."""
    return former_name_warnings([lpa])


def not_in_england(lat: float, lon: float, near: Hit) -> Finding:
    """Return the finding that a point is too far from every area."""
    return Finding(
        f"The point {lat:g}, {lon:g} is not in England: the nearest area, {near.name}, is "
        f"{near.distance_m / 1000:,.0f} km away.",
        "Give latitude and longitude in degrees (WGS84), latitude first.",
    )
