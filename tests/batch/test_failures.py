"""What ended a run early, in findings and as an exit status."""

from __future__ import annotations

import pytest

from bng_opt.batch.execution import Failure
from bng_opt.batch.failures import exit_status_of, findings_of
from bng_opt.errors import ExitStatus, Finding, InputError


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("InputError", ExitStatus.BAD_INPUT),
        ("PlaceError", ExitStatus.BAD_INPUT),
        ("InfeasibleError", ExitStatus.NO_LAWFUL_PURCHASE),
        ("SolverError", ExitStatus.NOT_PROVEN),
        ("CellTimeoutError", ExitStatus.NOT_PROVEN),
        ("DeadKernelError", ExitStatus.NOT_PROVEN),
        ("ZeroDivisionError", ExitStatus.BUG),
        ("VerificationError", ExitStatus.BUG),
    ],
)
def test_a_failure_has_the_exit_status_of_its_error(kind: str, status: ExitStatus) -> None:
    assert exit_status_of(Failure(kind, "")) is status


@pytest.mark.parametrize("count", [1, 2, 12])
def test_the_findings_of_our_errors_come_one_by_one(count: int) -> None:
    findings = [Finding(f"Wrong {n}.", "Mend it.", file="a.csv", row=n) for n in range(count)]
    found = findings_of(Failure("InputError", str(InputError(findings))))
    assert [each.message for each in found] == [str(each) for each in findings]


def test_any_other_error_is_named() -> None:
    (finding,) = findings_of(Failure("ZeroDivisionError", "division by zero"))
    assert str(finding).startswith("Unexpected ZeroDivisionError: division by zero. ")
    (finding,) = findings_of(Failure("KeyError", ""))
    assert finding.message == "Unexpected KeyError."


def test_a_kernel_that_was_lost_is_said_in_words() -> None:
    (finding,) = findings_of(Failure("DeadKernelError", "Kernel died"))
    assert "kernel was lost" in finding.message
