"""Why a run failed: in findings, and as an exit status."""

from __future__ import annotations

import re

from bng_opt import errors
from bng_opt.batch.execution import Failure
from bng_opt.errors import BngOptError, ExitStatus, Finding

_NUMBERED = re.compile(r"^\s+\d+\. ", re.MULTILINE)
_STATUSES = {
    **{
        name: error.exit_status
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, BngOptError)
    },
    "CellTimeoutError": ExitStatus.NOT_PROVEN,
    "DeadKernelError": ExitStatus.NOT_PROVEN,
}
_WORDS = {
    "CellTimeoutError": Finding(
        "It took longer than a report may.",
        "Set job_timeout_s higher, or give the report a time limit of its own.",
    ),
    "DeadKernelError": Finding(
        "Its kernel was lost: ended from outside, or out of memory.",
        "Run it again, with fewer at a time if memory is short.",
    ),
}


def exit_status_of(failure: Failure) -> ExitStatus:
    """Return the exit status of a failure: that of its error; a bug where it isn't ours.

    Examples
    --------
    >>> exit_status_of(Failure("InputError", "The file is missing.")).name
    'BAD_INPUT'
    """
    return _STATUSES.get(failure.kind, ExitStatus.BUG)


def findings_of(failure: Failure) -> tuple[Finding, ...]:
    r"""Return a failure as findings: those of its error, one by one.

    Examples
    --------
    >>> text = "2 findings:\n  1. a.csv: It is missing.\n  2. b.csv: It is empty."
    >>> [finding.message for finding in findings_of(Failure("InputError", text))]
    ['a.csv: It is missing.', 'b.csv: It is empty.']
    """
    if failure.kind in _WORDS:
        return (_WORDS[failure.kind],)
    if failure.kind not in _STATUSES:
        remedy = "Its notebook shows where; of a report of ours, please tell us."
        return (Finding(f"Unexpected {failure.kind}: {failure.text}".rstrip(": ") + ".", remedy),)
    _, *numbered = _NUMBERED.split(failure.text)
    return tuple(Finding(text.strip(), "") for text in numbered or [failure.text])
