"""The embedded data agree with one another and with the polygons."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
import shapely

from bng_opt.places.boundaries import BORDER_TOLERANCE_M, layer
from bng_opt.places.doubts import LAND_BORDER_LPAS
from bng_opt.places.kinds import Axis
from bng_opt.places.tables import area_names, overlaps, read_rows, read_text, touching_pairs


@pytest.mark.parametrize("axis", list(Axis))
def test_every_area_has_one_polygon(axis):
    features = json.loads(read_text(f"{axis.value}_boundaries.geojson"))["features"]
    assert sorted(f["properties"]["name"] for f in features) == list(area_names(axis))


def test_every_table_names_only_known_areas():
    known = {Axis.LPA.value: set(area_names(Axis.LPA)), Axis.NCA.value: set(area_names(Axis.NCA))}
    for table in ("lpa_nca_overlap", "lpa_nca_near", "outcodes", "postcode_sectors"):
        for row in read_rows(f"{table}.csv"):
            assert row["lpa"] in known["lpa"] | {""}
            assert row["nca"] in known["nca"] | {""}
    assert known["lpa"] >= LAND_BORDER_LPAS


def test_the_pairs_that_touch_are_those_within_the_accuracy_of_the_polygons():
    lpas, ncas = layer(Axis.LPA), layer(Axis.NCA)
    found = set()
    for lpa, polygon in zip(lpas._names, lpas._polygons, strict=True):
        near = ncas._tree.query(polygon, predicate="dwithin", distance=BORDER_TOLERANCE_M)
        found |= {(lpa, ncas._names[i]) for i in near}
    assert found == touching_pairs()
    assert len(overlaps()) == 977


@pytest.mark.parametrize("axis", list(Axis))
def test_the_polygons_are_valid_and_do_not_overlap(axis):
    polygons = layer(axis)._polygons
    assert all(polygon.is_valid for polygon in polygons)
    both = sum(p.area for p in polygons) - shapely.union_all(polygons).area
    assert both < 1_000_000  # under a square kilometre of 130,000


def test_the_notices_of_every_source_are_given():
    notice = files("bng_opt.places").joinpath("data").joinpath("README.md").read_text("utf-8")
    for source in (
        "Office for National Statistics",
        "Royal Mail",
        "Natural England",
        "Environment Agency",
        "mySociety",
        "CC BY 4.0",
        "Open Government Licence v3.0",
    ):
        assert source in notice
