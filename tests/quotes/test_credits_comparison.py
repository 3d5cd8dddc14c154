"""Credits beside a quote: hand-worked totals, and the loss that forbids them."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.quotes.credits_comparison import compare_with_credits
from tests.support.scenarios import (
    AREA,
    DITCHES,
    HEDGE_LOW,
    HEDGE_VERY_HIGH,
    HEDGEROW,
    MEADOW,
    NEUTRAL,
    WATERCOURSE,
    Scene,
)

D = Decimal


def test_the_whole_need_is_priced_by_tier_rounded_up_to_hundredths_of_a_credit():
    changes = {NEUTRAL: -1.2, HEDGE_LOW: -0.333, DITCHES: -0.1}
    deficits = {AREA: 1.701, HEDGEROW: 0.333, WATERCOURSE: 0.1}
    answer = compare_with_credits(Scene((), changes, deficits).requirement())
    # A1: 2 x 1.701 = 3.402, so 3.41 credits; H: 0.666, so 0.67; W: 0.20.
    assert answer.total_gbp == D("3.41") * 42_000 + D("0.67") * 44_000 + D("0.20") * 230_000
    assert answer.why_not == ""


def test_an_uncompensated_very_high_loss_forbids_credits_and_is_named():
    changes = {MEADOW: -0.1, NEUTRAL: -1.0}
    answer = compare_with_credits(Scene((), changes, {AREA: 2.0}).requirement())
    assert answer.total_gbp is None
    assert "Lowland meadows" in answer.why_not


def test_a_very_high_hedgerow_may_take_credits():
    answer = compare_with_credits(Scene((), {HEDGE_VERY_HIGH: -1.0}).requirement())
    assert answer.total_gbp == 88_000


def test_the_order_of_losses_changes_nothing():
    changes = {NEUTRAL: -1.2, HEDGE_LOW: -0.333, DITCHES: -0.1}
    reverse = dict(reversed(changes.items()))
    one, other = (compare_with_credits(Scene((), c).requirement()) for c in (changes, reverse))
    assert one == other
