"""Who answers where a postcode or point is: the embedded tables, or public services.

The offline provider is the default. The online one contacts a service only when a user has
built it and asks it something; what a service fails to answer comes from the embedded
tables, with a warning that names what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bng_opt.errors import Finding, PlaceError
from bng_opt.places import grid, lookup
from bng_opt.places.kinds import Axis
from bng_opt.places.lookup import Located
from bng_opt.places.names import find_lpa, find_nca
from bng_opt.places.postcodes import Postcode

TIMEOUT_S = 10
POSTCODES_URL = "https://api.postcodes.io"


class GeoProvider(Protocol):
    """Whoever can tell the LPA and NCA of a postcode and of a point."""

    name: str

    def locate_postcode(self, postcode: Postcode) -> Located:
        """Return where a postcode is; raise :class:`PlaceError` if it isn't in England."""
        ...

    def locate_point(self, lat: float, lon: float) -> Located:
        """Return what a point lies in; raise :class:`PlaceError` if it isn't in England."""
        ...


class HttpClient(Protocol):
    """What is needed of an HTTP client; ``httpx2.Client`` is one."""

    def get(self, url: str, *, params: Mapping[str, str], timeout: float) -> Any:
        """Return the response, with ``status_code`` and ``json()``."""
        ...


class OfflineProvider:
    """The embedded tables and polygons: no network."""

    name = "offline"

    def locate_postcode(self, postcode: Postcode) -> Located:
        """Return where a postcode is, by its sector or district."""
        return lookup.locate_postcode(postcode)

    def locate_point(self, lat: float, lon: float) -> Located:
        """Return what a point lies in, by the embedded polygons."""
        return lookup.locate_point(lat, lon)


@dataclass(frozen=True)
class _Service:
    """An ArcGIS layer of areas: where it is, and which fields name an area and its code."""

    title: str
    url: str
    name_field: str
    code_field: str | None
    find: Callable[[str], str]


_SERVICES: Mapping[Axis, _Service] = {
    Axis.LPA: _Service(
        "ONS local planning authorities (BFC)",
        "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/"
        "Local_Planning_Authorities_April_2023_Boundaries_UK_BFC/FeatureServer/0/query",
        "LPA23NM",
        "LPA23CD",
        find_lpa,
    ),
    Axis.NCA: _Service(
        "Natural England character areas",
        "https://services.arcgis.com/JJzESW51TqeY9uat/arcgis/rest/services/"
        "National_Character_Areas_England/FeatureServer/0/query",
        "NCA_Name",
        None,
        find_nca,
    ),
}


class _ServiceError(Exception):
    """A service didn't answer, or not in a way that can be trusted."""


class OnlineProvider:
    """Public services first, the embedded tables for whatever they fail to answer.

    Parameters
    ----------
    client
        An ``httpx2.Client`` or the like; one is made if none is given.
    timeout
        How long a service may take [s].
    """

    name = "online"

    def __init__(self, client: HttpClient | None = None, *, timeout: float = TIMEOUT_S) -> None:
        if client is None:
            import httpx2

            client = httpx2.Client()
        self._client = client
        self._timeout = timeout

    def locate_postcode(self, postcode: Postcode) -> Located:
        """Return where a postcode is, by its own point if postcodes.io knows it.

        Raises
        ------
        PlaceError
            If the postcode is not in England.
        """
        if postcode.incode is None:
            return lookup.locate_postcode(postcode)
        try:
            lat, lon, notes = self._postcode_point(postcode)
        except _ServiceError as error:
            found = lookup.locate_postcode(postcode)
            return replace(found, warnings=(_failed("postcode", error), *found.warnings))
        found = self.locate_point(lat, lon)
        return replace(found, warnings=(*notes, *found.warnings))

    def locate_point(self, lat: float, lon: float) -> Located:
        """Return what a point lies in, by the services' full-resolution boundaries.

        Raises
        ------
        PlaceError
            If the point is not in England.
        """
        grid.check_coordinates(lat, lon)
        answers: dict[Axis, str] = {}
        failures: list[Finding] = []
        for axis in Axis:
            try:
                answers[axis] = self._area(axis, lat, lon)
            except _ServiceError as error:
                failures.append(_failed(axis.label, error))
        found = lookup.locate_point(lat, lon, known=answers)
        return replace(found, warnings=(*failures, *found.warnings))

    def _postcode_point(self, postcode: Postcode) -> tuple[float, float, list[Finding]]:
        compact = f"{postcode.outcode}{postcode.incode}"
        result = self._postcode_result(f"postcodes/{compact}")
        notes: list[Finding] = []
        if result is None:
            result = self._postcode_result(f"terminated_postcodes/{compact}")
            notes = [_terminated(postcode)]
        if result is None:
            raise _ServiceError(f"postcodes.io does not know {postcode}")
        country = result.get("country")
        if country is not None and country != "England":
            raise PlaceError(
                Finding(
                    f"The postcode {postcode} is in {country}, not in England.",
                    "Give an English postcode: biodiversity net gain is English law.",
                )
            )
        lat, lon = result.get("latitude"), result.get("longitude")
        if not isinstance(lat, float | int) or not isinstance(lon, float | int):
            raise _ServiceError(f"postcodes.io has no point for {postcode}")
        return float(lat), float(lon), notes

    def _postcode_result(self, path: str) -> Mapping[str, Any] | None:
        status, body = self._get("postcodes.io", f"{POSTCODES_URL}/{path}", {})
        if status == 404:
            return None
        result = body.get("result")
        if status != 200 or not isinstance(result, Mapping):
            raise _ServiceError(f"postcodes.io answered with status {status}")
        return result

    def _area(self, axis: Axis, lat: float, lon: float) -> str:
        service = _SERVICES[axis]
        status, body = self._get(service.title, service.url, _point_query(service, lat, lon))
        if status != 200 or "error" in body:
            # ArcGIS reports its errors in the body of a response of status 200.
            raise _ServiceError(f"{service.title}: {body.get('error', f'status {status}')}")
        return _read_area(service, body, lat, lon)

    def _get(
        self, title: str, url: str, params: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        import httpx2

        try:
            response = self._client.get(url, params=params, timeout=self._timeout)
            body = response.json()
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise _ServiceError(f"{title}: {type(error).__name__} {error}".strip()) from error
        if not isinstance(body, Mapping):
            raise _ServiceError(f"{title}: the answer is not an object")
        return int(response.status_code), body


def _point_query(service: _Service, lat: float, lon: float) -> dict[str, str]:
    fields = [service.name_field, *([service.code_field] if service.code_field else [])]
    return {
        "f": "json",
        "where": "1=1",
        "geometry": f'{{"x":{lon},"y":{lat},"spatialReference":{{"wkid":4326}}}}',
        "geometryType": "esriGeometryPoint",
        "inSR": "4326",
        "spatialRel": "esriSpatialRelIntersects",
        "outFields": ",".join(fields),
        "returnGeometry": "false",
    }


def _read_area(service: _Service, body: Mapping[str, Any], lat: float, lon: float) -> str:
    try:
        rows = [feature["attributes"] for feature in body["features"]]
        names = [str(row[service.name_field]) for row in rows]
        codes = [str(row[service.code_field]) for row in rows if service.code_field]
    except (KeyError, TypeError) as error:
        raise _ServiceError(f"{service.title}: the answer lacks {error}") from error
    if len(names) != 1:
        found = " and ".join(names) or "nothing"
        raise _ServiceError(f"{service.title}: {found} at {lat:g}, {lon:g}")
    if codes and not codes[0].startswith("E"):
        raise PlaceError(
            Finding(
                f"The point {lat:g}, {lon:g} is in {names[0]}, not in England.",
                "Give a point in England: biodiversity net gain is English law.",
            )
        )
    try:
        return service.find(names[0])
    except PlaceError as error:
        raise _ServiceError(f"{service.title}: {error}") from error


def _failed(what: str, error: _ServiceError) -> Finding:
    return Finding(
        f"The online lookup of the {what} failed ({error}): the embedded tables were used.",
        "Try again later, or check the names against a map.",
    )


def _terminated(postcode: Postcode) -> Finding:
    return Finding(
        f"The postcode {postcode} is no longer in use.", "Check that the site is meant by it."
    )
