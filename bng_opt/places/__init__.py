"""Where things are, and how near a bank is to a development in the sense of the law.

>>> from bng_opt.places import Place, Site, assess
>>> site = Site.from_names("Leeds", "Southern Pennines")
>>> assess(site, Place.from_names("Bradford", "Humberhead Levels")).why
'neighbouring LPA: Bradford borders Leeds'

Importing this package is cheap: polygons and services are loaded when first asked for.
"""

from __future__ import annotations

from bng_opt.places.kinds import Axis, Basis, Category, Confidence
from bng_opt.places.lookup import (
    Located,
    find_lpa,
    find_nca,
    locate_grid_reference,
    locate_point,
    locate_postcode,
)
from bng_opt.places.names import find_marine_plan_area
from bng_opt.places.neighbours import NearPair, NeighbourTable, near_pairs, neighbour_table
from bng_opt.places.place import Place
from bng_opt.places.postcodes import Postcode
from bng_opt.places.providers import GeoProvider, OfflineProvider, OnlineProvider
from bng_opt.places.schemes import Judgement, Scheme, get_scheme, register_scheme
from bng_opt.places.site import Site, SiteOptions
from bng_opt.places.spatial_risk import SpatialRisk, assess, multiplier

__all__ = [
    "Axis",
    "Basis",
    "Category",
    "Confidence",
    "GeoProvider",
    "Judgement",
    "Located",
    "NearPair",
    "NeighbourTable",
    "OfflineProvider",
    "OnlineProvider",
    "Place",
    "Postcode",
    "Scheme",
    "Site",
    "SiteOptions",
    "SpatialRisk",
    "assess",
    "find_lpa",
    "find_marine_plan_area",
    "find_nca",
    "get_scheme",
    "locate_grid_reference",
    "locate_point",
    "locate_postcode",
    "multiplier",
    "near_pairs",
    "neighbour_table",
    "register_scheme",
]
