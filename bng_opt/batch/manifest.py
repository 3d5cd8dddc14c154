"""The manifest of a portfolio: a CSV file with a row for each site.

Everything that is wrong anywhere in it is said at once, with row and column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bng_opt.batch.csv_rows import Cells, read_csv_rows
from bng_opt.errors import Finding, InputError

if TYPE_CHECKING:
    from bng_opt.metric.requirement import Requirement
    from bng_opt.optimiser.policy import Policy
    from bng_opt.optimiser.portfolio import PortfolioSite
    from bng_opt.places import Site

COLUMNS = tuple(
    "name metric requirement lpa nca postcode lat lon waterbody operational_catchment mode "
    "max_banks".split()
)
"""The columns that a manifest may have; only ``name`` must be there."""
SEVERAL = ";"
"""Stands between several names in one cell."""

_NEEDED = (("name",), ("metric", "requirement"))

Read = TypeVar("Read")


@dataclass(frozen=True)
class BadRow:
    """A row that can't be used.

    Attributes
    ----------
    row
        Its number; the header is row 1.
    name
        Of its site; empty where it has none.
    findings
        All that is wrong with it.
    """

    row: int
    name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class ManifestRead:
    """The sites of a manifest, in the order of their rows, and the rows that can't be used."""

    sites: tuple[PortfolioSite, ...]
    bad: tuple[BadRow, ...]


def read_manifest(path: Path, wishes: Mapping[str, Any]) -> tuple[PortfolioSite, ...]:
    """Read the sites of a portfolio, in the order of their rows.

    Parameters
    ----------
    path
        A UTF-8 CSV file with the columns :data:`COLUMNS`. ``metric`` or ``requirement`` is a
        path from the manifest's folder. The place is ``lpa`` and ``nca`` (several with ``;``
        between), or ``postcode``, or ``lat`` and ``lon``.
    wishes
        The fields of the policy of every site; a row's ``mode`` and ``max_banks`` go before.

    Raises
    ------
    InputError
        With every finding of every row.
    """
    found = read_sound_rows(path, wishes)
    if found.bad:
        raise InputError(finding for row in found.bad for finding in row.findings)
    return found.sites


def read_sound_rows(path: Path, wishes: Mapping[str, Any]) -> ManifestRead:
    """Read the sites of the rows that can be used, and say which rows can't.

    Parameters
    ----------
    path, wishes
        As for :func:`read_manifest`.

    Raises
    ------
    InputError
        If it can't be read as a manifest, or none of its rows can be used.
    """
    read = read_csv_rows(path, COLUMNS, _NEEDED)
    manifest = _Manifest(path, wishes)
    sites: list[PortfolioSite] = []
    bad: list[BadRow] = []
    for row in read.rows:
        site = manifest.site(row.number, row.cells)
        wrong = (*row.findings, *manifest.told())
        if wrong:
            bad.append(BadRow(row.number, row.cells["name"], wrong))
        elif site is not None:
            sites.append(site)
    of_file = read.findings
    if not read.rows and not of_file:
        remedy = "Give a row for each site."
        of_file = (Finding("The manifest has no sites.", remedy, file=str(path)),)
    if of_file or not sites:
        raise InputError([*(finding for each in bad for finding in each.findings), *of_file])
    return ManifestRead(tuple(sites), tuple(bad))


@dataclass
class _Manifest:
    """A manifest being read, and what was wrong with it so far."""

    path: Path
    wishes: Mapping[str, Any]
    problems: list[Finding] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)
    needs: dict[tuple[str, Path], Requirement] = field(default_factory=dict)

    def wrong(self, row: int, column: str, message: str, remedy: str) -> None:
        """Note what is wrong."""
        place = {"file": str(self.path), "row": row, "column": column}
        self.problems.append(Finding(message, remedy, **place))  # type: ignore[arg-type]

    def told(self) -> tuple[Finding, ...]:
        """Return what was wrong since it was asked last."""
        found = tuple(self.problems)
        self.problems.clear()
        return found

    def site(self, row: int, cells: Cells) -> PortfolioSite | None:
        """Return the site of a row, or note all that is wrong with it."""
        from bng_opt.optimiser.portfolio import PortfolioSite

        name = self._name(row, cells)
        need = self._need(row, cells)
        place = self._place(row, cells)
        policy = self._policy(row, cells)
        if name is None or need is None or place is None or policy is None:
            return None
        return PortfolioSite(name, need, place, policy)

    def _name(self, row: int, cells: Cells) -> str | None:
        name = cells["name"]
        if not name:
            self.wrong(row, "name", "The site has no name.", "Give it one of its own.")
            return None
        first = self.row_of.setdefault(name, row)
        if first != row:
            message = f'The name "{name}" stands already in row {first}.'
            self.wrong(row, "name", message, "Give each site its own name.")
            return None
        return name

    def _need(self, row: int, cells: Cells) -> Requirement | None:
        given = [column for column in ("metric", "requirement") if cells.get(column)]
        if len(given) != 1:
            how = "Both metric and requirement are given" if given else "No need is given"
            remedy = "Give the path of a workbook in metric, or of a table in requirement."
            self.wrong(row, "requirement" if given else "metric", f"{how}.", remedy)
            return None
        (column,) = given
        path = self.path.parent / cells[column]
        if (column, path) in self.needs:
            return self.needs[column, path]
        if not path.is_file():
            remedy = f"Give its path from the folder of the manifest; {path.resolve()} isn't there."
            self.wrong(row, column, f'The file "{cells[column]}" is missing.', remedy)
            return None
        need = self._try(row, column, cells, lambda: _read_need(column, path))
        if need is not None:
            self.needs[column, path] = need
        return need

    def _place(self, row: int, cells: Cells) -> Site | None:
        ways = {
            "lpa": bool(cells.get("lpa") or cells.get("nca")),
            "postcode": bool(cells.get("postcode")),
            "lat": bool(cells.get("lat") or cells.get("lon")),
        }
        used = [column for column, is_used in ways.items() if is_used]
        if len(used) != 1:
            how = f"given by {' as well as '.join(used)}" if used else "not given"
            remedy = "Give lpa and nca, or postcode, or lat and lon."
            self.wrong(row, used[-1] if used else "lpa", f"The place is {how}.", remedy)
            return None
        (column,) = used
        point = None
        if column == "lat":
            point = self._number(row, cells, "lat"), self._number(row, cells, "lon")
            if None in point:
                return None
        return self._try(row, column, cells, lambda: _read_place(column, cells, point))

    def _number(self, row: int, cells: Cells, column: str) -> float | None:
        text = cells.get(column, "")
        try:
            return float(text)
        except ValueError:
            what = f'"{text}" is not a number' if text else f"{column} is missing"
            self.wrong(row, column, f"{what}.", "Give latitude and longitude in degrees.")
            return None

    def _policy(self, row: int, cells: Cells) -> Policy | None:
        from bng_opt.optimiser.policy import Policy

        own = {name: cells[name] for name in ("mode", "max_banks") if cells.get(name)}
        each = [
            self._try(row, name, cells, partial(Policy, **{name: text}))
            for name, text in own.items()
        ]
        if None in each:
            return None
        column = "max_banks" if "max_banks" in own else "mode"
        return self._try(row, column, cells, lambda: Policy(**{**self.wishes, **own}))

    def _try(self, row: int, column: str, cells: Cells, read: Callable[[], Read]) -> Read | None:
        """Return what is read; findings get the row's place, or its name if they have their own."""
        try:
            return read()
        except InputError as error:
            for finding in error.findings:
                if finding.file is None:
                    here = {"file": str(self.path), "row": row, "column": column}
                    self.problems.append(replace(finding, **here))  # type: ignore[arg-type]
                else:
                    site = f'Site "{cells["name"]}" (row {row})'
                    self.problems.append(replace(finding, message=f"{site}: {finding.message}"))
            return None


def _read_need(column: str, path: Path) -> Requirement:
    import bng_opt

    if column == "metric":
        return bng_opt.read_metric(path)
    return bng_opt.read_requirement_table(str(path))


def _read_place(column: str, cells: Cells, point: tuple[Any, Any] | None) -> Site:
    from bng_opt.places import Site

    waters: Any = {
        "waterbody": _several(cells.get("waterbody")),
        "operational_catchment": _several(cells.get("operational_catchment")),
    }
    if column == "postcode":
        return Site.from_postcode(cells["postcode"], **waters)
    if point is not None:
        return Site.from_point(*point, **waters)
    return Site.from_names(_several(cells.get("lpa")), _several(cells.get("nca")), **waters)


def _several(text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(SEVERAL) if part.strip()] if text else None
