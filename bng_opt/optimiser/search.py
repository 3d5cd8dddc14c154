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
from bng_opt.optimiser.progress import QUIET, Phase, Watch
from bng_opt.optimiser.reduce import affordable, components, undominated
from bng_opt.optimiser.solver import (
    Relaxation,
    Solution,
    Status,
    Step,
    is_feasible_by_cbc,
    relax,
    solve,
)

TimeLeft = Callable[[], float | None]
"""Returns the seconds left for the search; None for no limit."""


def no_limit() -> None:
    """Return that the time isn't limited."""


FIRST_PLAN_GAP = 1e-4
"""The first plan may be this far from the best among its banks [share of the cost]."""
FIRST_PLAN_NODES = 50
CREDIT_DOUBT = 1e-5
"""The least credits are known up to this much [units]: a thousandth of what is sold."""
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


@dataclass
class _State:
    """How far the search of one part has come.

    Attributes
    ----------
    linear, kept
        The part's model with rows added, and the columns a cheapest plan may hold.
    first
        A plan at hand.
    best, bound
        Cost of the best plan so far and the proven bound [GBP].
    solution
        The final answer.
    """

    part: _Part
    linear: LinearModel
    kept: BoolArray
    reduced_costs: FloatArray
    first: Solution | None = None
    best: float | None = None
    bound: float = -np.inf
    solution: Solution | None = None


def find_cheapest(
    model: PurchaseModel,
    gap_gbp: float,
    time_left: TimeLeft,
    watch: Watch = QUIET,
) -> Found:
    """Return the cheapest plan of a model with its bound.

    Parameters
    ----------
    gap_gbp
        The plan is proven when nothing can be cheaper by more than this [GBP].
    watch
        Who listens, and whether to stop with the best plan so far.

    Raises
    ------
    SolverError
        If the solvers disagree on whether any plan exists.
    """
    states = [_begin(part, gap_gbp, time_left) for part in _parts(model)]
    for number, state in enumerate(states):
        if state.solution is None:
            _report(watch, states)
            step = _step_of(watch, states, number)
            state.solution = _finish(state, gap_gbp / len(states), time_left, step)
            if state.solution.values is None:
                break
    _report(watch, states)
    return _together(model.linear.n_columns, states, gap_gbp)


def _together(n_columns: int, states: Sequence[_State], gap_gbp: float) -> Found:
    """Return the parts' solutions as one."""
    values, reduced_costs = np.zeros(n_columns), np.zeros(n_columns)
    objective = bound = 0.0
    status = Status.OPTIMAL
    for state in states:
        found = state.solution
        if found is None or found.values is None:
            failed = found.status if found is not None else Status.STOPPED
            return Found(failed, None, np.inf, 0.0, reduced_costs)
        values[state.part.columns] = found.values
        reduced_costs[state.part.columns] = state.reduced_costs
        objective += found.objective
        bound += found.bound
        if found.status is not Status.OPTIMAL:
            status = found.status
    return Found(status, values, objective, bound, reduced_costs)


def _report(watch: Watch, states: Sequence[_State], phase: Phase = Phase.PROOF) -> None:
    watch.report(phase, *_standing(states))


def _standing(states: Sequence[_State]) -> tuple[float | None, float]:
    """Return the best cost so far, None before there is a plan, and the bound [GBP]."""
    best = [state.best for state in states]
    total = None if any(each is None for each in best) else sum(filter(None, best))
    return total, sum(state.bound for state in states)


def _step_of(watch: Watch, states: Sequence[_State], number: int) -> Step | None:
    """Return what the solver calls as it goes on with one part; None if nobody listens."""
    if watch is QUIET:
        return None

    def step(best: float | None, bound: float) -> bool:
        state = states[number]
        if best is not None and (state.best is None or best < state.best):
            state.best = best
        state.bound = max(state.bound, min(bound, state.best or bound))
        _report(watch, states)
        return watch.cancelled()

    return step


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


def _begin(part: _Part, gap_gbp: float, time_left: TimeLeft) -> _State:
    """Relax a part, find a first plan, and leave out what that plan proves useless."""
    everything = np.ones(part.linear.n_columns, dtype=np.bool_)
    bare = relax(part.linear)
    state = _State(part, part.linear, everything, bare.reduced_costs)
    if bare.status is Status.INFEASIBLE:
        return state
    linear, relaxation = part.linear, bare
    first = _first_plan(part, linear, bare, gap_gbp, time_left)
    if part.linear.link.any():
        tightened = tighten(linear, part.is_purchase, first.objective if first else None)
        if tightened.linear is not linear and tightened.relaxation.status is Status.OPTIMAL:
            linear, relaxation = tightened.linear, tightened.relaxation
            second = _first_plan(part, linear, relaxation, gap_gbp, time_left)
            first = min(filter(None, [first, second]), key=_objective, default=None)
    state.linear, state.reduced_costs = linear, relaxation.reduced_costs
    state.bound, state.first = relaxation.objective, first
    if first is None:
        return state
    state.best = first.objective
    if first.objective - state.bound <= gap_gbp:
        bound = min(first.objective, state.bound)
        state.solution = replace(first, status=Status.OPTIMAL, bound=bound)
    else:
        state.linear, state.kept = _reduce(part, linear, [bare, relaxation], first.objective)
    return state


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
    state: _State, gap_gbp: float, time_left: TimeLeft, step: Step | None = None
) -> Solution:
    """Solve what is left; fall back on the first plan when time runs out before a better."""
    linear, kept, first, bound = state.linear, state.kept, state.first, state.bound
    solution = solve(linear.restrict(kept), gap_gbp=gap_gbp, time_limit_s=time_left(), step=step)
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


def find_fewest_credits(
    model: PurchaseModel, step: float, gap_gbp: float, time_left: TimeLeft
) -> Found:
    """Return the cheapest plan among those that need the fewest statutory credits.

    Credits are a last resort in law: first as few units as possible are left to them,
    then the plan is made as cheap as that allows.

    Parameters
    ----------
    step
        The market step [units].
    """
    linear, columns, doubt = model.linear, list(model.credits), CREDIT_DOUBT / step
    amount = np.zeros(linear.n_columns)
    amount[columns] = 1.0
    least = solve(linear.with_cost(amount), gap_gbp=doubt, time_limit_s=time_left())
    unknown = np.full(linear.n_columns, np.inf)
    if least.values is None:
        contested = least.status is Status.INFEASIBLE and is_feasible_by_cbc(linear)
        status = Status.STOPPED if contested else least.status
        return Found(status, None, np.inf, 0.0, unknown)
    fewest = linear.with_row(dict.fromkeys(columns, -1.0), -(least.objective + doubt))
    best = solve(fewest, gap_gbp=gap_gbp, time_limit_s=time_left())
    if best.values is None:
        cost = float(linear.cost @ least.values)
        return Found(Status.FEASIBLE, least.values, cost, 0.0, unknown)
    status = best.status if least.status is Status.OPTIMAL else Status.FEASIBLE
    return Found(status, best.values, best.objective, best.bound, unknown)
