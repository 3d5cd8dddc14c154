"""The spatial risk multiplier, case by case of the user guide's chapter 6, table 9."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places import Basis, Category, Place, Site, assess, multiplier
from bng_opt.places.kinds import Axis
from bng_opt.places.tables import area_names

lpas = st.sampled_from(area_names(Axis.LPA))
ncas = st.sampled_from(area_names(Axis.NCA))

# Three waterbodies: two of the operational catchment River Till, one of another.
TILL, RODDAM, ELSEWHERE = "GB102021073050", "GB102021072860", "GB105033042780"
UNTABLED, OTHER_UNTABLED = "GB199999999999", "GB188888888888"


@pytest.mark.parametrize(
    ("lpa", "nca", "category", "figure", "why"),
    [
        ("Leeds", "Southern Pennines", "within", "1", "same LPA: Leeds; same NCA: Southern Penn"),
        ("Leeds", "The Culm", "within", "1", "same LPA: Leeds"),
        ("Torridge", "Southern Pennines", "within", "1", "same NCA: Southern Pennines"),
        (
            "Bradford",
            "The Culm",
            "neighbouring",
            "0.75",
            "neighbouring LPA: Bradford borders Leeds",
        ),
        (
            "Torridge",
            "Dark Peak",
            "neighbouring",
            "0.75",
            "neighbouring NCA: Dark Peak borders Southern Pennines",
        ),
        ("Torridge", "The Culm", "outside", "0.5", "neither LPA Torridge nor NCA The Culm"),
    ],
)
def test_the_better_of_the_two_axes_counts(lpa, nca, category, figure, why):
    risk = assess(Site.from_names("Leeds", "Southern Pennines"), Place(lpa, nca))
    assert (risk.category.value, str(risk.multiplier)) == (category, figure)
    assert risk.why.startswith(why)


@pytest.mark.parametrize("basis", list(Basis))
def test_the_multipliers_are_exact(basis):
    figures = [multiplier(category, basis) for category in Category]
    assert figures == [Decimal("1"), Decimal("0.75"), Decimal("0.5")]


def test_the_tier_follows_the_category():
    assert [category.tier for category in Category] == ["local", "adjacent", "far"]
    site = Site.from_names("Leeds", "Southern Pennines")
    assert assess(site, Place("Bradford", "The Culm")).tier == "adjacent"


def test_a_site_in_several_areas_is_within_any_of_them():
    site = Site.from_names(["Leeds", "Torridge"], ["Southern Pennines", "The Culm"])
    assert assess(site, Place("Torridge", "Arden")).category is Category.WITHIN
    assert assess(site, Place("Adur", "The Culm")).category is Category.WITHIN
    assert assess(site, Place("Cornwall", "Arden")).why == (
        "neighbouring LPA: Cornwall borders Torridge"
    )


@given(lpas, ncas, lpas, ncas)
def test_near_is_mutual(lpa, nca, other_lpa, other_nca):
    there = assess(Site((lpa,), (nca,)), Place(other_lpa, other_nca))
    back = assess(Site((other_lpa,), (other_nca,)), Place(lpa, nca))
    assert there.category is back.category


@given(st.lists(lpas, min_size=1, max_size=4), st.lists(ncas, min_size=1, max_size=4), lpas, ncas)
def test_the_best_of_a_sites_areas_counts_in_any_order(site_lpas, site_ncas, lpa, nca):
    place = Place(lpa, nca)
    whole = assess(Site(tuple(site_lpas), tuple(site_ncas)), place)
    turned = assess(Site(tuple(site_lpas[::-1]), tuple(site_ncas[::-1])), place)
    parts = [assess(Site((a,), (b,)), place).multiplier for a in site_lpas for b in site_ncas]
    assert whole == turned
    assert whole.multiplier == max(parts)


def test_a_neighbour_over_water_is_outside_but_noted():
    site = Site.from_names("Cornwall", "Bodmin Moor")
    risk = assess(site, Place("Plymouth", "South Devon"))
    assert risk.category is Category.OUTSIDE
    assert "Cornwall and Plymouth lie 473 m apart" in risk.why


def test_the_users_word_adds_a_neighbour():
    site = Site.from_names("Cornwall", "Bodmin Moor", extra_neighbours=[("lpa", "plymouth")])
    risk = assess(site, Place("Plymouth", "South Devon"))
    assert risk.category is Category.NEIGHBOURING
    assert risk.why == "neighbouring LPA: Plymouth, as stated by the user"


def test_the_users_word_removes_a_neighbour_but_never_what_is_within():
    site = Site.from_names(
        "Leeds", "Southern Pennines", removed_neighbours=[("lpa", "Bradford"), ("lpa", "Leeds")]
    )
    risk = assess(site, Place("Bradford", "The Culm"))
    assert risk.category is Category.OUTSIDE
    assert "LPA Bradford is not a neighbour, as stated by the user" in risk.why
    assert assess(site, Place("Leeds", "The Culm")).category is Category.WITHIN


@pytest.mark.parametrize(
    ("own", "theirs", "category"),
    [
        (["South"], "South", "within"),
        (["South", "East"], "East", "within"),
        (["South"], "South West", "neighbouring"),
        (["South"], "South East", "neighbouring"),
        (["South"], "East", "outside"),
        (["South West"], "North West", "outside"),
        ([], "South", "outside"),
        (["South"], None, "outside"),
    ],
)
def test_intertidal_habitat_goes_by_marine_plan_area(own, theirs, category):
    # The very same LPA and NCA: they don't count for intertidal habitat.
    site = Site.from_names("New Forest", "131", marine_plan_area=own)
    place = Place.from_names("New Forest", "131", marine_plan_area=theirs)
    assert assess(site, place, Basis.INTERTIDAL).category.value == category


@pytest.mark.parametrize(
    ("own", "theirs", "category"),
    [
        ({"waterbody": TILL}, {"waterbody": TILL}, "within"),
        ({"waterbody": TILL}, {"waterbody": RODDAM}, "neighbouring"),
        ({"waterbody": TILL}, {"operational_catchment": "River Till"}, "neighbouring"),
        ({"operational_catchment": "River Till"}, {"waterbody": TILL}, "neighbouring"),
        ({"waterbody": TILL}, {"waterbody": ELSEWHERE}, "outside"),
        ({"waterbody": TILL}, {}, "outside"),
        ({}, {"waterbody": TILL}, "outside"),
        ({}, {}, "outside"),
        # Of several waterbodies the worst counts.
        ({"waterbody": [TILL, RODDAM]}, {"waterbody": TILL}, "neighbouring"),
        ({"waterbody": [TILL, ELSEWHERE]}, {"waterbody": TILL}, "outside"),
        # Waters that the table doesn't hold.
        ({"waterbody": UNTABLED}, {"waterbody": UNTABLED.lower()}, "within"),
        ({"waterbody": UNTABLED}, {"waterbody": OTHER_UNTABLED}, "outside"),
        ({"waterbody": [TILL, UNTABLED]}, {"waterbody": TILL}, "outside"),
        ({"waterbody": [TILL, UNTABLED]}, {"waterbody": RODDAM}, "outside"),
        (
            {"waterbody": UNTABLED, "operational_catchment": "river  TILL x"},
            {"waterbody": OTHER_UNTABLED, "operational_catchment": "River Till X"},
            "neighbouring",
        ),
        (
            {"waterbody": UNTABLED, "operational_catchment": "river till"},
            {"waterbody": TILL},
            "neighbouring",
        ),
        (
            {"operational_catchment": ["Till X", "till  x"]},
            {"operational_catchment": "TILL X Operational Catchment"},
            "neighbouring",
        ),
        ({"operational_catchment": "Till X"}, {"operational_catchment": "Till Y"}, "outside"),
        # What was given wins over the table, on either side.
        (
            {"waterbody": TILL, "operational_catchment": "Tamar Upper"},
            {"operational_catchment": "tamar upper"},
            "neighbouring",
        ),
        ({"waterbody": TILL, "operational_catchment": "Till X"}, {"waterbody": RODDAM}, "outside"),
        ({"waterbody": TILL}, {"waterbody": RODDAM, "operational_catchment": "Till X"}, "outside"),
        (
            {"waterbody": TILL, "operational_catchment": "Till X"},
            {"waterbody": TILL, "operational_catchment": "Till Y"},
            "within",
        ),
        # It may be meant for the waterbody outside the table only: the other's counts too.
        (
            {"waterbody": [TILL, UNTABLED], "operational_catchment": "Till X"},
            {"operational_catchment": "Till X"},
            "outside",
        ),
    ],
)
def test_watercourses_go_by_waterbody_and_operational_catchment(own, theirs, category):
    # The very same LPA and NCA: they don't count for watercourses.
    site = Site.from_names("Northumberland", "1", **own)
    place = Place.from_names("Northumberland", "1", **theirs)
    risk = assess(site, place, Basis.WATERCOURSE)
    assert risk.category.value == category
    assert risk.multiplier == multiplier(risk.category)


def test_the_catchment_of_a_place_built_by_hand_follows_from_its_waterbody():
    site = Site.from_names("Northumberland", "1", waterbody=TILL)
    place = Place("Leeds", "Arden", waterbody=RODDAM)
    assert assess(site, place, Basis.WATERCOURSE).why == "same operational catchment: River Till"


def test_waters_built_by_hand_are_judged_as_those_read_from_names():
    site = Site(("Leeds",), ("Arden",), (UNTABLED,), ("river  TILL x",))
    same = Place("Leeds", "Arden", operational_catchment="River Till X")
    assert assess(site, same, Basis.WATERCOURSE).category is Category.NEIGHBOURING
    mixed = Site(("Leeds",), ("Arden",), (TILL, UNTABLED))
    till = Place("Leeds", "Arden", RODDAM)
    assert assess(mixed, till, Basis.WATERCOURSE).category is Category.OUTSIDE


@pytest.mark.parametrize(
    ("own", "theirs", "why"),
    [
        ({}, {"waterbody": TILL}, "the site's waterbody is unknown"),
        ({"waterbody": TILL}, {}, "the bank's waterbody is unknown"),
        (
            {"waterbody": UNTABLED},
            {"waterbody": TILL},
            "the site's operational catchment is unknown",
        ),
        (
            {"waterbody": TILL},
            {"waterbody": UNTABLED},
            "the bank's operational catchment is unknown",
        ),
    ],
)
def test_what_is_unknown_is_said(own, theirs, why):
    site = Site.from_names("Northumberland", "1", **own)
    place = Place.from_names("Northumberland", "1", **theirs)
    assert assess(site, place, Basis.WATERCOURSE).why == why
