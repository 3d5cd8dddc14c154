"""Find the cheapest plan of a model and prove it.

Each independent part of the model is relaxed, a first plan is found among the banks that
the relaxation uses, what that plan proves useless is left out, and the rest is solved to
the wished gap. Ties are then broken in stages on what is left (DESIGN 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bng_opt.optimiser.cuts import tighten
from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray, LinearModel
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.reduce import affordable, components, undominated
from bng_opt.optimiser.solver import (
    Relaxation,
    Solution,
    Status,
    is_feasible_by_cbc,
    relax,
    solve,
)

TimeLeft = Callable[[], float | None]
"""Returns the seconds left for the search; None for no limit."""

FIRST_PLAN_GAP = 1e-4
"""The first plan may be this far from the best among its banks [share of the cost]."""
FIRST_PLAN_NODES = 50
CREDIT_STEP = 0.01
"""Credits are compared with this much doubt [market steps]."""
SMALL_MODEL = 40
"""Models of so few columns are solved without a first plan."""


@dataclass(frozen=True)
class Found:
    """The result of a search.

    Attributes
    ----------
    values
        One value a column of the model; None if none was found in time.
    objective, bound
        Cost of the plan and the proven lower bound on any plan [GBP].
    reduced_costs
        What one more of each column adds to the relaxation's least cost [GBP].
    """

    status: Status
    values: FloatArray | None
    objective: float
    bound: float
    reduced_costs: FloatArray


@dataclass(frozen=True)
class _Part:
    """One independent part of the model, with what the reductions need to know."""

    linear: LinearModel
    columns: IntArray
    is_purchase: BoolArray
    bank_of: IntArray
    """Number of the bank behind each column, its own included; -1 for helpers."""


def find_cheapest(
    model: PurchaseModel,
    gap_gbp: float,
    time_left: TimeLeft,
) -> Found:
    """Return the cheapest plan of a model with its bound.

    Parameters
    ----------
    gap_gbp
        The plan is proven when nothing can be cheaper by more than this [GBP].

    Raises
    ------
    SolverError
        If the solvers disagree on whether any plan exists.
    """
    linear = model.linear
    values = np.zeros(linear.n_columns)
    reduced_costs = np.zeros(linear.n_columns)
    parts = _parts(model)
    objective = bound = 0.0
    status = Status.OPTIMAL
    for part in parts:
        found, relaxation = _search_part(part, gap_gbp / len(parts), time_left)
        if found.values is None:
            return Found(found.status, None, found.objective, found.bound, reduced_costs)
        values[part.columns] = found.values
        reduced_costs[part.columns] = relaxation.reduced_costs
        objective += found.objective
        bound += found.bound
        if found.status is not Status.OPTIMAL:
            status = found.status
    return Found(status, values, objective, bound, reduced_costs)


def _parts(model: PurchaseModel) -> list[_Part]:
    linear = model.linear
    n_purchases = len(model.purchases)
    bank = np.full(linear.n_columns, -1)
    bank[:n_purchases] = model.bank_of
    number_of = {bank_id: number for number, bank_id in enumerate(model.bank_ids)}
    for column, use in model.bank_uses.items():
        bank[column] = number_of[use.bank_id]
    number = components(linear)
    parts = []
    for part in range(int(number.max()) + 1 if len(number) else 0):
        mask = number == part
        columns = np.flatnonzero(mask)
        parts.append(
            _Part(
                linear.part(mask),
                columns,
                columns < n_purchases,
                bank[columns],
            )
        )
    return parts


def _search_part(part: _Part, gap_gbp: float, time_left: TimeLeft) -> tuple[Solution, Relaxation]:
    """Return the best solution of one part with its bound, and the part's relaxation."""
    everything = np.ones(part.linear.n_columns, dtype=np.bool_)
    bare = relax(part.linear)
    if bare.status is Status.INFEASIBLE:
        return _finish(part.linear, everything, None, -np.inf, gap_gbp, time_left), bare
    linear, relaxation = part.linear, bare
    first = _first_plan(part, linear, bare, gap_gbp, time_left)
    if part.linear.link.any():
        tightened = tighten(linear, part.is_purchase, first.objective if first else None)
        if tightened.linear is not linear and tightened.relaxation.status is Status.OPTIMAL:
            linear, relaxation = tightened.linear, tightened.relaxation
            second = _first_plan(part, linear, relaxation, gap_gbp, time_left)
            first = min(filter(None, [first, second]), key=_objective, default=None)
    bound = relaxation.objective
    if first is None:
        return _finish(linear, everything, None, bound, gap_gbp, time_left), relaxation
    if first.objective - bound <= gap_gbp:
        proven = min(first.objective, bound)
        return replace(first, status=Status.OPTIMAL, bound=proven), relaxation
    linear, kept = _reduce(part, linear, [bare, relaxation], first.objective)
    return _finish(linear, kept, first, bound, gap_gbp, time_left), relaxation


def _objective(solution: Solution) -> float:
    return solution.objective


def _reduce(
    part: _Part, linear: LinearModel, relaxations: Sequence[Relaxation], budget: float
) -> tuple[LinearModel, BoolArray]:
    """Return the model with tighter bounds, and the columns that a cheapest plan may hold.

    The prices of every relaxation at hand bound each column; rows added since have none.
    """
    upper = linear.upper
    for relaxation in relaxations:
        duals = np.zeros(linear.n_rows)
        duals[: len(relaxation.duals)] = relaxation.duals
        upper = np.minimum(upper, affordable(linear, duals, budget))
    kept = upper > 0
    candidates = np.flatnonzero(kept & part.is_purchase)
    # Dominance looks at what a plan must keep, not at what a cheap one keeps anyway.
    kept[candidates] = undominated(part.linear, candidates, budget)
    return linear.with_bounds(linear.lower, upper), kept


def _first_plan(
    part: _Part,
    linear: LinearModel,
    relaxation: Relaxation,
    gap_gbp: float,
    time_left: TimeLeft,
) -> Solution | None:
    """Return a plan among the banks that the relaxation uses, None if they can't serve."""
    used = np.unique(part.bank_of[(relaxation.values > 1e-9) & part.is_purchase])
    keep = (part.bank_of < 0) | np.isin(part.bank_of, used)
    if keep.all() or linear.n_columns <= SMALL_MODEL:
        return None
    solution = solve(
        linear.restrict(keep),
        gap_gbp=max(gap_gbp, FIRST_PLAN_GAP * abs(relaxation.objective)),
        time_limit_s=time_left(),
        max_nodes=FIRST_PLAN_NODES,
    )
    return None if solution.values is None else _expand(solution, keep)


def _finish(
    linear: LinearModel,
    kept: BoolArray,
    first: Solution | None,
    bound: float,
    gap_gbp: float,
    time_left: TimeLeft,
) -> Solution:
    """Solve what is left; fall back on the first plan when time runs out before a better."""
    solution = solve(linear.restrict(kept), gap_gbp=gap_gbp, time_limit_s=time_left())
    if solution.status is Status.INFEASIBLE:
        if first is None and not is_feasible_by_cbc(linear):
            return solution
        # HiGHS errs: a plan exists, so its "infeasible" proves nothing.
        return _best_so_far(first, bound)
    best = _expand(solution, kept) if solution.values is not None else solution
    if first is not None and first.objective <= best.objective:
        best = replace(first, status=solution.status)
    return replace(best, bound=min(max(bound, solution.bound), best.objective))


def _best_so_far(first: Solution | None, bound: float) -> Solution:
    if first is None:
        return Solution(Status.STOPPED, None, float("inf"), bound)
    return replace(first, status=Status.FEASIBLE, bound=bound)


def _expand(solution: Solution, keep: BoolArray) -> Solution:
    """Return a solution of a restricted model as one of the whole."""
    values = np.zeros(len(keep))
    values[keep] = solution.values
    return replace(solution, values=values)


def find_fewest_credits(model: PurchaseModel, gap_gbp: float, time_left: TimeLeft) -> Found:
    """Return the cheapest plan among those that need the fewest statutory credits.

    Credits are a last resort in law: first as few units as possible are left to them,
    then the plan is made as cheap as that allows.
    """
    linear, columns = model.linear, list(model.credits)
    amount = np.zeros(linear.n_columns)
    amount[columns] = 1.0
    least = solve(linear.with_cost(amount), gap_gbp=CREDIT_STEP, time_limit_s=time_left())
    unknown = np.zeros(linear.n_columns)
    if least.values is None:
        if least.status is Status.INFEASIBLE and is_feasible_by_cbc(linear):
            return Found(Status.STOPPED, None, float("inf"), 0.0, unknown)
        return Found(least.status, None, float("inf"), 0.0, unknown)
    fewest = linear.with_row(dict.fromkeys(columns, -1.0), -(least.objective + CREDIT_STEP))
    best = solve(fewest, gap_gbp=gap_gbp, time_limit_s=time_left())
    if best.values is None:
        cost = float(linear.cost @ least.values)
        return Found(Status.FEASIBLE, least.values, cost, 0.0, unknown)
    status = best.status if least.status is Status.OPTIMAL else Status.FEASIBLE
    reduced_costs = np.full(linear.n_columns, np.inf)
    return Found(status, best.values, best.objective, best.bound, reduced_costs)
