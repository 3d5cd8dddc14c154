"""How a report on many sites ended: the worst of its sites, and who goes without and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bng_opt.batch.content.many_blocks import Plans
from bng_opt.batch.content.outcome import NOT_PROVEN, PROVEN, Failure, Outcome, worst
from bng_opt.batch.content.sites import SitesAsked
from bng_opt.batch.manifest import BadRow
from bng_opt.errors import ExitStatus, Finding
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.optimiser.portfolio import PortfolioPlan
from bng_opt.quantities import ZERO, counted, pounds

Unanswered = tuple[Failure, ExitStatus]
"""A site without an answer, with the exit status that it comes to."""


def joint_outcome(asked: SitesAsked, plan: PortfolioPlan) -> Outcome:
    """Return the outcome of a joint purchase."""
    skipped = [
        (Failure(name, said(findings)), ExitStatus.NO_LAWFUL_PURCHASE)
        for name, findings in plan.skipped.items()
    ]
    return _outcome(
        asked, plan.plans, skipped, plan.status is PlanStatus.OPTIMAL, ", together", plan.proof
    )


def single_outcome(asked: SitesAsked, plans: Plans, failed: Iterable[Unanswered]) -> Outcome:
    """Return the outcome of purchases that were found one by one."""
    proven = all(plan.status is PlanStatus.OPTIMAL for plan in plans.values())
    gap = pounds(max((plan.gap_gbp for plan in plans.values()), default=ZERO))
    words = "Each proven by itself" if proven else "Not all proven"
    proof = f"{words}: no site has a lawful purchase that is cheaper by more than {gap}."
    return _outcome(
        asked, plans, failed, proven, ", one by one", proof if plans else "Nothing is bought."
    )


def row_name(bad: BadRow) -> str:
    """Return what a row that can't be used is called."""
    return f"{bad.name} (row {bad.row})".strip()


def said(findings: Iterable[Finding]) -> str:
    """Return findings in one text."""
    return " ".join(map(str, findings))


def _outcome(
    asked: SitesAsked,
    plans: Plans,
    failed: Iterable[Unanswered],
    proven: bool,
    how: str,
    proof: str,
) -> Outcome:
    bad = [
        # The manifest is named in the opening.
        (
            Failure(row_name(each), said(replace(found, file=None) for found in each.findings)),
            ExitStatus.BAD_INPUT,
        )
        for each in asked.bad
    ]
    without = [*bad, *failed]
    statuses = [status for _, status in without]
    statuses += [ExitStatus.DONE if proven else ExitStatus.NOT_PROVEN]
    words = PROVEN if proven else NOT_PROVEN
    if without:
        words = f"{counted(len(without), 'site')} without a purchase"
    total = sum((plan.total_gbp for plan in plans.values()), ZERO)
    banks = {bank.bank_id for plan in plans.values() for bank in plan.banks}
    of = asked.count
    served = f"all {of} sites" if len(plans) == of > 1 else f"{len(plans)} of {counted(of, 'site')}"
    return Outcome(
        worst(statuses),
        words,
        f"Buy for {served}{how}, from {counted(len(banks), 'bank')} for {pounds(total)}.",
        proof,
        asked.digest(how),
        tuple(failure for failure, _ in without),
    )
