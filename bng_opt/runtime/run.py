"""Run a scenario against the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from time import perf_counter

from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.optimise import make_plan
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.progress import QUIET, Phase, Progress, Watch
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site


def optimise(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    read_seconds: float = 0.0,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
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
    seconds: dict[str, float] = {"read": read_seconds}
    plan = make_plan(
        scenario,
        time_left=_time_left(policy, begin),
        timed=_stopwatch(seconds),
        watch=_watch(begin, on_progress, cancelled),
    )
    seconds["total"] = read_seconds + perf_counter() - begin
    return replace(plan, seconds=seconds, versions=versions())


def _time_left(policy: Policy, begin: float) -> Callable[[], float | None]:
    limit = policy.time_limit_s

    def left() -> float | None:
        return None if limit is None else max(0.01, limit - (perf_counter() - begin))

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
