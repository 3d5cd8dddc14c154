"""Which areas adjoin which, with the user's own word on top.

Adjacency comes from the embedded tables: two areas are neighbours if their clipped polygons
share a border. Pairs that face each other across tidal water are therefore *not* neighbours;
:func:`near_pairs` offers them for review, and a user may add or remove a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from bng_opt.errors import Finding, PlaceError
from bng_opt.places.kinds import Axis
from bng_opt.places.names import find_each, find_lpa, find_marine_plan_area, find_nca
from bng_opt.places.tables import read_rows

Override = tuple[str, str]
"""A user's word on the site's neighbours: the axis (``"lpa"`` or ``"nca"``) and a name."""

_FINDERS: Mapping[Axis, Callable[[str], str]] = {Axis.LPA: find_lpa, Axis.NCA: find_nca}


@dataclass(frozen=True)
class NearPair:
    """Two LPAs that don't adjoin but lie within 2 km of each other, mostly across water.

    Parameters
    ----------
    lpa_a, lpa_b
        The two, in order of name.
    gap_m
        The distance between their polygons [m].
    """

    lpa_a: str
    lpa_b: str
    gap_m: int

    def __str__(self) -> str:
        return (
            f"{self.lpa_a} and {self.lpa_b} lie {self.gap_m} m apart and are not counted "
            "as neighbours"
        )


@dataclass(frozen=True)
class NeighbourTable:
    """The neighbours of every area of one axis.

    Parameters
    ----------
    axis
        LPA or NCA.
    pairs
        Unordered pairs of canonical names, each a frozen set of two.
    """

    axis: Axis
    pairs: frozenset[frozenset[str]]

    def adjoin(self, a: str, b: str) -> bool:
        """Return whether two areas are neighbours; an area is not its own."""
        return frozenset((a, b)) in self.pairs

    def of(self, name: str) -> frozenset[str]:
        """Return the neighbours of one area."""
        return frozenset(other for pair in self.pairs if name in pair for other in pair - {name})

    def with_changes(
        self,
        add: Iterable[tuple[str, str]] = (),
        remove: Iterable[tuple[str, str]] = (),
    ) -> NeighbourTable:
        """Return the table with pairs added and removed, both ways at once.

        Raises
        ------
        PlaceError
            If a name is unknown, an area is paired with itself, or a pair is both added
            and removed.

        Examples
        --------
        >>> table = neighbour_table(Axis.LPA).with_changes(add=[("Cornwall", "Plymouth")])
        >>> table.adjoin("Plymouth", "Cornwall")
        True
        """
        problems: list[Finding] = []
        added = self._read_pairs(add, problems)
        removed = self._read_pairs(remove, problems)
        problems.extend(_both_ways(" and ".join(sorted(pair))) for pair in added & removed)
        if problems:
            raise PlaceError(problems)
        return NeighbourTable(self.axis, (self.pairs | added) - removed)

    def _read_pairs(
        self, pairs: Iterable[tuple[str, str]], problems: list[Finding]
    ) -> frozenset[frozenset[str]]:
        read = set()
        for pair in pairs:
            found = find_each(_FINDERS[self.axis], pair, problems)
            if len(found) == len(pair) == 2 and found[0] != found[1]:
                read.add(frozenset(found))
            elif len(found) == len(pair):
                problems.append(
                    Finding(
                        f"{pair!r} is not a pair of two different {self.axis.label}s.",
                        "Name two areas.",
                    )
                )
        return frozenset(read)


@cache
def neighbour_table(axis: Axis) -> NeighbourTable:
    """Return the published adjacency of an axis: 814 LPA pairs or 388 NCA pairs."""
    rows = read_rows(f"{axis.value}_neighbours.csv")
    return NeighbourTable(axis, frozenset(frozenset((row[axis], row["neighbour"])) for row in rows))


@cache
def neighbours(axis: Axis, name: str) -> frozenset[str]:
    """Return the neighbours of one area.

    Parameters
    ----------
    axis
        LPA or NCA.
    name
        A canonical name.

    Examples
    --------
    >>> sorted(neighbours(Axis.NCA, "Bodmin Moor"))
    ['Cornish Killas']
    """
    return neighbour_table(axis).of(name)


@lru_cache(maxsize=256)
def neighbours_of_any(
    axis: Axis,
    names: tuple[str, ...],
    extra: tuple[Override, ...] = (),
    removed: tuple[Override, ...] = (),
) -> frozenset[str]:
    """Return the areas that adjoin any of ``names``, less these, under a user's overrides."""
    table: frozenset[str] = frozenset().union(*(neighbours(axis, name) for name in names))
    added = {name for kind, name in extra if kind == axis}
    taken = {name for kind, name in removed if kind == axis}
    return (table | added) - taken - set(names)


@cache
def marine_neighbours(area: str) -> frozenset[str]:
    """Return the inshore marine plan areas that adjoin one.

    Examples
    --------
    >>> sorted(marine_neighbours("South West Inshore"))
    ['South Inshore']
    """
    wanted = find_marine_plan_area(area)
    rows = read_rows("marine_plan_areas.csv")
    return frozenset(r["neighbour"] for r in rows if r["name"] == wanted and r["neighbour"])


@cache
def near_pairs(lpa: str) -> tuple[NearPair, ...]:
    """Return the pairs of an LPA that are near but not neighbours, nearest first.

    Examples
    --------
    >>> print(near_pairs("Plymouth")[0])
    Cornwall and Plymouth lie 473 m apart and are not counted as neighbours
    """
    rows = (row for row in read_rows("lpa_near_pairs.csv") if lpa in (row["lpa_a"], row["lpa_b"]))
    found = (NearPair(row["lpa_a"], row["lpa_b"], int(row["gap_m"])) for row in rows)
    return tuple(sorted(found, key=lambda pair: (pair.gap_m, pair.lpa_a, pair.lpa_b)))


def near_pair(lpas: Iterable[str], other: str) -> NearPair | None:
    """Return the nearest near pair between any of ``lpas`` and another LPA, if there is one."""
    own = set(lpas)
    return next((p for p in near_pairs(other) if own & {p.lpa_a, p.lpa_b} - {other}), None)


def read_overrides(
    overrides: Iterable[tuple[str, str]], problems: list[Finding]
) -> tuple[Override, ...]:
    """Return a user's neighbour overrides with canonical names, sorted, without repeats."""
    read: set[Override] = set()
    for kind, name in overrides:
        try:
            axis = Axis(kind.strip().lower())
        except ValueError:
            problems.append(
                Finding(f"{kind!r} is not a kind of neighbour.", "Write 'lpa' or 'nca'.")
            )
            continue
        read.update((axis.value, found) for found in find_each(_FINDERS[axis], [name], problems))
    return tuple(sorted(read))


def contradictory_overrides(
    extra: tuple[Override, ...], removed: tuple[Override, ...]
) -> list[Finding]:
    """Return a finding for each neighbour that is both added and removed."""
    return [_both_ways(f"the {kind.upper()} {name}") for kind, name in set(extra) & set(removed)]


def _both_ways(what: str) -> Finding:
    return Finding(
        f"The neighbour override of {what} is both added and removed.", "Keep one of the two."
    )
