"""A job that is watched: how it stands in words and figures, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market.store.tables import JobState
from bng_opt.optimiser.progress import Phase
from bng_opt.quantities import PENNY, counted, pounds
from bng_opt.runtime.job import NOBODY, Job, JobKind

if TYPE_CHECKING:
    from bng_opt.app.services import Services

_PHASES = {
    Phase.OFFERS.value: "Reading what the banks offer",
    Phase.FIRST_PLAN.value: "Finding a first purchase",
    Phase.PROOF.value: "Proving that nothing lawful is cheaper",
    Phase.TIES.value: "Choosing among equally cheap purchases",
    Phase.CHECKS.value: "Checking every rule again",
}
_UNCLAIMED_S = 5.0
"""A desk that works takes a new job up far sooner; after this time there seems to be none [s]."""
_SECONDS_PER_MINUTE = 60


class Running:
    """One job of the page, from its start to its end.

    Parameters
    ----------
    services
        The desk, the clock, and who acts.
    job
        The job, if it is there already.

    Attributes
    ----------
    job
        The job as it stood at the last look; None before there is one.
    trouble
        Why the last look failed; empty if it didn't.
    """

    def __init__(self, services: Services, job: Job | None = None) -> None:
        self._services = services
        self.job = job
        self.trouble = ""
        self._ahead = 0
        self._was_kept = self._look_at_result()

    @property
    def is_running(self) -> bool:
        """Return whether there is a job that isn't finished."""
        return self.job is not None and not self.job.is_finished

    @property
    def is_stopping(self) -> bool:
        """Return whether it was asked to stop and hasn't yet."""
        return self.job is not None and self.is_running and self.job.cancel_requested

    def start(self, submit: Callable[[], Job]) -> None:
        """Watch the job that a function submits.

        Raises
        ------
        InputError, StoreError
            As the function; what was watched before is then watched still.
        """
        self.job = submit()
        self.trouble = ""
        self.refresh()

    def refresh(self) -> bool:
        """Look at the job and return whether it still runs.

        A store that is out of reach is said (:attr:`trouble`), and looked at again.
        """
        if self.job is None or self.job.is_finished:
            return False
        try:
            self.job = self._services.desk.get(self.job.id)
            self._ahead = self._count_ahead(self.job)
            self._was_kept = self._look_at_result()
            self.trouble = ""
        except StoreError as error:
            self.trouble = str(error)
        return self.is_running

    def stop(self) -> None:
        """Ask the job to stop with the best that it has.

        Raises
        ------
        InputError
            If others wait for the same job.
        """
        if self.job is None or self.job.is_finished:
            return
        if others := [name for name in self._submitters() if name != self._services.by]:
            raise InputError(
                Finding(
                    f"This search is also {' and '.join(others)}'s, so it goes on.",
                    "Wait for its end, or stop and discard: then only you leave it.",
                )
            )
        self.job = self._services.desk.cancel(self.job.id, by=self._services.by)

    def leave(self) -> None:
        """Watch the job no more, and stop it if nobody else waits for it."""
        if self.job is not None and self._services.by in self._submitters():
            self._services.desk.cancel(self.job.id, by=self._services.by)
        self.job, self.trouble, self._was_kept = None, "", False

    @property
    def title(self) -> str:
        """Return in a few words how the job stands."""
        return "" if self.job is None else how_it_stands(self.job)

    def lines(self) -> tuple[str, ...]:
        """Return how the job stands, in sentences."""
        if self.job is None:
            return ()
        told = self._waiting(self.job) if self.is_running else self._ended(self.job)
        if not self.trouble:
            return told
        then = ", and is tried again" if self.is_running else ""
        return (*told, f"It can't be looked at now{then}: {self.trouble}")

    @property
    def share(self) -> float | None:
        """Return how much of the best cost so far is proven to be needed [0 to 1]."""
        best = (self.job.best if self.job else None) or {}
        total, bound = best.get("total_gbp"), best.get("bound_gbp")
        if total is None or bound is None:
            return None
        return 1.0 if total <= 0 else min(1.0, max(0.0, bound / total))

    def _submitters(self) -> tuple[str, ...]:
        return () if self.job is None else self._services.desk.submitters(self.job.id)

    def _count_ahead(self, job: Job) -> int:
        """Return how many jobs wait that came before this one."""
        if job.state is not JobState.QUEUED:
            return 0
        waiting = self._services.desk.find(state=JobState.QUEUED)
        return sum(each.submitted_at < job.submitted_at for each in waiting)

    def _look_at_result(self) -> bool:
        """Return whether a finished job found its plan among those that are kept."""
        job = self.job
        if job is None or job.state is not JobState.DONE or not job.has_result:
            return False
        if job.kind is JobKind.PORTFOLIO:
            return False
        document = self._services.desk.result(job.id)
        plan = document if job.kind is JobKind.OPTIMISE else document["plan"]
        return bool(plan["cached"])

    def _waiting(self, job: Job) -> tuple[str, ...]:
        if job.state is JobState.QUEUED:
            return self._queued(job)
        lines = [f"{_since(self._seconds_since(job))} so far."]
        if job.cancel_requested:
            lines.append("It was asked to stop; the best purchase so far is kept.")
        return (*lines, *_figures(job.best, "Best purchase so far"))

    def _queued(self, job: Job) -> tuple[str, ...]:
        if self._services.desk.trouble:
            return (f"It can't be handed to a worker now: {self._services.desk.trouble}",)
        waited = (self._services.store.clock() - job.submitted_at).total_seconds()
        if job.worker == NOBODY and waited > _UNCLAIMED_S:
            return (
                "Nobody has taken it up yet. It stays in the queue; whoever runs the dashboard "
                "can start a worker with: bng-opt job work",
            )
        if self._ahead:
            return (f"{counted(self._ahead, 'job')} before it.",)
        return ("It is the next one.",)

    def _seconds_since(self, job: Job) -> float:
        begun = job.started_at or job.submitted_at
        return max(0.0, (self._services.store.clock() - begun).total_seconds())

    def _ended(self, job: Job) -> tuple[str, ...]:
        if job.state is JobState.FAILED:
            return ()
        if not job.has_result:
            return ("It was stopped before it had a lawful purchase.",)
        best = job.best or {}
        if job.state is JobState.DONE and _is_proven(job):
            kept = ("The answer was known from an earlier search.",) if self._was_kept else ()
            return (_proof(best), *kept)
        return _figures(best, "Best purchase found")


def how_it_stands(job: Job) -> str:
    """Return in a few words how a job stands."""
    if job.state is JobState.QUEUED:
        return "Waiting for a worker"
    if job.state is JobState.RUNNING:
        return "Stopping" if job.cancel_requested else _phase(job)
    if job.state is JobState.FAILED:
        impossible = job.error_kind == "InfeasibleError"
        return "No lawful purchase exists" if impossible else "The search failed"
    if not job.has_result:
        return "Stopped without a purchase"
    proven = job.state is JobState.DONE and _is_proven(job)
    return "Proven" if proven else "Stopped before the proof"


def _phase(job: Job) -> str:
    phase = (job.progress or {}).get("phase", Phase.OFFERS.value)
    words = str(_PHASES.get(phase, phase))
    return words[:1].upper() + words[1:]


def _is_proven(job: Job) -> bool:
    return (job.best or {}).get("status") == "optimal"


def _proof(best: Mapping[str, Any]) -> str:
    text = f"The cheapest lawful purchase costs {pounds(best['total_gbp'])}"
    if best["gap_gbp"] < float(PENNY):
        return f"{text}: nothing lawful is cheaper."
    return f"{text}: nothing lawful is cheaper by more than {pounds(best['gap_gbp'])}."


def _figures(best: Mapping[str, Any] | None, found: str) -> tuple[str, ...]:
    if best is None:
        return ("No purchase found yet.",)
    first = f"{found}: {pounds(best['total_gbp'])}."
    if best.get("bound_gbp") is None:
        return (first, "How cheap it can get isn't known yet.")
    bound, gap = best["bound_gbp"], best["gap_gbp"]
    of_total = f" ({gap / best['total_gbp']:.1%})" if best["total_gbp"] > 0 else ""
    return (
        first,
        f"No lawful purchase costs less than {pounds(bound)}, so it is at most {pounds(gap)} "
        f"above the best possible{of_total}.",
    )


def _since(seconds: float) -> str:
    whole = int(seconds)
    if whole < _SECONDS_PER_MINUTE:
        return f"{whole} s"
    return f"{whole // _SECONDS_PER_MINUTE} min {whole % _SECONDS_PER_MINUTE:02d} s"
