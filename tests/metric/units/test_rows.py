"""What the workbook's rows are worth, worked by hand, and what it refuses."""

from __future__ import annotations

import pytest

from bng_opt.errors import InputError
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState, units_of
from bng_opt.reference import Ledger

NEUTRAL = "Grassland - Other neutral grassland"
MODIFIED = "Grassland - Modified grassland"


def state(habitat: str, condition: str, significance: str = "Low", **water: str) -> HabitatState:
    return HabitatState.named(habitat, condition, significance, **water)


def worth(row) -> float:
    return float(units_of([row])[0])


def why(row) -> str:
    with pytest.raises(InputError) as caught:
        units_of([row])
    return " ".join(finding.message for finding in caught.value.findings)


def test_a_baseline_is_size_by_distinctiveness_by_condition_by_significance():
    assert worth(Baseline(2.0, state(NEUTRAL, "Good", "High"))) == 2.0 * 4 * 3 * 1.15


def test_a_watercourse_counts_both_encroachments():
    ditch = state("Ditches", "Moderate", encroachment="Minor", riparian="Minor/ Minor")
    assert worth(Baseline(0.5, ditch)) == pytest.approx(0.5 * 4 * 2 * 0.8 * 0.95)


def test_a_creation_counts_time_and_difficulty():
    # Other neutral grassland, Moderate: 5 years, difficulty Low.
    assert worth(Creation(1.0, state(NEUTRAL, "Moderate"))) == pytest.approx(8 * 0.8368287006)


def test_a_creation_that_has_reached_its_target_is_easy_and_immediate():
    # Lowland meadows: hard to create; here it is there already.
    meadow = state("Grassland - Lowland meadows", "Good")
    assert worth(Creation(1.0, meadow, advance="30+")) == 8 * 3


def test_a_creation_past_poor_is_as_hard_as_enhancement():
    # Lowland meadows: Poor after 5 years, Good after 15; creation is High, enhancement Medium.
    meadow = state("Grassland - Lowland meadows", "Good")
    rows = [Creation(1.0, meadow, advance=years) for years in (4, 5, 14, 15)]
    assert [row.difficulty for row in rows] == [0.33, 0.67, 0.67, 1.0]


def test_an_ornamental_lake_past_poor_keeps_its_ease_on_site_only():
    lake = state("Lakes - Ornamental lake or pond", "Good")
    rows = [Creation(1.0, lake, advance=2, off_site=side) for side in (False, True)]
    assert all(row.problems() == [] for row in rows)
    assert [row.difficulty for row in rows] == [1.0, 0.33]


def test_an_enhancement_keeps_its_baseline_and_gains_the_difference():
    # Modified grassland, Poor, to other neutral grassland, Good: 15 years (workbook d08, D-3).
    row = Enhancement(2.5, state(MODIFIED, "Poor"), state(NEUTRAL, "Good", "High"))
    gained = 2.5 * 12 - 2.5 * 2
    assert worth(row) == pytest.approx((gained * 0.5860163055 + 5) * 1.15, abs=1e-12)


def test_a_watercourse_made_longer_counts_its_old_length_for_the_baseline():
    before = state("Ditches", "Poor", encroachment="No Encroachment", riparian="Minor/ Minor")
    after = state("Ditches", "Good", encroachment="No Encroachment", riparian="Minor/ Minor")
    row = Enhancement(0.6, before, after, old_size=0.4)
    was = 0.4 * 4
    assert worth(row) == pytest.approx(((0.6 * 12 - was) * 0.7520011535 + was) * 0.95)


def test_a_fall_of_condition_is_counted_on_site_and_refused_off_site():
    change = state(MODIFIED, "Good"), state(NEUTRAL, "Moderate")
    on_site = Enhancement(1.0, *change, off_site=False)
    assert on_site.score_before == 2 * 2
    assert "can't fall" in why(Enhancement(1.0, *change))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Baseline(1.0, state("Cropland - Cereal crops", "Good")), "can't be in the condition"),
        (Baseline(-1.0, state(NEUTRAL, "Good")), "size"),
        (Baseline(float("nan"), state(NEUTRAL, "Good")), "size"),
        (Baseline(1.0, state("Ditches", "Good")), "encroachment"),
        (Baseline(1.0, state(NEUTRAL, "Good", encroachment="Minor")), "no watercourse"),
        (Creation(1.0, state(NEUTRAL, "Good"), advance=1, delay=1), "Both an advance"),
        (
            Enhancement(1.0, state(NEUTRAL, "Good"), state(MODIFIED, "Good")),
            "trading down",
        ),
        (
            Enhancement(
                1.0,
                state("Grassland - Lowland calcareous grassland", "Poor"),
                state("Grassland - Lowland meadows", "Good"),
            ),
            "same habitat",
        ),
        (Enhancement(1.0, state(NEUTRAL, "Good"), state(NEUTRAL, "Good")), "no enhancement"),
        (
            Enhancement(
                1.0,
                state("Intertidal sediment - Artificial littoral mud", "Poor"),
                state("Intertidal sediment - Littoral seagrass", "Good"),
            ),
            "isn't possible",
        ),
        (
            Enhancement(1.0, state(NEUTRAL, "Poor"), state("Native hedgerow", "Good")),
            "two ledgers",
        ),
        (
            Enhancement(1.0, state("Native hedgerow", "Poor"), state("Line of trees", "Good")),
            "within one band",
        ),
    ],
)
def test_what_the_workbook_refuses_is_refused_in_words(row, words):
    assert words in why(row)


def test_all_findings_of_all_rows_come_at_once_with_their_rows():
    bad = Baseline(-1.0, state("Cropland - Cereal crops", "Good"))
    with pytest.raises(InputError) as caught:
        units_of([Baseline(1.0, state(NEUTRAL, "Good")), bad])
    assert [finding.row for finding in caught.value.findings] == [2, 2]


def test_a_line_of_trees_may_get_a_bank_and_only_on_site_if_it_is_valuable():
    tree, bank = "Line of trees", "Line of trees - associated with bank or ditch"
    for off_site in (False, True):
        row = Enhancement(1.0, state(tree, "Poor"), state(bank, "Good"), off_site=off_site)
        assert row.problems() == []
    valuable = state(f"Ecologically valuable {tree[0].lower()}{tree[1:]}", "Poor")
    banked = state(f"Ecologically valuable {bank[0].lower()}{bank[1:]}", "Good")
    assert Enhancement(1.0, valuable, banked, off_site=False).problems() == []
    assert "within one band" in why(Enhancement(1.0, valuable, banked))


def test_names_that_are_unknown_come_at_once():
    with pytest.raises(InputError) as caught:
        HabitatState.named("Lowland meadow land", "Splendid", "Huge", ledger=Ledger.AREA)
    assert len(caught.value.findings) == 3
