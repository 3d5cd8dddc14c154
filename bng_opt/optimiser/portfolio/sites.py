"""The sites of a portfolio, in one order, each with what it would buy alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bng_opt.errors import Finding, InfeasibleError, InputError
from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.linear import BoolArray, FloatArray
from bng_opt.optimiser.model import PurchaseModel, build_model
from bng_opt.optimiser.offers import OfferBook, make_offers
from bng_opt.optimiser.optimise import distances_km, search_plan, values_of
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.portfolio.parallel import map_in_batches
from bng_opt.optimiser.presolve import presolve, unknown_banks
from bng_opt.optimiser.progress import QUIET
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.search import TimeLeft
from bng_opt.optimiser.solver import Status
from bng_opt.optimiser.ties import break_ties
from bng_opt.places import Site

CREDIT_SLACK = 0.01
"""Credits are compared with this much doubt [market steps]."""
NEAR_COLUMNS = 150
"""Purchases among which a plan for less stock is looked for first: some dozens for each need."""


@dataclass(frozen=True)
class PortfolioSite:
    """One development of a portfolio.

    Parameters
    ----------
    name
        What it is called in every result; no two sites share one.
    requirement, site, policy
        What it owes, where it lies and what its buyer wishes.
    """

    name: str
    requirement: Requirement
    site: Site
    policy: Policy = field(default_factory=Policy)

    def scenario(self, market: Market) -> Scenario:
        """Return the site's own scenario, as if it were alone on the market."""
        return Scenario(self.requirement, market, self.site, self.policy)


@dataclass(frozen=True)
class SiteModel:
    """A site's model and the plan that it would choose alone.

    Attributes
    ----------
    model
        Without statutory credits unless the site can't do without them even alone; then it
        takes no more of them than it would alone.
    values
        The plan, one value a column, ties broken.
    cost_gbp, bound_gbp
        Its cost, and what no lawful purchase of the site undercuts [GBP].
    is_proven
        Whether the plan was proven within the policy's gap.
    near
        The columns that a plan for less stock is looked for among first: those that the
        relaxation comes closest to buying.
    """

    owner: PortfolioSite
    book: OfferBook
    model: PurchaseModel
    values: FloatArray
    cost_gbp: float
    bound_gbp: float
    is_proven: bool
    near: BoolArray

    @property
    def gap_gbp(self) -> float:
        """Return the gap to which the site's plans are proven [GBP]."""
        return float(self.owner.policy.gap_gbp)


@dataclass(frozen=True)
class Impossible:
    """A site that can't be served, and why."""

    name: str
    findings: tuple[Finding, ...]


def in_order(sites: Iterable[PortfolioSite], market: Market) -> tuple[PortfolioSite, ...]:
    """Return the sites by name, so that the answer hangs on no other order.

    Raises
    ------
    InputError
        If two share a name, or a wish names a bank that isn't on the market.
    """
    ordered = tuple(sorted(sites, key=lambda site: site.name))
    findings = [
        Finding(f'{count} sites of the portfolio are called "{name}".', "Give each its own name.")
        for name, count in Counter(site.name for site in ordered).items()
        if count > 1
    ]
    for site in ordered:
        findings.extend(about(site.name, unknown_banks(site.policy, market)))
    if findings:
        raise InputError(findings)
    return ordered


def about(name: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings that begin with the name of the site they are about."""
    return tuple(
        replace(finding, message=f'Site "{name}": {finding.message}') for finding in findings
    )


def solve_alone(
    sites: Sequence[PortfolioSite], market: Market, time_left: TimeLeft, n_jobs: int | None
) -> list[SiteModel | Impossible]:
    """Return each site's model and stand-alone plan, or why it has none.

    Raises
    ------
    SolverError
        If the time ran out before a site had a plan.
    """
    return map_in_batches(_solve_one, sites, (market, time_left()), n_jobs)


def _solve_one(
    owner: PortfolioSite, market: Market, seconds: float | None
) -> SiteModel | Impossible:
    requirement, policy = owner.requirement, owner.policy
    book = make_offers(requirement, market, owner.site, policy)
    if findings := presolve(book, requirement, policy):
        return Impossible(owner.name, tuple(findings))
    model = build_model(book, requirement, policy)
    try:
        found, model = search_plan(owner.scenario(market), book, model, lambda: seconds, QUIET)
    except InfeasibleError as error:
        return Impossible(owner.name, error.findings)
    values, is_proven = values_of(found), found.status is Status.OPTIMAL
    if is_proven:
        values = break_ties(model, found, distances_km(model, book, owner.site), lambda: seconds)
    cost = float(model.linear.cost @ values)
    model = _with_no_more_credits(model, values)
    near = _near(model, found.reduced_costs, values)
    return SiteModel(owner, book, model, values, cost, min(found.bound, cost), is_proven, near)


def _near(model: PurchaseModel, reduced_costs: FloatArray, values: FloatArray) -> BoolArray:
    count = len(model.purchases)
    near = np.ones(model.linear.n_columns, dtype=np.bool_)
    # Columns bought already come first: a plan within the stand-alone one is always there.
    order = np.argsort(np.where(values[:count] > 0, -np.inf, reduced_costs[:count]), kind="stable")
    near[order[NEAR_COLUMNS:]] = False
    used = set(model.bank_of[near[:count]].tolist())
    number = {bank_id: place for place, bank_id in enumerate(model.bank_ids)}
    for column, use in model.bank_uses.items():
        near[column] = number[use.bank_id] in used
    return near


def _with_no_more_credits(model: PurchaseModel, values: FloatArray) -> PurchaseModel:
    """Return the model with at most the credits of a plan: they are a last resort in law."""
    if not model.credits:
        return model
    columns = list(model.credits)
    most = float(np.sum(values[columns])) + CREDIT_SLACK
    return replace(model, linear=model.linear.with_row(dict.fromkeys(columns, -1.0), -most))
