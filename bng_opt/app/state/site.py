"""The step Site: where the development is, which sets how far each bank counts as being."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError, PlaceError
from bng_opt.places import Axis, Site
from bng_opt.places.addresses import Address, find_addresses
from bng_opt.places.names import find_lpa, find_nca
from bng_opt.places.options import Details as ReadDetails
from bng_opt.places.options import SiteOptions
from bng_opt.places.tables import area_names, overlaps
from bng_opt.places.water import resolve_waters
from bng_opt.places.water_search import search_waterbodies
from bng_opt.places.water_table import names_by_id
from bng_opt.reference import Ledger
from bng_opt.runtime.scenario_document import site_from_dict, site_to_dict

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

_SUMMARY = 40
MOST_FOUND = 30
"""As many waterbodies as a search shows."""
MOST_OFFERED = 6
"""As many areas as are offered beside those that were named."""


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

    @classmethod
    def of(cls, site: Site) -> Details:
        """Return what was said of a site."""
        followed = resolve_waters(site.waterbodies, (), []).operational_catchments
        return cls(
            site.waterbodies,
            () if site.operational_catchments == followed else site.operational_catchments,
            site.marine_plan_areas,
            tuple((str(kind), name) for kind, name in site.extra_neighbours),
            tuple((str(kind), name) for kind, name in site.removed_neighbours),
        )


@dataclass(frozen=True)
class Areas:
    """Planning authorities and character areas in the lists, whether they were taken or not."""

    lpas: tuple[str, ...] = ()
    ncas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waterbody:
    """A waterbody that a search found."""

    id: str
    name: str
    catchment: str


class SiteStep(Step):
    """Where the development is.

    Attributes
    ----------
    site
        The site; None before one was found.
    way, text
        How it was found, and what was typed for it.
    details
        What is said of it beside its place.
    listed
        What stands in the lists of areas.
    """

    key: ClassVar[str] = "site"
    title: ClassVar[str] = "Site"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.site: Site | None = None
        self.way: Way | None = None
        self.text = ""
        self.details = Details()
        self.listed = Areas()

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing."""
        return () if self.site is not None else ("Say where the site is.",)

    def summary(self) -> str:
        """Return the planning authorities."""
        return "" if self.site is None else ", ".join(self.site.lpas)[:_SUMMARY]

    @property
    def found_by(self) -> str:
        """Return how the site was found, in words."""
        words = {
            Way.POSTCODE: f"postcode {self.text}",
            Way.GRID: f"grid reference {self.text}",
            Way.POINT: f"the point {self.text}",
            Way.NAMES: "the names of its areas",
            Way.RUN: "an earlier run",
        }
        return "" if self.way is None else words[self.way]

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
    def offered(self) -> Areas:
        """Return what overlaps the areas in one list while the other is empty, largest first."""
        lpas, ncas = set(self.listed.lpas), set(self.listed.ncas)
        if bool(lpas) == bool(ncas):
            return Areas()
        rows = sorted(overlaps().values(), key=lambda row: -float(row["km2"]))
        if lpas:
            near = dict.fromkeys(row["nca"] for row in rows if row["lpa"] in lpas)
            return Areas(ncas=tuple(near)[:MOST_OFFERED])
        near = dict.fromkeys(row["lpa"] for row in rows if row["nca"] in ncas)
        return Areas(lpas=tuple(near)[:MOST_OFFERED])

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what is uncertain of the site, for the units that are needed."""
        if self.site is None:
            return ()
        found = list(self.site.warnings)
        if self.asks_water and (warning := self.site.watercourse_warning()):
            found.append(warning)
        if self.asks_marine and (warning := self.site.intertidal_warning()):
            found.append(warning)
        return tuple(found)

    @property
    def asks_water(self) -> bool:
        """Return whether the site's waters matter for what is needed."""
        requirement = self.session.metric.requirement
        return requirement is not None and requirement.ledgers[Ledger.WATERCOURSE].need > 0

    @property
    def asks_marine(self) -> bool:
        """Return whether intertidal habitat is needed, for which the marine plan area counts."""
        requirement = self.session.metric.requirement
        if requirement is None:
            return False
        shortfalls = requirement.ledgers[Ledger.AREA].settlement.shortfalls
        return any(
            each.account.habitat and each.account.habitat.is_intertidal for each in shortfalls
        )

    def find_postcode(self, text: str) -> None:
        """Find the site by its postcode.

        Raises
        ------
        PlaceError
            If it is no English postcode; the site is then the one before.
        """
        site = Site.from_postcode(text, **self.details.as_options())
        self._found(site, Way.POSTCODE, text)

    def find_grid(self, text: str) -> None:
        """Find the site by its Ordnance Survey grid reference; errors as above."""
        site = Site.from_grid_reference(text, **self.details.as_options())
        self._found(site, Way.GRID, text)

    def find_point(self, lat: float, lon: float) -> None:
        """Find the site by latitude and longitude [degrees]; errors as above."""
        site = Site.from_point(lat, lon, **self.details.as_options())
        self._found(site, Way.POINT, f"{lat:.5f}, {lon:.5f}")

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
        site = Site.from_names(tuple(lpas), tuple(ncas), **self.details.as_options())
        self._found(site, Way.NAMES, "")

    def list_areas(self, areas: Areas) -> None:
        """Put areas into the lists, in any spelling; the site stays until they are taken.

        Raises
        ------
        PlaceError
            If a name is unknown; the lists are then as before.
        """
        lpas = tuple(dict.fromkeys(map(find_lpa, areas.lpas)))
        self.listed = Areas(lpas, tuple(dict.fromkeys(map(find_nca, areas.ncas))))
        self.tell()

    def describe(self, details: Details) -> None:
        """Say more of the site, which is then judged anew; before there is one, it is kept.

        Raises
        ------
        PlaceError
            With every name that is unknown; all is then as before.
        """
        problems: list[Finding] = []
        before = ReadDetails.read(self.details.as_options(), problems)
        now = ReadDetails.read(details.as_options(), problems)
        if problems:
            raise PlaceError(problems)
        if self.site is not None:
            read = {item.name: getattr(now, item.name) for item in fields(now)}
            of_place = [each for each in self.site.warnings if each not in before.warnings]
            read |= {"scheme": self.site.scheme, "warnings": (*of_place, *now.warnings)}
            self.site = replace(self.site, **read)
        self.details = details
        self.tell()

    def take(self, site: Site) -> None:
        """Take the site of a stored run."""
        self.details = Details.of(site)
        self._found(site, Way.RUN, "")

    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values."""
        return {
            "site": None if self.site is None else site_to_dict(self.site),
            "way": None if self.way is None else self.way.value,
            "text": self.text,
            "details": {name: list(value) for name, value in vars(self.details).items()},
            "listed": {name: list(value) for name, value in vars(self.listed).items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what was entered."""
        given, listed = state["details"], state["listed"]
        details = Details(
            tuple(given["waterbodies"]),
            tuple(given["catchments"]),
            tuple(given["marine_areas"]),
            tuple((kind, name) for kind, name in given["extra"]),
            tuple((kind, name) for kind, name in given["removed"]),
        )
        site = None if state["site"] is None else site_from_dict(state["site"])
        way = None if state["way"] is None else Way(state["way"])
        self.site, self.way, self.text, self.details = site, way, state["text"], details
        self.listed = Areas(tuple(listed["lpas"]), tuple(listed["ncas"]))
        self.tell()

    def _found(self, site: Site, way: Way, text: str) -> None:
        self.site, self.way, self.text = site, way, " ".join(text.split())
        self.listed = Areas(site.lpas, site.ncas)
        self.tell()


def lpa_names() -> tuple[str, ...]:
    """Return all planning authorities by name."""
    return tuple(area_names(Axis.LPA))


def nca_names() -> tuple[str, ...]:
    """Return all character areas by name."""
    return tuple(area_names(Axis.NCA))


def waterbody_words(wb_id: str) -> str:
    """Return a waterbody's name and id; its id alone if the table doesn't hold it.

    Examples
    --------
    >>> waterbody_words("GB102021073050")
    'Till from Glen to River Tweed (GB102021073050)'
    """
    name = names_by_id().get(wb_id)
    return f"{name} ({wb_id})" if name else wb_id


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
