"""A bank's place is read from a table's row: any spelling, blanks as none."""

from __future__ import annotations

import pytest

from bng_opt.places import Place

TILL = "GB102021073050"
UNTABLED = "GB199999999999"


def test_a_place_is_read_from_any_spelling():
    place = Place.from_names(
        "bristol", "118", waterbody=TILL, marine_plan_area="south west", lat=51.45, lon=-2.6
    )
    assert place == Place(
        "Bristol, City of",
        "Bristol, Avon Valleys and Ridges",
        TILL,
        "River Till",
        "South West Inshore",
        51.45,
        -2.6,
    )


def test_blank_values_count_as_none():
    place = Place.from_names(
        "Leeds", "38", waterbody="", operational_catchment=" ", marine_plan_area=""
    )
    assert place == Place("Leeds", "Nottinghamshire, Derbyshire and Yorkshire Coalfield")


def test_all_faults_of_a_place_are_told_at_once(refused):
    findings = refused(
        Place.from_names, "Ledes", "Cotswoldz", operational_catchment="3379", lat=53.8
    )
    text = "\n".join(map(str, findings))
    assert len(findings) == 4
    assert "Nearest: Leeds; Lewes; Eden" in text
    assert "Only one of latitude and longitude" in text


@pytest.mark.parametrize(("lat", "lon"), [(-1.5, 53.8), (95.0, 0.0), (float("nan"), 0.0)])
def test_wrong_coordinates_are_refused(refused, lat, lon):
    assert len(refused(Place.from_names, "Leeds", "38", lat=lat, lon=lon)) == 1


def test_a_name_that_is_not_canonical_is_refused(refused):
    (finding,) = refused(Place, "leeds", "Cotswolds")
    assert finding.remedy.startswith("Nearest: Leeds; ")


def test_a_place_whose_names_are_apart_is_warned_of():
    assert Place.from_names("Leeds", "Southern Pennines").overlap_warning() is None
    warning = Place.from_names("Leeds", "Cotswolds").overlap_warning()
    assert warning is not None
    assert "does not overlap" in warning.message


def test_a_place_built_by_hand_keeps_waters_outside_the_table_and_spells_the_others():
    place = Place("Leeds", "Arden", f" {TILL.lower()}", " river  TILL x ")
    assert (place.waterbody, place.operational_catchment) == (TILL, "river TILL x")
    assert Place("Leeds", "Arden", TILL, "river till").operational_catchment == "River Till"
    assert Place("Leeds", "Arden", " ", " ") == Place("Leeds", "Arden")


@pytest.mark.parametrize(
    ("waterbody", "catchment", "columns"),
    [
        (None, None, []),
        (TILL, None, []),
        (TILL, "river till", []),
        (None, "River Till", []),
        (UNTABLED, None, ["waterbody"]),
        (UNTABLED, "River Till", ["waterbody"]),
        (UNTABLED, "Till New", ["waterbody", "operational_catchment"]),
        (TILL, "Tamar Upper", ["operational_catchment"]),
        (TILL, "Till New", ["operational_catchment", "operational_catchment"]),
        (None, "Till New", ["operational_catchment"]),
    ],
)
def test_the_warnings_of_a_places_waters_name_their_columns(waterbody, catchment, columns):
    by_name = Place.from_names(
        "Leeds", "Arden", waterbody=waterbody, operational_catchment=catchment
    )
    by_hand = Place("Leeds", "Arden", waterbody, catchment)
    for place in (by_name, by_hand):
        assert [warning.column for warning in place.waters_warnings()] == columns
