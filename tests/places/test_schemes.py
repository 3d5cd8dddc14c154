"""Another geography scheme is one class that is registered; what is not law is refused."""

from __future__ import annotations

import pytest

from bng_opt.places import (
    Category,
    Judgement,
    Place,
    Site,
    assess,
    get_scheme,
    register_scheme,
    schemes,
)


class EverythingIsNear:
    """A scheme made up for this test."""

    name = "everything_is_near"

    def judge(self, site, place):
        return Judgement(Category.WITHIN, f"{place.lpa} is near {site.lpas[0]}")


@pytest.fixture
def made_up(monkeypatch):
    """Register the made-up scheme for one test only."""
    monkeypatch.setattr(schemes, "_registry", dict(schemes._registry))
    register_scheme(EverythingIsNear())


@pytest.mark.usefixtures("made_up")
def test_a_registered_scheme_judges_the_sites_that_name_it():
    place = Place("Torridge", "The Culm")
    near = Site.from_names("Leeds", "38", scheme="everything_is_near")
    assert assess(near, place).why == "Torridge is near Leeds"
    assert assess(Site.from_names("Leeds", "38"), place).category is Category.OUTSIDE


@pytest.mark.usefixtures("made_up")
def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="registered already"):
        register_scheme(EverythingIsNear())


def test_nature_recovery_areas_are_refused_as_not_yet_law(refused):
    (finding,) = refused(get_scheme, "lnrs")
    assert "not yet the law" in finding.message
    assert "lpa_nca" in finding.remedy


def test_an_unknown_scheme_is_refused_with_those_known(refused):
    (finding,) = refused(Site.from_names, "Leeds", "38", scheme="lpa")
    assert finding.remedy == "Known: lpa_nca."
