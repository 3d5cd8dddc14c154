"""From sites and a market to a portfolio: the steps, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bng_opt.errors import Finding, InfeasibleError, SolverError
from bng_opt.market import Market
from bng_opt.optimiser.portfolio.problem import Effort, Outcome, Problem
from bng_opt.optimiser.portfolio.result import Notion, PortfolioComparison, PortfolioPlan
from bng_opt.optimiser.portfolio.sites import (
    Impossible,
    PortfolioSite,
    SiteModel,
    about,
    in_order,
    solve_alone,
)
from bng_opt.optimiser.portfolio.write import Writer
from bng_opt.optimiser.search import TimeLeft

Findings = Mapping[str, tuple[Finding, ...]]


def no_limit() -> float | None:
    """Return None: there is no limit on the time."""
    return None


def make_portfolio(
    sites: Iterable[PortfolioSite],
    market: Market,
    *,
    effort: Effort | None = None,
    skip_impossible: bool = False,
    time_left: TimeLeft = no_limit,
) -> PortfolioPlan:
    """Return the least joint cost of lawful purchases for many sites within one stock.

    Parameters
    ----------
    sites
        In any order.
    market
        What all of them buy from. A bank's fee is charged for each site that buys there.
    effort
        How hard to search, and with how many workers.
    skip_impossible
        Leave out the sites that can't be served, and report them, instead of raising.
    time_left
        Returns the seconds left for the search, None for no limit.

    Raises
    ------
    InputError
        If two sites share a name, or a wish names a bank that isn't on the market.
    InfeasibleError
        If a site can't be served, alone or beside the others; it names the site.
    SolverError
        If no joint purchase was found, though none is proven impossible.
    """
    able = _able(in_order(sites, market), market, effort or Effort(), skip_impossible, time_left)
    return _least_cost(able, market).least_cost


def compare_portfolio(
    sites: Iterable[PortfolioSite],
    market: Market,
    *,
    effort: Effort | None = None,
    skip_impossible: bool = False,
    time_left: TimeLeft = no_limit,
) -> PortfolioComparison:
    """Return the least joint cost beside first come, first served, and the fairest sharing.

    First come: in the order given, each site takes the cheapest of what is left; a site left
    without is reported, not raised. Fair: the largest cost of a site relative to its
    stand-alone cost is as small as can be, then the total as small as that allows. Beyond
    the size that is solved exactly, the fairest is looked for among the plans that the search
    for the least cost has found: it is lawful, and a good one, without a proof.

    Parameters
    ----------
    sites, market, effort, skip_impossible, time_left
        As for :func:`make_portfolio`; here the order of the sites counts.

    Raises
    ------
    InputError, InfeasibleError, SolverError
        As :func:`make_portfolio`.
    """
    given = tuple(sites)
    able = _able(in_order(given, market), market, effort or Effort(), skip_impossible, time_left)
    return _compare(able, market, [site.name for site in given])


@dataclass(frozen=True)
class _Able:
    """The problem of the sites that can be served alone, and the others."""

    problem: Problem
    impossible: Findings
    skip_impossible: bool
    time_left: TimeLeft

    def without(self, left_out: Findings) -> _Able:
        """Return the problem without some sites."""
        models = [m for m in self.problem.models if m.owner.name not in left_out]
        problem = Problem.of(models, self.problem.effort, self.time_left)
        return replace(self, problem=problem, impossible={**self.impossible, **left_out})


@dataclass(frozen=True)
class _Answer:
    """The problem that was solved in the end, its outcome, and the plans of that."""

    able: _Able
    outcome: Outcome
    writer: Writer

    @property
    def least_cost(self) -> PortfolioPlan:
        """Return the outcome as verified plans."""
        return self.writer.write(self.outcome, Notion.LEAST_COST, {})


def _able(
    sites: Sequence[PortfolioSite],
    market: Market,
    effort: Effort,
    skip_impossible: bool,
    time_left: TimeLeft,
) -> _Able:
    answers = solve_alone(sites, market, time_left, effort.n_jobs)
    impossible = {each.name: each.findings for each in answers if isinstance(each, Impossible)}
    if impossible and not skip_impossible:
        raise InfeasibleError(
            finding for name, findings in impossible.items() for finding in about(name, findings)
        )
    models = [each for each in answers if isinstance(each, SiteModel)]
    return _Able(Problem.of(models, effort, time_left), impossible, skip_impossible, time_left)


def _least_cost(able: _Able, market: Market) -> _Answer:
    """Return the least joint cost, of fewer sites if the stock serves no more and that will do."""
    outcome = able.problem.cheapest()
    left_out = _left_out(able.problem, outcome)
    if not left_out:
        return _Answer(able, outcome, Writer.of(able.problem, market, able.impossible))
    if able.skip_impossible:
        return _least_cost(able.without(left_out), market)
    findings = [finding for name, each in left_out.items() for finding in about(name, each)]
    raise InfeasibleError(findings) if outcome.is_impossible else SolverError(findings)


def _left_out(problem: Problem, outcome: Outcome) -> dict[str, tuple[Finding, ...]]:
    """Return the sites without a plan, each with the stock that it lacks."""
    alone = problem.alone
    gone = problem.stock.sold(outcome.served.values()) >= problem.stock.capacity
    found: dict[str, tuple[Finding, ...]] = {}
    for site, model in enumerate(problem.models):
        if site not in outcome.served:
            wanted = alone[site].lines
            lines = [problem.stock.stock_ids[line] for line in wanted[gone[wanted]]]
            found[model.owner.name] = (_finding(lines, outcome.is_impossible),)
    return found


def _finding(lines: Sequence[str], is_impossible: bool) -> Finding:
    sold = f" (sold out: {', '.join(lines)})" if lines else ""
    certain = "no purchase serves it beside the others" if is_impossible else (
        "no purchase was found that serves it beside the others, though none is proven impossible"
    )  # fmt: skip
    return Finding(
        f"What the other sites leave doesn't suffice{sold}: {certain}.",
        "Leave sites out (skip_impossible=True), or add banks.",
    )


def _compare(able: _Able, market: Market, queue: Sequence[str]) -> PortfolioComparison:
    answer = _least_cost(able, market)
    problem, writer = answer.able.problem, answer.writer
    place = {model.owner.name: site for site, model in enumerate(problem.models)}
    order = [place[name] for name in queue if name in place]
    first = problem.first_come(order)
    best = _with_pool(answer.outcome, first)
    if len(first.served) == len(problem.models):
        first = replace(first, bound_gbp=best.bound_gbp)
        best = min(best, replace(best, served=first.served), key=_cost)
    fair = problem.fairest(best)
    best = min(best, replace(best, served=fair.served), key=_cost)
    return PortfolioComparison(
        writer.write(best, Notion.LEAST_COST, {}),
        writer.write(first, Notion.FIRST_COME, _left_out(problem, first)),
        writer.write(fair, Notion.FAIR, {}),
    )


def _cost(outcome: Outcome) -> float:
    return outcome.cost_gbp


def _with_pool(outcome: Outcome, other: Outcome) -> Outcome:
    pool = {choice.key: choice for choice in (*outcome.pool, *other.pool)}
    return replace(outcome, pool=tuple(pool.values()))
