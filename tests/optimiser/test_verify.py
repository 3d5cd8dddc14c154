"""The checks: our plans pass, and each single corruption fails exactly its own check."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from bng_opt.errors import BngOptError, InfeasibleError, InputError
from bng_opt.optimiser.verify import Claim, ClaimedPurchase, verify
from tests.support.scenarios import (
    AREA,
    CULVERT,
    DITCHES,
    HEDGE_LOW,
    HEDGEROW,
    NEUTRAL,
    POND,
    SCRUB,
    WATERCOURSE,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    draw_scene,
    site,
)

D = Decimal


def market(**wishes: object) -> Scene:
    """Return a need of 3 area units, 1 of them woodland, at a near and a far bank."""
    lines = (
        Line(WOODLAND, 4, 30_000, "A", stock_id="WOOD"),
        Line(NEUTRAL, 4, 10_000, "F", stock_id="FAR"),
        Line(SCRUB, 1, 90_000, "B", stock_id="SCRUB", quoted="0.5"),
    )
    banks = (BankSpec("A", fee="500"),)
    return Scene(lines, {WOODLAND: -1.0}, {AREA: 3.0}, banks, wishes)


def broken(claim: Claim, scene: Scene) -> list[str]:
    """Return the rules that a claim breaks."""
    checks = verify(claim, scene.requirement(), scene.market(), site(), scene.policy())
    assert all(check.detail for check in checks)
    return [check.rule for check in checks if not check.ok]


def buys(**units: str) -> Claim:
    """Return a plan of somebody else that states stock ids and units alone."""
    purchases = tuple(ClaimedPurchase(stock_id, D(amount)) for stock_id, amount in units.items())
    return Claim(purchases, {}, None)


def ours(scene: Scene) -> Claim:
    return Claim.from_plan(scene.optimise())


def corrupt(claim: Claim, stock_id: str, **figures: Decimal) -> Claim:
    purchases = tuple(
        replace(p, **figures) if p.stock_id == stock_id else p for p in claim.purchases
    )
    return replace(claim, purchases=purchases)


def test_our_plan_passes():
    assert broken(ours(market()), market()) == []


def test_the_hand_plan_is_what_the_corruptions_start_from():
    claim = ours(market())
    assert {p.stock_id: p.units for p in claim.purchases} == {"WOOD": D("1"), "FAR": D("4")}
    assert claim.total_gbp == 30_000 + 40_000 + 500


@pytest.mark.parametrize(
    ("stock_id", "figures", "rule"),
    [
        ("FAR", {"srm": D("1")}, "spatial risk multipliers"),
        ("FAR", {"delivered_units": D("4")}, "spatial risk multipliers"),
        ("FAR", {"cost_gbp": D("40000.01")}, "costs are units times price"),
        ("WOOD", {"cost_gbp": D("29999.99")}, "costs are units times price"),
    ],
)
def test_a_wrong_figure_of_a_purchase_fails_its_check(stock_id, figures, rule):
    assert broken(corrupt(ours(market()), stock_id, **figures), market()) == [rule]


@pytest.mark.parametrize("off", ["0.01", "-0.01"])
def test_a_wrong_total_fails_its_check(off):
    claim = ours(market())
    wrong = replace(claim, total_gbp=claim.total_gbp + D(off))
    assert broken(wrong, market()) == ["the total is the sum"]


@pytest.mark.parametrize(
    ("claim", "rules"),
    [
        (buys(WOOD="1", FAR="4"), []),
        (buys(WOOD="3"), []),
        (buys(WOOD="1", FAR="3.99"), ["area: headline deficit"]),
        (buys(WOOD="0.99", FAR="4", SCRUB="0.01"), ["area: trading rules"]),
        (buys(WOOD="3", FAR="4.01"), ["stock is not exceeded"]),
        (buys(WOOD="3.005"), ["units are multiples of 0.01"]),
        (buys(WOOD="3", FAR="0"), ["units are multiples of 0.01"]),
        (buys(WOOD="3.01", FAR="-0.01"), ["units are multiples of 0.01", "banks as wished"]),
        (buys(WOOD="3", GONE="1"), ["stock lines exist"]),
    ],
)
def test_a_plan_of_stock_ids_and_units_alone_is_judged(claim, rules):
    assert broken(claim, market()) == rules


def test_nothing_bought_breaks_trading_and_headline():
    assert broken(buys(), market()) == ["area: trading rules", "area: headline deficit"]


def test_stock_claimed_in_two_lines_is_added_up():
    claim = Claim((ClaimedPurchase("WOOD", D(3)), ClaimedPurchase("WOOD", D("1.01"))), {}, None)
    assert broken(claim, market()) == ["stock is not exceeded"]


def test_units_held_for_others_are_not_free():
    claim = buys(WOOD="2", SCRUB="1")
    assert broken(claim, market()) == []
    assert broken(claim, market(quoted="all")) == ["stock is not exceeded"]
    assert broken(buys(WOOD="2.5", SCRUB="0.5"), market(quoted="all")) == []


@pytest.mark.parametrize(
    "wishes",
    [
        {"max_banks": 1},
        {"must_not_use": frozenset({"F"})},
        {"must_use": frozenset({"B"})},
        {"min_units_per_bank": 2},
    ],
)
def test_a_wish_that_is_not_kept_fails_its_check(wishes):
    assert broken(buys(WOOD="1", FAR="4"), market(**wishes)) == ["banks as wished"]


def test_an_unpriced_line_fails_its_check():
    lines = (Line(WOODLAND, 4, 30_000, stock_id="WOOD"), Line(NEUTRAL, 4, {"large": 1}, "B"))
    scene = Scene(lines, {WOODLAND: -1.0}, {AREA: 3.0})
    assert broken(buys(WOOD="2", **{"B-002": "1"}), scene) == ["every line is priced"]


def test_like_for_like_judges_trading_after_the_multiplier():
    lines = (Line(WOODLAND, 9, 1, "F"), Line(NEUTRAL, 9, 1, "A"))
    scene = Scene(lines, {WOODLAND: -1.0}, {AREA: 1.0})
    claim = buys(**{"F-001": "1", "A-002": "0.5"})
    assert broken(claim, scene) == []
    assert broken(claim, scene.with_wishes(mode="like_for_like")) == ["area: trading rules"]


def test_a_culvert_bought_for_a_culvert_fails_the_trading_rules():
    scene = Scene((Line(CULVERT, 9, 1), Line(DITCHES, 9, 1)), {CULVERT: -1.0}, {WATERCOURSE: 1.0})
    assert broken(buys(**{"A-001": "1"}), scene) == ["watercourse: trading rules"]
    assert broken(buys(**{"A-002": "1"}), scene) == []


def test_what_a_banks_baseline_loses_is_counted():
    lines = (Line(NEUTRAL, 9, 1, lost=SCRUB, lost_units=9), Line(SCRUB, 9, 1, "B"))
    scene = Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0})
    assert broken(buys(**{"A-001": "1"}), scene) == ["area: trading rules"]
    assert broken(buys(**{"A-001": "1", "B-002": "1"}), scene) == []


class TestCredits:
    SCENE = Scene(
        (Line(NEUTRAL, "0.4", 10_000),), {POND: -1.0}, {AREA: 1.5}, wishes={"credits": True}
    )

    def test_our_plan_passes(self):
        claim = ours(self.SCENE)
        assert broken(claim, self.SCENE) == []
        assert claim.credits == {"A4": D("2.00"), "A1": D("0.20")}

    @pytest.mark.parametrize("credits", [{"A4": D("1.99"), "A1": D("0.20")}, {"A1": D("0.20")}])
    def test_a_missing_credit_fails_its_check(self, credits):
        claim = replace(ours(self.SCENE), credits=credits, total_gbp=None)
        assert "area: statutory credits" in broken(claim, self.SCENE)

    def test_no_credits_at_all_leave_the_shortfall_open(self):
        claim = replace(ours(self.SCENE), credits={}, total_gbp=None)
        assert broken(claim, self.SCENE) == ["area: trading rules", "area: headline deficit"]

    def test_an_unknown_tier_is_bad_input(self):
        claim = replace(ours(self.SCENE), credits={"A9": D(2)})
        with pytest.raises(InputError, match="A9"):
            broken(claim, self.SCENE)


class TestClaimFromDict:
    @pytest.mark.parametrize(
        "content",
        [
            {},
            [],
            None,
            "plan",
            {"purchases": {}},
            {"purchases": "A"},
            {"purchases": [1]},
            {"purchases": [{}]},
            {"purchases": [{"stock_id": "A"}]},
            {"purchases": [{"units": 1}]},
            {"purchases": [{"stock_id": "A", "units": "many"}]},
            {"purchases": [{"stock_id": "A", "units": None}]},
            {"purchases": [{"stock_id": "A", "units": True}]},
            {"purchases": [{"stock_id": "A", "units": float("nan")}]},
            {"purchases": [{"stock_id": "A", "units": float("inf")}]},
            {"purchases": [{"stock_id": "A", "units": [1]}]},
            {"purchases": [{"stock_id": "A", "units": 1, "srm": "near"}]},
            {"purchases": [{"stock_id": "A", "units": 1, "cost_gbp": "£1"}]},
            {"purchases": [], "cost": {"total_gbp": "dear"}},
            {"purchases": [], "credits": [{"tier": "A1", "credits": "two"}]},
            {"purchases": [], "credits": 5},
            {"purchases": [], "credits": "A1"},
            {"purchases": [], "credits": ["A1"]},
            {"purchases": [], "credits": [{"tier": "A1"}]},
        ],
    )
    def test_what_is_no_plan_is_bad_input(self, content):
        with pytest.raises(InputError):
            Claim.from_dict(content)

    def test_everything_wrong_is_told_at_once(self):
        rows = [{"units": 1}, {"stock_id": "A", "units": "x"}, {"stock_id": "B"}]
        with pytest.raises(InputError) as caught:
            Claim.from_dict({"purchases": rows})
        assert len(caught.value.findings) == 3

    def test_numbers_may_be_written_as_text(self):
        claim = Claim.from_dict({"purchases": [{"stock_id": "WOOD", "units": "3.00"}]})
        assert broken(claim, market()) == []

    @pytest.mark.parametrize("units", ["1e30", "-1e30", "1e-40", "1e300"])
    def test_absurd_units_are_judged_or_refused_without_a_crash(self, units):
        content = {"purchases": [{"stock_id": "WOOD", "units": units}]}
        try:
            found = broken(Claim.from_dict(content), market())
        except BngOptError:
            return
        assert found

    @pytest.mark.parametrize("key", ["cost_gbp", "srm", "delivered_units"])
    def test_absurd_figures_are_judged_or_refused_without_a_crash(self, key):
        row = {"stock_id": "WOOD", "units": 3, key: "1e60"}
        try:
            found = broken(Claim.from_dict({"purchases": [row]}), market())
        except BngOptError:
            return
        assert found


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_written_as_json_and_read_again_passes(seed):
    scene = draw_scene(Random(seed))
    try:
        plan = scene.optimise()
    except InfeasibleError:
        return
    content = json.loads(json.dumps(plan.as_dict()))
    claim = Claim.from_dict(content)
    assert claim == Claim.from_plan(plan)
    assert broken(claim, scene) == []


@pytest.mark.parametrize("seed", range(60))
def test_every_step_of_a_cheapest_plan_is_needed(seed):
    """Less of any purchase is unlawful or against a wish."""
    scene = draw_scene(Random(seed)).with_wishes(size_by="quote")
    try:
        claim = ours(scene)
    except InfeasibleError:
        return
    step = scene.policy().market_step
    for purchase in claim.purchases:
        rest = [p for p in claim.purchases if p is not purchase]
        if purchase.units > step:
            rest.append(ClaimedPurchase(purchase.stock_id, purchase.units - step))
        shorter = tuple(ClaimedPurchase(p.stock_id, p.units) for p in rest)
        assert broken(Claim(shorter, {}, None), scene), purchase


def test_hedgerows_are_checked_as_their_own_ledger():
    scene = Scene((Line(HEDGE_LOW, 2, 10),), {HEDGE_LOW: -1.0}, {HEDGEROW: 1.0})
    assert broken(buys(**{"A-001": "0.5"}), scene) == [
        "hedgerow: trading rules",
        "hedgerow: headline deficit",
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"price_gbp": 1.0}, "costs are units times price"),
        ({"habitat": "Grassland - Lowland meadows"}, "purchases are what they say"),
        ({"ledger": "hedgerow"}, "purchases are what they say"),
        ({"bank_id": "ZZ"}, "purchases are what they say"),
        ({"contract_size": "banana"}, "purchases are what they say"),
    ],
)
def test_what_a_purchase_says_of_itself_is_compared(change, rule):
    scene = Scene((Line(NEUTRAL, 3, 20_000),), {NEUTRAL: -1.0}, {AREA: 1.0})
    stated = json.loads(json.dumps(scene.optimise().as_dict()))
    stated["purchases"][0] |= change
    assert broken(Claim.from_dict(stated), scene) == [rule]


@pytest.mark.parametrize("banks", [[], [{"bank_id": "A", "fee_gbp": 99}], [{"bank_id": "Z"}]])
def test_banks_and_fees_that_a_plan_lists_are_compared(banks):
    scene = Scene((Line(NEUTRAL, 3, 20_000),), {NEUTRAL: -1.0}, {AREA: 1.0})
    stated = json.loads(json.dumps(scene.optimise().as_dict())) | {"banks": banks}
    assert broken(Claim.from_dict(stated), scene) == ["banks and fees as stated"]
