"""What workers do for each kind of job."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bng_opt.errors import Finding, SolverError
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.progress import Progress
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.job import JobKind
from bng_opt.runtime.job_kinds import Asked
from bng_opt.runtime.run import LEAST_TIME_S, optimise

_SHARING = "sharing the stock"
_LOOKING = "looking around the plan"


@dataclass(frozen=True)
class Control:
    """How work is watched and stopped.

    Attributes
    ----------
    report
        Called with each look at it: the phase, the time since it began [s], the best cost so
        far and the bound [GBP].
    cancelled
        Whether it was cancelled.
    time_left
        The seconds left, None for no limit.
    cache
        Where plans are kept and looked for, None for nowhere.
    """

    report: Callable[[str, float, float | None, float | None], None]
    cancelled: Callable[[], bool]
    time_left: Callable[[], float | None]
    cache: Cache | None

    def stops(self) -> bool:
        """Return whether to stop with the best there is: cancelled, or the time is over."""
        left = self.time_left()
        return self.cancelled() or (left is not None and left <= 0)

    def on_progress(self, progress: Progress) -> None:
        """Report a look at a search."""
        self.report(progress.phase.value, progress.elapsed_s, progress.best_gbp, progress.bound_gbp)


@dataclass(frozen=True)
class Answer:
    """What work gave.

    Attributes
    ----------
    result
        The document that is kept.
    best
        What the job itself says of it.
    """

    result: bytes
    best: Mapping[str, Any]


def work(asked: Asked, control: Control) -> Answer:
    """Do what is asked.

    Raises
    ------
    BngOptError
        As the functions that do it; SolverError too if it was stopped without an answer.
    """
    if asked.kind is JobKind.PORTFOLIO:
        return _portfolio(asked, control)
    plan = _plan(asked, control)
    if asked.kind is JobKind.OPTIMISE:
        return Answer(_encoded(plan.as_dict()), _best(plan))
    return Answer(_encoded(_around(asked, plan, control)), _best(plan))


def _plan(asked: Asked, control: Control) -> Plan:
    scenario = asked.scenario
    return optimise(
        scenario.requirement,
        scenario.market,
        scenario.site,
        scenario.policy,
        on_progress=control.on_progress,
        cancelled=control.stops,
        cache=control.cache if asked.options["cache"] else None,
    )


def _around(asked: Asked, plan: Plan, control: Control) -> dict[str, Any]:
    """Return a plan with what else there is to say of it."""
    from bng_opt.optimiser.alternatives import find_alternatives
    from bng_opt.optimiser.baselines import compare_baselines
    from bng_opt.optimiser.margins import explain_margins

    begin, scenario = perf_counter(), asked.scenario
    steps: dict[str, Callable[[], Any]] = {
        "alternatives": lambda: find_alternatives(
            scenario, plan, n_best=asked.options["n_best"], clock=perf_counter
        )
    }
    if asked.kind is JobKind.REPORT:
        steps["margins"] = lambda: explain_margins(scenario, plan)
        steps["baselines"] = lambda: compare_baselines(scenario, plan, clock=perf_counter)
    found = {}
    for name, step in steps.items():
        if control.stops():
            raise stopped_early()
        total, bound = float(plan.total_gbp), float(plan.bound_gbp)
        control.report(_LOOKING, perf_counter() - begin, total, bound)
        found[name] = step()
    texts = {"plan": plan.summary(), **{name: each.summary() for name, each in found.items()}}
    return {
        "status": plan.status.value,
        "plan": plan.as_dict(),
        **{name: each.as_dict() for name, each in found.items()},
        "texts": texts,
    }


def _portfolio(asked: Asked, control: Control) -> Answer:
    from dataclasses import replace

    from bng_opt.optimiser.portfolio import Effort, make_portfolio
    from bng_opt.runtime.run import versions

    begin, share = perf_counter(), asked.options["gap_share"]

    def time_left() -> float | None:
        if control.cancelled():
            raise stopped_early()
        left = control.time_left()
        return None if left is None else max(LEAST_TIME_S, left)

    control.report(_SHARING, 0.0, None, None)
    plan = make_portfolio(
        asked.sites,
        asked.market,
        effort=Effort() if share is None else Effort(gap_share=share),
        skip_impossible=asked.options["skip_impossible"],
        time_left=time_left,
    )
    plan = replace(plan, seconds={"total": perf_counter() - begin}, versions=versions())
    best = {
        "status": plan.status.value,
        "total_gbp": float(plan.total_gbp),
        "bound_gbp": float(plan.bound_gbp),
        "gap_gbp": float(plan.gap_gbp),
        "banks": len({bank.bank_id for each in plan.plans.values() for bank in each.banks}),
        "purchases": sum(len(each.purchases) for each in plan.plans.values()),
    }
    document = {**plan.as_dict(), "texts": {"portfolio": plan.summary()}}
    return Answer(_encoded(document), best)


def stopped_early() -> SolverError:
    """Return the error of work that was stopped before it had an answer."""
    message = "The job was stopped, or its time-out passed, before it had an answer."
    return SolverError(Finding(message, "Submit it again with a longer time-out."))


def _best(plan: Plan) -> dict[str, object]:
    return {
        "status": plan.status.value,
        "total_gbp": float(plan.total_gbp),
        "bound_gbp": float(plan.bound_gbp),
        "gap_gbp": float(plan.gap_gbp),
        "banks": len(plan.banks),
        "purchases": len(plan.purchases),
    }


def _encoded(document: Mapping[str, Any]) -> bytes:
    # NaN and infinity are refused, as JSON has none.
    return json.dumps(document, allow_nan=False).encode()
