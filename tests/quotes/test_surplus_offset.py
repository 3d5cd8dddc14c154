"""The on-site surplus offset: half the surplus over what is bought, at most 60%."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.quotes.surplus_offset import offset_shares, surplus_of
from bng_opt.reference import Ledger
from tests.support.scenarios import (
    ACID,
    CEREAL,
    DITCHES,
    HEDGE_LOW,
    HEDGE_MEDIUM,
    MEADOW,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    Scene,
    scenes,
)

D = Decimal


def surplus(ledger: Ledger = Ledger.AREA, **changes: float) -> Decimal:
    names = {"neutral": NEUTRAL, "acid": ACID, "scrub": SCRUB, "wood": WOODLAND,
             "cereal": CEREAL, "hedge": HEDGE_MEDIUM, "low_hedge": HEDGE_LOW}  # fmt: skip
    changed = {names[name]: units for name, units in changes.items()}
    return surplus_of(Scene((), changed).requirement().ledgers[ledger])


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"neutral": 1.2}, "1.2"),
        ({"neutral": 0.1, "scrub": 0.2}, "0.3"),  # not 0.30000000000000004
        ({"neutral": 3.0, "acid": -1.0}, "2"),  # one Medium group nets first
        ({"neutral": 3.0, "cereal": -1.0}, "2"),  # what serves a Low loss isn't left
        ({"wood": 3.0, "scrub": -1.0, "neutral": 0.5}, "2.5"),  # High serves another Medium
        ({"cereal": 4.0}, "0"),  # Low doesn't count
        ({"neutral": -1.0}, "0"),
        ({"hedge": 1.0}, "0"),  # another ledger's
    ],
)
def test_surplus_is_what_is_left_of_medium_and_above(changes, left):
    assert surplus(**changes) == D(left)


def test_each_ledger_has_its_own_surplus_and_its_own_units():
    changes = {NEUTRAL: 1.2, HEDGE_MEDIUM: 0.1, MEADOW: -1.0}
    requirement = Scene((), changes).requirement()
    shares = offset_shares(
        requirement,
        {Ledger.AREA: D("3.4"), Ledger.HEDGEROW: D("0.01"), Ledger.WATERCOURSE: D(0)},
    )
    # 0.6 / 3.4 = 0.17647...; 0.05 / 0.01 = 5, at most 0.6
    assert {ledger: str(share) for ledger, share in shares.items()} == {
        Ledger.AREA: "0.1764",
        Ledger.HEDGEROW: "0.6000",
    }


def test_without_surplus_nothing_comes_off():
    requirement = Scene((), {DITCHES: -1.0}).requirement()
    assert offset_shares(requirement, {Ledger.WATERCOURSE: D(1)}) == {Ledger.WATERCOURSE: D(0)}


@given(scenes(), st.integers(1, 10**6))
@settings(max_examples=80, deadline=None)
def test_a_share_is_printable_within_range_and_never_more_than_half_the_surplus(scene, steps):
    bought = D(steps) / 10_000
    requirement = scene.requirement()
    for ledger, share in offset_shares(requirement, dict.fromkeys(Ledger, bought)).items():
        position = requirement.ledgers[ledger]
        assert D(0) <= share <= D("0.6")
        assert share == share.quantize(D("0.0001"))
        assert share * bought <= surplus_of(position) / 2
        gained = sum(max(0.0, change.project_wide) for change in position.changes)
        assert float(surplus_of(position)) <= gained + 1e-9


@given(scenes(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_changes_changes_nothing(scene, rng):
    shuffled = dict(rng.sample(list(scene.changes.items()), len(scene.changes)))
    one, other = scene.requirement(), Scene(scene.lines, shuffled, scene.deficits).requirement()
    for ledger in Ledger:
        assert surplus_of(one.ledgers[ledger]) == surplus_of(other.ledgers[ledger])
