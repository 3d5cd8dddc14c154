"""Look around a plan against the clock: alternatives, margins, baselines, sensitivity, portfolios.

Each function takes what :func:`bng_opt.optimise` takes, and the plan if it is known already;
without one the cheapest is found first. A policy's time limit holds for every search by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING

from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.alternatives import Alternatives, find_alternatives
from bng_opt.optimiser.baselines import Baselines, compare_baselines
from bng_opt.optimiser.margins import Margins, explain_margins
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.sensitivity import Sensitivities, measure_sensitivity
from bng_opt.places import Site
from bng_opt.runtime.run import optimise, versions

if TYPE_CHECKING:
    from bng_opt.optimiser.portfolio import (
        Effort,
        PortfolioComparison,
        PortfolioPlan,
        PortfolioSite,
    )
    from bng_opt.optimiser.search import TimeLeft

Factors = Sequence[float | Decimal]


def alternatives(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    plan: Plan | None = None,
    n_best: int = 3,
    n_jobs: int | None = None,
) -> Alternatives:
    """Find what else could be bought: fewer banks, local ones, without one of them, next best.

    Parameters
    ----------
    requirement, market, site, policy
        As for :func:`bng_opt.optimise`.
    plan
        Their cheapest plan, if it is known already.
    n_best
        How many of the next best to find.
    n_jobs
        Processes; None for one, or what ``joblib.parallel_config`` says.

    Raises
    ------
    InfeasibleError
        If no lawful purchase exists at all.
    InputError
        If the plan was made for another scenario.

    Examples
    --------
    >>> import bng_opt
    >>> from bng_opt.resources import data_dir
    >>> demo = data_dir() / "demo"
    >>> found = alternatives(
    ...     bng_opt.read_metric(demo / "metric.xlsx"),
    ...     bng_opt.load_market(demo / "market"),
    ...     bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"),
    ...     n_best=0,
    ... )
    >>> found.by_bank_count[1].label
    'At most two banks'
    """
    scenario, plan = _known(requirement, market, site, policy, plan)
    return find_alternatives(scenario, plan, n_best=n_best, n_jobs=n_jobs, clock=perf_counter)


def baselines(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    plan: Plan | None = None,
    n_jobs: int | None = None,
) -> Baselines:
    """Compare the plan with simpler means: like for like, cheapest first, one bank, credits.

    Parameters and errors are those of :func:`alternatives`.
    """
    scenario, plan = _known(requirement, market, site, policy, plan)
    return compare_baselines(scenario, plan, n_jobs=n_jobs, clock=perf_counter)


def margins(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    plan: Plan | None = None,
) -> Margins:
    """Explain what one more unit of each need costs, what binds, and each offer's threshold.

    Parameters and errors are those of :func:`alternatives`.
    """
    scenario, plan = _known(requirement, market, site, policy, plan)
    return explain_margins(scenario, plan)


def sensitivity(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy | None = None,
    *,
    plan: Plan | None = None,
    need: Factors | None = None,
    prices: Factors | None = None,
    bank_stock: Mapping[str, Factors] | None = None,
    n_jobs: int | None = None,
) -> Sensitivities:
    """Measure how the least cost moves with the need, the prices or banks' stock.

    Parameters
    ----------
    requirement, market, site, policy, plan, n_jobs
        As for :func:`alternatives`.
    need, prices
        Factors on what is owed, and on all prices.
    bank_stock
        By bank id, factors on what it has for sale. If none of the three is given, the
        usual factors are tried on need, prices and the stock of each bank of the plan.

    Raises
    ------
    InputError
        If a bank is unknown or a factor can't be.
    """
    scenario, plan = _known(requirement, market, site, policy, plan)
    if need is None and prices is None and bank_stock is None:
        return measure_sensitivity(scenario, plan, n_jobs=n_jobs, clock=perf_counter)
    for bank_id in bank_stock or ():
        market.bank(bank_id)
    questions: list[tuple[Factors, Factors, Factors, Sequence[str]]] = [
        (need or (), prices or (), (), ()),
        *(((), (), factors, (bank_id,)) for bank_id, factors in (bank_stock or {}).items()),
    ]
    answers = [
        measure_sensitivity(
            scenario, plan, need=owed, prices=paid, stock=stock, banks=banks, n_jobs=n_jobs,
            clock=perf_counter,
        )
        for owed, paid, stock, banks in questions
    ]  # fmt: skip
    rest = (row for answer in answers[1:] for row in answer.rows[1:])
    return Sensitivities((*answers[0].rows, *rest))


def portfolio(
    sites: Iterable[PortfolioSite],
    market: Market,
    *,
    gap_share: float | None = None,
    skip_impossible: bool = False,
    time_limit_s: float | None = None,
    n_jobs: int | None = None,
) -> PortfolioPlan:
    """Find the least joint cost of lawful purchases for many sites within one stock.

    Parameters
    ----------
    sites
        Developments with their names, needs, places and wishes.
    market
        What all of them buy from.
    gap_share
        Stop when nothing can be cheaper by more than this share of the total; half a
        percent without.
    skip_impossible
        Leave out the sites that can't be served, and report them, instead of raising.
    time_limit_s
        Stop the search after so long [s].
    n_jobs
        Processes; None for one, or what ``joblib.parallel_config`` says.

    Raises
    ------
    InfeasibleError
        If a site can't be served; it names the site.
    """
    from bng_opt.optimiser.portfolio import make_portfolio

    begin = perf_counter()
    plan = make_portfolio(
        sites,
        market,
        effort=_effort(gap_share, n_jobs),
        skip_impossible=skip_impossible,
        time_left=_time_left(time_limit_s, begin),
    )
    return _stamped(plan, begin)


def compare_portfolio(
    sites: Iterable[PortfolioSite],
    market: Market,
    *,
    gap_share: float | None = None,
    skip_impossible: bool = False,
    time_limit_s: float | None = None,
    n_jobs: int | None = None,
) -> PortfolioComparison:
    """Set the least joint cost beside first come, first served, and the fairest sharing.

    Parameters and errors are those of :func:`portfolio`; here the order of the sites counts.
    """
    from bng_opt.optimiser.portfolio import PortfolioComparison
    from bng_opt.optimiser.portfolio import compare_portfolio as compare

    begin = perf_counter()
    found = compare(
        sites,
        market,
        effort=_effort(gap_share, n_jobs),
        skip_impossible=skip_impossible,
        time_left=_time_left(time_limit_s, begin),
    )
    return PortfolioComparison(*(_stamped(plan, begin) for plan in found.each))


def _known(
    requirement: Requirement, market: Market, site: Site, policy: Policy | None, plan: Plan | None
) -> tuple[Scenario, Plan]:
    scenario = Scenario(requirement, market, site, policy or Policy())
    return scenario, plan or optimise(requirement, market, site, scenario.policy)


def _effort(gap_share: float | None, n_jobs: int | None) -> Effort:
    from bng_opt.optimiser.portfolio import Effort

    effort = Effort(n_jobs=n_jobs)
    return effort if gap_share is None else replace(effort, gap_share=gap_share)


def _time_left(limit: float | None, begin: float) -> TimeLeft:
    def left() -> float | None:
        return None if limit is None else max(0.01, limit - (perf_counter() - begin))

    return left


def _stamped(plan: PortfolioPlan, begin: float) -> PortfolioPlan:
    seconds = {**plan.seconds, "total": perf_counter() - begin}
    return replace(plan, seconds=seconds, versions=versions())
