"""What options mean: one way of naming the site, every option passed on, clear refusals."""

from __future__ import annotations

import pytest

import bng_opt
from bng_opt.cli.inputs import read_point, read_policy, read_site
from bng_opt.errors import InputError, PlaceError


def test_a_site_by_postcode_point_or_grid_reference() -> None:
    by_point = read_site({"point": "52.19,-1.71"})
    by_reference = read_site({"grid_reference": "SP 199 549"})
    by_postcode = read_site({"postcode": "CV37 6HB"})
    assert by_point.lpas == by_reference.lpas == by_postcode.lpas == ("Stratford-on-Avon",)


@pytest.mark.parametrize("text", ["52.2", "52.2;-1.7", "north,west", "52.2,-1.7,3", ""])
def test_a_point_that_can_t_be_read_says_how_to_write_it(text: str) -> None:
    with pytest.raises(PlaceError, match=r"--point 52\.2,-1\.7"):
        read_point(text)


@pytest.mark.parametrize("text", ["nan,0", "inf,1", "1e400,0", "91,0"])
def test_a_point_outside_england_is_bad_input(text: str) -> None:
    with pytest.raises(InputError):
        read_site({"point": text})


def test_every_site_option_reaches_the_site() -> None:
    site = read_site(
        {
            "lpa": ["stratford-on-avon"],
            "nca": ["Dunsmore and Feldon"],
            "waterbody": ["GB109054043880"],
            "operational_catchment": ["Avon Rural Rivers and Lakes"],
            "marine_plan_area": ["South West Inshore"],
            "neighbour": ["lpa=Leeds"],
            "not_neighbour": ["nca=Arden"],
        }
    )
    assert site.waterbodies == ("GB109054043880",)
    assert site.operational_catchments == ("Avon Rural Rivers and Lakes",)
    assert site.marine_plan_areas == ("South West Inshore",)
    assert site.extra_neighbours == (("lpa", "Leeds"),)
    assert site.removed_neighbours == (("nca", "Arden"),)


def test_a_neighbour_without_a_kind_says_how_to_write_it() -> None:
    with pytest.raises(PlaceError, match="lpa=NAME") as caught:
        read_site({"lpa": ["Leeds"], "nca": ["38"], "neighbour": ["Bradford", "lpa="]})
    assert len(caught.value.findings) == 2


def test_a_wish_that_is_not_typed_is_not_passed_on() -> None:
    assert read_policy({"max_banks": None, "credits": False}) == bng_opt.Policy()
