"""Waterbodies go by id; their operational catchment follows; contradictions are refused."""

from __future__ import annotations

import pytest

from bng_opt.places.water import Waters, catchment_names, find_operational_catchment, resolve_waters

TILL = "GB102021073050"  # Till from Glen to River Tweed, in the operational catchment River Till
UNTABLED = "GB199999999999"


def resolve(waterbodies=(), catchments=()):
    problems = []
    return resolve_waters(waterbodies, catchments, problems), "\n".join(map(str, problems))


def test_the_catchment_follows_from_the_waterbody():
    assert resolve([" gb1020 2107 3050 "]) == (Waters((TILL,), ("River Till",)), "")
    assert resolve([TILL], ["river till"]) == resolve([TILL])


def test_a_catchment_alone_is_kept():
    assert resolve([], ["River Till Operational Catchment"]) == (Waters((), ("River Till",)), "")


def test_a_contradiction_names_both_catchments():
    _, problems = resolve([TILL], ["Tamar Upper"])
    assert "lies in the operational catchment River Till, not in Tamar Upper" in problems


def test_a_catchment_without_its_waterbody_is_refused_beside_another():
    _, problems = resolve([TILL], ["River Till", "Tamar Upper"])
    assert "No waterbody given lies in the operational catchment Tamar Upper" in problems


def test_an_id_not_in_the_table_needs_a_catchment():
    waters, problems = resolve([UNTABLED], ["River Till"])
    assert problems == ""
    assert (waters.waterbodies, waters.operational_catchments) == ((UNTABLED,), ("River Till",))
    assert UNTABLED in waters.warnings[0].message
    _, problems = resolve([UNTABLED])
    assert "is not a waterbody id" in problems
    assert problems.count("; ") == 2
    assert "Give the operational catchment too" in problems


@pytest.mark.parametrize("catchments", [(), ("River Till",)])
def test_a_name_is_refused_with_the_ids_that_carry_it(catchments):
    _, problems = resolve(["new river"], catchments)
    assert "GB105033042780; GB806100111" in problems


@pytest.mark.parametrize("catchments", [(), ("River Till",)])
def test_what_is_neither_id_nor_name_is_refused_with_the_nearest_three(catchments):
    _, problems = resolve(["Nwe River"], catchments)
    assert "Nearest: GB" in problems
    assert problems.count("; ") == 2


def test_an_unknown_catchment_is_refused_with_the_nearest_three(refused):
    (finding,) = refused(find_operational_catchment, "Tamar")
    assert finding.remedy.startswith("Nearest: Tamar Upper; Tamar Estuary; Tamar Lower and Inny.")


def test_every_catchment_finds_itself():
    assert {find_operational_catchment(name) for name in catchment_names()} == catchment_names()
    assert len(catchment_names()) == 520
