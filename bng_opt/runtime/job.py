"""A job: what is to be done, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bng_opt.errors import ExitStatus, Finding
from bng_opt.market.store.tables import JobState
from bng_opt.quantities import pounds

NOBODY = ""
"""In these hands is a queued job that any desk may take up at once."""
IN_FLIGHT = (JobState.QUEUED.value, JobState.RUNNING.value)


class JobKind(StrEnum):
    """What a job does, and what its result is (:meth:`bng_opt.runtime.jobs.Desk.result`)."""

    OPTIMISE = "optimise"
    """The cheapest lawful purchase: the plan, as ``plan.json`` has it."""
    ALTERNATIVES = "alternatives"
    """What else could be bought: ``status``, ``alternatives``, ``plan``, and ``texts``."""
    PORTFOLIO = "portfolio"
    """The least joint cost of many sites, as ``portfolio.json`` has it, and ``texts``."""
    REPORT = "report"
    """All there is to say of a plan: ``status``, ``plan``, ``alternatives``, ``margins``,
    ``baselines``, and ``texts``: each of them for reading, by name."""


@dataclass(frozen=True)
class Job:
    """A job as it stood when it was looked at.

    Attributes
    ----------
    id
        Its name in the store.
    kind, state
        What is to be done, and where it stands.
    key
        SHA-256 of all that decides the answer; of two jobs of one kind and key only one is
        ever in flight.
    title
        What it is about in a few words: project and planning authority; empty for one of an
        earlier version that can't be read any more.
    submitted_by, submitted_at, started_at, finished_at
        Who asked for it, and when what happened; None for what hasn't yet.
    attempts
        How often a worker has begun it.
    worker
        In whose hands it is: the desk's while queued, the worker's from then on; empty for
        nobody's.
    timeout_s
        How long one attempt may take [s]; None for no limit.
    cancel_requested
        Whether it is to stop.
    progress
        How the search stands: ``phase``, ``elapsed_s`` [s], ``best_gbp``, ``bound_gbp`` and
        ``gap_gbp`` [GBP, None where unknown]. None before the first look.
    best
        The best plan so far: ``total_gbp``, ``bound_gbp`` and ``gap_gbp`` while it runs; at
        the end ``status``, ``banks`` and ``purchases`` (their numbers) too. None without one.
    error, error_kind, exit_status
        Why it failed, each with its remedy; the name of the error's class, and the exit
        status that the command line would give.
    result_key
        Under which key the store has the result; None without one.
    """

    id: str
    kind: JobKind
    state: JobState
    key: str
    submitted_by: str
    submitted_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    worker: str = NOBODY
    timeout_s: float | None = None
    cancel_requested: bool = False
    progress: Mapping[str, Any] | None = None
    best: Mapping[str, Any] | None = None
    error: tuple[Finding, ...] = ()
    error_kind: str = ""
    exit_status: int | None = None
    result_key: str | None = None
    title: str = ""

    @property
    def is_finished(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.state.value not in IN_FLIGHT

    @property
    def status(self) -> ExitStatus:
        """Return the exit status of the work: as of the command that does it, if finished."""
        if self.exit_status is not None:
            return ExitStatus(self.exit_status)
        proven = self.state is JobState.DONE and (self.best or {}).get("status") == "optimal"
        return ExitStatus.DONE if proven else ExitStatus.NOT_PROVEN

    @property
    def why_no_result(self) -> tuple[Finding, ...]:
        """Return why there is no result; nothing where there is one."""
        if self.has_result or self.error:
            return () if self.has_result else self.error
        if self.is_finished:
            message = "The job was cancelled before it had a plan."
            return (Finding(message, "Submit it again."),)
        return (Finding(f"The job has no result yet: it is {self.state.value}.", "Wait for it."),)

    @property
    def has_result(self) -> bool:
        """Return whether there is a result: of a done job, or the best of a cancelled one."""
        return self.result_key is not None

    def summary(self) -> str:
        """Return the job as a short report."""
        attempts = f", attempt {self.attempts}" if self.attempts > 1 else ""
        stop = ", asked to stop" if self.cancel_requested and not self.is_finished else ""
        lines = [f"Job {self.id}: {self.kind.value}, {self.state.value}{attempts}{stop}"]
        if self.progress and not self.is_finished:
            lines.append(f"  {self.progress['phase']}, {self.progress['elapsed_s']:.1f} s")
        if self.best:
            lines.append(f"  best plan: {_figures(self.best)}")
        lines += [f"  {finding}" for finding in self.error]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def as_dict(self) -> dict[str, object]:
        """Return the job as plain values: moments as ISO 8601, the error as ``--json`` has it."""
        content = {name: _plain(value) for name, value in vars(self).items()}
        findings, kind = content.pop("error"), content.pop("error_kind")
        status = content.pop("exit_status")
        error = {"kind": kind, "exit_status": status, "findings": findings}
        return {**content, "error": error if self.error else None}


def _figures(best: Mapping[str, Any]) -> str:
    text = pounds(best["total_gbp"])
    if best.get("gap_gbp") is not None:
        text += f", at most {pounds(best['gap_gbp'])} above the best possible"
    return text


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [finding.as_dict() for finding in value]
    return dict(value) if isinstance(value, Mapping) else value
