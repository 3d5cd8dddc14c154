"""What each purchase is for: every need is met in full, every unit has a use."""

from __future__ import annotations

from random import Random

import pytest

from bng_opt.errors import InfeasibleError
from bng_opt.optimiser.plan import Plan
from tests.support.scenarios import (
    AREA,
    CEREAL,
    MODIFIED,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    Line,
    Scene,
    draw_market_scene,
    draw_scene,
)

NOT_TRADING = {"Net gain", "Above the need"}


def needs(scene: Scene, plan: Plan) -> dict[tuple[str, str], float]:
    """Return what is owed by ledger and account, with what the banks' baselines lose."""
    from bng_opt.metric.trading import balances_of
    from bng_opt.reference import catalogue

    find = catalogue().find
    losses = [(find(name), float(units)) for name, units in scene.changes.items()]
    lines = {line.stock_id: line for line in scene.lines}
    for item in plan.purchases:
        line = lines[item.stock_id]
        if line.lost:
            weight = float(item.srm) if plan.mode == "like_for_like" else 1.0
            share = float(line.lost_units) / float(line.whole_net)
            losses.append((find(line.lost), -weight * share * float(item.units)))
    return {
        (account.ledger.value, account.key): -units
        for account, units in balances_of(losses).items()
        if units < -1e-6
    }


def assert_explained(scene: Scene, plan: Plan) -> None:
    served: dict[tuple[str, str], float] = {}
    for use in plan.uses:
        if use.target not in NOT_TRADING:
            key = (use.ledger, use.target)
            served[key] = served.get(key, 0.0) + use.units
    owed = needs(scene, plan)
    assert served.keys() == owed.keys()
    for key, units in owed.items():
        assert served[key] == pytest.approx(units, abs=1e-5), key
    assert_every_unit_used(scene, plan)


def assert_every_unit_used(scene: Scene, plan: Plan) -> None:
    """Assert that a purchase's uses, after the multiplier, add up to what it delivers."""
    lines = {line.stock_id: line for line in scene.lines}
    for item in plan.purchases:
        line = lines[item.stock_id]
        net = float(line.whole_net)
        gain = (net + float(line.lost_units)) / net if line.lost else 1.0
        weight = float(item.srm) if plan.mode == "like_for_like" else 1.0
        rate = float(item.srm) / (gain * weight)
        effective = sum(
            use.units * (1.0 if use.target in NOT_TRADING else rate)
            for use in plan.uses
            if use.source == item.stock_id and use.source_kind == "purchase"
        )
        assert effective == pytest.approx(float(item.delivered_units), abs=1e-5)


@pytest.mark.parametrize("block", range(4))
def test_every_need_is_met_in_full_and_every_unit_has_a_use(block):
    for seed in range(50 * block, 50 * (block + 1)):
        scene = draw_scene(Random(seed))
        try:
            plan = scene.optimise()
        except InfeasibleError:
            continue
        assert_explained(scene, plan)


@pytest.mark.parametrize("seed", range(6))
def test_every_need_of_a_county_plan_is_met_in_full(seed):
    scene = draw_market_scene(Random(seed), 30)
    try:
        assert_explained(scene, scene.optimise())
    except InfeasibleError:
        pytest.skip("on purpose: this market has no plan")


def test_surplus_made_on_site_is_shown_where_it_serves():
    plan = Scene((Line(NEUTRAL, 5, 20_000),), {NEUTRAL: -2.0, WOODLAND: 0.5}).optimise()
    uses = {(use.source_kind, use.target): use.units for use in plan.uses}
    assert uses[("on-site surplus", "Grassland")] == pytest.approx(0.5)
    assert uses[("purchase", "Grassland")] == pytest.approx(1.5)


def test_a_purchase_states_the_rule_it_serves():
    plan = Scene((Line(WOODLAND, 5, 20_000),), {WOODLAND: -1.0}, {AREA: 1.2}).optimise()
    rules = {use.target: use.rule for use in plan.uses}
    assert rules == {WOODLAND: "same habitat", "Net gain": "any habitat of the ledger"}
    assert plan.serves("A-001") == (
        "1.00 for Woodland and forest - Lowland mixed deciduous woodland (same habitat); "
        "0.20 for Net gain (any habitat of the ledger)"
    )


def test_every_line_left_out_has_its_reason():
    lines = (
        Line(NEUTRAL, 5, 20_000, "A"),
        Line(NEUTRAL, 5, 30_000, "B"),
        Line(SCRUB, 5, {"large": 1}, "C"),
        Line(MODIFIED, "0.001", 1, "D"),
        Line("Native hedgerow", 5, 1, "E"),
    )
    plan = Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()
    reasons = {item.stock_id: item.reason for item in plan.not_chosen}
    assert list(reasons) == ["B-002", "C-003", "D-004", "E-005"]
    assert reasons["B-002"].startswith("dearer")
    assert "no price" in reasons["C-003"]
    assert "less than one step" in reasons["D-004"]
    assert "hedgerow" in reasons["E-005"]


def test_a_low_loss_made_by_a_bank_is_shown_as_a_need():
    line = Line(NEUTRAL, 4, 10_000, lost=CEREAL, lost_units=2)
    plan = Scene((line,), {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()
    assert {use.target: use.units for use in plan.uses} == pytest.approx(
        {"Grassland": 1.0, "Low": 0.5}
    )
