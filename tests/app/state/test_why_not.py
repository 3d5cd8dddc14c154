"""Why a bank isn't bought from."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.app.state.around import EntryPrice, entry_words
from bng_opt.app.state.why_not import WhyNot, explain_bank
from bng_opt.optimiser.scenario import Scenario
from bng_opt.runtime.run import optimise
from tests.support.questions import small


def why(bank_id: str, entries: tuple[EntryPrice, ...] = (), **wishes: object) -> WhyNot:
    question = small()
    policy = question.policy.model_copy(update=wishes)
    scenario = Scenario(question.requirement, question.market, question.site, policy)
    plan = optimise(scenario.requirement, scenario.market, scenario.site, policy)
    return explain_bank(scenario.market.bank(bank_id), plan, scenario, entries)


def test_of_a_bank_that_is_bought_from_it_says_what() -> None:
    told = why("A")
    assert told.bought == (
        "Grassland - Other neutral grassland: 1.00 units are bought for £20,000.00.",
    )
    assert told.lines == ()


def test_of_another_it_says_units_price_and_reason() -> None:
    told = why("D")
    (line,) = told.lines
    assert (line.units, line.srm, line.price_gbp) == (5, 1, 20_700)
    assert line.why.startswith("Dearer: £20,700")
    assert line.comes_in == ""
    assert told.bought == ()
    assert told.place == "LPA Stratford-on-Avon, NCA Arden"


def test_an_excluded_bank_is_said_to_be_left_out_by_the_wishes() -> None:
    (line,) = why("D", must_not_use=frozenset({"D"})).lines
    assert line.why == "Your wishes leave this bank out."
    assert (line.srm, line.price_gbp) == (None, None)


def entry(threshold: Decimal | None, fee: int = 0, note: str = "") -> EntryPrice:
    stock_id = next(line.stock_id for line in small().market.stock if line.bank_id == "D")
    price = Decimal(20_700)
    return EntryPrice(stock_id, "D", "Bank D", "Meadow", price, threshold, Decimal(fee), note)


def test_the_price_at_which_it_would_come_in_stands_beside_the_reason() -> None:
    (line,) = why("D", (entry(Decimal("19933.33"), 200),)).lines
    assert line.comes_in == (
        "Bought below £19,933.33 a unit, its bank's fee of £200.00 considered."
    )


def test_what_is_bought_at_no_price_says_why() -> None:
    assert entry_words(entry(None, note="saves nothing")) == "At no price: saves nothing."
