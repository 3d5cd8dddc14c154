"""What one development still owes, ledger by ledger: the law's side of the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from bng_opt.errors import Finding, InputError
from bng_opt.metric.trading import Settlement, settle
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Habitat, Ledger

TYPED = "table"
"""The version of a requirement that no workbook states."""


@dataclass(frozen=True)
class HabitatChange:
    """The project's unit change of one habitat type, before the spatial risk multiplier.

    Attributes
    ----------
    on_site, off_site
        Change on the development's own land and on off-site land already in the
        workbook [units]; negative for a loss.
    """

    habitat: Habitat
    on_site: float
    off_site: float = 0.0

    @property
    def project_wide(self) -> float:
        """Return the change that the trading rules judge [units] (UG 9 figure 14)."""
        return self.on_site + self.off_site


@dataclass(frozen=True)
class LedgerRequirement:
    """One ledger's position.

    Attributes
    ----------
    baseline
        On-site baseline [units] (Headline Results H8:H10).
    deficit
        Headline unit deficit [units] (Headline Results H61:H63), after the spatial risk
        multiplier of what is already off site.
    changes
        Every habitat whose on-site or off-site change isn't zero, in the workbook's order.
    """

    ledger: Ledger
    baseline: float
    deficit: float
    changes: tuple[HabitatChange, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no number: it would pass every comparison as nothing owed."""
        figures = {"baseline": self.baseline, "deficit": self.deficit}
        figures |= {change.habitat.name: change.project_wide for change in self.changes}
        findings = [
            Finding(f"The {self.ledger} figure of {name} is {value}.", "Give a finite number.")
            for name, value in figures.items()
            if not isfinite(value)
        ]
        if findings:
            raise InputError(findings)

    @cached_property
    def settlement(self) -> Settlement:
        """Return the trading position with surplus used to the best lawful effect."""
        return settle(self.project_wide)

    @property
    def project_wide(self) -> dict[Habitat, float]:
        """Return the project-wide change by habitat [units]."""
        return {change.habitat: change.project_wide for change in self.changes}

    @property
    def need(self) -> float:
        """Return the units still to be bought at multiplier 1 [units] (RULES 4)."""
        return max(self.settlement.total, self.deficit, 0.0)

    @property
    def net_gain_extra(self) -> float:
        """Return the part of the need that any habitat of the ledger may meet [units]."""
        return max(0.0, self.deficit - self.settlement.total)

    def owes_as(self, other: LedgerRequirement) -> bool:
        """Return whether another owes the same, but for what counts as zero."""
        ours, theirs = self.project_wide, other.project_wide
        differences = [ours.get(h, 0.0) - theirs.get(h, 0.0) for h in ours.keys() | theirs.keys()]
        return all(abs(d) < UNIT_TOLERANCE for d in (*differences, self.deficit - other.deficit))


@dataclass(frozen=True)
class Requirement:
    """What one development still owes.

    Attributes
    ----------
    version
        The metric's version (``"4.1"``), or ``TYPED`` for a requirement table.
    target
        The net gain target as a fraction (0.1), None for a requirement table.
    ledgers
        The three ledgers' positions.
    warnings
        What the reader of the workbook ought to know, by sheet and cell.
    source, project, planning_authority
        File name, project name and authority as the workbook states them.
    """

    version: str
    target: float | None
    ledgers: Mapping[Ledger, LedgerRequirement]
    warnings: tuple[Finding, ...] = ()
    source: str = ""
    project: str = ""
    planning_authority: str = ""

    @property
    def need(self) -> float:
        """Return the units to buy over the ledgers at multiplier 1 [units]."""
        return sum(position.need for position in self.ledgers.values())

    @property
    def is_met(self) -> bool:
        """Return whether nothing is left to buy."""
        return all(
            not position.settlement.shortfalls and position.deficit <= UNIT_TOLERANCE
            for position in self.ledgers.values()
        )

    @property
    def is_typed(self) -> bool:
        """Return whether somebody typed it: no workbook states it."""
        return self.version == TYPED

    def owes_as(self, other: Requirement) -> bool:
        """Return whether another owes the same in every ledger, but for what counts as zero."""
        return all(
            position.owes_as(other.ledgers[ledger]) for ledger, position in self.ledgers.items()
        )

    def as_dict(self) -> dict[str, object]:
        """Return the requirement as ``bng-opt metric --json`` prints it (DESIGN 4.3)."""
        return {
            "version": self.version,
            "target": self.target,
            "project": self.project,
            "planning_authority": self.planning_authority,
            "ledgers": {ledger.value: _ledger_dict(self.ledgers[ledger]) for ledger in Ledger},
            "warnings": [warning.as_dict() for warning in self.warnings],
        }

    def summary(self) -> str:
        """Return the requirement as a short report."""
        return "\n".join(_summary_lines(self))


def _ledger_dict(position: LedgerRequirement) -> dict[str, object]:
    return {
        "baseline": position.baseline,
        "deficit": position.deficit,
        "need": position.need,
        "net_gain_extra": position.net_gain_extra,
        "changes": [
            {
                "habitat": change.habitat.name,
                "distinctiveness": change.habitat.distinctiveness.value,
                "on_site": change.on_site,
                "off_site": change.off_site,
                "project_wide": change.project_wide,
            }
            for change in position.changes
        ],
        "shortfalls": [
            {
                "rule": shortfall.account.rule_words,
                "habitat" if shortfall.account.habitat else "group": shortfall.account.key,
                "distinctiveness": shortfall.account.band.value,
                "units": shortfall.units,
            }
            for shortfall in position.settlement.shortfalls
        ],
        "surplus_used": [
            {"from": use.source.key, "for": use.target.key, "units": use.units}
            for use in position.settlement.uses
        ],
    }


def _summary_lines(requirement: Requirement) -> list[str]:
    title = requirement.project or requirement.source or "Requirement"
    target = "" if requirement.target is None else f", target {requirement.target:.4g}"
    lines = [f"{title} (metric {requirement.version}{target})"]
    for ledger in Ledger:
        position = requirement.ledgers[ledger]
        lines.append(
            f"{ledger.value.capitalize()}: baseline {position.baseline:.2f}, "
            f"deficit {position.deficit:.2f}, to buy {position.need:.2f} units"
        )
        for shortfall in position.settlement.shortfalls:
            lines.append(
                f"  {shortfall.units:8.2f}  {shortfall.account.key} "
                f"({shortfall.account.band.value}): {shortfall.account.rule_words}"
            )
        if position.net_gain_extra > 0:
            lines.append(f"  {position.net_gain_extra:8.2f}  net gain: any habitat of the ledger")
        for use in position.settlement.uses:
            lines.append(f"  {use.units:8.2f}  of {use.source.key} surplus serves {use.target.key}")
    lines.extend(f"Note: {warning}" for warning in requirement.warnings)
    return lines
