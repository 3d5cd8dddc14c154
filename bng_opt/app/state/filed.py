"""What is said of a workbook that a purchase was filled into."""

from __future__ import annotations

from bng_opt.certificate.filing import FILED, FiledPlan
from bng_opt.errors import Finding, InputError
from bng_opt.whole_files import XLSX

__all__ = ["FILED", "XLSX", "filed_findings", "workbook_of"]


def workbook_of(workbook: tuple[str, bytes] | None) -> tuple[str, bytes]:
    """Return the workbook of the step Metric, name and content.

    Raises
    ------
    InputError
        If it isn't here any more.
    """
    if workbook is None:
        message = "The metric workbook isn't here: runs and reloads keep the need alone."
        raise InputError(Finding(message, "Drop it in the step Metric again, then come back."))
    return workbook


def filed_findings(filed: FiledPlan) -> tuple[Finding, ...]:
    """Return what became of the workbook, then what stands in for figures nobody stated."""
    outcome = "By our arithmetic it will be satisfied."
    if filed.shortfalls:
        outcome = f"It will still find: {'; '.join(filed.shortfalls)}."
    message = f"{FILED} is being saved, with {len(filed.filled.added)} rows added. {outcome}"
    remedy = "Excel calculates it when it opens; bng-opt certify has LibreOffice judge it."
    return (Finding(message, remedy), *filed.findings)
