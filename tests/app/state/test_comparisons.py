"""What the purchase saves against simpler means, said honestly."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.app.state.around import SimplerMeans
from bng_opt.app.state.comparisons import compare
from bng_opt.optimiser.baselines import Kind, price_by_credits
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.runtime.run import optimise
from tests.support.questions import small


def plan(**wishes: object) -> Plan:
    question = small()
    policy = Policy(**{**dict(question.policy), **wishes})
    return optimise(question.requirement, question.market, question.site, policy)


def beside(means: SimplerMeans, **wishes: object):
    (found,) = compare(plan(**wishes), small().requirement, [means])
    return found


def test_only_credits_are_known_before_a_search() -> None:
    (found,) = compare(plan(), small().requirement)
    assert found.kind is Kind.CREDITS
    assert found.total_gbp == price_by_credits(small().requirement).total_gbp
    assert found.saving_gbp == found.total_gbp - 60_000
    assert found.says.startswith("£")
    assert " saved (" in found.says


def test_a_saving_is_in_pounds_before_the_share() -> None:
    found = beside(SimplerMeans("cheapest first", Decimal(80_000), ""))
    assert found.says == "£20,000.00 saved (25.0%)"


def test_no_saving_and_a_cheaper_means_are_not_called_savings() -> None:
    assert beside(SimplerMeans("single bank", Decimal(60_000), "")).says == "costs the same"
    cheaper = beside(SimplerMeans("single bank", Decimal(59_000), ""))
    assert cheaper.says == "costs £1,000.00 less than the purchase shown"


def test_what_is_not_to_be_had_says_why_and_claims_nothing() -> None:
    found = beside(SimplerMeans("single bank", None, "no bank sells it all"))
    assert (found.saving_gbp, found.says) == (None, "no comparison")
    assert found.note == "No bank sells it all."


def test_like_for_like_is_not_compared_with_itself() -> None:
    means = SimplerMeans("like for like", Decimal(60_000), "")
    assert beside(means).saving_gbp == 0
    itself = beside(means, mode="like_for_like")
    assert (itself.total_gbp, itself.saving_gbp) == (None, None)
    assert "the same purchase" in itself.note
