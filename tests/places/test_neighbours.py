"""Adjacency is symmetric, agrees with what is known, and yields to the user's word."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places import NeighbourTable, near_pairs, neighbour_table
from bng_opt.places.kinds import Axis
from bng_opt.places.names import marine_plan_area_names
from bng_opt.places.neighbours import (
    marine_neighbours,
    near_pair,
    neighbours,
    neighbours_of_any,
    read_overrides,
)
from bng_opt.places.tables import area_names

LPA = neighbour_table(Axis.LPA)
NCA = neighbour_table(Axis.NCA)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Cornwall", "West Devon"),
        ("Cornwall", "Torridge"),
        ("Leeds", "Bradford"),
        ("Bristol, City of", "South Gloucestershire"),
        ("Manchester", "Salford"),
        ("Birmingham", "Solihull"),
        ("Cambridge", "South Cambridgeshire"),
        ("Peak District National Park", "Derbyshire Dales"),
        ("Exeter", "East Devon"),
        ("Norwich", "Broadland"),
        ("Oxford", "Vale of White Horse"),
        ("Watford", "Three Rivers"),
        ("York", "North Yorkshire"),
        ("Brighton and Hove", "Lewes"),
        ("New Forest", "New Forest National Park"),
    ],
)
def test_known_authorities_adjoin(a, b):
    assert LPA.adjoin(a, b)
    assert LPA.adjoin(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Cotswolds", "Severn and Avon Vales"),
        ("Cotswolds", "Upper Thames Clay Vales"),
        ("Bodmin Moor", "Cornish Killas"),
        ("Dartmoor", "South Devon"),
        ("Chilterns", "Thames Valley"),
        ("South Downs", "Low Weald"),
        ("High Weald", "Low Weald"),
        ("The Fens", "The Brecks"),
        ("New Forest", "South Hampshire Lowlands"),
        ("White Peak", "Dark Peak"),
        ("Exmoor", "Devon Redlands"),
    ],
)
def test_known_character_areas_adjoin(a, b):
    assert NCA.adjoin(a, b)
    assert NCA.adjoin(b, a)


def test_the_tables_hold_what_was_published():
    assert (len(LPA.pairs), len(NCA.pairs)) == (814, 388)
    assert all(len(pair) == 2 for table in (LPA, NCA) for pair in table.pairs)
    assert len(neighbours(Axis.NCA, "Cotswolds")) == 9


@pytest.mark.parametrize("axis", list(Axis))
def test_every_name_of_a_pair_is_canonical_and_islands_have_no_neighbours(axis):
    table = neighbour_table(axis)
    named = frozenset().union(*table.pairs)
    islands = {
        Axis.LPA: {"Isle of Wight", "Isles of Scilly"},
        Axis.NCA: {"Isle of Wight", "Isles of Scilly", "Lundy"},
    }
    assert set(area_names(axis)) - named == islands[axis]
    assert named <= set(area_names(axis))


@given(st.sampled_from(area_names(Axis.LPA)), st.sampled_from(area_names(Axis.LPA)))
def test_adjacency_is_symmetric_and_never_with_oneself(a, b):
    assert (b in neighbours(Axis.LPA, a)) == (a in neighbours(Axis.LPA, b)) == LPA.adjoin(a, b)
    assert not LPA.adjoin(a, a)


def test_a_pair_may_be_added_and_removed_in_any_spelling():
    table = LPA.with_changes(add=[("plymouth", "CORNWALL")], remove=[("bradford", "Leeds LPA")])
    assert table.adjoin("Cornwall", "Plymouth")
    assert not table.adjoin("Leeds", "Bradford")
    assert len(table.pairs) == len(LPA.pairs)
    assert not LPA.adjoin("Cornwall", "Plymouth")


def test_changes_are_refused_all_at_once(refused):
    findings = refused(
        LPA.with_changes,
        add=[("Ledes", "York"), ("Leeds", "leeds"), ("Leeds", "Bradford")],
        remove=[("Bradford", "Leeds")],
    )
    text = "\n".join(map(str, findings))
    assert len(findings) == 3
    assert "Nearest: Leeds; Lewes; Eden" in text
    assert "two different LPAs" in text
    assert "Bradford and Leeds is both added and removed" in text


def test_facing_pairs_over_water_are_offered_but_do_not_adjoin():
    assert not LPA.adjoin("Cornwall", "Plymouth")
    assert [(p.lpa_a, p.lpa_b, p.gap_m) for p in near_pairs("Cornwall")] == [
        ("Cornwall", "Plymouth", 473),
        ("Cornwall", "South Hams", 977),
        ("Cornwall", "Dartmoor National Park", 1733),
    ]
    found = near_pair(["Bath and North East Somerset", "Cornwall"], "Plymouth")
    assert found == near_pairs("Cornwall")[0]
    assert near_pair(["Leeds"], "Plymouth") is None


def test_no_near_pair_adjoins():
    pairs = [pair for name in area_names(Axis.LPA) for pair in near_pairs(name)]
    assert len(pairs) == 2 * 102
    assert not any(LPA.adjoin(pair.lpa_a, pair.lpa_b) for pair in pairs)


def test_the_neighbours_of_several_areas_leave_these_out():
    both = neighbours_of_any(Axis.LPA, ("Bradford", "Leeds"))
    one, other = neighbours(Axis.LPA, "Bradford"), neighbours(Axis.LPA, "Leeds")
    assert both == (one | other) - {"Bradford", "Leeds"}
    changed = neighbours_of_any(
        Axis.LPA, ("Bradford", "Leeds"), (("lpa", "Adur"),), (("lpa", "Wakefield"),)
    )
    assert changed == (both | {"Adur"}) - {"Wakefield"}


def test_overrides_of_the_other_axis_change_nothing():
    assert neighbours_of_any(Axis.NCA, ("Arden",), (("lpa", "Adur"),)) == neighbours(
        Axis.NCA, "Arden"
    )


def test_overrides_are_read_with_canonical_names():
    problems = []
    read = read_overrides([("NCA", "107"), ("lpa", "bristol"), ("lpa", "Bristol")], problems)
    assert read == (("lpa", "Bristol, City of"), ("nca", "Cotswolds"))
    assert problems == []


def test_the_marine_plan_areas_form_one_chain_and_one_alone():
    order = ["North East", "East", "South East", "South", "South West"]
    pairs = {
        frozenset((name, other))
        for name in marine_plan_area_names()
        for other in marine_neighbours(name)
    }
    assert pairs == {frozenset((f"{a} Inshore", f"{b} Inshore")) for a, b in pairwise(order)}
    assert marine_neighbours("North West Inshore") == frozenset()
    assert len(marine_plan_area_names()) == 6


def test_a_table_is_a_value():
    assert NeighbourTable(Axis.LPA, LPA.pairs) == LPA
    assert hash(LPA.with_changes()) == hash(LPA)
