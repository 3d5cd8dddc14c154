"""Where something is that a site may buy from: a habitat bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.grid import check_coordinates
from bng_opt.places.kinds import Axis
from bng_opt.places.names import (
    find_each,
    find_lpa,
    find_marine_plan_area,
    find_nca,
    marine_plan_area_names,
    unknown_name,
)
from bng_opt.places.tables import area_names, overlaps, touching_pairs
from bng_opt.places.water import (
    catchment_warnings,
    find_catchments,
    normalise_id,
    resolve_waters,
    waterbody_warnings,
)


@dataclass(frozen=True)
class Place:
    """Where a bank is.

    Parameters
    ----------
    lpa, nca
        Canonical names; :meth:`from_names` takes any spelling.
    waterbody
        A waterbody id.
    operational_catchment
        The catchment it lies in; it need not be in the embedded table.
    marine_plan_area
        An inshore marine plan area.
    lat, lon
        WGS84 [degrees], used for distances only.
    """

    lpa: str
    nca: str
    waterbody: str | None = None
    operational_catchment: str | None = None
    marine_plan_area: str | None = None
    lat: float | None = None
    lon: float | None = None

    def __post_init__(self) -> None:
        """Refuse a name that isn't canonical: it would count as far from everywhere.

        Waters are spelt canonically instead, as those outside the table have no one spelling.
        """
        problems = canonical_problems((self.lpa,), (self.nca,), given(self.marine_plan_area))
        catchments = find_catchments(given(self.operational_catchment), problems)
        if problems:
            raise PlaceError(problems)
        waterbody = next(map(normalise_id, given(self.waterbody)), None)
        object.__setattr__(self, "waterbody", waterbody)
        object.__setattr__(self, "operational_catchment", next(iter(catchments), None))

    @classmethod
    def from_names(
        cls,
        lpa: str,
        nca: str,
        *,
        waterbody: str | None = None,
        operational_catchment: str | None = None,
        marine_plan_area: str | None = None,
        lat: float | None = None,
        lon: float | None = None,
    ) -> Place:
        """Return the place that these names stand for, in any spelling.

        Blank optional values count as none, as they do in a table. The operational
        catchment follows from a known waterbody, unless another is given. What the table of
        waters doesn't hold or contradicts is told by :meth:`waters_warnings`.

        Raises
        ------
        PlaceError
            With every name that is unknown.

        Examples
        --------
        >>> Place.from_names("bristol", "118").nca
        'Bristol, Avon Valleys and Ridges'
        """
        problems: list[Finding] = []
        lpas = find_each(find_lpa, [lpa], problems)
        ncas = find_each(find_nca, [nca], problems)
        marine = find_each(find_marine_plan_area, given(marine_plan_area), problems)
        waters = resolve_waters(given(waterbody), given(operational_catchment), problems)
        if lat is not None or lon is not None:
            problems.extend(_coordinate_problems(lat, lon))
        if problems:
            raise PlaceError(problems)
        return cls(
            lpas[0],
            ncas[0],
            next(iter(waters.waterbodies), None),
            next(iter(waters.operational_catchments), None),
            next(iter(marine), None),
            lat,
            lon,
        )

    def overlap_warning(self) -> Finding | None:
        """Return a warning if the LPA and the NCA don't overlap: one of them may be wrong."""
        return next(iter(overlap_warnings((self.lpa,), (self.nca,))), None)

    def waters_warnings(self) -> tuple[Finding, ...]:
        """Return what the table of waters doesn't hold or contradicts.

        Returns
        -------
        tuple of Finding
            Each with its ``column``: ``"waterbody"`` or ``"operational_catchment"``.
        """
        ids, catchments = given(self.waterbody), given(self.operational_catchment)
        found = {
            "waterbody": waterbody_warnings(ids, catchments),
            "operational_catchment": catchment_warnings(ids, catchments),
        }
        return tuple(replace(each, column=name) for name, notes in found.items() for each in notes)


def given(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the texts of an optional value that are not blank."""
    values = () if value is None else (value,) if isinstance(value, str) else tuple(value)
    return tuple(text for text in values if text.strip())


def canonical_problems(
    lpas: Iterable[str], ncas: Iterable[str], marine_plan_areas: Iterable[str]
) -> list[Finding]:
    """Return a finding for each name that isn't spelt as in the embedded tables."""
    tables = (
        ("LPA", lpas, area_names(Axis.LPA)),
        ("NCA", ncas, area_names(Axis.NCA)),
        ("marine plan area", marine_plan_areas, marine_plan_area_names()),
    )
    return [
        unknown_name(f"canonical {kind} name", name, known, "Or use from_names.")
        for kind, names, known in tables
        for name in names
        if name not in known
    ]


def overlap_warnings(lpas: tuple[str, ...], ncas: tuple[str, ...]) -> list[Finding]:
    """Return a warning for each LPA that overlaps none of the NCAs, and the other way round.

    Pairs within the accuracy of the boundaries of each other (350 m) count as overlapping.
    """
    pairs = touching_pairs()
    apart = [
        *((Axis.LPA, lpa, Axis.NCA, ncas) for lpa in lpas if not _any(pairs, (lpa,), ncas)),
        *((Axis.NCA, nca, Axis.LPA, lpas) for nca in ncas if not _any(pairs, lpas, (nca,))),
    ]
    if len(lpas) == len(ncas) == 1:
        # Of one pair both directions say the same.
        apart = apart[:1]
    return [
        Finding(
            f"The {axis.label} {name} does not overlap the {other.label} {' or '.join(names)}.",
            f"It overlaps {choices(axis, name)}. Check both names.",
        )
        for axis, name, other, names in apart
    ]


def choices(axis: Axis, name: str) -> str:
    """Return what overlaps an area of ``axis``, with the share of it that each takes up."""
    other = Axis.NCA if axis is Axis.LPA else Axis.LPA
    share = f"{axis.value}_share"
    rows = [row for row in overlaps().values() if row[axis.value] == name]
    rows.sort(key=lambda row: (-float(row[share]), row[other.value]))
    return "; ".join(f"{row[other.value]} ({float(row[share]):.0%})" for row in rows)


def _any(pairs: frozenset[tuple[str, str]], lpas: Iterable[str], ncas: tuple[str, ...]) -> bool:
    return any((lpa, nca) in pairs for lpa in lpas for nca in ncas)


def _coordinate_problems(lat: float | None, lon: float | None) -> tuple[Finding, ...]:
    if lat is None or lon is None:
        return (Finding("Only one of latitude and longitude is given.", "Give both, or neither."),)
    try:
        check_coordinates(lat, lon)
    except PlaceError as error:
        return error.findings
    return ()
