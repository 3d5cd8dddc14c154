"""What was changed since a search, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bng_opt.app.state.changes import describe_changes
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from tests.support.command_line import FOUR_BANKS
from tests.support.questions import small
from tests.support.scenarios import ACID, AREA, NEUTRAL, Scene


def scenario(**wishes: object) -> Scenario:
    question = small()
    policy = Policy(**{**dict(question.policy), **wishes})
    return Scenario(question.requirement, question.market, question.site, policy)


def said(asked: Scenario, now: Scenario, *, is_proven: bool = True) -> tuple[str, ...]:
    return describe_changes(asked, now, is_proven=is_proven)


def test_the_same_asked_again_has_no_changes() -> None:
    assert said(scenario(), scenario()) == ()


def test_another_need_is_said_ledger_by_ledger() -> None:
    now = replace(scenario(), requirement=small(4.5).requirement)
    assert said(scenario(), now) == (
        "The need in the area ledger: 3.00 units then, 4.50 units now.",
    )


def test_as_many_units_of_other_habitats_are_a_change() -> None:
    one, other = (
        Scene(FOUR_BANKS.lines, {habitat: -2.0}, {AREA: 3.0}, FOUR_BANKS.banks)
        for habitat in (NEUTRAL, ACID)
    )
    asked = replace(scenario(), requirement=one.requirement())
    assert said(asked, replace(asked, requirement=other.requirement())) == (
        "The need in the area ledger: as many units, of other habitats.",
    )


def test_another_place_is_said() -> None:
    now = replace(scenario(), site=Site.from_names("Leeds", "Southern Pennines"))
    text = " ".join(said(scenario(), now))
    assert "LPA: Stratford-on-Avon then, Leeds now." in text
    assert "Southern Pennines now." in text


def test_another_water_at_the_same_place_is_said() -> None:
    asked = scenario()
    now = replace(asked, site=replace(asked.site, waterbodies=("GB109054039490",)))
    assert asked.site.waterbodies != now.site.waterbodies
    assert said(asked, now) == ("The site: its waterbodies.",)


def test_less_stock_and_other_prices_are_told_apart() -> None:
    asked = scenario()
    fewer = replace(asked.market, stock=asked.market.stock[:-1])
    assert said(asked, replace(asked, market=fewer)) == (
        "The market: 4 banks with 8.00 units then, 4 banks with 3.00 units now.",
    )
    prices = tuple(replace(price, price_gbp=price.price_gbp + 1) for price in asked.market.prices)
    dearer = replace(asked.market, prices=prices)
    assert said(asked, replace(asked, market=dearer)) == (
        "The market: other prices or places, still 4 banks with 8.00 units.",
    )


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"mode": "like_for_like"}, "Trading is tested: statutory then, like for like now."),
        ({"max_banks": 2}, "Limit on banks: none then, 2 now."),
        ({"credits": True}, "Statutory credits as the last resort: no then, yes now."),
        ({"must_not_use": {"D"}}, "Banks that must not be used: none then, Bank D now."),
        ({"quoted": "half"}, "Units quoted to others that are held back: none then, half now."),
        ({"size_by": "bank"}, "Contract size: by the whole need then, by bank now."),
        ({"gap_gbp": 5}, "Gap of the proof: £1.00 then, £5.00 now."),
    ],
)
def test_each_wish_is_said_in_its_own_words(wishes: dict[str, object], words: str) -> None:
    asked = scenario()
    name = asked.market.bank("D").name
    assert said(asked, scenario(**wishes)) == (words.replace("Bank D", name),)


def test_another_time_limit_changes_only_what_was_not_proven() -> None:
    asked, now = scenario(), scenario(time_limit_s=60)
    assert said(asked, now) == ()
    assert said(asked, now, is_proven=False) == ("Time limit: none then, 60 s now.",)
