"""The step Site: where the development is, which sets how far each bank counts as being."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError, PlaceError
from bng_opt.places import Axis, Site
from bng_opt.places.addresses import Address, find_addresses
from bng_opt.places.names import find_lpa
from bng_opt.places.options import SiteOptions
from bng_opt.places.tables import area_names
from bng_opt.places.water_search import search_waterbodies
from bng_opt.reference import Ledger
from bng_opt.runtime.scenario_document import site_from_dict, site_to_dict

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

_SUMMARY = 40
MOST_FOUND = 30
"""As many waterbodies as a search shows."""


class Way(StrEnum):
    """How the site was found."""

    POSTCODE = "postcode"
    GRID = "grid reference"
    POINT = "point"
    NAMES = "names"
    RUN = "run"


@dataclass(frozen=True)
class Details:
    """What is said of the site beside where it is.

    Attributes
    ----------
    waterbodies, catchments, marine_areas
        Waterbody ids, operational catchments, marine plan areas.
    extra, removed
        What counts as a neighbour of the site, or doesn't, whatever the tables say: pairs of
        ``lpa`` or ``nca`` and a name.
    """

    waterbodies: tuple[str, ...] = ()
    catchments: tuple[str, ...] = ()
    marine_areas: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()

    def as_options(self) -> SiteOptions:
        """Return them as ``Site.from_*`` takes them."""
        return {
            "waterbody": self.waterbodies,
            "operational_catchment": self.catchments,
            "marine_plan_area": self.marine_areas,
            "extra_neighbours": self.extra,
            "removed_neighbours": self.removed,
        }


@dataclass(frozen=True)
class Waterbody:
    """A waterbody that a search found."""

    id: str
    name: str
    catchment: str


@dataclass(frozen=True)
class _Asked:
    """What was asked for, to be asked again with other details."""

    way: Way
    text: str = ""
    lat: float = 0.0
    lon: float = 0.0
    lpas: tuple[str, ...] = ()
    ncas: tuple[str, ...] = ()
    details: Details = field(default_factory=Details)


class SiteStep(Step):
    """Where the development is.

    Attributes
    ----------
    site
        The site; None before one was found.
    details
        What is said of it beside its place.
    """

    key: ClassVar[str] = "site"
    title: ClassVar[str] = "Site"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.site: Site | None = None
        self._asked: _Asked | None = None
        self.details = Details()

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing."""
        return () if self.site is not None else ("Say where the site is.",)

    def summary(self) -> str:
        """Return the planning authorities."""
        return "" if self.site is None else ", ".join(self.site.lpas)[:_SUMMARY]

    @property
    def way(self) -> Way | None:
        """Return how the site was found."""
        return None if self._asked is None else self._asked.way

    @property
    def text(self) -> str:
        """Return the postcode or grid reference that was typed."""
        return "" if self._asked is None else self._asked.text

    @property
    def hint(self) -> str:
        """Return the planning authority that the workbook states, if it is one that we know."""
        requirement = self.session.metric.requirement
        if requirement is None or not requirement.planning_authority:
            return ""
        try:
            return find_lpa(requirement.planning_authority)
        except PlaceError:
            return ""

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what is uncertain of the site, for the units that are needed."""
        if self.site is None:
            return ()
        found = list(self.site.warnings)
        requirement = self.session.metric.requirement
        if requirement is not None and requirement.ledgers[Ledger.WATERCOURSE].need > 0:
            found += [warning] if (warning := self.site.watercourse_warning()) else []
        if requirement is not None and self._needs_intertidal():
            found += [warning] if (warning := self.site.intertidal_warning()) else []
        return tuple(found)

    @property
    def asks_water(self) -> bool:
        """Return whether the site's waters matter for what is needed."""
        requirement = self.session.metric.requirement
        return requirement is not None and requirement.ledgers[Ledger.WATERCOURSE].need > 0

    def find_postcode(self, text: str) -> None:
        """Find the site by its postcode.

        Raises
        ------
        PlaceError
            If it is no English postcode; the site is then the one before.
        """
        self._find(_Asked(Way.POSTCODE, text, details=self.details))

    def find_grid(self, text: str) -> None:
        """Find the site by its Ordnance Survey grid reference; errors as above."""
        self._find(_Asked(Way.GRID, text, details=self.details))

    def find_point(self, lat: float, lon: float) -> None:
        """Find the site by latitude and longitude [degrees]; errors as above."""
        self._find(_Asked(Way.POINT, lat=lat, lon=lon, details=self.details))

    @property
    def finds_addresses(self) -> bool:
        """Return whether a service for addresses was named."""
        return bool(self.services.settings.address_url)

    def find_addresses(self, text: str) -> tuple[Address, ...]:
        """Return the addresses that the team's service finds; :meth:`find_point` takes one.

        Raises
        ------
        PlaceError
            If there are none, or the service can't be asked.
        """
        return find_addresses(text, self.services.settings.address_url)

    def find_names(self, lpas: Sequence[str], ncas: Sequence[str]) -> None:
        """Take the planning authorities and character areas that were named; errors as above."""
        asked = _Asked(Way.NAMES, lpas=tuple(lpas), ncas=tuple(ncas), details=self.details)
        self._find(asked)

    def describe(self, details: Details) -> None:
        """Say more of the site, which is then judged anew.

        Raises
        ------
        PlaceError
            With every name that is unknown; all is then as before.
        """
        if self._asked is not None and self._asked.way is not Way.RUN:
            self._find(replace(self._asked, details=details))
            return
        # Judged once there is a site.
        self.details = details
        self.tell()

    def take(self, site: Site) -> None:
        """Take the site of a stored run."""
        self.site = site
        names = _Asked(Way.NAMES, lpas=site.lpas, ncas=site.ncas)
        if site.lat is not None and site.lon is not None and len(site.lpas) == 1:
            names = replace(names, lat=site.lat, lon=site.lon)
        self.details = Details(
            site.waterbodies,
            site.operational_catchments,
            site.marine_plan_areas,
            tuple((str(kind), name) for kind, name in site.extra_neighbours),
            tuple((str(kind), name) for kind, name in site.removed_neighbours),
        )
        self._asked = replace(names, way=Way.RUN, details=self.details)
        self.tell()

    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values."""
        asked = self._asked
        return {
            "site": None if self.site is None else site_to_dict(self.site),
            "asked": None
            if asked is None
            else {
                "way": asked.way.value,
                "text": asked.text,
                "lat": asked.lat,
                "lon": asked.lon,
                "lpas": list(asked.lpas),
                "ncas": list(asked.ncas),
            },
            "details": {name: list(value) for name, value in vars(self.details).items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what was entered."""
        given = state["details"]
        details = Details(
            tuple(given["waterbodies"]),
            tuple(given["catchments"]),
            tuple(given["marine_areas"]),
            tuple((kind, name) for kind, name in given["extra"]),
            tuple((kind, name) for kind, name in given["removed"]),
        )
        site = None if state["site"] is None else site_from_dict(state["site"])
        asked = state["asked"]
        self.details, self.site = details, site
        self._asked = None
        if asked is not None:
            self._asked = _Asked(
                Way(asked["way"]), asked["text"], asked["lat"], asked["lon"],
                tuple(asked["lpas"]), tuple(asked["ncas"]), details,
            )  # fmt: skip
        self.tell()

    def _find(self, asked: _Asked) -> None:
        options = asked.details.as_options()
        if asked.way is Way.POSTCODE:
            site = Site.from_postcode(asked.text, **options)
        elif asked.way is Way.GRID:
            site = Site.from_grid_reference(asked.text, **options)
        elif asked.way is Way.POINT:
            site = Site.from_point(asked.lat, asked.lon, **options)
        else:
            site = Site.from_names(asked.lpas, asked.ncas, **options)
        self.site, self._asked, self.details = site, asked, asked.details
        self.tell()

    def _needs_intertidal(self) -> bool:
        requirement = self.session.metric.requirement
        if requirement is None:
            return False
        shortfalls = requirement.ledgers[Ledger.AREA].settlement.shortfalls
        return any(
            each.account.habitat and each.account.habitat.is_intertidal for each in shortfalls
        )


def lpa_names() -> tuple[str, ...]:
    """Return all planning authorities by name."""
    return tuple(area_names(Axis.LPA))


def nca_names() -> tuple[str, ...]:
    """Return all character areas by name."""
    return tuple(area_names(Axis.NCA))


def find_waterbodies(text: str) -> tuple[Waterbody, ...]:
    """Return waterbodies whose id, name or catchment holds a text.

    Raises
    ------
    InputError
        If the text is too short to search for.
    """
    if len(text.strip()) < 3:
        remedy = "Type at least three letters of its name, its catchment or its id."
        raise InputError(Finding("That is too short to search for.", remedy))
    return tuple(Waterbody(*found) for found in search_waterbodies(text, MOST_FOUND))
