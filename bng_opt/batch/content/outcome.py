"""How a report ended: for its reader in words, and in its notebook for what ran it.

That no lawful purchase exists is an answer: its notebook ends well, and its outcome tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bng_opt.errors import ExitStatus
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.report import result_line

MIME = "application/vnd.bng-opt.outcome+json"
"""The type of the output by which a notebook tells its outcome."""

PROVEN, NOT_PROVEN, NO_PURCHASE = "proven", "not proven", "no lawful purchase"
MADE = "made"
"""Of a report that decides nothing, such as that of a market."""


@dataclass(frozen=True)
class Failure:
    """A part of a report that has no answer, such as one site of many, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """How a report ended.

    Attributes
    ----------
    exit_status
        That of the command line: done, no lawful purchase, or not proven.
    status
        The same in words.
    result, proof
        The result in one line, and what proves it.
    scenario
        The SHA-256 of all that decided it.
    failed
        The parts without an answer.
    """

    exit_status: ExitStatus
    status: str
    result: str
    proof: str
    scenario: str = ""
    failed: tuple[Failure, ...] = ()

    @classmethod
    def of_plan(cls, plan: Plan) -> Outcome:
        """Return the outcome of a plan."""
        proven = plan.status is PlanStatus.OPTIMAL
        return cls(
            ExitStatus.DONE if proven else ExitStatus.NOT_PROVEN,
            PROVEN if proven else NOT_PROVEN,
            result_line(plan),
            plan.proof,
            plan.scenario,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values."""
        return {
            "exit_status": int(self.exit_status),
            "status": self.status,
            "result": self.result,
            "proof": self.proof,
            "scenario": self.scenario,
            "failed": [{"name": each.name, "why": each.why} for each in self.failed],
        }


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """Return what many answers come to: that some have none weighs more than a lacking proof.

    Examples
    --------
    >>> worst([ExitStatus.DONE, ExitStatus.NOT_PROVEN, ExitStatus.NO_LAWFUL_PURCHASE]).name
    'NO_LAWFUL_PURCHASE'
    """
    found = set(statuses)
    order = (
        ExitStatus.BUG,
        ExitStatus.BAD_INPUT,
        ExitStatus.NO_LAWFUL_PURCHASE,
        ExitStatus.NOT_PROVEN,
    )
    return next((status for status in order if status in found), ExitStatus.DONE)


def outcome_of(notebook: Mapping[str, Any]) -> Outcome | None:
    """Return the outcome that an executed notebook tells; None where it tells none.

    Parameters
    ----------
    notebook
        As :func:`nbformat.read` returns it, or as its JSON is.
    """
    told = [
        output["data"][MIME]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if MIME in output.get("data", {})
    ]
    return _read(told[-1]) if told else None


def _read(told: Mapping[str, Any]) -> Outcome:
    return Outcome(
        ExitStatus(told["exit_status"]),
        told["status"],
        told["result"],
        told["proof"],
        told["scenario"],
        tuple(Failure(each["name"], each["why"]) for each in told["failed"]),
    )
