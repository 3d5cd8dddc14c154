"""Values of the statutory tables, checked by hand against the workbook's description."""

from __future__ import annotations

import pytest

from bng_opt.errors import InputError
from bng_opt.reference import Distinctiveness, Ledger, catalogue
from bng_opt.reference.conditions import (
    Condition,
    condition_score,
    distinctiveness_score,
    find_condition,
    possible_conditions,
)
from bng_opt.reference.credits import credit_for, statutory_credits
from bng_opt.reference.multipliers import (
    Intervention,
    difficulty,
    difficulty_of,
    riparian_encroachment,
    spatial_risk,
    spatial_risk_rows,
    strategic_significance,
    tree_size,
    tree_sizes,
    watercourse_encroachment,
)
from bng_opt.reference.times import (
    time_to_change_hedgerow,
    time_to_create,
    time_to_enhance,
    time_to_target,
)

find = catalogue().find
EVERY_HABITAT = pytest.mark.parametrize("habitat", catalogue().habitats, ids=str)


def test_condition_scores_are_the_workbooks():
    scores = [condition_score(condition) for condition in Condition]
    assert scores == [3, 2.5, 2, 1.5, 1, 1, 0]


@pytest.mark.parametrize(
    ("ledger", "scores"),
    [("area", [0, 2, 4, 6, 8]), ("hedgerow", [1, 2, 4, 6, 8]), ("watercourse", [None, 2, 4, 6, 8])],
)
def test_distinctiveness_scores_are_the_guides(ledger, scores):
    for band, score in zip(Distinctiveness, scores, strict=True):
        if score is None:
            with pytest.raises(InputError):
                distinctiveness_score(Ledger(ledger), band)
        else:
            assert distinctiveness_score(Ledger(ledger), band) == score


@EVERY_HABITAT
def test_every_habitat_has_conditions_and_difficulties(habitat):
    assert possible_conditions(habitat)
    assert all(0 <= score <= 3 for score in possible_conditions(habitat).values())
    assert difficulty_of(habitat, Intervention.CREATION) is not None


@EVERY_HABITAT
def test_every_possible_condition_can_be_created_and_no_other(habitat):
    for condition in Condition:
        possible = condition in possible_conditions(habitat)
        assert (time_to_create(habitat, condition) is not None) is possible


def test_possible_conditions_by_hand():
    cereal = possible_conditions(find("Cropland - Cereal crops"))
    assert dict(cereal) == {Condition.NOT_ASSESSED: 1}
    assert list(possible_conditions(find("Culvert"))) == [Condition.POOR]
    assert list(possible_conditions(find("Non-native and ornamental hedgerow"))) == [Condition.POOR]
    assert len(possible_conditions(find("Grassland - Other neutral grassland"))) == 5


@pytest.mark.parametrize("years", range(32))
def test_the_time_multiplier_is_a_power_of_0_965(years):
    assert time_to_target(years).multiplier == pytest.approx(0.965**years, abs=1e-9)


def test_thirty_and_more_years_count_as_thirty_two():
    """RULES 1.5: "30+" = 0.965^32."""
    assert time_to_target("30+").multiplier == pytest.approx(0.965**32, abs=1e-9)
    assert time_to_target("30+").years == 32
    with pytest.raises(InputError, match='or "30\\+"'):
        time_to_target(40)


@pytest.mark.parametrize(
    ("habitat", "condition", "label"),
    [
        ("Cropland - Arable field margins tussocky", "Condition Assessment N/A", "1"),
        ("Woodland and forest - Felled", "Good", "30+"),
        ("Native hedgerow", "Moderate", "5"),
        ("Line of trees", "Good", "30+"),
        ("Ditches", "Fairly Good", "8"),
        ("Culvert", "Good", None),
        ("Cropland - Cereal crops", "Good", None),
    ],
)
def test_times_to_create_by_hand(habitat, condition, label):
    time = time_to_create(find(habitat), condition)
    assert (time.label if time else None) == label


@pytest.mark.parametrize(
    ("habitat", "start", "target", "label"),
    [
        ("Grassland - Traditional orchards", None, "Poor", "5"),
        ("Grassland - Lowland meadows", None, "Good", "15"),
        ("Cropland - Cereal crops", None, "Condition Assessment N/A", None),
        ("Native hedgerow", "Poor", "Moderate", "3"),
        ("Native hedgerow", "Poor", "Good", "5"),
        ("Line of trees", "Moderate", "Good", "10"),
        ("Native hedgerow", "Good", "Moderate", None),
        ("Ditches", "Poor", "Good", "8"),
        ("Ditches", None, "Poor", "10"),
        ("Canals", "Fairly Good", "Good", "2"),
    ],
)
def test_times_to_enhance_by_hand(habitat, start, target, label):
    time = time_to_enhance(find(habitat), start, target)
    assert (time.label if time else None) == label


def test_times_to_change_a_hedgerow_by_hand():
    native, rich = find("Native hedgerow"), find("Species-rich native hedgerow")
    assert time_to_change_hedgerow(native, rich).years == 5
    assert time_to_change_hedgerow(rich, native) is None
    with pytest.raises(InputError, match="time_to_change_hedgerow"):
        time_to_enhance(native, None, "Good")


def test_difficulties_by_hand():
    values = {name: difficulty(name).value for name in ("low", "Medium", "HIGH", "very high")}
    assert list(values.values()) == [1, 0.67, 0.33, 0.1]
    culvert, priority = find("Culvert"), find("Priority habitat")
    assert difficulty_of(culvert, Intervention.ENHANCEMENT) is None
    assert difficulty_of(priority, Intervention.CREATION).value == 0.33
    assert difficulty_of(priority, Intervention.ENHANCEMENT).value == 0.67


def test_strategic_significance_by_category_description_or_word():
    assert strategic_significance("Low Strategic Significance").value == 1
    assert strategic_significance("medium").value == 1.1
    assert strategic_significance("Formally identified in local strategy").value == 1.15


def test_encroachment_by_hand():
    assert watercourse_encroachment("Major").value == 0.5
    assert watercourse_encroachment("N/A - Culvert").value == 0.68
    assert riparian_encroachment("Moderate/Minor").value == 0.9
    assert riparian_encroachment("No Encroachment/ No Encroachment").value == 1


@EVERY_HABITAT
def test_every_habitat_has_its_spatial_risk_categories(habitat):
    values = {row.code: row.multiplier for row in spatial_risk_rows(habitat)}
    provider = values.pop("provider", 1)
    assert provider == 1
    assert values == {"within": 1, "neighbouring": 0.75, "outside": 0.5}


def test_spatial_risk_speaks_of_what_nearness_is_judged_by():
    assert "LPA" in spatial_risk(find("Native hedgerow"), "within").category
    assert "Marine Plan Area" in spatial_risk(find("Coastal lagoons"), "Outside").category
    ditch = spatial_risk(find("Ditches"), "Within waterbody catchment")
    assert ditch.code == "within"


def test_tree_areas_are_those_of_the_guides_table_15():
    """RULES 1.2."""
    assert [size.area_ha for size in tree_sizes()] == [0.0041, 0.0163, 0.0366, 0.0765]
    assert tree_size("large").max_diameter_m == 0.9
    assert all(abs(s.area_ha - s.unrounded_area_ha) < 5e-5 for s in tree_sizes())


def test_credits_cost_twice_their_price_per_unit():
    """RULES 6: prices per credit; two credits a unit."""
    prices = {
        tier: int(credit.price_per_credit_gbp) for tier, credit in statutory_credits().items()
    }
    assert prices == {
        "A1": 42000,
        "A2": 48000,
        "A3": 66000,
        "A4": 125000,
        "A5": 650000,
        "H": 44000,
        "W": 230000,
    }
    for credit in statutory_credits().values():
        assert credit.price_per_unit_gbp == 2 * credit.price_per_credit_gbp
        assert credit.credits_per_unit == 2


@EVERY_HABITAT
def test_every_credit_tier_of_the_catalogue_has_a_price(habitat):
    if habitat.credit_tier:
        assert credit_for(habitat.credit_tier).ledger is habitat.ledger
    else:
        assert not habitat.trades


@pytest.mark.parametrize(
    ("lookup", "name"),
    [
        (find_condition, "Gud"),
        (difficulty, "Hard"),
        (strategic_significance, "None"),
        (watercourse_encroachment, "Some"),
        (riparian_encroachment, "Some"),
        (tree_size, "Huge"),
        (credit_for, "B1"),
    ],
)
def test_unknown_names_are_errors_with_the_nearest_three(lookup, name):
    with pytest.raises(InputError) as caught:
        lookup(name)
    finding = caught.value.findings[0]
    assert f'"{name}"' in finding.message
    assert finding.remedy.count('"') == 6
