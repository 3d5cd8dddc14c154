"""How the cost moves with need, prices and stock; every change optimised anew."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.optimiser.alternatives import Verdict
from bng_opt.optimiser.sensitivity import (
    FRAME_COLUMNS,
    Sensitivities,
    Sensitivity,
    measure_sensitivity,
    scale_need,
)
from bng_opt.reference import Ledger
from tests.support.scenarios import (
    AREA,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    draw_market_scene,
)

DOUBT = Decimal("1.05")
NOTHING: dict[str, Any] = {"need": (), "prices": (), "bank_prices": (), "stock": ()}

TWO_BANKS = Scene(
    (Line(NEUTRAL, 2, 10_000, "A"), Line(NEUTRAL, 9, 20_000, "B")),
    {},
    {AREA: 3.0},
    (BankSpec("B", fee="500"),),
)
"""2 units of A and 1 of B with its fee: £40,500."""


def measure(scene: Scene, **wishes: Any) -> Sensitivities:
    return measure_sensitivity(scene.scenario(), scene.optimise(), **{**NOTHING, **wishes})


def only(scene: Scene, **wishes: Any) -> Sensitivity:
    return measure(scene, **wishes).rows[1]


def test_the_scenario_as_it_is_stands_first():
    (first,) = measure(TWO_BANKS).rows
    assert (first.change.what, first.total_gbp, first.change_gbp) == ("as it is", 40_500, 0)


def test_twice_the_need_is_bought_anew():
    row = only(TWO_BANKS, need=[2])
    assert (row.total_gbp, row.change_gbp) == (20_000 + 80_000 + 500, 60_000)


def test_less_need_takes_fewer_banks():
    row = only(TWO_BANKS, need=[0.5])
    assert (row.total_gbp, row.banks) == (15_000, ("A",))


def test_more_need_than_the_market_has_is_impossible_and_says_why():
    row = only(TWO_BANKS, need=[10])
    assert (row.answer.verdict, row.total_gbp, row.change_gbp) == (Verdict.IMPOSSIBLE, None, None)
    assert "headline deficit is 30" in row.answer.reason


def test_losses_and_deficits_are_scaled_and_gains_are_not():
    scene = Scene((), {NEUTRAL: -2.0, WOODLAND: 1.0}, {AREA: 1.5})
    area = scale_need(scene.requirement(), Decimal("1.5")).ledgers[Ledger.AREA]
    assert {h.name: u for h, u in area.project_wide.items()} == {NEUTRAL: -3.0, WOODLAND: 1.0}
    assert area.deficit == 2.25


def test_the_contract_size_follows_the_changed_need():
    line = Line(NEUTRAL, 40, {"small": 30_000, "medium": 20_000})
    row = only(Scene((line,), {}, {AREA: 2.0}), need=[2])
    assert row.total_gbp == 80_000


def test_all_prices_move_the_units_but_not_the_fees():
    row = only(TWO_BANKS, prices=[1.1])
    assert row.change_gbp == 4_000


def test_one_banks_prices_may_turn_the_choice():
    rows = measure(TWO_BANKS, bank_prices=[0.25, 3], banks=["B"]).rows
    assert [row.total_gbp for row in rows[1:]] == [15_500, 80_500]
    assert [row.banks for row in rows[1:]] == [("B",), ("A", "B")]


def test_a_bank_without_stock_or_with_twice_of_it():
    rows = measure(TWO_BANKS, stock=[0, 0.5, 2], banks=["A"]).rows
    assert [row.change.what for row in rows[1:]] == ["stock of A"] * 3
    assert [row.total_gbp for row in rows[1:]] == [60_500, 50_500, 30_000]


def test_what_is_quoted_to_others_is_scaled_with_the_stock():
    lines = (Line(NEUTRAL, 4, 10_000, quoted=2), Line(NEUTRAL, 9, 20_000, "B"))
    scene = Scene(lines, {}, {AREA: 5.0}, wishes={"quoted": "all"})
    half, twice = measure(scene, stock=[0.5, 2], banks=["A"]).rows[1:]
    assert half.total_gbp == 1 * 10_000 + 4 * 20_000
    assert twice.total_gbp == 4 * 10_000 + 1 * 20_000


def test_the_banks_of_the_plan_are_looked_at_unless_others_are_named():
    whats = [row.change.what for row in measure(TWO_BANKS, stock=[1]).rows]
    assert whats == ["as it is", "stock of A", "stock of B"]


@pytest.mark.parametrize(
    "wrong", [{"need": [-1]}, {"stock": [-0.1]}, {"prices": [0]}, {"bank_prices": [0]}]
)
def test_factors_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match="factor"):
        measure(TWO_BANKS, **wrong)


def test_an_unknown_bank_is_refused_with_the_nearest():
    with pytest.raises(InputError, match='Unknown bank "Z"'):
        measure(TWO_BANKS, banks=["Z"])


def test_the_plan_of_another_scenario_is_refused():
    with pytest.raises(InputError, match="another scenario"):
        measure_sensitivity(TWO_BANKS.with_wishes(max_banks=2).scenario(), TWO_BANKS.optimise())


def assert_never_rises(rows: list[Sensitivity]) -> None:
    """More stock: once possible always possible, and never dearer."""
    possible = [row.total_gbp is not None for row in rows]
    assert possible == sorted(possible)
    costs = [row.total_gbp for row in rows if row.total_gbp is not None]
    assert all(after <= before + DOUBT for before, after in pairwise(costs))


def test_more_stock_is_never_dearer_and_higher_prices_never_cheaper():
    compared = 0
    for seed in range(8):
        scene = draw_market_scene(Random(seed), 10)
        try:
            found = measure(scene, prices=(0.8, 1, 1.25), stock=(0, 0.5, 1, 2))
        except InfeasibleError:
            continue
        groups: dict[str, list[Sensitivity]] = {}
        for row in found.rows[1:]:
            groups.setdefault(row.change.what, []).append(row)
        assert_never_rises(groups.pop("prices")[::-1])
        for rows in groups.values():
            assert_never_rises(rows)
            assert abs(rows[2].change_gbp) <= DOUBT
            compared += 1
    assert compared > 5


def test_the_answers_do_not_depend_on_the_number_of_processes():
    scene = draw_market_scene(Random(1), 12)
    one, two = measure(scene, need=[0.9, 1.1]), measure(scene, need=[0.9, 1.1], n_jobs=2)
    assert one.as_dict() == two.as_dict()


def test_frame_and_report_are_as_documented():
    scene = Scene((Line(NEUTRAL, 2, 10_000), Line(SCRUB, 1, 9_000, "B")), {}, {AREA: 2.5})
    found = measure(scene, need=[0.5, 2])
    frame = found.to_frame()
    assert tuple(frame.columns) == FRAME_COLUMNS
    assert frame["verdict"].tolist() == ["proven", "proven", "impossible"]
    assert frame["factor"].tolist() == [1.0, 0.5, 2.0]
    assert json.loads(json.dumps(found.as_dict()))["rows"][2]["total_gbp"] is None
    assert all(len(line) <= 100 for line in str(found).splitlines())
