"""What the parameters of a report mean, and everything that is wrong with them at once."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.batch.content.asking import (
    factors,
    given_to,
    is_given,
    read_market,
    read_place,
    read_policy,
    read_question,
    several,
)
from bng_opt.errors import InputError, PlaceError
from bng_opt.market import load_market
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.resources import data_dir

DEMO = data_dir() / "demo"


def messages(error: InputError) -> str:
    return "\n".join(map(str, error.findings))


def test_nothing_given_is_the_demonstration() -> None:
    question = read_question({})
    assert question.is_demonstration
    assert question.requirement.project.startswith("Land at Brook Farm")
    assert question.site.lpas == ("Stratford-on-Avon",)
    assert len(question.market.market.banks) == 60


def test_a_wish_alone_keeps_the_demonstration_and_holds() -> None:
    question = read_question({"max_banks": "3"})
    assert question.is_demonstration
    assert question.policy.max_banks == 3
    assert ("Wishes", "At most 3 banks") in question.facts


@pytest.mark.parametrize("given", [{"metric": DEMO / "metric.xlsx"}, {"lpa": "Leeds"}])
def test_as_soon_as_anything_is_given_what_is_missing_is_an_error(given: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        read_question(given)
    assert "No market is given." in messages(caught.value)


def test_all_findings_come_at_once() -> None:
    given = {"metric": "nowhere.xlsx", "lpa": "Atlantis", "nca": "Arden", "mode": "loose"}
    with pytest.raises(InputError) as caught:
        read_question({**given, "market": "no-market"})
    found = messages(caught.value)
    assert all(word in found for word in ("nowhere.xlsx", "Atlantis", "loose", "no-market"))


def test_two_needs_or_two_places_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_question(
            {"metric": "a.xlsx", "requirement": "b.csv", "market": DEMO / "market",
             "lpa": "Leeds", "postcode": "LS1 4AP"}
        )  # fmt: skip
    found = messages(caught.value)
    assert "Both metric and requirement are given." in found
    assert "lpa and nca as well as postcode" in found


@pytest.mark.parametrize(
    ("given", "lpa"),
    [
        ({"lpa": "Warwick; Rugby", "nca": "Dunsmore and Feldon"}, ("Rugby", "Warwick")),
        ({"lpa": ["Warwick", "Rugby"], "nca": ["Dunsmore and Feldon"]}, ("Rugby", "Warwick")),
        ({"postcode": "LS1 4AP"}, ("Leeds",)),
        ({"lat": 53.2146, "lon": "-1.6747"}, ("Peak District National Park",)),
        ({"grid_reference": "SE 298 337"}, ("Leeds",)),
    ],
)
def test_a_place_is_named_in_any_of_the_ways(
    given: dict[str, object], lpa: tuple[str, ...]
) -> None:
    assert read_place(given).lpas == lpa


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lat": 52.0}, "lon: isn't given"),
        ({"lat": "north", "lon": 0}, "lat: 'north' is no number"),
        ({}, "The site isn't given."),
    ],
)
def test_a_place_that_is_none_says_why(given: dict[str, object], words: str) -> None:
    with pytest.raises(PlaceError) as caught:
        read_place(given)
    assert words in messages(caught.value)


def test_zero_is_a_longitude_and_blank_is_none() -> None:
    assert is_given({"lon": 0}, "lon")
    assert not any(is_given({"x": value}, "x") for value in ("", "  ", None, False, [], ()))


def test_several_banks_in_a_text_are_several() -> None:
    policy = read_policy({"must_not_use": "B1; B2", "must_use": ["B3"]})
    assert policy.must_not_use == {"B1", "B2"}
    assert policy.must_use == {"B3"}
    assert several("; ;") is None


def test_factors_are_read_exactly_and_refused_all_at_once() -> None:
    assert factors("need", [0.9, "1.1", 2], zero=False) == tuple(map(Decimal, ("0.9", "1.1", "2")))
    assert factors("need", "0.9, 1.1", zero=False) == (Decimal("0.9"), Decimal("1.1"))
    assert factors("stock", 0, zero=True) == (0,)
    with pytest.raises(InputError) as caught:
        factors("prices", ["x", 0, -1, 1], zero=False)
    assert len(caught.value.findings) == 3


def test_what_is_left_as_it_is_isn_t_given_whether_list_or_tuple() -> None:
    def report(*, name: str = "", need: object = (1, 2), joint: bool = True) -> None: ...

    assert given_to(report, {"name": "", "need": [1, 2], "joint": True}) == {}
    assert given_to(report, {"name": "a", "need": [1], "joint": False}) == {
        "name": "a",
        "need": [1],
        "joint": False,
    }


def test_a_folder_and_a_workbook_say_when_they_were_changed(tmp_path: Path) -> None:
    folder = tmp_path / "market"
    shutil.copytree(DEMO / "market", folder)
    read = read_market({"market": str(folder)})
    assert read.words.startswith("folder market, last changed ")
    assert read.market.snapshot in dict(read.facts)["Market snapshot"]


def test_a_store_says_its_price_list_and_the_settings_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "team.sqlite"
    monkeypatch.setenv("BNG_OPT_DATABASE", str(where))
    with open_store(where) as store:
        import_market(store, load_market(DEMO / "market"), by="Ann")
    named, by_setting = (read_market({"market": each}) for each in (str(where), "store"))
    assert named.words.startswith("store team.sqlite, price list 1 valid from ")
    assert named.market.snapshot == by_setting.market.snapshot
