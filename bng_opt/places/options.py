"""What may be said of a site beside where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from bng_opt.errors import Finding
from bng_opt.places.names import find_each, find_marine_plan_area
from bng_opt.places.neighbours import Override, contradictory_overrides, read_overrides
from bng_opt.places.place import given
from bng_opt.places.schemes import DEFAULT_SCHEME, scheme_problems
from bng_opt.places.water import resolve_waters

Names = str | Sequence[str] | None


class SiteOptions(TypedDict, total=False):
    """What may be said of a site beside where it is; the keywords of every ``Site.from_*``.

    ``waterbody`` (ids), ``operational_catchment`` and ``marine_plan_area`` take one text or
    several; waters that the embedded table doesn't hold or contradicts count as given, with a
    warning. ``extra_neighbours`` and ``removed_neighbours`` are pairs of ``"lpa"`` or
    ``"nca"`` and a name, the user's word on what adjoins the site. ``scheme`` names the
    geography scheme.
    """

    waterbody: Names
    operational_catchment: Names
    marine_plan_area: Names
    extra_neighbours: Iterable[tuple[str, str]]
    removed_neighbours: Iterable[tuple[str, str]]
    scheme: str


@dataclass(frozen=True)
class Details:
    """A site's options with canonical names; the fields are those of a site."""

    waterbodies: tuple[str, ...]
    operational_catchments: tuple[str, ...]
    marine_plan_areas: tuple[str, ...]
    extra_neighbours: tuple[Override, ...]
    removed_neighbours: tuple[Override, ...]
    scheme: str
    warnings: tuple[Finding, ...]

    @classmethod
    def read(cls, options: SiteOptions, problems: list[Finding]) -> Details:
        """Return the options read; what is wrong with them is added to ``problems``."""
        waters = resolve_waters(
            given(options.get("waterbody")), given(options.get("operational_catchment")), problems
        )
        extra = read_overrides(options.get("extra_neighbours", ()), problems)
        removed = read_overrides(options.get("removed_neighbours", ()), problems)
        problems += contradictory_overrides(extra, removed)
        scheme = options.get("scheme", DEFAULT_SCHEME)
        problems += scheme_problems(scheme)
        areas = given(options.get("marine_plan_area"))
        return cls(
            waters.waterbodies,
            waters.operational_catchments,
            find_each(find_marine_plan_area, areas, problems),
            extra,
            removed,
            scheme,
            waters.warnings,
        )
