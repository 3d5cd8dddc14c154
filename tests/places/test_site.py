"""A site is a canonical value; what is missing, unknown or doubtful about it is said."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places import Confidence, Site, locate_point
from bng_opt.places.kinds import Axis
from bng_opt.places.place import overlap_warnings
from bng_opt.places.tables import area_names, overlaps

TILL = "GB102021073050"
UNTABLED = "GB199999999999"
TAMAR_UPPER = "Tamar Upper"


def test_names_in_any_spelling_make_a_canonical_site():
    site = Site.from_names(" LEEDS council", "38")
    assert site.lpas == ("Leeds",)
    assert site.ncas == ("Nottinghamshire, Derbyshire and Yorkshire Coalfield",)
    assert (site.confidence, site.warnings) == (Confidence.GIVEN, ())


@given(
    st.permutations(["Leeds", "bradford", "Leeds City Council", "Wakefield"]),
    st.permutations(["38", "Southern Pennines", "36"]),
    st.permutations([("nca", "107"), ("lpa", "York")]),
)
def test_the_order_of_names_changes_nothing(lpas, ncas, extra):
    site = Site.from_names(lpas, ncas, extra_neighbours=extra)
    straight = Site.from_names(
        ["Bradford", "Leeds", "Wakefield"],
        ["Southern Pennines", "38"],
        extra_neighbours=[("lpa", "York"), ("nca", "Cotswolds")],
    )
    assert site == straight
    assert hash(site) == hash(straight)
    assert site.warnings == straight.warnings


def test_a_site_built_by_hand_is_put_in_order():
    site = Site(("Leeds", "Bradford", "Leeds"), ("Southern Pennines",))
    assert site.lpas == ("Bradford", "Leeds")


def test_names_that_are_not_canonical_are_refused_in_a_site_built_by_hand(refused):
    findings = refused(Site, ("leeds",), ("107",), ("x",), ("unknown",), ("South",))
    assert [f.message.split(" is not")[0] for f in findings] == [
        "'unknown'",
        "'leeds'",
        "'107'",
        "'South'",
    ]


def test_a_site_built_by_hand_keeps_waters_outside_the_table_and_spells_the_others():
    catchments = ("river till", " Till  X", "till x", "")
    site = Site(("Leeds",), ("Arden",), (TILL.lower(),), catchments)
    assert site.waterbodies == (TILL,)
    assert site.operational_catchments == ("River Till", "Till X")


def test_waters_outside_the_table_are_kept_with_warnings():
    site = Site.from_names("Leeds", "38", waterbody=UNTABLED, operational_catchment="Till  New")
    assert (site.waterbodies, site.operational_catchments) == ((UNTABLED,), ("Till New",))
    assert [w.message.split(" isn't in")[0] for w in site.warnings] == [
        f"The waterbody {UNTABLED}",
        "The operational catchment Till New",
    ]
    assert site.watercourse_warning() is None


def test_a_site_built_by_hand_needs_both_axes(refused):
    (finding,) = refused(Site, ("Leeds",), ())
    assert "NCA is missing" in finding.message


def test_a_missing_character_area_is_refused_with_those_of_the_authority(refused):
    (finding,) = refused(Site.from_names, "Leeds")
    assert "NCA is missing" in finding.message
    assert "Nottinghamshire, Derbyshire and Yorkshire Coalfield (57%)" in finding.remedy
    assert "Southern Pennines (6%)" in finding.remedy


def test_a_missing_authority_is_refused_with_those_of_the_character_area(refused):
    (finding,) = refused(Site.from_names, nca="107")
    assert "LPA is missing" in finding.message
    shares = [r for r in overlaps().values() if r["nca"] == "Cotswolds"]
    assert len(shares) > 5
    assert all(f"{row['lpa']} (" in finding.remedy for row in shares)


@pytest.mark.parametrize("blank", [None, "", " ", [], [" "]])
def test_a_blank_is_missing(refused, blank):
    (finding,) = refused(Site.from_names, blank, blank)
    assert "neither" in finding.message


def test_all_faults_of_a_site_are_told_at_once(refused):
    findings = refused(
        Site.from_names,
        ["Ledes", "Corwall"],
        "Cotswoldz",
        waterbody="New River",
        marine_plan_area="Irish Sea",
        extra_neighbours=[("county", "Kent")],
        scheme="lnrs",
    )
    text = "\n".join(map(str, findings))
    assert len(findings) == 7
    for part in (
        "Nearest: Leeds; Lewes; Eden",
        "Nearest: Cornwall; ",
        "Nearest: Cotswolds; ",
        "GB105033042780",
        "Nearest: South Inshore; ",
        "'county' is not a kind of neighbour",
        "not yet the law",
    ):
        assert part in text


def test_an_authority_and_a_character_area_apart_are_warned_of():
    site = Site.from_names("Leeds", "Cotswolds")
    (warning,) = site.warnings
    assert "Leeds does not overlap the NCA Cotswolds" in warning.message
    assert "Southern Pennines (6%)" in warning.remedy


def test_a_pair_that_overlaps_a_little_or_nearly_is_not_warned_of():
    # Bexley holds under half a km2 of Inner London; Babergh comes within 292 m of its NCA.
    assert overlap_warnings(("Bexley",), ("Inner London",)) == []
    assert overlap_warnings(("Babergh",), ("Northern Thames Basin",)) == []


def test_of_several_areas_each_must_overlap_one_of_the_others():
    names = ("Leeds", "Torridge"), ("Southern Pennines",)
    (warning,) = overlap_warnings(*names)
    assert "LPA Torridge does not overlap" in warning.message
    assert overlap_warnings(("Leeds", "Torridge"), ("Southern Pennines", "The Culm")) == []


def test_a_former_authority_is_warned_of_but_makes_the_same_site():
    old, new = Site.from_names("Allerdale", "7"), Site.from_names("Cumberland", "7")
    assert "successor, Cumberland" in old.warnings[0].message
    assert new.warnings == ()
    assert old == new
    assert hash(old) == hash(new)


def test_a_site_known_by_names_lies_inside_them():
    site = Site.from_names(["Leeds", "Bradford"], "Southern Pennines")
    found = locate_point(site.lat, site.lon)
    assert (found.lpa, found.nca) == ("Bradford", "Southern Pennines")


@given(st.sampled_from(area_names(Axis.LPA)), st.sampled_from(area_names(Axis.NCA)))
def test_any_two_names_make_a_site_that_says_if_they_are_apart(lpa, nca):
    site = Site.from_names(lpa, nca)
    assert (site.lpas, site.ncas) == ((lpa,), (nca,))
    assert -7 < site.lon < 2.5 and 49 < site.lat < 56  # noqa: PT018
    overlapping = (lpa, nca) in overlaps()
    apart = any("does not overlap" in str(warning) for warning in site.warnings)
    assert not (overlapping and apart)


def test_a_postcode_makes_a_site():
    site = Site.from_postcode("ls1 4ap")
    assert (site.lpas, site.confidence) == (("Leeds",), Confidence.SECTOR)


def test_a_district_makes_a_site_with_a_warning():
    site = Site.from_postcode("LS1")
    assert site.confidence is Confidence.OUTCODE
    assert "a guess" in site.warnings[0].message


def test_a_point_and_its_grid_reference_make_the_same_areas():
    point = Site.from_point(53.7992, -1.5483)
    reference = Site.from_grid_reference("SE 298 337")
    assert (point.lpas, point.ncas) == (reference.lpas, reference.ncas)
    assert math.dist((point.lat, point.lon), (reference.lat, reference.lon)) < 0.001


def test_every_way_to_a_site_takes_the_same_options():
    options = {
        "waterbody": TILL,
        "marine_plan_area": "North East",
        "extra_neighbours": [("lpa", "york")],
        "removed_neighbours": [("nca", "107")],
    }
    sites = [
        Site.from_names("Leeds", "38", **options),
        Site.from_postcode("LS1 4AP", **options),
        Site.from_point(53.8, -1.55, **options),
        Site.from_grid_reference("SE 298 337", **options),
    ]
    for site in sites:
        assert site.waterbodies == (TILL,)
        assert site.operational_catchments == ("River Till",)
        assert site.marine_plan_areas == ("North East Inshore",)
        assert site.extra_neighbours == (("lpa", "York"),)
        assert site.removed_neighbours == (("nca", "Cotswolds"),)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (Site.from_postcode, ["LS1 4AP"]),
        (Site.from_point, [53.8, -1.55]),
        (Site.from_grid_reference, ["SE 298 337"]),
    ],
)
def test_a_wrong_option_is_refused_wherever_the_site_is(refused, make, where):
    (finding,) = refused(make, *where, marine_plan_area="Irish Sea")
    assert "Nearest: South Inshore; " in finding.remedy


def test_an_override_both_ways_is_refused(refused):
    (finding,) = refused(
        Site.from_names,
        "Leeds",
        "38",
        extra_neighbours=[("lpa", "York")],
        removed_neighbours=[("lpa", "york")],
    )
    assert "LPA York is both added and removed" in finding.message


def test_an_unknown_waterbody_is_told_only_when_asked():
    site = Site.from_names("Leeds", "38")
    assert site.warnings == ()
    assert "outside (0.5)" in site.watercourse_warning().message
    partly = Site.from_names("Leeds", "38", operational_catchment=TAMAR_UPPER)
    assert "neighbouring (0.75)" in partly.watercourse_warning().message
    assert Site.from_names("Leeds", "38", waterbody=TILL).watercourse_warning() is None


def test_several_waterbodies_are_told_to_count_by_the_worst():
    site = Site.from_names("Leeds", "38", waterbody=[TILL, "GB102021072860"])
    assert "worst" in site.watercourse_warning().message


def test_an_unknown_marine_plan_area_is_told_only_when_asked():
    site = Site.from_names("Leeds", "38")
    assert "intertidal" in site.intertidal_warning().message
    known = Site.from_names("Leeds", "38", marine_plan_area="East")
    assert known.intertidal_warning() is None


def test_a_site_describes_itself():
    site = Site.from_names("Leeds", "Cotswolds", waterbody=TILL, extra_neighbours=[("lpa", "York")])
    text = site.describe()
    for part in (
        "LPA: Leeds",
        "NCA: Cotswolds",
        f"Waterbody: {TILL}",
        "Operational catchment: River Till",
        "Marine plan area: unknown",
        "names given",
        "Counted as a neighbour: LPA York",
    ):
        assert part in text


@pytest.mark.parametrize("confidence", list(Confidence))
def test_every_confidence_has_its_words(confidence):
    site = replace(Site.from_names("Leeds", "38"), confidence=confidence)
    assert "Known by: " in site.describe()


def test_the_least_sure_confidence_counts_in_any_order():
    for levels in permutations([Confidence.EXACT, Confidence.SECTOR, Confidence.NEAR_BORDER]):
        assert Confidence.least(*levels) is Confidence.SECTOR


def test_work_on_names_imports_no_geometry_and_no_client():
    code = (
        "import sys; from bng_opt.places import Place, Site, assess\n"
        "assess(Site.from_names('Leeds', '38'), Place.from_names('York', '28'))\n"
        "heavy = {'shapely', 'pyproj', 'osbng', 'httpx2', 'numpy', 'pandas'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
