"""Waterbodies go by id; their operational catchment follows; what is given wins, with a warning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places.water import (
    Waters,
    catchment_key,
    complete_catchments,
    find_operational_catchment,
    resolve_waters,
)
from bng_opt.places.water_table import catchment_names

TILL = "GB102021073050"  # Till from Glen to River Tweed, in the operational catchment River Till
ELSEWHERE = "GB105033042780"  # in another
UNTABLED = "GB199999999999"


def resolve(waterbodies=(), catchments=()):
    problems = []
    return resolve_waters(waterbodies, catchments, problems), "\n".join(map(str, problems))


def accepted(waterbodies=(), catchments=()):
    waters, problems = resolve(waterbodies, catchments)
    assert problems == ""
    return waters.waterbodies, waters.operational_catchments, [*map(str, waters.warnings)]


def test_the_catchment_follows_from_the_waterbody():
    assert resolve([" gb1020 2107 3050 "]) == (Waters((TILL,), ("River Till",)), "")
    assert resolve([TILL], ["river till"]) == resolve([TILL])


def test_a_catchment_alone_is_kept():
    assert resolve([], ["River Till Operational Catchment"]) == (Waters((), ("River Till",)), "")


def test_a_catchment_given_wins_over_the_table_and_both_are_named():
    ids, catchments, (warning,) = accepted([TILL], ["tamar upper"])
    assert (ids, catchments) == ((TILL,), ("Tamar Upper",))
    assert "lies in the operational catchment River Till by the embedded table" in warning
    assert "not in Tamar Upper: what was given counts" in warning


def test_a_catchment_without_its_waterbody_beside_another_is_kept_with_a_warning():
    _, catchments, (warning,) = accepted([TILL], ["River Till", "Tamar Upper"])
    assert catchments == ("River Till", "Tamar Upper")
    assert "No waterbody given lies in the operational catchment Tamar Upper" in warning


def test_an_id_not_in_the_table_is_kept_without_a_catchment():
    ids, catchments, (warning,) = accepted([" gb1999 99999999"])
    assert (ids, catchments) == ((UNTABLED,), ())
    assert f"{UNTABLED} isn't in the embedded table (WFD Cycle 2, 2019)" in warning
    assert "matches only the same waterbody" in warning
    assert warning.count("; ") == 2
    assert "Give its operational catchment too" in warning


def test_an_id_not_in_the_table_is_kept_with_a_catchment():
    ids, catchments, (warning,) = accepted([UNTABLED], ["river till"])
    assert (ids, catchments) == ((UNTABLED,), ("River Till",))
    assert "count as given" in warning
    assert "only the same" not in warning
    assert warning.count("; ") == 2


@pytest.mark.parametrize(
    "slip", ["GB102021073058", "GB10202107350", "GB1020210730550", "GB102021703050"]
)
def test_the_waterbody_meant_is_offered_when_a_digit_slips(slip):
    _, _, (warning,) = accepted([slip])
    assert f"{TILL} (Till from Glen to River Tweed)" in warning


def test_a_waterbody_of_unknown_catchment_leaves_the_catchments_of_all_unknown():
    assert accepted([TILL, UNTABLED])[:2] == ((TILL, UNTABLED), ())


def test_a_catchment_given_for_several_may_be_that_of_the_one_outside_the_table():
    _, catchments, (warning,) = accepted([TILL, UNTABLED], ["Tamar Upper"])
    assert catchments == ("River Till", "Tamar Upper")
    assert UNTABLED in warning


def test_the_waterbody_meant_is_offered_when_an_id_is_cut():
    _, problems = resolve(["GB 10202"])
    assert problems.count("GB10202") == 3


def test_each_waterbody_that_the_table_places_elsewhere_is_told():
    _, catchments, warnings = accepted([TILL, ELSEWHERE], ["River Till"])
    assert catchments == ("River Till",)
    assert [ELSEWHERE in warning for warning in warnings] == [True]


def test_a_catchment_not_in_the_table_is_kept_with_the_nearest_three():
    _, catchments, (warning,) = accepted([], ["  Tamar  "])
    assert catchments == ("Tamar",)
    assert "The operational catchment Tamar isn't in the embedded table" in warning
    assert "Nearest: Tamar Upper; Tamar Estuary; Tamar Lower and Inny." in warning


def test_spellings_of_one_catchment_are_one():
    spellings = ["river  TILL x", "River Till X", " river till x operational catchment"]
    assert len({catchment_key(text) for text in spellings}) == 1
    assert accepted([], spellings)[1] == accepted([], spellings[::-1])[1] == ("River Till X",)


@pytest.mark.parametrize("text", ["?", "-", "3379", "n/a", "Unknown", "TBC", TILL])
def test_what_cannot_be_a_catchment_is_refused(refused, text):
    (finding,) = refused(find_operational_catchment, text)
    assert "is not the name of an operational catchment" in finding.message


@pytest.mark.parametrize("catchments", [(), ("River Till",)])
def test_a_name_is_refused_with_the_ids_that_carry_it(catchments):
    waters, problems = resolve(["new river"], catchments)
    assert "GB105033042780; GB806100111" in problems
    assert waters.waterbodies == ()


@pytest.mark.parametrize("catchments", [(), ("River Till",)])
@pytest.mark.parametrize(
    "text", ["my river", "Nwe River", "GB", "GB New River 2", "GB1020210", "GB0", "102021073050"]
)
def test_what_is_neither_id_nor_name_is_refused_with_the_nearest_three(text, catchments):
    _, problems = resolve([text], catchments)
    assert "neither a waterbody id nor the name" in problems
    assert "Nearest: GB" in problems
    assert problems.count("; ") == 2


def test_every_catchment_finds_itself():
    assert {find_operational_catchment(name) for name in catchment_names()} == catchment_names()
    assert len(set(map(catchment_key, catchment_names()))) == len(catchment_names()) == 520


texts = st.sampled_from([TILL, ELSEWHERE, UNTABLED, "GB188888888888"])
names = st.sampled_from(["River Till", "river till", "Tamar Upper", "Till X", "till  x", "Till Y"])


@given(st.lists(texts, max_size=4), st.lists(names, max_size=4))
def test_the_order_and_a_second_reading_change_nothing(waterbodies, catchments):
    waters = resolve(waterbodies, catchments)[0]
    assert resolve(waterbodies[::-1], catchments[::-1])[0] == waters
    again = complete_catchments(waters.waterbodies, waters.operational_catchments)
    assert again == set(waters.operational_catchments)
