"""Names are matched as a whole, in any spelling; what doesn't match is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.places import find_lpa, find_marine_plan_area, find_nca
from bng_opt.places.kinds import Axis
from bng_opt.places.names import former_name_warning, nearest_names, normalise_name
from bng_opt.places.tables import area_names, read_rows

# The English county councils of the metric workbook's list, one joint listing of two
# authorities, and authorities of Wales, Scotland and Northern Ireland: none is an LPA here.
UNRESOLVED_IN_ENGLAND = {
    "Adur and Worthing Borough Council",
    "Cambridgeshire County Council",
    "Cumbria County Council",
    "Derbyshire County Council",
    "Devon County Council",
    "East Sussex County Council",
    "Essex County Council",
    "Gloucestershire County Council",
    "Hampshire County Council",
    "Hertfordshire County Council",
    "Kent County Council",
    "Lancashire County Council",
    "Leicestershire County Council",
    "Lincolnshire County Council",
    "Norfolk County Council",
    "Northamptonshire County Council",
    "Nottinghamshire County Council",
    "Oxfordshire County Council",
    "Staffordshire County Council",
    "Suffolk County Council",
    "Surrey County Council",
    "Warwickshire County Council",
    "West Sussex County Council",
    "Worcestershire County Council",
}
UNRESOLVED_ABROAD = {
    "Blaenau Gwent County Borough Council",
    "Bridgend County Borough Council",
    "Caerphilly County Borough Council",
    "Cardiff Council",
    "Carmarthenshire County Council",
    "Ceredigion County Council",
    "Conwy County Borough Council",
    "Denbighshire County Council",
    "Flintshire County Council",
    "Gwynedd County Council",
    "Isle of Anglesey County Council",
    "Merthyr Tydfil County Borough Council",
    "Monmouthshire County Council",
    "Neath Port Talbot County Borough Council",
    "Newport City Council",
    "Pembrokeshire County Council",
    "Perth and Kinross Council",
    "Powys County Council",
    "Rhondda Cynon Taf County Borough Council",
    "Strabane District Council",
    "Swansea City and Borough Council",
    "Torfaen County Borough Council",
    "Vale of Glamorgan Council",
    "Wrexham County Borough Council",
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("leeds", "Leeds"),
        ("  LEEDS  city   council ", "Leeds"),
        ("Leeds LPA", "Leeds"),
        ("Bristol", "Bristol, City of"),
        ("City of Bristol", "Bristol, City of"),
        ("Bristol, City of", "Bristol, City of"),
        ("King's Lynn and West Norfolk", "King's Lynn and West Norfolk"),
        ("King\u2019s Lynn & West Norfolk", "King's Lynn and West Norfolk"),
        ("King0s Lynn and West Norfolk LPA", "King's Lynn and West Norfolk"),
        ("Aylesbury Vale", "Buckinghamshire"),
        ("Allerdale Borough Council", "Cumberland"),
        ("St Helens", "St. Helens"),
        ("London Borough of Camden", "Camden"),
        ("Royal Borough of Kensington & Chelsea", "Kensington and Chelsea"),
        ("Peak District National Park Authority", "Peak District National Park"),
        ("The Broads", "The Broads Authority"),
    ],
)
def test_an_authority_is_found_in_any_spelling(text, name):
    assert find_lpa(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cotswolds", "Cotswolds"),
        ("107", "Cotswolds"),
        ("NCA 0107", "Cotswolds"),
        ("107. Cotswolds", "Cotswolds"),
        ("Isle of Portland", "Isle of Porland"),
        ("Isle of Porland", "Isle of Porland"),
        ("Blackmoor Vale & Vale of Wardour", "Blackmore Vale and Vale of Wardour"),
        ("Avon Vale", "Avon Vales"),
        ("Tyne Gap & Hadrian\u2019s Wall", "Tyne Gap and Hadrian's Wall"),
        ("mease sence lowlands", "Mease/Sence Lowlands"),
        ("Fens", "The Fens"),
    ],
)
def test_a_character_area_is_found_by_name_or_number(text, name):
    assert find_nca(text) == name


@pytest.mark.parametrize("axis", list(Axis))
def test_every_canonical_name_finds_itself(axis):
    find = find_lpa if axis is Axis.LPA else find_nca
    assert [find(name) for name in area_names(axis)] == list(area_names(axis))
    assert [find(name.upper()) for name in area_names(axis)] == list(area_names(axis))


def test_every_number_finds_its_character_area():
    rows = read_rows("nca.csv")
    assert {int(row["code"]) for row in rows} == set(range(1, 160))
    assert all(find_nca(row["code"]) == row["name"] for row in rows)


def test_every_alias_finds_its_authority():
    wrong = [r["alias"] for r in read_rows("lpa_aliases.csv") if find_lpa(r["alias"]) != r["lpa"]]
    assert wrong == []


def test_no_two_authorities_share_a_normalised_name():
    named = {normalise_name(name): name for name in area_names(Axis.LPA)}
    assert len(named) == 309
    clashes = [
        row["alias"]
        for row in read_rows("lpa_aliases.csv")
        if named.get(normalise_name(row["alias"]), row["lpa"]) != row["lpa"]
    ]
    assert clashes == []


def test_only_counties_and_foreign_authorities_of_the_workbooks_list_are_unknown(
    refused, workbook_lpa_names
):
    unresolved = UNRESOLVED_IN_ENGLAND | UNRESOLVED_ABROAD
    assert len(workbook_lpa_names) == 377
    assert unresolved <= set(workbook_lpa_names)
    for name in unresolved:
        assert "not a known local planning authority" in refused(find_lpa, name)[0].message
    resolved = [find_lpa(name) for name in workbook_lpa_names if name not in unresolved]
    assert len(resolved) == 377 - 48
    assert set(resolved) <= set(area_names(Axis.LPA))


@pytest.mark.parametrize(
    ("find", "text", "nearest"),
    [
        (find_lpa, "Ledes", "Leeds; Lewes; Eden"),
        (find_lpa, "Richmond", "Richmond upon Thames; Richmondshire; "),
        (find_lpa, "Newcastle", "Newcastle upon Tyne; Newcastle-under-Lyme; "),
        (
            find_lpa,
            "Derbyshire County Council",
            "Derbyshire Dales; South Derbyshire; North East Derbyshire",
        ),
        (find_nca, "Cotswoldz", "Cotswolds; Lincolnshire Wolds; Yorkshire Wolds"),
        (find_nca, "160", "159 Lundy; 158 Isles of Scilly; 157 The Lizard"),
        (find_marine_plan_area, "Irish Sea", "South Inshore; North East Inshore; "),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_three(refused, find, text, nearest):
    (finding,) = refused(find, text)
    offers = finding.remedy.removeprefix("Nearest: ").split(". ")[0].rstrip(".").split("; ")
    assert len(offers) == 3
    assert f"Nearest: {nearest}" in finding.remedy
    assert all(find(offer) for offer in offers)


def test_a_county_council_is_told_to_name_the_district(refused):
    (finding,) = refused(find_lpa, "Kent County Council")
    assert "name the district" in finding.remedy


def test_a_number_that_contradicts_its_name_is_refused(refused):
    (finding,) = refused(find_nca, "107 Chilterns")
    assert "contradicts itself" in finding.message
    assert "Cotswolds; Chilterns" in finding.remedy


@pytest.mark.parametrize(
    "text", ["South East", "south-east inshore", "South East Marine Plan Area", "SOUTH EAST MARINE"]
)
def test_a_marine_plan_area_is_found_in_any_spelling(text):
    assert find_marine_plan_area(text) == "South East Inshore"


def test_an_offshore_area_is_refused(refused):
    (finding,) = refused(find_marine_plan_area, "South Offshore")
    assert "inshore area" in finding.remedy


def test_a_former_authority_is_noted_and_a_present_one_is_not():
    note = former_name_warning("Aylesbury Vale")
    assert note is not None
    assert "its successor, Buckinghamshire" in note.message
    assert former_name_warning("Buckinghamshire") is None


def test_an_authority_without_planning_powers_is_noted():
    note = former_name_warning("London Legacy Development Corporation")
    assert note is not None
    assert "2024-12-01" in note.message


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    once = normalise_name(text)
    assert normalise_name(once) == once


@given(st.sampled_from(area_names(Axis.LPA)), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_and_blanks_never_matter(name, change):
    assert find_lpa("  " + change(name).replace(" ", "   ")) == name


@given(st.text())
def test_three_different_names_are_always_offered(text):
    offers = nearest_names(text, area_names(Axis.NCA))
    assert len(set(offers)) == 3


@pytest.fixture(scope="module")
def workbook_lpa_names() -> list[str]:
    """Return the authorities of the statutory workbook's list ('Lists' A2:A378)."""
    path = Path(__file__).parent / "data" / "workbook_lpa_names.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row["lpa_name"] for row in csv.DictReader(file)]
