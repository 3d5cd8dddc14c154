"""Each trading rule by hand: the cheap unlawful choice is left, the cheap lawful one taken.

RULES 2; user guide chapter 3 table 3; the workbook's three trading summaries.
"""

from __future__ import annotations

import pytest

from bng_opt.errors import InfeasibleError
from tests.support.scenarios import (
    ACID,
    AREA,
    BROADLEAVED,
    CANALS,
    CEMETERY,
    CEREAL,
    CULVERT,
    DITCHES,
    FELLED,
    HEDGE_HIGH,
    HEDGE_HIGH_2,
    HEDGE_LOW,
    HEDGE_MEDIUM,
    HEDGE_MEDIUM_2,
    HEDGE_VERY_HIGH,
    HEDGE_VERY_LOW,
    HEDGEROW,
    IGGI,
    MEADOW,
    MODIFIED,
    MOSAIC,
    NEUTRAL,
    ORCHARD,
    PARKLAND,
    POND,
    PRIORITY_RIVER,
    REEDBED,
    RIVER,
    RURAL_TREE,
    SALTMARSH,
    SAND,
    SCRUB,
    URBAN_TREE,
    WATERCOURSE,
    WOODLAND,
    Line,
    Scene,
    bought,
)

LINE_OF_TREES = "Line of trees"
ARTIFICIAL_SALTMARSH = "Coastal saltmarsh - Artificial saltmarshes and saline reedbeds"

MAY_STAND_IN = [
    # Area, Very High and High: nothing but the same type.
    (AREA, MEADOW, PARKLAND, False),
    (AREA, MEADOW, WOODLAND, False),
    (AREA, WOODLAND, PARKLAND, False),
    (AREA, WOODLAND, FELLED, False),
    (AREA, WOODLAND, BROADLEAVED, False),
    (AREA, FELLED, WOODLAND, False),
    (AREA, MOSAIC, NEUTRAL, False),
    (AREA, MOSAIC, ORCHARD, False),
    # Area, Medium: the same broad habitat at Medium, or any High or Very High.
    (AREA, NEUTRAL, ACID, True),
    (AREA, NEUTRAL, SCRUB, False),
    (AREA, NEUTRAL, MODIFIED, False),
    (AREA, NEUTRAL, WOODLAND, True),
    (AREA, NEUTRAL, REEDBED, True),
    (AREA, NEUTRAL, MEADOW, True),
    (AREA, URBAN_TREE, RURAL_TREE, True),
    (AREA, RURAL_TREE, URBAN_TREE, True),
    (AREA, URBAN_TREE, BROADLEAVED, False),
    (AREA, URBAN_TREE, CEMETERY, False),
    (AREA, URBAN_TREE, WOODLAND, True),
    # Intertidal sediment and hard structures are one group (workbook G113).
    (AREA, SAND, IGGI, True),
    (AREA, IGGI, SAND, True),
    (AREA, IGGI, CEMETERY, False),
    (AREA, SAND, ARTIFICIAL_SALTMARSH, False),
    (AREA, SAND, SALTMARSH, True),
    # Area, Low: the same band or higher, any broad habitat.
    (AREA, CEREAL, MODIFIED, True),
    (AREA, CEREAL, POND, True),
    (AREA, CEREAL, WOODLAND, True),
    (AREA, CEREAL, MEADOW, True),
    # Hedgerow.
    (HEDGEROW, HEDGE_VERY_HIGH, HEDGE_HIGH, False),
    (HEDGEROW, HEDGE_HIGH, HEDGE_HIGH_2, False),
    (HEDGEROW, HEDGE_HIGH, HEDGE_VERY_HIGH, True),
    (HEDGEROW, HEDGE_HIGH, HEDGE_MEDIUM, False),
    (HEDGEROW, HEDGE_MEDIUM, HEDGE_MEDIUM_2, True),
    (HEDGEROW, HEDGE_MEDIUM, HEDGE_HIGH, True),
    (HEDGEROW, HEDGE_MEDIUM, HEDGE_VERY_HIGH, True),
    (HEDGEROW, HEDGE_MEDIUM, HEDGE_LOW, False),
    (HEDGEROW, HEDGE_LOW, LINE_OF_TREES, True),
    (HEDGEROW, HEDGE_LOW, HEDGE_MEDIUM, True),
    (HEDGEROW, HEDGE_LOW, HEDGE_VERY_LOW, False),
    (HEDGEROW, HEDGE_VERY_LOW, HEDGE_LOW, True),
    (HEDGEROW, HEDGE_VERY_LOW, HEDGE_VERY_HIGH, True),
    # Watercourse: a higher band helps a culvert only.
    (WATERCOURSE, PRIORITY_RIVER, RIVER, False),
    (WATERCOURSE, RIVER, PRIORITY_RIVER, False),
    (WATERCOURSE, RIVER, DITCHES, False),
    (WATERCOURSE, DITCHES, CANALS, False),
    (WATERCOURSE, CANALS, DITCHES, False),
    (WATERCOURSE, DITCHES, RIVER, False),
    (WATERCOURSE, DITCHES, PRIORITY_RIVER, False),
    (WATERCOURSE, DITCHES, CULVERT, False),
    (WATERCOURSE, CULVERT, DITCHES, True),
    (WATERCOURSE, CULVERT, CANALS, True),
    (WATERCOURSE, CULVERT, RIVER, True),
    (WATERCOURSE, CULVERT, PRIORITY_RIVER, True),
]


def own_kind(habitat: str) -> str:
    """Return what may lawfully be bought for a loss: a culvert's is a ditch."""
    return DITCHES if habitat == CULVERT else habitat


@pytest.mark.parametrize(("ledger", "lost", "cheap", "lawful"), MAY_STAND_IN)
@pytest.mark.parametrize("mode", ["statutory", "like_for_like"])
def test_a_cheap_habitat_stands_in_only_where_the_rule_lets_it(ledger, lost, cheap, lawful, mode):
    own = own_kind(lost)
    dear = Line(own, 10, 30_000, "B") if own != cheap else Line(RIVER, 10, 30_000, "B")
    scene = Scene(
        (Line(cheap, 10, 1_000, "A"), dear), {lost: -2.0}, {ledger: 2.0}, wishes={"mode": mode}
    )
    plan = scene.optimise()
    assert bought(plan) == ({"A-001": 2.0} if lawful else {"B-002": 2.0})
    assert plan.total_gbp == (2_000 if lawful else 60_000)
    assert plan.is_verified


@pytest.mark.parametrize(("ledger", "lost", "spare", "lawful"), MAY_STAND_IN)
def test_surplus_made_on_site_serves_only_where_the_rule_lets_it(ledger, lost, spare, lawful):
    scene = Scene((Line(own_kind(lost), 10, 30_000),), {lost: -2.0, spare: 3.0}, {ledger: 0.0})
    plan = scene.optimise()
    if lost == CULVERT or lawful:
        assert bought(plan) == {}
    else:
        assert bought(plan) == {"A-001": 2.0}


@pytest.mark.parametrize(("ledger", "lost", "cheap", "lawful"), MAY_STAND_IN)
def test_a_market_of_only_the_unlawful_habitat_has_no_plan(ledger, lost, cheap, lawful):
    scene = Scene((Line(cheap, 10, 1_000),), {lost: -2.0}, {ledger: 2.0})
    if lawful:
        assert bought(scene.optimise()) == {"A-001": 2.0}
    else:
        with pytest.raises(InfeasibleError):
            scene.optimise()


def test_a_culvert_is_never_bought_for_a_culvert():
    scene = Scene(
        (Line(CULVERT, 10, 1_000, "A"), Line(CANALS, 10, 50_000, "B")),
        {CULVERT: -1.0},
        {WATERCOURSE: 1.0},
    )
    assert bought(scene.optimise()) == {"B-002": 1.0}


def test_a_culvert_bought_still_counts_towards_the_headline():
    scene = Scene(
        (Line(CULVERT, 10, 1_000, "A"), Line(DITCHES, 10, 50_000, "B")),
        {DITCHES: -1.0},
        {WATERCOURSE: 1.5},
    )
    assert bought(scene.optimise()) == {"A-001": 0.5, "B-002": 1.0}


def test_no_ledger_stands_in_for_another():
    scene = Scene(
        (Line(HEDGE_LOW, 10, 100, "A"), Line(DITCHES, 10, 100, "B"), Line(NEUTRAL, 10, 20_000)),
        {CEREAL: -1.0},
        {AREA: 1.0},
    )
    assert bought(scene.optimise()) == {"A-003": 1.0}


def test_a_medium_loss_is_netted_inside_its_group_first():
    lines = (Line(NEUTRAL, 10, 20_000), Line(WOODLAND, 10, 50_000))
    scene = Scene(lines, {NEUTRAL: -3.0, ACID: 1.0, WOODLAND: 0.5})
    assert bought(scene.optimise()) == {"A-001": 1.5}


def test_high_surplus_can_be_spent_on_one_medium_group_only_once():
    lines = (Line(NEUTRAL, 10, 20_000), Line(SCRUB, 10, 15_000))
    scene = Scene(lines, {NEUTRAL: -1.0, SCRUB: -1.0, WOODLAND: 1.0})
    assert bought(scene.optimise()) == {"A-002": 1.0}


def test_surplus_goes_where_it_saves_most_and_the_cheap_need_is_bought():
    lines = (Line(NEUTRAL, 10, 20_000), Line(CEREAL, 10, 8_000, "B"))
    scene = Scene(lines, {CEREAL: -1.0, NEUTRAL: -1.0, WOODLAND: 1.0})
    assert bought(scene.optimise()) == {"B-002": 1.0}


def test_surplus_of_the_high_hedgerow_types_goes_to_medium_but_not_to_each_other():
    lines = (Line(HEDGE_HIGH_2, 10, 40_000), Line(HEDGE_MEDIUM, 10, 20_000))
    scene = Scene(lines, {HEDGE_HIGH: 1.0, HEDGE_HIGH_2: -1.0, HEDGE_MEDIUM: -1.0})
    assert bought(scene.optimise()) == {"A-001": 1.0}


def test_every_ledger_is_settled_in_one_plan():
    lines = (
        Line(WOODLAND, 5, 40_000),
        Line(HEDGE_MEDIUM, 5, 25_000),
        Line(DITCHES, 5, 60_000),
    )
    changes = {WOODLAND: -1.0, HEDGE_LOW: -0.5, CULVERT: -0.25}
    scene = Scene(lines, changes, {AREA: 1.1, HEDGEROW: 0.55, WATERCOURSE: 0.28})
    plan = scene.optimise()
    assert bought(plan) == {"A-001": 1.1, "A-002": 0.55, "A-003": 0.28}
    assert plan.total_gbp == 44_000 + 13_750 + 16_800
