"""One changed scenario answered: a plan on the normal path, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from bng_opt.errors import Finding, InfeasibleError, InputError, SolverError
from bng_opt.optimiser.optimise import make_plan
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.search import TimeLeft

if TYPE_CHECKING:
    pass


Clock = Callable[[], float]
"""Returns seconds, as ``time.perf_counter`` does; the optimiser has no clock of its own."""


Answer = TypeVar("Answer")


class Verdict(StrEnum):
    """What is known of an alternative."""

    PROVEN = "proven"
    """Nothing of its kind is cheaper by more than the policy's gap."""
    NOT_PROVEN = "not proven"
    """Lawful, but the time limit came before the proof."""
    IMPOSSIBLE = "impossible"
    """No lawful purchase of its kind exists; the findings say why."""
    UNKNOWN = "no answer in time"
    """The time limit came before any plan."""


@dataclass(frozen=True)
class Attempt:
    """The answer to one changed scenario: a plan, or why there is none."""

    verdict: Verdict
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def reason(self) -> str:
        """Return why there is no plan, in words; empty where there is one."""
        return " ".join(finding.message for finding in self.findings)


def attempt(
    scenario: Scenario, wishes: Mapping[str, Any] | None = None, clock: Clock | None = None
) -> Attempt:
    """Return the cheapest plan under other wishes, or why there is none.

    Parameters
    ----------
    wishes
        Fields of the policy to replace; contradictory ones are "impossible" with both named.
    clock
        Counts the policy's time limit over the whole attempt; without one, every single
        solve may take it [s].
    """
    try:
        policy = Policy(**{**dict(scenario.policy), **(wishes or {})})
        changed = replace(scenario, policy=policy)
        plan = make_plan(changed, time_left=time_left(policy, clock), timed=_unmeasured)
    except (InfeasibleError, InputError) as error:
        return Attempt(Verdict.IMPOSSIBLE, None, error.findings)
    except SolverError as error:
        return Attempt(Verdict.UNKNOWN, None, error.findings)
    proven = plan.status is PlanStatus.OPTIMAL
    return Attempt(Verdict.PROVEN if proven else Verdict.NOT_PROVEN, plan)


def time_left(policy: Policy, clock: Clock | None) -> TimeLeft:
    """Return what tells the seconds left of the policy's time limit, from now on [s]."""
    limit = policy.time_limit_s
    if limit is None or clock is None:
        return lambda: limit
    begin = clock()
    return lambda: max(0.01, limit - (clock() - begin))


def _unmeasured(step: str) -> AbstractContextManager[None]:
    return nullcontext()


def run_all(calls: Sequence[Callable[[], Answer]], n_jobs: int | None = None) -> list[Answer]:
    """Return the answers of independent calls, in order, through joblib.

    Parameters
    ----------
    n_jobs
        Processes; None for one, in this process, unless a surrounding
        ``joblib.parallel_config`` says otherwise (another backend, a Dask cluster).
    """
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(call)() for call in calls))


def check_same(scenario: Scenario, plan: Plan) -> None:
    """Refuse a plan that was made for another scenario."""
    if plan.scenario != scenario.digest:
        raise InputError(
            Finding(
                "The plan was made for another scenario (its hash differs).",
                "Optimise this scenario and give its own plan.",
            )
        )


def bank_ids(plan: Plan) -> tuple[str, ...]:
    """Return the ids of the banks that a plan buys from, in order."""
    return tuple(bank.bank_id for bank in plan.banks)
