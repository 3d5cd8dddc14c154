"""The step Site: every way to a site, its details, and what is uncertain."""

from __future__ import annotations

import json

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.app.state.site import Details, Way, find_waterbodies
from bng_opt.errors import PlaceError
from bng_opt.metric.requirement import Requirement
from bng_opt.places import Site


def test_a_postcode_finds_what_the_library_finds(session: Session) -> None:
    session.site.find_postcode("CV37 6QW")
    known = Site.from_postcode("CV37 6QW")
    assert (session.site.site.lpas, session.site.site.ncas) == (known.lpas, known.ncas)
    assert session.site.way is Way.POSTCODE
    assert session.site.text == "CV37 6QW"
    assert session.site.summary() == ", ".join(known.lpas)


def test_a_grid_reference_and_a_point_find_the_same_place(session: Session) -> None:
    session.site.find_grid("SP 20230 54850")
    by_grid = session.site.site
    session.site.find_point(by_grid.lat, by_grid.lon)
    assert session.site.site.lpas == by_grid.lpas
    assert session.site.way is Way.POINT


def test_a_wrong_place_is_told_and_the_earlier_site_stays(session: Session) -> None:
    session.site.find_postcode("CV37 6QW")
    before = session.site.site
    for find in (
        lambda: session.site.find_postcode("ZZ99 9ZZ"),
        lambda: session.site.find_grid("XX 1 1"),
        lambda: session.site.find_point(48.85, 2.35),
        lambda: session.site.find_names(["Atlantis"], ["Dunsmore and Feldon"]),
    ):
        with pytest.raises(PlaceError):
            find()
    assert session.site.site is before


def test_several_planning_authorities(session: Session) -> None:
    session.site.find_names(["Stratford-on-Avon", "Warwick"], ["Dunsmore and Feldon"])
    assert set(session.site.site.lpas) == {"Stratford-on-Avon", "Warwick"}


def test_details_are_judged_anew_or_refused_whole(session: Session) -> None:
    session.site.find_names(["Stratford-on-Avon"], ["Dunsmore and Feldon"])
    with pytest.raises(PlaceError):
        session.site.describe(Details(waterbodies=("GB0",)))
    assert session.site.details == Details()
    found = find_waterbodies("Avon")
    assert found
    session.site.describe(Details(waterbodies=(found[0].id,), extra=(("lpa", "Leeds"),)))
    assert session.site.site.waterbodies == (found[0].id,)
    assert ("lpa", "Leeds") in {
        (str(kind), name) for kind, name in session.site.site.extra_neighbours
    }


def test_details_said_before_a_site_hold_for_it(session: Session) -> None:
    session.site.describe(Details(removed=(("lpa", "Warwick"),)))
    session.site.find_names(["Stratford-on-Avon"], ["Dunsmore and Feldon"])
    removed = {(str(kind), name) for kind, name in session.site.site.removed_neighbours}
    assert removed == {("lpa", "Warwick")}


def test_the_workbook_s_authority_is_offered_not_taken(
    session: Session, demo_need: Requirement
) -> None:
    session.metric.take(demo_need)
    assert session.site.hint == "Stratford-on-Avon"
    assert session.site.site is None


def test_the_state_survives_as_json(session: Session, services: Services) -> None:
    session.site.find_postcode("CV37 6QW")
    session.site.describe(Details(extra=(("lpa", "Leeds"),)))
    other = Session(services)
    other.site.set_state(json.loads(json.dumps(session.site.get_state())))
    assert other.site.site == session.site.site
    assert other.site.details == session.site.details
    assert other.site.text == "CV37 6QW"
