"""Errors, checks and JSON as the command line prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bng_opt.errors import BngOptError, ExitStatus, Finding
from bng_opt.optimiser.text_table import wrapped

if TYPE_CHECKING:
    from bng_opt.optimiser.plan import Check

_HEADLINES = {
    ExitStatus.BUG: "This is a bug in bng_opt",
    ExitStatus.BAD_INPUT: "The input can't be used",
    ExitStatus.NO_LAWFUL_PURCHASE: "No lawful purchase exists",
    ExitStatus.NOT_PROVEN: "Stopped without an answer",
}


def to_json(value: object, *, ascii_only: bool = False) -> str:
    """Return a value as JSON text.

    Parameters
    ----------
    value
        Plain values. NaN and infinity are refused, as JSON has none.
    ascii_only
        Whether other characters are written as escapes, which every terminal can take.
    """
    return json.dumps(value, indent=2, ensure_ascii=ascii_only, allow_nan=False)


def error_json(error: BngOptError) -> dict[str, object]:
    """Return an error as ``--json`` prints it: kind, exit status and all findings."""
    return {
        "error": {
            "kind": type(error).__name__,
            "exit_status": int(error.exit_status),
            "findings": [finding.as_dict() for finding in error.findings],
        }
    }


def error_text(error: BngOptError) -> str:
    """Return an error as text: each finding numbered, what is wrong, where, what to do."""
    return "\n".join(_error_lines(error))


def _error_lines(error: BngOptError) -> Iterator[str]:
    several = f" ({len(error.findings)} findings)" if len(error.findings) > 1 else ""
    yield f"{_HEADLINES[error.exit_status]}{several}:"
    for number, finding in enumerate(error.findings, 1):
        yield from _finding_lines(number, finding)


def _finding_lines(number: int, finding: Finding) -> Iterator[str]:
    yield from wrapped(f"{number:>3}. {finding.message}", hang=5)
    if finding.where:
        yield from wrapped(f"Where: {finding.where}", indent=5, hang=7)
    if finding.remedy:
        yield from wrapped(f"To do: {finding.remedy}", indent=5, hang=7)


def checks_text(checks: Sequence[Check]) -> str:
    """Return checks as text, one a rule, with a verdict above them."""
    return "\n".join(_check_lines(checks))


def _check_lines(checks: Sequence[Check]) -> Iterator[str]:
    holding = sum(check.ok for check in checks)
    verdict = "the plan is lawful" if holding == len(checks) else "the plan is NOT lawful"
    yield f"{holding} of {len(checks)} rules hold: {verdict} as checked."
    for check in checks:
        mark = "holds " if check.ok else "BROKEN"
        detail = "" if check.detail == "holds" else f": {check.detail}"
        yield from wrapped(f"{mark}  {check.rule}{detail}", indent=2, hang=8)
