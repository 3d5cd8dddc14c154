"""Units from outside the market: what they may be, and what is owed after them."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.market import StockLine
from bng_opt.optimiser.policy import Mode
from bng_opt.optimiser.verify import position_after
from bng_opt.places import Category
from bng_opt.quotes.outside import OutsideLine, requirement_after
from bng_opt.reference import Ledger, catalogue
from bng_opt.runtime.run import optimise
from tests.support.scenarios import (
    AREA,
    CULVERT,
    FELLED,
    NEUTRAL,
    WATERCOURSE,
    Line,
    Scene,
    scenes,
    site,
)
from tests.support.terms import outside_lines

D = Decimal


def felled(units: str, category: Category = Category.WITHIN) -> OutsideLine:
    habitat = "Replacement for felled woodland"
    return OutsideLine.of("Felled woodland", habitat, D(units), D(30_000), category, "Trust")


def felling(**wishes: object) -> Scene:
    """Return a loss of 1.5 felled woodland in a deficit of 4; banks sell grassland alone."""
    lines = (Line(NEUTRAL, 9, 10_000, stock_id="N"),)
    return Scene(lines, {FELLED: -1.5}, {AREA: 4.0}, (), wishes)


def test_an_outside_line_costs_units_times_price_to_the_penny():
    line = OutsideLine.of("x", NEUTRAL, D("0.3333"), D("10000.05"), Category.OUTSIDE)
    assert line.amount_gbp == D("3333.02")  # 3333.016665
    assert line.delivered_units == D("0.16665")
    assert line.ledger is Ledger.AREA


@pytest.mark.parametrize(
    "fields",
    [
        {"habitat": catalogue().find("Urban - Developed land; sealed surface")},
        {"units": D(0)},
        {"units": D("-1")},
        {"units": D("0.00001")},
        {"units": D("NaN")},
        {"price_gbp": D("-0.01")},
        {"price_gbp": D("0.001")},
        {"srm": D("0.9")},
        {"srm": D(0)},
        {"description": " "},
        {"supplier": "x" * 201},
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_a_remedy(fields):
    fine = {
        "description": "Felled woodland",
        "habitat": catalogue().find(FELLED),
        "units": D(1),
        "price_gbp": D(1),
        "srm": D(1),
    }
    OutsideLine(**fine)
    with pytest.raises(InputError) as error:
        OutsideLine(**(fine | fields))
    assert [bool(finding.remedy) for finding in error.value.findings] == [True]


def test_all_that_is_wrong_with_a_line_is_said_at_once():
    with pytest.raises(InputError) as error:
        OutsideLine("", catalogue().find(FELLED), D(0), D(-1), D(2))
    assert len(error.value.findings) == 4


def test_trading_counts_units_bought_and_the_headline_what_they_deliver():
    owed = requirement_after(
        felling().requirement(), [felled("1", Category.NEIGHBOURING)], Mode.STATUTORY
    )
    position = owed.ledgers[Ledger.AREA]
    assert position.project_wide == {catalogue().find(FELLED): -0.5}
    assert position.deficit == 3.25
    assert position.changes[0].on_site == -1.5


def test_like_for_like_counts_what_they_deliver_in_trading_too():
    owed = requirement_after(
        felling().requirement(), [felled("1", Category.OUTSIDE)], Mode.LIKE_FOR_LIKE
    )
    assert owed.ledgers[Ledger.AREA].project_wide == {catalogue().find(FELLED): -1.0}


def test_a_deficit_is_never_less_than_nothing_and_other_ledgers_stay():
    before = Scene((), {FELLED: -1.0}, {AREA: 1.0, WATERCOURSE: 2.0}).requirement()
    after = requirement_after(before, [felled("5")])
    assert after.ledgers[Ledger.AREA].deficit == 0.0
    assert after.ledgers[Ledger.WATERCOURSE] is before.ledgers[Ledger.WATERCOURSE]


def test_a_culvert_from_outside_serves_the_headline_and_no_trading_rule():
    before = Scene((), {CULVERT: -1.0}, {WATERCOURSE: 1.0}).requirement()
    culvert = OutsideLine.of("x", CULVERT, D(1), D(1), Category.WITHIN)
    position = requirement_after(before, [culvert]).ledgers[Ledger.WATERCOURSE]
    assert position.deficit == 0.0
    assert [shortfall.units for shortfall in position.settlement.shortfalls] == [1.0]


def test_nothing_from_outside_is_the_same_requirement():
    requirement = felling().requirement()
    assert requirement_after(requirement, []) is requirement


@pytest.mark.parametrize("mode", list(Mode))
def test_the_plan_buys_the_rest_and_says_what_it_rests_on(mode):
    scene = felling(mode=mode)
    with pytest.raises(InfeasibleError):
        scene.optimise()
    rest = requirement_after(scene.requirement(), [felled("1.5")], mode)
    plan = optimise(rest, scene.market(), site(), scene.policy())
    assert [(line.stock_id, line.units) for line in plan.purchases] == [("N", D("2.5"))]
    assert plan.is_verified
    stated = [str(warning) for warning in plan.warnings if "outside the market" in str(warning)]
    assert len(stated) == 1
    assert "Given 1.50 units of Woodland and forest - Felled from Trust" in stated[0]


@given(scenes(), st.lists(outside_lines, max_size=4), st.sampled_from(list(Mode)))
@settings(max_examples=80, deadline=None)
def test_what_is_owed_after_them_is_what_the_checks_find_after_such_purchases(scene, lines, mode):
    requirement = scene.requirement()
    after = requirement_after(requirement, lines, mode)
    taken = [
        (StockLine(f"S{n}", "B", line.habitat, line.units), line.units, line.srm)
        for n, line in enumerate(lines)
    ]
    for ledger, position in after.ledgers.items():
        settlement, deficit = position_after(requirement.ledgers[ledger], taken, mode)
        assert position.deficit == pytest.approx(deficit, abs=1e-9)
        assert [s.account for s in position.settlement.shortfalls] == [
            s.account for s in settlement.shortfalls
        ]
        assert position.settlement.total == pytest.approx(settlement.total, abs=1e-9)


@given(st.lists(outside_lines, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(lines, rng: random.Random):
    requirement = felling().requirement()
    shuffled = rng.sample(lines, len(lines))
    assert requirement_after(requirement, lines) == requirement_after(requirement, shuffled)
