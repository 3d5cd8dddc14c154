"""Finding addresses: only where a team has named a service for it, and somebody asks.

The service speaks Nominatim's language (OpenStreetMap's geocoder, which teams can run
themselves): ``q`` in, a JSON list of ``lat``, ``lon`` and ``display_name`` out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.providers import TIMEOUT_S

if TYPE_CHECKING:
    from bng_opt.places.providers import HttpClient

MOST_ADDRESSES = 8
_OTHER_WAY = "Give a postcode, a grid reference, or the planning authority instead."


@dataclass(frozen=True)
class Address:
    """An address that a service found: its words, and where it is [degrees, WGS84]."""

    text: str
    lat: float
    lon: float


def find_addresses(text: str, url: str, client: HttpClient | None = None) -> tuple[Address, ...]:
    """Return the addresses that a service finds for a text, the likeliest first.

    Parameters
    ----------
    text
        What was typed.
    url
        The service's search, such as ``https://nominatim.example.org/search``.
    client
        What asks it; ``httpx2`` without.

    Raises
    ------
    PlaceError
        If nothing was typed or found, or the service can't be asked.
    """
    if not text.strip():
        raise PlaceError(Finding("No address was typed.", "Type street and town."))
    asked = {"q": text, "format": "jsonv2", "countrycodes": "gb", "limit": str(MOST_ADDRESSES)}
    try:
        answer = (client or _client()).get(url, params=asked, timeout=TIMEOUT_S)
        if answer.status_code != 200:
            raise ValueError(f"it answered {answer.status_code}")
        rows = answer.json()
        found = tuple(
            Address(str(row["display_name"]), float(row["lat"]), float(row["lon"])) for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError, _http_error()) as error:
        message = f"The address service can't be asked ({error})."
        raise PlaceError(Finding(message, _OTHER_WAY)) from error
    if not found:
        raise PlaceError(Finding(f'No address was found for "{text}".', _OTHER_WAY))
    return found


def _client() -> HttpClient:
    try:
        import httpx2
    except ModuleNotFoundError:
        remedy = "Install it: pip install 'bng-opt[online]'."
        raise PlaceError(Finding("Addresses need the extra online.", remedy)) from None
    client: HttpClient = httpx2.Client(headers={"User-Agent": "bng-opt"})
    return client


def _http_error() -> type[Exception]:
    try:
        import httpx2
    except ModuleNotFoundError:
        return OSError
    error: type[Exception] = httpx2.HTTPError
    return error
