"""Where a development is: its areas, how sure they are, and what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Unpack

from bng_opt.errors import Finding, PlaceError
from bng_opt.places import schemes
from bng_opt.places.kinds import Axis, Confidence
from bng_opt.places.names import (
    find_each,
    find_lpa,
    find_nca,
    former_name_warnings,
)
from bng_opt.places.neighbours import Override, contradictory_overrides
from bng_opt.places.options import Details, Names, SiteOptions
from bng_opt.places.place import Place, canonical_problems, choices, given, overlap_warnings
from bng_opt.places.tables import area_row, overlaps
from bng_opt.places.water import find_catchments, normalise_id

if TYPE_CHECKING:
    from bng_opt.places.lookup import Located
    from bng_opt.places.providers import GeoProvider

__all__ = ["Place", "Site", "SiteOptions"]


@dataclass(frozen=True)
class Site:
    """Where a development is.

    Names are canonical and sorted, so that equal sites are equal in whatever order they were
    typed; warnings don't count for equality, as they say how a site was found.

    Parameters
    ----------
    lpas, ncas
        The planning authorities and character areas that the site lies in, one or more each.
    waterbodies
        Ids of the waterbodies where watercourse is lost.
    operational_catchments
        The catchments they lie in; they need not be in the embedded table.
    marine_plan_areas
        Names.
    lat, lon
        WGS84 [degrees], used for distances only. Of a site known by names it is a point
        inside the largest overlap of its LPAs and NCAs; of a postcode, the middle of its
        sector or district.
    confidence
        How sure the LPAs and NCAs are.
    extra_neighbours, removed_neighbours
        The user's overrides of what adjoins the site.
    scheme
        The geography scheme by which land is judged.
    warnings
        What to check about the LPAs, NCAs and waters.
    """

    lpas: tuple[str, ...]
    ncas: tuple[str, ...]
    waterbodies: tuple[str, ...] = ()
    operational_catchments: tuple[str, ...] = ()
    marine_plan_areas: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    confidence: Confidence = Confidence.GIVEN
    extra_neighbours: tuple[Override, ...] = ()
    removed_neighbours: tuple[Override, ...] = ()
    scheme: str = schemes.DEFAULT_SCHEME
    warnings: tuple[Finding, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Sort the names, and refuse what is missing, unknown or contradictory."""
        problems: list[Finding] = []
        catchments = find_catchments(given(self.operational_catchments), problems)
        object.__setattr__(self, "operational_catchments", catchments)
        object.__setattr__(self, "waterbodies", map(normalise_id, given(self.waterbodies)))
        for name in _SORTED:
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        problems += canonical_problems(self.lpas, self.ncas, self.marine_plan_areas)
        if not self.lpas or not self.ncas:
            problems.append(_missing_axis(self.lpas, self.ncas))
        problems += contradictory_overrides(self.extra_neighbours, self.removed_neighbours)
        problems += schemes.scheme_problems(self.scheme)
        if problems:
            raise PlaceError(problems)

    @classmethod
    def from_names(
        cls, lpa: Names = None, nca: Names = None, **options: Unpack[SiteOptions]
    ) -> Site:
        """Return the site in these planning authorities and character areas.

        Parameters
        ----------
        lpa, nca
            One name or several, in any spelling; both are needed to judge what is near.
        **options
            See :class:`SiteOptions`.

        Raises
        ------
        PlaceError
            With every unknown name and contradiction; if an axis is missing, with what
            overlaps the other.

        Examples
        --------
        >>> Site.from_names("leeds", ["Southern Pennines", "38"]).ncas[0]
        'Nottinghamshire, Derbyshire and Yorkshire Coalfield'
        """
        problems: list[Finding] = []
        lpas = find_each(find_lpa, given(lpa), problems)
        ncas = find_each(find_nca, given(nca), problems)
        former = [] if problems else former_name_warnings(given(lpa))
        if not problems and not (lpas and ncas):
            problems.append(_missing_axis(lpas, ncas))
        details = Details.read(options, problems)
        if problems:
            raise PlaceError(problems)
        lat, lon = _inner_point(lpas, ncas)
        warnings = (*former, *overlap_warnings(tuple(sorted(lpas)), tuple(sorted(ncas))))
        return _complete(details, cls(lpas, ncas, lat=lat, lon=lon, warnings=warnings))

    @classmethod
    def from_postcode(
        cls,
        postcode: str,
        *,
        provider: GeoProvider | None = None,
        **options: Unpack[SiteOptions],
    ) -> Site:
        """Return the site at a postcode.

        Parameters
        ----------
        postcode
            In full; its district alone gives a guess, flagged as one.
        provider
            Who looks it up; the embedded tables unless told otherwise.
        **options
            See :class:`SiteOptions`.

        Raises
        ------
        PlaceError
            If the postcode is no English one, or an option is wrong.

        Examples
        --------
        >>> Site.from_postcode("LS1 4AP").lpas
        ('Leeds',)
        """
        from bng_opt.places.postcodes import Postcode
        from bng_opt.places.providers import OfflineProvider

        provider = provider or OfflineProvider()
        return cls._at(provider.locate_postcode(Postcode.parse(postcode)), options)

    @classmethod
    def from_point(
        cls,
        lat: float,
        lon: float,
        *,
        provider: GeoProvider | None = None,
        **options: Unpack[SiteOptions],
    ) -> Site:
        """Return the site at a point, latitude first (WGS84, degrees).

        Raises
        ------
        PlaceError
            If the point isn't in England, or an option is wrong.

        Examples
        --------
        >>> Site.from_point(53.2146, -1.6747).lpas
        ('Peak District National Park',)
        """
        from bng_opt.places.providers import OfflineProvider

        return cls._at((provider or OfflineProvider()).locate_point(lat, lon), options)

    @classmethod
    def from_grid_reference(cls, reference: str, **options: Unpack[SiteOptions]) -> Site:
        """Return the site at an Ordnance Survey grid reference, such as ``"SE 298 337"``.

        Raises
        ------
        PlaceError
            If it can't be read, is too coarse, isn't in England, or an option is wrong.

        Examples
        --------
        >>> Site.from_grid_reference("SE 298 337").lpas
        ('Leeds',)
        """
        from bng_opt.places.lookup import locate_grid_reference

        return cls._at(locate_grid_reference(reference), options)

    @classmethod
    def _at(cls, found: Located, options: SiteOptions) -> Site:
        problems: list[Finding] = []
        details = Details.read(options, problems)
        if problems:
            raise PlaceError(problems)
        site = cls(
            (found.lpa,),
            (found.nca,),
            lat=found.lat,
            lon=found.lon,
            confidence=found.confidence,
            warnings=found.warnings,
        )
        return _complete(details, site)

    def watercourse_warning(self) -> Finding | None:
        """Return what watercourse purchases suffer from, or None if nothing.

        Show it only if watercourse units are needed.
        """
        if len(self.waterbodies) > 1:
            return Finding(
                "The site has several waterbodies: a bank counts by the worst of them, as the "
                "multiplier follows the waterbody where the loss occurs.",
                "Work out each waterbody's loss as a site of its own.",
            )
        if self.waterbodies:
            return None
        effect = (
            "no bank counts as within its waterbody, and those of its operational catchment "
            "count as neighbouring (0.75)"
            if self.operational_catchments
            else "every bank counts as outside (0.5) for watercourse units"
        )
        return Finding(
            f"The site's waterbody is unknown: {effect}.",
            "Give the waterbody id, from the Catchment Data Explorer, like GB102021073050.",
        )

    def intertidal_warning(self) -> Finding | None:
        """Return what intertidal purchases suffer from, or None if nothing.

        Show it only if intertidal units are needed.
        """
        if self.marine_plan_areas:
            return None
        return Finding(
            "The site's marine plan area is unknown: every bank counts as outside (0.5) for "
            "intertidal units.",
            "Give the inshore marine plan area, like South East.",
        )

    def describe(self) -> str:
        """Return the site in a few lines: its areas, how they are known, the overrides."""
        lines = [
            f"LPA: {', '.join(self.lpas)}",
            f"NCA: {', '.join(self.ncas)}",
            f"Waterbody: {', '.join(self.waterbodies) or 'unknown'}",
            f"Operational catchment: {', '.join(self.operational_catchments) or 'unknown'}",
            f"Marine plan area: {', '.join(self.marine_plan_areas) or 'unknown'}",
            f"Known by: {KNOWN_BY[self.confidence]}",
        ]
        lines += [f"Counted as a neighbour: {k.upper()} {n}" for k, n in self.extra_neighbours]
        lines += [f"Not a neighbour: {k.upper()} {n}" for k, n in self.removed_neighbours]
        return "\n".join(lines)


_SORTED = (
    "lpas",
    "ncas",
    "waterbodies",
    "operational_catchments",
    "marine_plan_areas",
    "extra_neighbours",
    "removed_neighbours",
)

KNOWN_BY = {
    Confidence.GIVEN: "names given",
    Confidence.EXACT: "a point well inside its areas",
    Confidence.NEAR_BORDER: "a point near a border, uncertain",
    Confidence.SECTOR: "the majority of its postcode sector",
    Confidence.OUTCODE: "the majority of its postcode district, a guess",
    Confidence.NEAREST: "the nearest area to a point in none, uncertain",
}
"""How a site's areas are known, in words."""


def _complete(details: Details, site: Site) -> Site:
    read = {item.name: getattr(details, item.name) for item in fields(details)}
    return replace(site, **{**read, "warnings": (*site.warnings, *details.warnings)})


def _missing_axis(lpas: Sequence[str], ncas: Sequence[str]) -> Finding:
    if not lpas and not ncas:
        return Finding("The site has neither an LPA nor an NCA.", "Name one of each.")
    have, names = (Axis.LPA, lpas) if lpas else (Axis.NCA, ncas)
    need = Axis.NCA if lpas else Axis.LPA
    offers = " / ".join(f"{name} overlaps {choices(have, name)}" for name in sorted(names))
    return Finding(
        f"The site's {need.label} is missing: both are needed to judge what is near.",
        f"Name it: {offers}.",
    )


def _inner_point(lpas: Sequence[str], ncas: Sequence[str]) -> tuple[float, float]:
    """Return a point inside the largest overlap, or inside the first LPA if there is none."""
    shared = [row for pair, row in overlaps().items() if pair[0] in lpas and pair[1] in ncas]
    largest = max(shared, key=lambda row: float(row["km2"]), default=None)
    row = largest or area_row(Axis.LPA, min(lpas))
    return float(row["lat"]), float(row["lon"])
