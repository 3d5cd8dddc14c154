"""What one more unit costs, from which price an offer is bought, and what binds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.metric.trading import account_of
from bng_opt.optimiser.margins import (
    NEED_COLUMNS,
    THRESHOLD_COLUMNS,
    Margins,
    NeedMargin,
    explain_margins,
)
from bng_opt.optimiser.model import build_model
from bng_opt.optimiser.offers import make_offers
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.solver import Status, relax
from bng_opt.optimiser.thresholds import ALREADY, NO_ROOM, NOT_EVEN_FREE, Threshold
from bng_opt.reference import catalogue
from tests.support.scenarios import (
    ACID,
    AREA,
    HEDGE_LOW,
    NEUTRAL,
    POOLS,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    bought,
    draw_market_scene,
)


def explain(scene: Scene) -> Margins:
    return explain_margins(scene.scenario(), scene.optimise())


def price_of(scene: Scene, target: str) -> Decimal | None:
    return next(need for need in explain(scene).needs if need.target == target).marginal_gbp


def threshold_of(scene: Scene, stock_id: str) -> Threshold:
    return next(each for each in explain(scene).thresholds if each.stock_id == stock_id)


def test_one_more_unit_costs_what_the_line_costs():
    scene = Scene((Line(NEUTRAL, 5, 20_000),), {}, {AREA: 1.0})
    assert price_of(scene, "Net gain") == 20_000


def test_one_more_unit_of_net_gain_from_afar_takes_two():
    scene = Scene((Line(NEUTRAL, 5, 20_000, "F"),), {}, {AREA: 1.0})
    assert price_of(scene, "Net gain") == 40_000


def test_one_more_unit_of_a_loss_from_afar_takes_one_before_the_multiplier():
    scene = Scene((Line(NEUTRAL, 5, 20_000, "F"),), {NEUTRAL: -2.0}, {AREA: 0.5})
    assert price_of(scene, "Grassland") == 20_000
    assert price_of(scene.with_wishes(mode="like_for_like"), "Grassland") == 40_000


def test_where_two_rules_bind_at_once_each_unit_has_its_whole_price():
    scene = Scene((Line(NEUTRAL, 5, 20_000),), {NEUTRAL: -2.0}, {AREA: 2.0})
    assert price_of(scene, "Grassland") == 20_000
    assert price_of(scene, "Net gain") == 20_000


def test_a_dearer_habitat_in_place_of_a_cheaper_costs_the_difference():
    lines = (Line(NEUTRAL, 5, 30_000), Line(SCRUB, 5, 20_000))
    scene = Scene(lines, {NEUTRAL: -1.0}, {AREA: 3.0})
    assert price_of(scene, "Grassland") == 10_000
    assert price_of(scene, "Net gain") == 20_000


def test_a_need_that_surplus_serves_costs_nothing_more():
    lines = (Line(NEUTRAL, 5, 30_000),)
    scene = Scene(lines, {NEUTRAL: -1.0, WOODLAND: 3.0}, {AREA: 1.0})
    need = next(each for each in explain(scene).needs if each.target == "Grassland")
    assert need.marginal_gbp == 0
    assert need.words == "A little more costs nothing: what is bought for other needs serves it."


def test_where_the_banks_of_the_plan_are_sold_out_there_is_no_price():
    lines = (Line(NEUTRAL, 1, 20_000, "A"), Line(NEUTRAL, 5, 30_000, "B"))
    scene = Scene(lines, {}, {AREA: 1.0})
    assert price_of(scene, "Net gain") is None
    assert "nothing left" in explain(scene).needs[0].words


def test_the_banks_own_losses_are_part_of_the_price():
    line = Line(NEUTRAL, 4, 20_000, lost=ACID, lost_units=4)
    scene = Scene((line,), {NEUTRAL: -1.0}, {AREA: 0.5})
    assert price_of(scene, "Grassland") == 20_000
    # A unit bought gains 6/4 of woodland and loses 2/4 of grassland: 2/3 of a unit, and 1/3
    # of a unit of grassland from the other line.
    line = Line(WOODLAND, 4, 20_000, lost=NEUTRAL, lost_units=2)
    scene = Scene((line, Line(NEUTRAL, 9, 8_000)), {WOODLAND: -1.5}, {AREA: 0.5})
    assert price_of(scene, WOODLAND) == 16_000


def test_the_price_of_credits_is_the_price_of_a_unit_that_only_credits_meet():
    lines = (Line(SCRUB, 1, 20_000),)
    scene = Scene(lines, {NEUTRAL: -2.0}, {AREA: 1.0}, wishes={"credits": True})
    assert price_of(scene, "Grassland") == pytest.approx(Decimal(84_000), abs=Decimal(100))


def test_an_unused_bank_enters_where_its_price_and_fee_meet_the_plan():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 20, 120, "B"))
    scene = Scene(lines, {}, {AREA: 10.0}, (BankSpec("B", fee="50"),))
    found = threshold_of(scene, "B-002")
    assert (found.price_gbp, found.threshold_gbp, found.fee_gbp) == (120, 95, 50)
    assert found.cut_gbp == 25
    assert found.units == pytest.approx(10)


def test_less_stock_spreads_the_fee_over_fewer_units():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 5, 120, "B"))
    scene = Scene(lines, {}, {AREA: 10.0}, (BankSpec("B", fee="50"),))
    assert threshold_of(scene, "B-002").threshold_gbp == 90


def test_a_line_from_afar_must_be_half_the_price():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 40, 80, "F"))
    scene = Scene(lines, {}, {AREA: 10.0})
    assert threshold_of(scene, "F-002").threshold_gbp == 50


def test_a_line_of_a_bank_in_use_bears_no_fee_again():
    lines = (Line(NEUTRAL, 20, 100), Line(SCRUB, 20, 120))
    scene = Scene(lines, {}, {AREA: 10.0}, (BankSpec("A", fee="500"),))
    found = threshold_of(scene, "A-002")
    assert (found.threshold_gbp, found.fee_gbp) == (100, 0)


def test_a_fee_above_all_that_can_be_saved_has_no_price():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 20, 120, "B"))
    scene = Scene(lines, {}, {AREA: 10.0}, (BankSpec("B", fee="5000"),))
    found = threshold_of(scene, "B-002")
    assert (found.threshold_gbp, found.cut_gbp, found.note) == (None, None, NOT_EVEN_FREE)


def test_what_serves_no_need_has_no_price():
    lines = (Line(NEUTRAL, 20, 100), Line(SCRUB, 20, 120))
    scene = Scene(lines, {NEUTRAL: -2.0}, {})
    assert threshold_of(scene, "A-002").threshold_gbp is None


def test_each_banks_own_size_has_a_threshold_and_the_nearest_counts():
    prices = {"small": 130, "medium": 110}
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 20, prices, "B"))
    scene = Scene(lines, {}, {AREA: 10.0}, wishes={"size_by": "bank"})
    found = threshold_of(scene, "B-002")
    assert (found.contract_size, found.price_gbp, found.threshold_gbp) == ("medium", 110, 100)


def test_a_bank_without_a_place_under_the_limit_is_marked():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 20, 120, "B"), Line(SCRUB, 20, 120, "A"))
    scene = Scene(lines, {}, {AREA: 10.0}, wishes={"max_banks": 1})
    assert threshold_of(scene, "B-002").note == NO_ROOM
    assert threshold_of(scene, "A-003").note == ""


def test_what_only_whole_steps_keep_out_is_marked():
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(SCRUB, 20, 99, "A"))
    scene = Scene(lines, {NEUTRAL: -1.5}, {AREA: 2.0}, wishes={"market_step": 1})
    assert bought(scene.optimise()) == {"A-001": 2}
    found = threshold_of(scene, "A-002")
    assert (found.threshold_gbp, found.note) == (100, ALREADY)


def at_price(scene: Scene, stock_id: str, price: Decimal) -> Scene:
    lines = (
        replace(line, price=str(price)) if line.stock_id == stock_id else line
        for line in scene.lines
    )
    return replace(scene, lines=tuple(lines))


@pytest.mark.parametrize("fee", ["0", "50"])
def test_the_plan_buys_it_below_the_threshold_and_not_above(fee):
    lines = (Line(NEUTRAL, 20, 100, "A"), Line(NEUTRAL, 20, 120, "B"))
    banks = (BankSpec("B", fee=fee),)
    scene = Scene(lines, {}, {AREA: 10.0}, banks, {"gap_gbp": Decimal("0.01")})
    limit = threshold_of(scene, "B-002").threshold_gbp
    assert limit is not None
    assert bought(at_price(scene, "B-002", limit - 1).optimise()) == {"B-002": 10}
    assert bought(at_price(scene, "B-002", limit + 1).optimise()) == {"A-001": 10}


def plain_counties(seeds: range) -> Iterator[tuple[Scene, Plan]]:
    """Yield counties without fees and limits, at one price a line, and their plans."""
    for seed in seeds:
        scene = draw_market_scene(Random(seed), 12)
        lines = tuple(
            replace(line, price=1000 + 37 * n, basis="unit") for n, line in enumerate(scene.lines)
        )
        banks = tuple(replace(bank, fee="0") for bank in scene.banks)
        wishes = {key: scene.wishes[key] for key in ("mode", "quoted") if key in scene.wishes}
        scene = replace(scene, lines=lines, banks=banks, wishes=wishes)
        try:
            plan = scene.optimise()
        except InfeasibleError:
            continue
        if plan.banks:
            yield scene, plan


def relaxed(scene: Scene, banks: set[str]) -> float | None:
    """Return the relaxation's least cost on a market of these banks alone [GBP]."""
    others = frozenset(bank.bank_id for bank in scene.banks) - banks
    scenario = scene.with_wishes(must_not_use=others).scenario()
    book = make_offers(scenario.requirement, scenario.market, scenario.site, scenario.policy)
    answer = relax(build_model(book, scenario.requirement, scenario.policy).linear)
    return answer.objective if answer.status is Status.OPTIMAL else None


def with_more(scene: Scene, need: NeedMargin, units: float) -> Scene:
    """Return the scene that needs so many units more of a line of the need."""
    if need.target == "Net gain":
        deficits = {**scene.deficits, need.ledger: scene.deficits[need.ledger] + units}
        return replace(scene, deficits=deficits)
    name = next(
        name
        for name in POOLS[need.ledger]
        if name in scene.changes
        and (account := account_of(catalogue().find(name))) is not None
        and account.key == need.target
    )
    return replace(scene, changes={**scene.changes, name: scene.changes[name] - units})


def test_prices_are_the_finite_differences_of_the_relaxation():
    compared = 0
    for scene, plan in plain_counties(range(25)):
        banks = {bank.bank_id for bank in plan.banks}
        before = relaxed(scene, banks)
        for need in explain_margins(scene.scenario(), plan).needs:
            after = relaxed(with_more(scene, need, 0.01), banks)
            if need.marginal_gbp is None:
                assert after is None
            else:
                assert (after - before) / 0.01 == pytest.approx(
                    float(need.marginal_gbp), rel=1e-4, abs=0.05
                )
                compared += need.marginal_gbp > 0
    assert compared > 20


def test_thresholds_are_where_the_relaxation_begins_to_buy():
    compared = 0
    for scene, plan in plain_counties(range(12)):
        banks = {bank.bank_id for bank in plan.banks}
        for found in explain_margins(scene.scenario(), plan).thresholds:
            if found.bank_id in banks or found.threshold_gbp is None:
                continue
            opened = banks | {found.bank_id}
            before = relaxed(scene, banks)
            above = relaxed(at_price(scene, found.stock_id, found.threshold_gbp + 1), opened)
            assert before - above < 1e-3
            if found.threshold_gbp > 1:
                below = relaxed(at_price(scene, found.stock_id, found.threshold_gbp - 1), opened)
                assert before - below == pytest.approx(found.units, rel=0.2)
            compared += 1
    assert compared > 30


def test_binding_rules_are_named_with_their_price():
    lines = (Line(NEUTRAL, 1, 20_000), Line(NEUTRAL, 5, 23_000, "B"))
    found = explain(Scene(lines, {}, {AREA: 2.0}))
    words = [rule.words for rule in found.binding]
    assert words == [
        "The area net gain target takes every unit, counted after the multiplier. "
        "One unit more of it costs £23,000.00.",
        f"A-001 ({NEUTRAL}) is sold out: one unit more would save £3,000.00.",
    ]


@pytest.mark.parametrize("fee", ["0", "700"])
def test_a_line_sold_out_is_named_whether_its_bank_charges_or_not(fee):
    lines = (Line(NEUTRAL, 1, 20_000), Line(NEUTRAL, 5, 23_000, "B"))
    banks = (BankSpec("A", fee=fee),)
    found = explain(Scene(lines, {}, {AREA: 2.0}, banks))
    assert found.binding[-1].price_gbp == 3_000


def test_a_limit_on_banks_that_is_reached_binds():
    lines = (Line(NEUTRAL, 1, 20_000), Line(NEUTRAL, 5, 23_000, "B"))
    found = explain(Scene(lines, {}, {AREA: 2.0}, wishes={"max_banks": 2}))
    assert found.binding[-1].words == "The plan uses as many banks as the wish allows (2)."


def test_what_does_not_bind_is_not_named():
    lines = (Line(NEUTRAL, 5, 20_000), Line(HEDGE_LOW, 5, 20_000))
    found = explain(Scene(lines, {SCRUB: 2.0, NEUTRAL: -1.0}, {AREA: 1.5}))
    assert len(found.binding) == 1


def test_the_plan_of_another_scenario_is_refused():
    scene = Scene((Line(NEUTRAL, 5, 20_000),), {}, {AREA: 1.0})
    with pytest.raises(InputError, match="another scenario"):
        explain_margins(scene.with_wishes(max_banks=1).scenario(), scene.optimise())


def test_nothing_to_buy_has_no_margins():
    found = explain(Scene((Line(NEUTRAL, 5, 20_000),), {}, {}))
    assert found == Margins((), (), ())


def test_frames_and_report_are_as_documented():
    lines = (Line(NEUTRAL, 1, 20_000), Line(NEUTRAL, 5, 23_000, "B"), Line(SCRUB, 1, 50_000))
    found = explain(Scene(lines, {NEUTRAL: -0.5}, {AREA: 2.0}))
    assert tuple(found.needs_frame().columns) == NEED_COLUMNS
    frame = found.thresholds_frame()
    assert tuple(frame.columns) == THRESHOLD_COLUMNS
    assert frame["cut_gbp"].dtype == float
    assert json.loads(json.dumps(found.as_dict()))["needs"][0]["target"] == "Grassland"
    assert all(len(line) <= 100 for line in str(found).splitlines())
