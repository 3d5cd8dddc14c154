"""Close the last gap of a portfolio: all sites in one model of what is still possible.

Proof of what is left out: at prices ``p`` on the stock, any joint purchase costs at least
``sum of (cost + p @ steps) over the sites - p @ S``. If it costs no more than the best one
at hand, no site's part of that sum lies above its least by more than the gap between the
best purchase and the bound at ``p``. So each site's columns are bounded as in a search of
its own (:func:`bng_opt.optimiser.reduce.affordable`), with its least plus the gap as budget.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bng_opt.optimiser.cuts import tighten
from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.portfolio.decompose import Standing
from bng_opt.optimiser.portfolio.joint import JointModel
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.reduce import affordable
from bng_opt.optimiser.solver import Relaxation, Status, relax, solve

POLISH_NODES = 20_000
"""Nodes that the joint model may take: a minute or two with some hundred columns."""
POLISH_COLUMNS = 20_000
"""A joint model of more columns is beyond its solver; the purchase at hand stands."""


def polish(standing: Standing) -> None:
    """Improve a purchase that serves all sites, and its bound, as far as wished."""
    models = [_within_budget(standing, site) for site in range(len(standing.models))]
    joint = JointModel.of(models, standing.desk.stock)
    linear = joint.model.linear
    keep = linear.upper > 0
    if keep.sum() > POLISH_COLUMNS:
        return
    solution = solve(
        linear.restrict(keep),
        gap_gbp=standing.wish.allows(standing.cost_gbp),
        time_limit_s=standing.desk.time_left(),
        max_nodes=POLISH_NODES,
    )
    if solution.status is not Status.INFEASIBLE:
        # What was left out costs more than the purchase at hand.
        proven = min(solution.bound, standing.cost_gbp)
        standing.bound_gbp = max(standing.bound_gbp, proven)
    if solution.values is not None:
        values = np.zeros(linear.n_columns)
        values[keep] = solution.values
        standing.offer(joint.choices(values, standing.models, standing.desk.stock))


def _within_budget(standing: Standing, site: int) -> SiteModel:
    """Return a site's model with its columns bounded by what a better purchase may hold."""
    own = standing.models[site]
    model, count = own.model, len(own.model.purchases)
    cost = model.linear.cost.copy()
    cost[:count] += standing.desk.stock.price_of(site, standing.prices)
    priced = model.linear.with_cost(cost)
    budget = standing.site_bounds[site] + standing.cost_gbp - standing.priced_bound_gbp
    bare = relax(priced)
    is_purchase = np.arange(priced.n_columns) < count
    tightened = tighten(priced, is_purchase, budget)
    upper = priced.upper
    for relaxation in (bare, tightened.relaxation):
        if relaxation.status is Status.OPTIMAL:
            duals = _padded(relaxation, tightened.linear.n_rows)
            upper = np.minimum(upper, affordable(tightened.linear, duals, budget))
    # The rows added hold for every plan within the budget, at whatever cost.
    linear = replace(tightened.linear, cost=model.linear.cost, upper=upper)
    return replace(own, model=replace(model, linear=linear))


def _padded(relaxation: Relaxation, n_rows: int) -> FloatArray:
    """Return the prices of a relaxation's rows; rows added since have none."""
    duals = np.zeros(n_rows)
    duals[: len(relaxation.duals)] = relaxation.duals
    return duals
