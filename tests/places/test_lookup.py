"""Postcodes, points and grid references are found offline, and every doubt is stated."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places import (
    Confidence,
    Postcode,
    locate_grid_reference,
    locate_point,
    locate_postcode,
)
from bng_opt.places.boundaries import layer, to_degrees, to_grid
from bng_opt.places.kinds import Axis
from bng_opt.places.tables import read_rows


def messages(found) -> str:
    return "\n".join(str(warning) for warning in found.warnings)


@pytest.mark.parametrize(
    ("lat", "lon", "lpa", "nca"),
    [
        pytest.param(53.2146, -1.6747, "Peak District National Park", "White Peak", id="Bakewell"),
        pytest.param(
            54.6013, -3.1347, "Lake District National Park", "Cumbria High Fells", id="Keswick"
        ),
        pytest.param(50.8759, -1.5743, "New Forest National Park", "New Forest", id="Lyndhurst"),
        pytest.param(50.8739, 0.0088, "South Downs National Park", "South Downs", id="Lewes"),
        pytest.param(
            51.4545,
            -2.5879,
            "Bristol, City of",
            "Bristol, Avon Valleys and Ridges",
            id="Bristol",
        ),
        pytest.param(50.7256, -3.5269, "Exeter", "Devon Redlands", id="Exeter"),
        pytest.param(51.7520, -1.2577, "Oxford", "Upper Thames Clay Vales", id="Oxford"),
        pytest.param(50.6938, -1.3047, "Isle of Wight", "Isle of Wight", id="Newport, Wight"),
    ],
)
def test_a_known_town_lies_in_its_authority_and_character_area(lat, lon, lpa, nca):
    found = locate_point(lat, lon)
    assert (found.lpa, found.nca) == (lpa, nca)


def test_a_point_well_inside_is_exact_and_without_warning():
    found = locate_point(53.2146, -1.6747)
    assert found.confidence is Confidence.EXACT
    assert found.warnings == ()
    assert found.lpa_border_m is not None
    assert found.lpa_border_m > 350


@pytest.mark.parametrize("axis", list(Axis))
def test_the_inner_point_of_every_area_lies_in_it(axis):
    rows = read_rows(f"{axis.value}.csv")
    wrong = [
        row["name"]
        for row in rows
        if getattr(locate_point(float(row["lat"]), float(row["lon"])), axis.value) != row["name"]
    ]
    assert wrong == []


def test_the_inner_point_of_every_overlap_lies_in_both():
    wrong = []
    for row in read_rows("lpa_nca_overlap.csv"):
        found = locate_point(float(row["lat"]), float(row["lon"]))
        if (found.lpa, found.nca) != (row["lpa"], row["nca"]):
            wrong.append((row["lpa"], row["nca"], found.lpa_border_m, found.nca_border_m))
    assert wrong == []


def test_a_point_near_a_border_is_uncertain_and_names_the_other_side():
    # Mid-river at Westminster Bridge: Lambeth and Westminster meet there.
    found = locate_point(51.5, -0.12)
    assert found.confidence is Confidence.NEAR_BORDER
    assert {"Lambeth", "Westminster"} <= set(messages(found).replace(",", "").split())
    assert "350 m" in messages(found)


def test_walking_over_a_border_goes_from_exact_to_uncertain_to_exact():
    # From Leeds to Bradford along a line of constant northing.
    walk = [locate_point(*to_degrees(easting, 433_500)) for easting in range(426_000, 418_000, -50)]
    assert [walk[0].lpa, walk[-1].lpa] == ["Leeds", "Bradford"]
    for found in walk:
        near = "The LPA is uncertain" in messages(found)
        assert near == (found.lpa_border_m <= 350)
    assert any(found.lpa_border_m <= 350 for found in walk)


def test_a_point_on_tidal_water_is_given_the_nearest_and_flagged():
    # In the Humber off Hull.
    found = locate_point(53.72, -0.30)
    assert found.confidence is Confidence.NEAREST
    assert "no LPA polygon" in messages(found)


@pytest.mark.parametrize(
    ("lat", "lon"), [(55.95, -3.19), (51.48, -3.18), (48.85, 2.35), (0.0, 0.0), (-90.0, 0.0)]
)
def test_a_point_far_from_england_is_refused(refused, lat, lon):
    (finding,) = refused(locate_point, lat, lon)
    assert "not in England" in finding.message


def test_swapped_coordinates_are_refused_with_the_right_order(refused):
    (finding,) = refused(locate_point, -1.6747, 53.2146)
    assert "swapped" in finding.message
    assert "53.2146, -1.6747" in finding.remedy


def test_all_faults_of_a_point_are_told_at_once(refused):
    findings = refused(locate_point, math.nan, math.inf)
    assert ["latitude" in findings[0].message, "longitude" in findings[1].message] == [True, True]
    findings = refused(locate_point, 91.0, 181.0)
    assert [finding.message for finding in findings] == [
        "The latitude 91 is out of range.",
        "The longitude 181 is out of range.",
    ]


@given(st.floats(49.5, 56.5), st.floats(-6.5, 2.0))
def test_a_point_is_answered_within_five_kilometres_and_refused_beyond(refused, lat, lon):
    hits = [layer(axis).at(*to_grid(lat, lon), 350) for axis in Axis]
    if max(hit.distance_m for hit in hits) > 5_000:
        assert "not in England" in refused(locate_point, lat, lon)[0].message
        return
    found = locate_point(lat, lon)
    assert [found.lpa, found.nca] == [hit.name for hit in hits]
    assert (found.confidence is Confidence.EXACT) == (found.warnings == ())
    assert (found.confidence is Confidence.NEAREST) == any(hit.distance_m for hit in hits)


def test_a_point_at_the_border_of_england_is_uncertain():
    # Hay-on-Wye's bank of the Wye: Herefordshire here, Wales over there.
    found = locate_point(52.0573, -3.1)
    assert (found.lpa, found.confidence) == ("Herefordshire, County of", Confidence.NEAR_BORDER)
    assert "the border of England" in messages(found)


@given(st.floats(100_000, 650_000), st.floats(10_000, 650_000))
def test_projecting_there_and_back_is_within_a_centimetre(easting, northing):
    back = to_grid(*to_degrees(easting, northing))
    assert math.dist(back, (easting, northing)) < 0.01


def test_the_projection_agrees_with_the_ordnance_surveys_worked_point():
    # OS, A guide to coordinate systems in Great Britain: the Caister water tower is at
    # 651409.903, 313177.270 on the grid and 52 39 28.8282 N, 1 42 57.8663 E in ETRS89.
    lat, lon = 52 + 39 / 60 + 28.8282 / 3600, 1 + 42 / 60 + 57.8663 / 3600
    assert math.dist(to_grid(lat, lon), (651_409.903, 313_177.270)) < 5


@pytest.mark.parametrize(
    "reference", ["SE 298 337", "SE298337", "se 298337", " SE  298  337 ", "SE 2985 3375"]
)
def test_a_grid_reference_is_read_in_any_spacing(reference):
    found = locate_grid_reference(reference)
    assert (found.lpa, found.warnings) == ("Leeds", ())
    # Leeds town hall is at 53.800, -1.549.
    assert math.dist((found.lat, found.lon), (53.7992, -1.5483)) < 0.002


def test_a_ten_figure_reference_is_its_own_metre():
    found = locate_grid_reference("SE2980033700")
    assert math.dist(to_grid(found.lat, found.lon), (429_800.5, 433_700.5)) < 0.01


def test_a_reference_of_a_kilometre_is_flagged():
    found = locate_grid_reference("SE 29 33")
    assert "a square of 1,000 m" in messages(found)


def test_the_size_of_the_square_adds_to_the_uncertainty():
    # SE 23 33 lies half a kilometre from Bradford: too near for a square of a kilometre.
    easting, northing = next(
        (e, 433_500)
        for e in range(426_500, 418_000, -1000)
        if 400 < (locate_point(*to_degrees(e, 433_500)).lpa_border_m or 0) < 1000
    )
    square = f"SE {str(easting // 1000)[1:]} {str(northing // 1000)[1:]}"
    assert locate_point(*to_degrees(easting, northing)).confidence is Confidence.EXACT
    assert locate_grid_reference(square).confidence is Confidence.NEAR_BORDER


@pytest.mark.parametrize("reference", ["SE", "SE 2 3", "SE NE"])
def test_a_reference_of_ten_kilometres_is_refused(refused, reference):
    (finding,) = refused(locate_grid_reference, reference)
    assert "km" in finding.message


@pytest.mark.parametrize("reference", ["", "Leeds", "SE 29 833", "SE 123", "ZZ 298 337", "53.8 -1"])
def test_what_is_no_grid_reference_is_refused(refused, reference):
    (finding,) = refused(locate_grid_reference, reference)
    assert "not an Ordnance Survey grid reference" in finding.message
    assert "SE 298 337" in finding.remedy


def test_a_postcode_is_found_by_its_sector():
    found = locate_postcode("LS1 4AP")
    assert (found.lpa, found.confidence, found.lpa_share) == ("Leeds", Confidence.SECTOR, 1.0)
    assert found.warnings == ()


def test_a_divided_sector_states_its_shares():
    found = locate_postcode("BN7 1AA")
    row = next(r for r in read_rows("postcode_sectors.csv") if r["sector"] == "BN7 1")
    assert found.nca_share == float(row["nca_share"]) < 1
    assert f"{found.nca_share:.0%} of its postcodes are in the NCA South Downs" in messages(found)


@pytest.mark.parametrize("text", ["LS1", "LS1 0ZZ"])
def test_a_district_alone_is_a_flagged_guess(text):
    found = locate_postcode(text)
    assert (found.lpa, found.confidence) == ("Leeds", Confidence.OUTCODE)
    assert "a guess" in messages(found)


def test_a_sector_off_the_map_takes_the_nearest_areas():
    found = locate_postcode("CH25 9AA")
    assert (found.lpa, found.confidence) == ("Wirral", Confidence.NEAREST)
    assert "CH25 9" in messages(found)


def test_a_district_across_the_border_says_so():
    assert "78% of the postcodes of NP16 are not in England" in messages(
        locate_postcode("NP16 5AA")
    )


def test_every_sector_and_district_is_answered():
    for row in read_rows("postcode_sectors.csv"):
        assert locate_postcode(row["sector"] + "AA").lpa
    for row in read_rows("outcodes.csv"):
        assert locate_postcode(row["outcode"]).nca


@pytest.mark.parametrize("text", ["EH1 1AA", "CF10 1AA", "BT1 1AA", "ZZ99 9ZZ"])
def test_a_postcode_outside_england_is_refused_with_the_nearest_three(refused, text):
    (finding,) = refused(locate_postcode, text)
    assert "No postcode of England" in finding.message
    offers = finding.remedy.removeprefix("Nearest: ").split(".")[0].split("; ")
    assert len({locate_postcode(offer).lat for offer in offers}) == 3


@pytest.mark.parametrize("text", ["", "LEEDS", "LS1 4A", "LS1 4CA", "1LS 4AP", "LS1  4AP 5"])
def test_what_has_not_the_form_of_a_postcode_is_refused(refused, text):
    (finding,) = refused(Postcode.parse, text)
    assert "form of a postcode" in finding.message


@pytest.mark.parametrize(
    ("text", "outcode", "sector", "written"),
    [
        ("ls14ap", "LS1", "LS1 4", "LS1 4AP"),
        (" LS1 4AP ", "LS1", "LS1 4", "LS1 4AP"),
        ("ec1a1bb", "EC1A", "EC1A 1", "EC1A 1BB"),
        ("M11AE", "M1", "M1 1", "M1 1AE"),
        ("b338th", "B33", "B33 8", "B33 8TH"),
        ("ls1", "LS1", None, "LS1"),
    ],
)
def test_a_postcode_is_read_by_its_parts(text, outcode, sector, written):
    code = Postcode.parse(text)
    assert (code.outcode, code.sector, str(code)) == (outcode, sector, written)


@given(st.from_regex(r"\A[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?([0-9][ABD-HJLNP-UW-Z]{2})?\Z"))
def test_reading_a_written_postcode_changes_nothing(text):
    code = Postcode.parse(text)
    assert Postcode.parse(str(code)) == code
    assert Postcode.parse(str(code).lower().replace(" ", "")) == code
