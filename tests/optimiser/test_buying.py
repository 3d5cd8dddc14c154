"""How units are bought: the multiplier, stock, steps, banks, fees, baselines and wishes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.optimiser.policy import Policy
from tests.support.scenarios import (
    ACID,
    AREA,
    CEREAL,
    HEDGE_LOW,
    HEDGEROW,
    MODIFIED,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    bought,
)


def one_woodland_from_afar(**wishes: object) -> Scene:
    """Return the example of RULES 4: 1 High unit lost, sold outside only; Low units near."""
    lines = (Line(WOODLAND, 10, 30_000, "F"), Line(MODIFIED, 10, 10_000, "A"))
    return Scene(lines, {WOODLAND: -1.0}, {AREA: 1.0}, wishes=wishes)


def net_gain(lines: tuple[Line, ...], units: float, *banks: BankSpec, **wishes: object) -> Scene:
    """Return a need that any area habitat meets."""
    return Scene(lines, {}, {AREA: units}, banks, wishes)


class TestMultiplier:
    def test_statutory_trading_takes_raw_units_and_any_habitat_fills_the_headline(self):
        plan = one_woodland_from_afar().optimise()
        assert bought(plan) == {"F-001": 1.0, "A-002": 0.5}
        assert plan.total_gbp == 35_000
        assert plan.mode == "statutory"

    def test_like_for_like_takes_units_after_the_multiplier(self):
        plan = one_woodland_from_afar(mode="like_for_like").optimise()
        assert bought(plan) == {"F-001": 2.0}
        assert plan.total_gbp == 60_000
        assert plan.mode == "like_for_like"

    def test_like_for_like_counts_what_a_bank_loses_whole(self):
        """A loss of 1 Medium unit far away is 0.5 after the multiplier, and 1 by the workbook."""
        lines = (
            Line(NEUTRAL, 4, 10_000, "F", lost=SCRUB, lost_units=4),
            Line(SCRUB, 9, 30_000, "A"),
        )
        scene = Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0})
        plan = scene.with_wishes(mode="like_for_like").optimise()
        assert bought(plan) == {"F-001": 1.0, "A-002": 1.0}
        assert plan.is_verified

    @pytest.mark.parametrize(("bank", "units"), [("A", 1.5), ("N", 2.0), ("F", 3.0)])
    def test_the_headline_takes_units_after_the_multiplier(self, bank, units):
        plan = net_gain((Line(NEUTRAL, 10, 10_000, bank),), 1.5).optimise()
        assert bought(plan) == {f"{bank}-001": units}
        assert sum(line.delivered_units for line in plan.purchases) == Decimal("1.5")

    @pytest.mark.parametrize(("bank", "stock"), [("N", "1.33"), ("F", "1.99")])
    def test_stock_is_drawn_before_the_multiplier(self, bank, stock):
        with pytest.raises(InfeasibleError):
            net_gain((Line(NEUTRAL, stock, 10_000, bank),), 1.0).optimise()

    def test_trading_takes_exactly_the_loss_from_afar_when_the_headline_is_met(self):
        scene = Scene((Line(WOODLAND, 10, 30_000, "F"),), {WOODLAND: -1.0}, {AREA: 0.0})
        assert bought(scene.optimise()) == {"F-001": 1.0}


class TestStockAndStep:
    def test_a_line_is_split_between_banks(self):
        lines = (Line(NEUTRAL, 1, 10_000, "A"), Line(NEUTRAL, 1, 12_000, "B"))
        assert bought(net_gain(lines, 1.5).optimise()) == {"A-001": 1.0, "B-002": 0.5}

    @pytest.mark.parametrize(
        ("step", "units", "buys"),
        [
            ("0.01", 1.005, 1.01),
            ("0.01", 1.38, 1.38),
            ("0.01", 0.1 + 0.2, 0.3),
            ("0.25", 1.005, 1.25),
            ("1", 1.38, 2.0),
            ("0.001", 1.0004, 1.001),
            ("0.01", 1.38 + 1e-8, 1.38),
            ("0.01", 1.38 + 1e-5, 1.39),
        ],
    )
    def test_purchases_are_rounded_up_to_the_market_step(self, step, units, buys):
        plan = net_gain((Line(NEUTRAL, 5, 10_000),), units, market_step=step).optimise()
        assert bought(plan) == {"A-001": buys}

    def test_stock_is_rounded_down_to_the_market_step(self):
        lines = (Line(NEUTRAL, "0.759", 10_000, "A"), Line(NEUTRAL, 5, 12_000, "B"))
        assert bought(net_gain(lines, 1.0).optimise()) == {"A-001": 0.75, "B-002": 0.25}

    def test_a_line_of_less_than_a_step_is_not_bought(self):
        lines = (Line(NEUTRAL, "0.009", 1, "B"), Line(ACID, 0, 1, "C"), Line(NEUTRAL, 5, 12_000))
        plan = net_gain(lines, 1.0).optimise()
        assert bought(plan) == {"A-003": 1.0}
        reasons = {item.stock_id: item.reason for item in plan.not_chosen}
        assert "less than one step" in reasons["B-001"]
        assert "less than one step" in reasons["C-002"]

    def test_needs_below_a_millionth_are_none(self):
        scene = Scene((Line(NEUTRAL, 5, 10_000),), {NEUTRAL: -9e-7}, {AREA: 9e-7})
        plan = scene.optimise()
        assert bought(plan) == {}
        assert plan.total_gbp == 0

    @pytest.mark.parametrize(("held", "from_cheap"), [("ignore", 1.0), ("half", 0.7), ("all", 0.4)])
    def test_units_quoted_to_others_are_held_back(self, held, from_cheap):
        lines = (Line(NEUTRAL, 1, 10_000, "A", quoted="0.6"), Line(NEUTRAL, 5, 12_000, "B"))
        plan = net_gain(lines, 1.2, quoted=held).optimise()
        assert bought(plan) == {"A-001": from_cheap, "B-002": round(1.2 - from_cheap, 2)}


class TestBaselines:
    def test_a_lost_medium_baseline_makes_the_cheap_line_need_more(self):
        """Half a unit adds 1 of neutral grassland and takes half a unit of scrub away."""
        lines = (
            Line(NEUTRAL, 4, 10_000, "A", lost=SCRUB, lost_units=4),
            Line(SCRUB, 4, 15_000, "B"),
            Line(NEUTRAL, 4, 30_000, "C"),
        )
        plan = Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()
        assert bought(plan) == {"A-001": 0.5, "B-002": 0.5}
        assert plan.total_gbp == 12_500

    def test_a_line_without_that_loss_is_taken_when_it_is_cheaper_in_all(self):
        lines = (
            Line(NEUTRAL, 4, 10_000, "A", lost=SCRUB, lost_units=4),
            Line(SCRUB, 4, 40_000, "B"),
            Line(NEUTRAL, 4, 20_000, "C"),
        )
        assert bought(Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()) == {"C-003": 1.0}

    def test_a_loss_that_nothing_meets_leaves_no_plan(self):
        line = Line(NEUTRAL, 4, 10_000, lost=SCRUB, lost_units=1)
        with pytest.raises(InfeasibleError, match="Heathland and shrub"):
            Scene((line,), {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()

    def test_a_loss_of_the_same_habitat_cancels(self):
        line = Line(NEUTRAL, 4, 10_000, lost=NEUTRAL, lost_units=4)
        assert bought(Scene((line,), {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()) == {"A-001": 1.0}

    def test_a_lost_low_baseline_is_covered_by_what_is_gained(self):
        line = Line(NEUTRAL, 4, 10_000, lost=CEREAL, lost_units=2)
        assert bought(Scene((line,), {NEUTRAL: -1.0}, {AREA: 1.0}).optimise()) == {"A-001": 1.0}

    def test_gross_units_serve_trading_while_net_units_serve_the_headline(self):
        """2 net units of 8 add 2.5 and take 0.5 away: trading needs 2, the headline 2.5."""
        lines = (Line(NEUTRAL, 8, 10_000, lost=CEREAL, lost_units=2), Line(MODIFIED, 8, 1_000, "B"))
        plan = Scene(lines, {NEUTRAL: -2.5}, {AREA: 2.5}).optimise()
        assert bought(plan) == {"A-001": 2.0, "B-002": 0.5}

    def test_an_unstated_baseline_is_warned_about(self):
        plan = net_gain((Line(NEUTRAL, 5, 10_000),), 1.0).optimise()
        assert any("no baseline" in warning.message for warning in plan.warnings)

    def test_a_stated_baseline_is_not_warned_about(self):
        line = Line(NEUTRAL, 5, 10_000, lost=CEREAL, lost_units=1)
        plan = net_gain((line,), 1.0).optimise()
        assert not any("no baseline" in warning.message for warning in plan.warnings)


class TestBanks:
    LINES = (
        Line(NEUTRAL, 1, 10_000, "A"),
        Line(NEUTRAL, 1, 11_000, "B"),
        Line(NEUTRAL, 5, 20_000, "C"),
    )

    @pytest.mark.parametrize(
        ("limit", "buys"),
        [
            (None, {"A-001": 1.0, "B-002": 1.0}),
            (2, {"A-001": 1.0, "B-002": 1.0}),
            (1, {"C-003": 2.0}),
            (9, {"A-001": 1.0, "B-002": 1.0}),
        ],
    )
    def test_no_more_banks_are_used_than_allowed(self, limit, buys):
        assert bought(net_gain(self.LINES, 2.0, max_banks=limit).optimise()) == buys

    def test_a_bank_that_sells_sells_its_least_total(self):
        lines = (Line(NEUTRAL, 5, 10_000, "A"), Line(NEUTRAL, 5, 12_000, "B"))
        plan = net_gain(lines, 0.5, min_units_per_bank=2).optimise()
        assert bought(plan) == {"A-001": 2.0}

    def test_the_least_total_of_a_bank_is_summed_over_its_lines(self):
        lines = (Line(NEUTRAL, 1, 10_000, "A"), Line(SCRUB, 5, 10_500, "A"))
        plan = net_gain(lines, 0.5, min_units_per_bank=2).optimise()
        assert bought(plan) == {"A-001": 1.0, "A-002": 1.0}

    def test_the_least_total_of_a_bank_may_be_filled_from_a_ledger_that_needs_nothing(self):
        """1 area unit is needed; 2 cheap hedgerow units fill the bank's least total of 3."""
        lines = (Line(NEUTRAL, 8, 20_000), Line(HEDGE_LOW, 5, 100))
        plan = net_gain(lines, 1.0, min_units_per_bank=3).optimise()
        assert plan.total_gbp == 20_200
        assert bought(plan) == {"A-001": 1.0, "A-002": 2.0}

    def test_a_least_total_above_all_stock_leaves_no_plan(self):
        scene = net_gain((Line(NEUTRAL, 5, 10_000),), 1.0, min_units_per_bank=6)
        with pytest.raises(InfeasibleError, match="at least 6 units a bank"):
            scene.optimise()

    @pytest.mark.parametrize(("units", "buys"), [(1.0, "A-001"), (8.0, "B-002")])
    def test_a_fee_is_worth_paying_only_for_enough_units(self, units, buys):
        lines = (Line(NEUTRAL, 9, 20_000, "A"), Line(NEUTRAL, 9, 19_000, "B"))
        plan = net_gain(lines, units, BankSpec("B", fee="5000")).optimise()
        assert bought(plan) == {buys: units}
        assert plan.fees_gbp == (5_000 if buys == "B-002" else 0)
        assert plan.total_gbp == plan.units_gbp + plan.fees_gbp

    def test_a_fee_is_paid_once_however_many_lines_are_bought(self):
        lines = (Line(NEUTRAL, 1, 20_000, "A"), Line(SCRUB, 1, 19_000, "A"))
        plan = net_gain(lines, 2.0, BankSpec("A", fee="750.50")).optimise()
        assert plan.fees_gbp == Decimal("750.50")
        assert plan.total_gbp == Decimal("39750.50")

    def test_a_required_bank_sells_at_least_a_step(self):
        plan = net_gain(self.LINES, 1.0, must_use=frozenset({"C"})).optimise()
        assert bought(plan) == {"A-001": 0.99, "C-003": 0.01}

    def test_a_required_bank_may_sell_what_is_not_needed(self):
        lines = (Line(NEUTRAL, 8, 20_000, "A"), Line(HEDGE_LOW, 5, 100, "B"))
        plan = net_gain(lines, 1.0, must_use=frozenset({"B"})).optimise()
        assert bought(plan) == {"A-001": 1.0, "B-002": 0.01}

    def test_an_excluded_bank_sells_nothing(self):
        plan = net_gain(self.LINES, 1.0, must_not_use=frozenset({"A"})).optimise()
        assert bought(plan) == {"B-002": 1.0}
        reasons = {item.stock_id: item.reason for item in plan.not_chosen}
        assert "excluded" in reasons["A-001"]

    @pytest.mark.parametrize("wish", ["must_use", "must_not_use"])
    def test_an_unknown_bank_in_a_wish_is_bad_input(self, wish):
        with pytest.raises(InputError, match="Z9"):
            net_gain(self.LINES, 1.0, **{wish: frozenset({"Z9"})}).optimise()


class TestPolicy:
    @pytest.mark.parametrize(
        "wishes",
        [
            {"max_banks": 0},
            {"market_step": 0},
            {"market_step": "-1"},
            {"market_step": "nan"},
            {"gap_gbp": -1},
            {"min_units_per_bank": -1},
            {"mode": "lax"},
            {"size_by": "moon"},
            {"quoted": "most"},
            {"time_limit_s": 0},
            {"colour": "green"},
            {"must_use": {"A"}, "must_not_use": {"A"}},
            {"must_use": {"A", "B"}, "max_banks": 1},
        ],
    )
    def test_a_wish_that_cannot_be_is_bad_input(self, wishes):
        with pytest.raises(InputError):
            Policy(**wishes)

    def test_every_wish_that_cannot_be_is_told_at_once(self):
        with pytest.raises(InputError) as caught:
            Policy(max_banks=0, mode="lax", gap_gbp=-1)
        assert len(caught.value.findings) == 3

    def test_floats_are_read_as_they_are_spelt(self):
        assert Policy(market_step=0.1).market_step == Decimal("0.1")

    def test_a_need_in_one_ledger_buys_nothing_in_another(self):
        lines = (Line(HEDGE_LOW, 5, 10), Line(NEUTRAL, 5, 20_000))
        scene = Scene(lines, {HEDGE_LOW: 1.0, NEUTRAL: -1.0}, {AREA: 1.0, HEDGEROW: 0.0})
        assert bought(scene.optimise()) == {"A-002": 1.0}
