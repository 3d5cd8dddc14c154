"""Two purchases side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bng_opt
from bng_opt.app.state.side_by_side import NOTHING, Side, set_side_by_side
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from tests.support.questions import small

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def side(need: float = 3.0, hours: int = 0, **wishes: object) -> Side:
    """Return the purchase of a small need, asked for so many hours after noon."""
    requirement, market, site, _ = small(need)
    requirement = replace(requirement, project=f"Of {need}")
    policy = Policy(**wishes)
    plan = bng_opt.optimise(requirement, market, site, policy)
    asked = Scenario(requirement, market, site, policy)
    return Side(f"Run of {need}", NOON + timedelta(hours=hours), plan, asked, {})


def test_a_purchase_beside_itself_is_the_same_in_every_line() -> None:
    compared = set_side_by_side(side(), side(hours=1))
    assert compared.asked == ()
    assert not any(pair.differs for pairs in compared.sections.values() for pair in pairs)
    assert compared.summary == (
        "The later one against the earlier: the same purchase, at the same cost."
    )


def test_the_earlier_one_comes_first_whichever_was_picked_first() -> None:
    early, late = side(), side(4.0, hours=1)
    assert set_side_by_side(late, early) == set_side_by_side(early, late)
    assert set_side_by_side(late, early).first is early


def test_each_bank_and_purchase_of_either_has_a_line() -> None:
    one = side()
    banks = {line.bank_id: line.name for line in one.plan.banks}
    other = side(hours=1, must_not_use=frozenset(banks))
    compared = set_side_by_side(one, other)
    first = {pair.words: pair for pair in compared.sections["Banks"]}
    for line in one.plan.banks:
        assert first[f"{line.name} ({line.bank_id})"].second == NOTHING
    for line in other.plan.banks:
        assert first[f"{line.name} ({line.bank_id})"].first == NOTHING
    assert len(compared.sections["Purchases"]) == len(
        {line.stock_id for each in (one, other) for line in each.plan.purchases}
    )
    (asked,) = compared.asked
    assert asked.startswith("Banks that must not be used: none then, ")
    assert all(name in compared.summary for name in banks.values())


def test_what_one_side_alone_has_is_compared_with_nothing() -> None:
    one = side()
    other = replace(side(hours=1), extra={"Client": "Jo"})
    figures = {pair.words: pair for pair in set_side_by_side(one, other).sections["Figures"]}
    assert (figures["Client"].first, figures["Client"].second) == (NOTHING, "Jo")
    assert figures["Client"].differs
