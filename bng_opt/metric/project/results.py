"""From rows to results: the headline and every habitat's change, by the metric's own sums.

Sheet 'G-2 Habitat groups' (and its like of the other ledgers) sums the rows by habitat; the
headline sums them by side. The spatial risk multiplier counts in the headline alone (RULES 2, 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bng_opt.errors import Finding, InputError
from bng_opt.metric.project.entries import Entries, Entry
from bng_opt.metric.project.layout import Part
from bng_opt.metric.requirement import HabitatChange
from bng_opt.metric.units import Enhancement, units_of
from bng_opt.metric.units.table import refuse
from bng_opt.reference import Habitat, Ledger, TradingRule, catalogue
from bng_opt.reference.irreplaceable import irreplaceable_answers
from bng_opt.reference.multipliers import spatial_risk

_YES, _PENDING = "Yes", "Pending"
_TREES = "Individual trees"
_SIZE_TOLERANCE = 1e-9
"""Sums of sizes differ by less from rounding alone, which Excel's comparisons overlook [ha, km]."""


@dataclass(frozen=True)
class RowUnits:
    """What a row is worth [units].

    Attributes
    ----------
    units
        As the sheet shows it, before the spatial risk multiplier.
    with_srm
        After it.
    retained, bespoke
        Of a baseline: what is kept, and what is left to a bespoke agreement.
    srm
        The multiplier; 1 on site.
    counts
        Whether the sheet's sums before the multiplier have it: off site only with the gain
        site's reference ("Off-site reference required").
    """

    entry: Entry
    units: float
    retained: float = 0.0
    bespoke: float = 0.0
    srm: float = 1.0

    @property
    def counts(self) -> bool:
        """Return whether the sums before the multiplier have the row's units."""
        return not self.entry.layout.off_site or bool(self.entry.site)

    @property
    def with_srm(self) -> float:
        """Return the units after the spatial risk multiplier [units]."""
        return self.units * self.srm

    @property
    def habitat(self) -> Habitat:
        """Return the habitat that the units are of."""
        row = self.entry.row
        return row.after.habitat if isinstance(row, Enhancement) else row.state.habitat


@dataclass(frozen=True)
class LedgerResult:
    """One ledger's headline, as 'Headline Results' has it [units].

    Attributes
    ----------
    baseline, post
        On-site baseline and post-intervention (H8, H12).
    off_baseline, off_post
        Off site, before the spatial risk multiplier (H20, H24).
    off_baseline_srm, off_post_srm
        Off site, after it (L20, L24).
    changes
        Every habitat whose change isn't zero, in the statutory order.
    """

    ledger: Ledger
    target: float
    baseline: float
    post: float
    off_baseline: float
    off_post: float
    off_baseline_srm: float
    off_post_srm: float
    changes: tuple[HabitatChange, ...]

    @property
    def off_net(self) -> float:
        """Return the off-site change before the multiplier (H28)."""
        return self.off_post - self.off_baseline

    @property
    def off_with_srm(self) -> float | None:
        """Return the off-site change after it (H32); None where there is no gain (N/A)."""
        return None if self.off_net <= 0 else self.off_post_srm - self.off_baseline_srm

    @property
    def combined(self) -> float:
        """Return the combined change before the multiplier (H37)."""
        return (self.post - self.baseline) + self.off_net

    @property
    def required(self) -> float:
        """Return the units required (F61)."""
        return self.baseline * (1 + self.target)

    @property
    def deficit(self) -> float:
        """Return the unit deficit (H61)."""
        off = self.off_net if self.off_with_srm is None else self.off_with_srm
        short = self.required - (self.post + off)
        return 0.0 if short < 0 else short


@dataclass(frozen=True)
class ProjectResult:
    """All that follows from a workbook's rows.

    Attributes
    ----------
    rows
        Every filled row with its units, in the order of the sheets.
    ledgers
        The three ledgers' headlines.
    warnings
        What the user ought to know of the rows.
    """

    rows: tuple[RowUnits, ...]
    ledgers: Mapping[Ledger, LedgerResult]
    warnings: tuple[Finding, ...] = ()


def project_result(entries: Entries, target: float) -> ProjectResult:
    """Return what follows from the rows of a workbook.

    Parameters
    ----------
    entries
        Its filled rows.
    target
        The net gain target, a fraction.

    Raises
    ------
    InputError
        With every row that the workbook itself would refuse, by sheet and cell.
    """
    _refuse(entries.rows)
    units = units_of([entry.row for entry in entries.rows])
    rows = tuple(
        _row_units(entry, float(value)) for entry, value in zip(entries.rows, units, strict=True)
    )
    ledgers = {ledger: _Sums(rows, ledger).result(target) for ledger in Ledger}
    return ProjectResult(rows, ledgers, entries.warnings)


def _refuse(entries: Sequence[Entry]) -> None:
    findings: list[Finding] = []
    for entry in entries:
        try:
            refuse([entry.row])
        except InputError as error:
            findings += [_placed(entry, finding) for finding in error.findings]
        findings += [_placed(entry, finding) for finding in _sheet_problems(entry)]
    if findings:
        raise InputError(findings)


def _sheet_problems(entry: Entry) -> list[Finding]:
    """Return what only the sheet refuses: sizes that don't add up, losses without agreement."""
    findings = []
    if entry.layout.off_site and not entry.spatial:
        message = "The off-site row has no spatial risk category."
        findings.append(Finding(message, "Choose it from the drop-down."))
    if entry.layout.part is not Part.BASELINE:
        return findings
    kept = entry.retained + entry.enhanced
    is_water = entry.layout.ledger is Ledger.WATERCOURSE
    if kept > entry.row.size + _SIZE_TOLERANCE and not (
        is_water and not (entry.retained and entry.enhanced)
    ):
        message = f"{kept:g} is retained or enhanced of {entry.row.size:g}."
        findings.append(Finding(message, "Mend the areas or lengths of the row."))
    is_lost = kept < entry.row.size - _SIZE_TOLERANCE
    if entry.irreplaceable == _YES and is_lost and entry.bespoke != _YES:
        message = "Irreplaceable habitat is lost without agreed bespoke compensation."
        findings.append(Finding(message, "No units can be bought for it: see the authority."))
    if "irreplaceable" in entry.layout.columns:
        findings += _status_problems(entry)
    return findings


def _status_problems(entry: Entry) -> list[Finding]:
    """Return what is wrong with a baseline row's answer to "Irreplaceable habitat" ('A-1' I, Q)."""
    habitat, given = _habitat(entry), entry.irreplaceable
    allowed = irreplaceable_answers(habitat)
    if given not in allowed:
        answers = " or ".join(sorted(allowed, reverse=True))
        says = f'says "{given}" for' if given else "has no answer to"
        message = f'{habitat} {says} "Irreplaceable habitat"; the metric takes {answers}.'
        return [Finding(message, "Choose it from the drop-down of the row.")]
    if given == _YES and entry.enhanced > 0 and habitat.broad_habitat == _TREES:
        message = "Irreplaceable individual trees can't be enhanced."
        return [Finding(message, "Enter them as retained.")]
    return []


def _placed(entry: Entry, finding: Finding) -> Finding:
    cell = str(entry.cell("habitat"))
    return replace(finding, sheet=entry.layout.name, cell=cell, row=None)


def _row_units(entry: Entry, units: float) -> RowUnits:
    srm = 1.0
    if entry.layout.off_site:
        srm = spatial_risk(_habitat(entry), entry.spatial).multiplier
    if entry.layout.part is not Part.BASELINE:
        return RowUnits(entry, units, srm=srm)
    if entry.irreplaceable == _YES:
        # What is retained makes no units, and what is enhanced is the whole baseline ('A-1' Q).
        return RowUnits(entry, _share(entry, entry.enhanced), srm=srm)
    retained, enhanced = _share(entry, entry.retained), _share(entry, entry.enhanced)
    agreed = entry.bespoke in (_YES, _PENDING)
    is_bespoke = agreed and _habitat(entry).rule is TradingRule.SAME_HABITAT_OR_BESPOKE
    bespoke = units - retained - enhanced if is_bespoke else 0.0
    return RowUnits(entry, units, retained, bespoke, srm)


def _habitat(entry: Entry) -> Habitat:
    row = entry.row
    return row.before.habitat if isinstance(row, Enhancement) else row.state.habitat


def _share(entry: Entry, size: float) -> float:
    """Return what a part of a baseline is worth [units]."""
    return float(units_of([replace(entry.row, size=size)])[0])


@dataclass(frozen=True)
class _Sums:
    """The sums of one ledger's rows."""

    rows: Sequence[RowUnits]
    ledger: Ledger

    def result(self, target: float) -> LedgerResult:
        """Return the ledger's headline."""
        return LedgerResult(
            self.ledger,
            target,
            self._sum(_baseline, off_site=False),
            self._sum(_post, off_site=False),
            self._sum(_baseline, off_site=True),
            self._sum(_post, off_site=True),
            self._sum(_baseline_srm, off_site=True),
            self._sum(_post_srm, off_site=True),
            self._changes(),
        )

    @cached_property
    def _own(self) -> list[RowUnits]:
        return [row for row in self.rows if row.entry.layout.ledger is self.ledger]

    def _sum(self, worth: Callable[[RowUnits], float], *, off_site: bool) -> float:
        return sum(worth(row) for row in self._own if row.entry.layout.off_site is off_site)

    def _changes(self) -> tuple[HabitatChange, ...]:
        on_site: defaultdict[Habitat, float] = defaultdict(float)
        off_site: defaultdict[Habitat, float] = defaultdict(float)
        for row in self._own:
            side = off_site if row.entry.layout.off_site else on_site
            side[row.habitat] += _post(row) - _baseline(row)
        return tuple(
            HabitatChange(habitat, on_site[habitat], off_site[habitat])
            for habitat in catalogue().of(self.ledger)
            if on_site[habitat] or off_site[habitat]
        )


def _is_baseline(row: RowUnits) -> bool:
    return row.entry.layout.part is Part.BASELINE


def _baseline(row: RowUnits) -> float:
    return row.units if _is_baseline(row) and row.counts else 0.0


def _post(row: RowUnits) -> float:
    if _is_baseline(row):
        return row.retained + row.bespoke
    return row.units if row.counts else 0.0


def _baseline_srm(row: RowUnits) -> float:
    return row.with_srm if _is_baseline(row) else 0.0


def _post_srm(row: RowUnits) -> float:
    return (row.retained + row.bespoke) * row.srm if _is_baseline(row) else row.with_srm
