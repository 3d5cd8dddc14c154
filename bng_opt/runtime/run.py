"""Run a scenario against the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from bng_opt.logs import log_context
from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.optimise import Timed, make_plan
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.progress import QUIET, Phase, Progress, Watch
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.quantities import pounds

if TYPE_CHECKING:
    from bng_opt.runtime.cache import Cache

LEAST_TIME_S = 0.01
"""What a search is given at least [s]; a limit that has so little left has passed."""

_log = logging.getLogger(__name__)


def optimise(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    read_seconds: float = 0.0,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    cache: Cache | None = None,
) -> Plan:
    """Find the cheapest lawful purchase, prove it, verify it and explain it.

    Parameters
    ----------
    requirement
        What the development owes: :func:`bng_opt.read_metric`.
    market
        What banks sell: :func:`bng_opt.load_market`.
    site
        Where the development is: ``Site.from_postcode`` and its siblings.
    policy
        The buyer's wishes; the defaults of :class:`bng_opt.Policy` without.
    read_seconds
        What reading the input took, to be stated with the plan [s].
    on_progress
        Called with each look at the search: phase, time, best plan so far, bound and gap.
    cancelled
        Asked again and again; once it returns True the search ends with its best plan.
    cache
        Where proven plans are kept and looked for, such as ``bng_opt.Cache()``; without one
        the search is always made. A plan found there says so by ``cached``, and its seconds
        are those of finding it.

    Returns
    -------
    A verified plan. Its status is ``optimal`` when proven, ``feasible`` when a time limit
    came first; bound and gap are stated either way [GBP].

    Raises
    ------
    InfeasibleError
        If no lawful purchase exists, with every reason and what would help.
    SolverError
        If a time limit passed, or the search was cancelled, before any plan was found.

    Examples
    --------
    >>> import bng_opt
    >>> from bng_opt.resources import data_dir
    >>> demo = data_dir() / "demo"
    >>> plan = bng_opt.optimise(
    ...     bng_opt.read_metric(demo / "metric.xlsx"),
    ...     bng_opt.load_market(demo / "market"),
    ...     bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"),
    ... )
    >>> plan.status.value, plan.is_verified
    ('optimal', True)
    """
    begin = perf_counter()
    policy = policy or Policy()
    scenario = Scenario(requirement, market, site, policy)
    seconds = {"read": read_seconds, "model": 0.0, "solve": 0.0, "verify": 0.0}
    run = _Run(
        scenario,
        _time_left(policy, begin),
        _stopwatch(seconds),
        _watch(begin, on_progress, cancelled),
    )
    with log_context(scenario=scenario.digest):
        plan = run.search() if cache is None else run.find_or_search(cache)
        seconds["total"] = read_seconds + perf_counter() - begin
        found = "found in the cache" if plan.cached else plan.status.value
        _log.info("Plan %s: %s, %.3f s", found, pounds(plan.total_gbp), seconds["total"])
    return replace(plan, seconds=seconds)


@dataclass(frozen=True)
class _Run:
    """One run of a scenario: its limits, its stopwatch and its listeners."""

    scenario: Scenario
    time_left: Callable[[], float | None]
    timed: Timed
    watch: Watch

    def search(self) -> Plan:
        plan = make_plan(
            self.scenario, time_left=self.time_left, timed=self.timed, watch=self.watch
        )
        return replace(plan, versions=versions())

    def find_or_search(self, cache: Cache) -> Plan:
        """Return the kept plan; without one search, while others with the same question wait."""
        if (found := self._find(cache)) is not None:
            return found
        with cache.alone(self.scenario, self._give_up()):
            if (found := self._find(cache)) is not None:
                return found
            plan = self.search()
            if self._went_to_its_end():
                cache.keep(self.scenario, plan)
            return plan

    def _find(self, cache: Cache) -> Plan | None:
        with self.timed("verify"):
            plan = cache.find(self.scenario)
        if plan is not None:
            self.watch.report(Phase.CHECKS, float(plan.total_gbp), float(plan.bound_gbp))
        return plan

    def _give_up(self) -> Callable[[], bool]:
        """Return whether to wait no longer for another: when cancelled, or half the time is gone.

        The other half is then for a search of one's own.
        """
        at_first = self.time_left()

        def give_up() -> bool:
            left = self.time_left()
            half_gone = at_first is not None and left is not None and left < at_first / 2
            return half_gone or self.watch.cancelled()

        return give_up

    def _went_to_its_end(self) -> bool:
        """Return whether nothing cut the search short, the choice among equals included."""
        left = self.time_left()
        return (left is None or left > LEAST_TIME_S) and not self.watch.cancelled()


def _time_left(policy: Policy, begin: float) -> Callable[[], float | None]:
    limit = policy.time_limit_s

    def left() -> float | None:
        return None if limit is None else max(LEAST_TIME_S, limit - (perf_counter() - begin))

    return left


def _watch(
    begin: float,
    on_progress: Callable[[Progress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Watch:
    if on_progress is None and cancelled is None:
        return QUIET

    def report(phase: Phase, best: float | None, bound: float | None) -> None:
        if on_progress is not None:
            on_progress(Progress(phase, perf_counter() - begin, best, bound))

    return Watch(report, cancelled or QUIET.cancelled)


def _stopwatch(seconds: dict[str, float]) -> Callable[[str], AbstractContextManager[None]]:
    @contextmanager
    def timed(step: str) -> Iterator[None]:
        start = perf_counter()
        yield
        seconds[step] = seconds.get(step, 0.0) + perf_counter() - start

    return timed


def versions() -> dict[str, str]:
    """Return the versions that made an answer: package, rules and solvers."""
    from importlib.metadata import version

    from bng_opt import __version__
    from bng_opt.optimiser.scenario import RULES_VERSION

    return {
        "bng_opt": __version__,
        "rules": RULES_VERSION,
        "highspy": version("highspy"),
        "pulp": version("pulp"),
    }
