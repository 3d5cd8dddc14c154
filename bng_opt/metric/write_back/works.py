"""A purchase as what happens on the ground: the rows that it takes in the off-site sheets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bng_opt.errors import Finding, InputError
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState
from bng_opt.reference import Ledger, catalogue
from bng_opt.reference.conditions import Condition

SEALED_SURFACE = "Urban - Developed land; sealed surface"
"""Worth 0 units: the baseline of land that states none, so that areas add up (B59)."""
NO_LAND = 1e-5
"""What is smaller is the rounding of doubles [ha]."""


@dataclass(frozen=True)
class Works:
    """One purchase on the ground.

    Attributes
    ----------
    line
        The habitat reference that is written beside its rows, such as the stock line's id.
    site
        The gain site's off-site reference.
    risk
        Its spatial risk: ``within``, ``neighbouring`` or ``outside``.
    outcome
        What is created, or enhanced (it then has its own baseline).
    baseline
        What is lost by a creation; None for nothing.
    """

    line: str
    site: str
    risk: str
    outcome: Creation | Enhancement
    baseline: Baseline | None = None

    @property
    def ledger(self) -> Ledger:
        """Return the ledger."""
        return self.after.habitat.ledger

    @property
    def after(self) -> HabitatState:
        """Return the habitat as it will be."""
        return self.outcome.after if isinstance(self.outcome, Enhancement) else self.outcome.state

    @property
    def starts(self) -> tuple[Baseline, ...]:
        """Return the rows of the baseline sheet; none where it needs none.

        Land of which nothing is stated is sealed surface, since the workbook wants as much area
        lost as is created.
        """
        if isinstance(self.outcome, Enhancement):
            size = self.outcome.size if self.outcome.old_size is None else self.outcome.old_size
            return (Baseline(size, self.outcome.before),)
        stated = () if self.baseline is None else (self.baseline,)
        rest = self.outcome.size - sum(row.size for row in stated)
        if self.ledger is not Ledger.AREA or rest <= NO_LAND:
            return stated
        sealed = HabitatState(catalogue().find(SEALED_SURFACE), Condition.NOT_APPLICABLE)
        return (*stated, Baseline(rest, sealed))

    def widened(self, hair: float) -> Works:
        """Return the works a hair larger, relative to their size.

        The workbook tests ``< 0`` without any tolerance: a purchase that just suffices could
        fail by the rounding of doubles.
        """
        size = self.outcome.size * (1 + hair)
        outcome = self.outcome
        if isinstance(outcome, Enhancement) and outcome.old_size is not None:
            outcome = replace(outcome, old_size=outcome.old_size * (1 + hair))
        return replace(self, outcome=replace(outcome, size=size))

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of them."""
        findings = [finding for start in self.starts for finding in start.problems()]
        findings += self.outcome.problems()
        if any(start.state.habitat.ledger is not self.ledger for start in self.starts):
            message = "The baseline and what comes of it are of two ledgers."
            findings.append(Finding(message, "State the loss within the line's own ledger."))
        if not self.site.strip():
            findings.append(
                Finding("The gain site has no reference.", "State its register reference.")
            )
        return [replace(each, message=f"{self.line}: {each.message}") for each in findings]


def refuse(works: tuple[Works, ...]) -> None:
    """Refuse works that can't be written.

    Raises
    ------
    InputError
        With all findings, each naming its line.
    """
    findings = [finding for each in works for finding in each.problems()]
    risks: dict[str, set[str]] = {}
    for each in works:
        risks.setdefault(each.site, set()).add(each.risk)
    findings += [
        Finding(
            f'The off-site reference "{site}" has several spatial risk categories.',
            "Give each its own reference: the metric takes one for each (UG 10 table E).",
        )
        for site, found in risks.items()
        if len(found) > 1
    ]
    if findings:
        raise InputError(findings)
