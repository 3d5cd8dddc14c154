"""The online provider trusts only clear English answers, and says what it fell back on."""

from __future__ import annotations

import json

import httpx2
import pytest

from bng_opt.places import (
    Confidence,
    OfflineProvider,
    OnlineProvider,
    Postcode,
    Site,
    locate_point,
    locate_postcode,
)

LEEDS = {
    "postcode": "LS1 4AP",
    "country": "England",
    "latitude": 53.795,
    "longitude": -1.5479,
    "admin_district": "Leeds",
}
TERMINATED = {
    "postcode": "LS1 4ZZ",
    "year_terminated": 1996,
    "latitude": 53.795,
    "longitude": -1.55,
}
NOT_FOUND = (404, {"status": 404, "error": "Postcode not found"})


def found(**attributes):
    return (200, {"features": [{"attributes": attributes}]})


LPA_LEEDS = found(LPA23NM="Leeds LPA", LPA23CD="E60000061")
NCA_38 = found(NCA_Name="Nottinghamshire, Derbyshire and Yorkshire Coalfield")
ARCGIS_ERROR = (200, {"error": {"code": 400, "message": "Invalid query"}})


class Recorded:
    """A transport that answers from recorded replies and remembers what it was asked."""

    def __init__(self, **replies):
        self.replies = replies
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        reply = self.replies[self.service(request)]
        if isinstance(reply, Exception):
            raise reply
        status, body = reply
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx2.Response(status, text=content)

    @staticmethod
    def service(request):
        path = request.url.path
        if "terminated_postcodes" in path:
            return "terminated"
        if request.url.host == "api.postcodes.io":
            return "postcode"
        return "nca" if "National_Character_Areas" in path else "lpa"


def online(**replies):
    replies = {"lpa": LPA_LEEDS, "nca": NCA_38, "postcode": (200, {"result": LEEDS})} | replies
    transport = Recorded(**replies)
    client = httpx2.Client(transport=httpx2.MockTransport(transport))
    return OnlineProvider(client), transport


def test_the_offline_provider_answers_as_the_lookups_do():
    provider = OfflineProvider()
    assert provider.locate_postcode(Postcode.parse("LS1 4AP")) == locate_postcode("LS1 4AP")
    assert provider.locate_point(53.8, -1.55) == locate_point(53.8, -1.55)


def test_a_postcode_is_found_by_its_own_point():
    provider, transport = online()
    site = Site.from_postcode("ls1 4ap", provider=provider)
    assert (site.lpas, site.confidence, site.warnings) == (("Leeds",), Confidence.EXACT, ())
    assert (site.lat, site.lon) == (53.795, -1.5479)
    assert transport.requests[0].url.path == "/postcodes/LS14AP"
    assert len(transport.requests) == 3


def test_the_point_is_asked_for_longitude_first():
    provider, transport = online()
    provider.locate_point(53.795, -1.5479)
    for request in transport.requests:
        geometry = json.loads(request.url.params["geometry"])
        assert (geometry["x"], geometry["y"]) == (-1.5479, 53.795)
        assert request.url.params["f"] == "json"


def test_the_services_settle_a_point_that_is_uncertain_offline():
    provider, _ = online(
        lpa=found(LPA23NM="Westminster LPA", LPA23CD="E60000200"),
        nca=found(NCA_Name="Inner London"),
    )
    place = provider.locate_point(51.5, -0.12)
    assert locate_point(51.5, -0.12).lpa == "Lambeth"
    assert (place.lpa, place.confidence, place.warnings) == ("Westminster", Confidence.EXACT, ())


def test_a_terminated_postcode_is_found_and_flagged():
    provider, _ = online(postcode=NOT_FOUND, terminated=(200, {"result": TERMINATED}))
    place = provider.locate_postcode(Postcode.parse("LS1 4ZZ"))
    assert (place.lpa, place.confidence) == ("Leeds", Confidence.EXACT)
    assert "no longer in use" in place.warnings[0].message


def test_a_postcode_that_nobody_knows_falls_back_to_its_sector():
    provider, transport = online(postcode=NOT_FOUND, terminated=NOT_FOUND)
    place = provider.locate_postcode(Postcode.parse("LS1 4ZZ"))
    assert (place.lpa, place.confidence) == ("Leeds", Confidence.SECTOR)
    assert "postcodes.io does not know LS1 4ZZ" in place.warnings[0].message
    assert len(transport.requests) == 2


def test_a_district_alone_asks_no_service():
    provider, transport = online()
    assert provider.locate_postcode(Postcode.parse("LS1")).confidence is Confidence.OUTCODE
    assert transport.requests == []


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (httpx2.ConnectError("no route"), "ConnectError no route"),
        (httpx2.ReadTimeout("too slow"), "ReadTimeout too slow"),
        ((200, "<html>busy</html>"), "JSONDecodeError"),
        ((200, "[]"), "not an object"),
        ((503, {}), "status 503"),
        ((200, {"result": None}), "status 200"),
        ((200, {"result": LEEDS | {"latitude": None}}), "no point for LS1 4AP"),
    ],
)
def test_a_failed_postcode_lookup_falls_back_and_names_what_failed(reply, told):
    provider, _ = online(postcode=reply)
    place = provider.locate_postcode(Postcode.parse("LS1 4AP"))
    assert (place.lpa, place.confidence) == ("Leeds", Confidence.SECTOR)
    assert "lookup of the postcode failed" in place.warnings[0].message
    assert told in place.warnings[0].message


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (httpx2.ConnectError("no route"), "ConnectError"),
        (ARCGIS_ERROR, "Invalid query"),
        ((500, {}), "status 500"),
        ((200, {"features": []}), "nothing at"),
        ((200, {}), "lacks 'features'"),
        ((200, {"features": [{"attributes": {"OTHER": 1}}]}), "lacks"),
        ((200, {"features": [*LPA_LEEDS[1]["features"], *LPA_LEEDS[1]["features"]]}), "and Leeds"),
        (found(LPA23NM="Newland LPA", LPA23CD="E60009999"), "not a known local planning"),
    ],
)
def test_a_failed_area_lookup_falls_back_for_that_axis_alone(reply, told):
    provider, _ = online(lpa=reply)
    place = provider.locate_point(53.795, -1.5479)
    assert (place.lpa, place.nca) == ("Leeds", NCA_38[1]["features"][0]["attributes"]["NCA_Name"])
    assert len(place.warnings) == 1
    assert "lookup of the LPA failed" in place.warnings[0].message
    assert told in place.warnings[0].message
    assert place.lpa_border_m is not None
    assert place.nca_border_m is None


def test_both_areas_may_fail_and_offline_doubts_stay_visible():
    provider, _ = online(lpa=ARCGIS_ERROR, nca=ARCGIS_ERROR)
    place = provider.locate_point(51.5, -0.12)
    assert place.confidence is Confidence.NEAR_BORDER
    text = "\n".join(map(str, place.warnings))
    assert "lookup of the LPA failed" in text
    assert "lookup of the NCA failed" in text
    assert "The LPA is uncertain" in text


def test_a_postcode_of_another_country_is_refused(refused):
    provider, _ = online(postcode=(200, {"result": LEEDS | {"country": "Wales"}}))
    (finding,) = refused(provider.locate_postcode, Postcode.parse("CF10 1AA"))
    assert "in Wales, not in England" in finding.message


def test_a_point_in_another_country_is_refused(refused):
    provider, _ = online(lpa=found(LPA23NM="Cardiff LPA", LPA23CD="W43000011"))
    (finding,) = refused(provider.locate_point, 51.48, -3.18)
    assert "Cardiff LPA, not in England" in finding.message


def test_swapped_coordinates_are_refused_before_anything_is_asked(refused):
    provider, transport = online()
    assert "swapped" in refused(provider.locate_point, -1.5, 53.8)[0].message
    assert transport.requests == []


def test_every_request_states_the_time_out():
    provider, transport = online()
    provider.locate_point(53.795, -1.5479)
    for request in transport.requests:
        assert set(request.extensions["timeout"].values()) == {10}


def test_without_a_client_one_is_made_that_nothing_is_sent_by_yet(monkeypatch):
    sent = []
    monkeypatch.setattr(httpx2.Client, "send", lambda *args, **kwargs: sent.append(args))
    provider = OnlineProvider()
    assert isinstance(provider._client, httpx2.Client)
    assert sent == []
