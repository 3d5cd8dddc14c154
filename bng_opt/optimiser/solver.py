"""The only room that knows the solvers: PuLP with HiGHS, CBC as the cross-check.

PuLP 3.3 and 4.x differ in how they answer and in where CBC comes from; both hand out the
HiGHS object, whose own status, bound and values are read here, since PuLP 3 labels an
answer "Optimal" that merely stopped in time. The continuous relaxation of a large model
goes to HiGHS as arrays: PuLP would spend longer building it than HiGHS solving it.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from bng_opt.errors import Finding, SolverError
from bng_opt.optimiser.linear import FloatArray, LinearModel

PULP_MAJOR_WITHOUT_BUNDLED_CBC = 4
FEASIBILITY_TOLERANCE = 1e-7
"""Rows may be missed by this [market steps]: far below what counts as zero units."""


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"
    """Stopped at a limit before any solution was found."""


@dataclass(frozen=True)
class Solution:
    """What a solve found.

    Attributes
    ----------
    values
        One value a column, whole where the column is; None without a solution.
    objective, bound
        Cost of the solution and the proven lower bound [GBP].
    """

    status: Status
    values: FloatArray | None
    objective: float
    bound: float


Step = Callable[[float | None, float], bool]
"""Takes the best cost so far and the bound [GBP]; returns whether to stop."""


@dataclass(frozen=True)
class Relaxation:
    """The continuous relaxation's answer.

    Attributes
    ----------
    reduced_costs
        One value a column: what one more of it adds to the least cost [GBP].
    duals
        One value a row: what one more of its right-hand side costs [GBP].
    """

    status: Status
    objective: float
    values: FloatArray
    reduced_costs: FloatArray
    duals: FloatArray


def solve(
    model: LinearModel,
    *,
    gap_gbp: float,
    time_limit_s: float | None = None,
    max_nodes: int | None = None,
    step: Step | None = None,
) -> Solution:
    """Solve a model to a proven gap with HiGHS.

    Parameters
    ----------
    gap_gbp
        Stop when no solution can be cheaper by more than this [GBP].
    time_limit_s, max_nodes
        Stop early with the best solution so far.
    step
        Called as the search goes on; the search stops when it returns True.

    Raises
    ------
    SolverError
        If HiGHS ends in a state that is neither an answer nor a limit.
    """
    _prepare_highs()
    options: dict[str, Any] = {"mip_feasibility_tolerance": FEASIBILITY_TOLERANCE}
    if max_nodes is not None:
        options["mip_max_nodes"] = max_nodes
    problem, variables = _problem(model)
    if step is not None:
        options |= _listening(step)
    solver = _highs_class()(
        msg=False,
        gapAbs=gap_gbp,
        gapRel=0.0,
        threads=1,
        timeLimit=time_limit_s,
        random_seed=0,
        **options,
    )
    with _without_deprecations():
        problem.solve(solver)
    # PuLP leaves out a column that has neither cost nor row: it stays at its lower bound.
    values = [solver.found.get(v.name, low) for v, low in zip(variables, model.lower, strict=True)]
    return _read_highs(problem.solverModel, model, values)


def _listening(step: Step) -> dict[str, Any]:
    """Return the options that make HiGHS call ``step`` and heed it."""
    import highspy

    kind = highspy.cb.HighsCallbackType.kCallbackMipInterrupt

    def heed(kind: Any, message: str, out: Any, into: Any, data: Any) -> None:
        best = float(out.mip_primal_bound)
        into.user_interrupt = step(best if np.isfinite(best) else None, out.mip_dual_bound)

    return {"callbackTuple": (heed, None), "callbacksToActivate": [kind]}


class Relaxer:
    """The continuous relaxation of a model, solved again as rows are added.

    Parameters
    ----------
    model
        The model; that some columns are whole is left aside.
    """

    def __init__(self, model: LinearModel) -> None:
        _prepare_highs()
        import highspy

        self._highs = highspy.Highs()
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        self._highs.passModel(_as_highs_lp(model))

    def add_row(self, coefficients: Mapping[int, float], at_least: float) -> None:
        """Add a row ``sum of coefficients * x >= at_least``."""
        import highspy

        columns = np.fromiter(coefficients, dtype=np.int32)
        values = np.fromiter(coefficients.values(), dtype=np.float64)
        self._highs.addRow(at_least, highspy.kHighsInf, len(columns), columns, values)

    def run(self) -> Relaxation:
        """Solve, starting from the last answer.

        Raises
        ------
        SolverError
            If HiGHS ends without an answer.
        """
        import highspy

        states = highspy.HighsModelStatus
        _run(self._highs)
        state = self._highs.getModelStatus()
        if state in (states.kInfeasible, states.kUnboundedOrInfeasible):
            answer = Status.INFEASIBLE
        elif state in (states.kOptimal, states.kModelEmpty):
            answer = Status.OPTIMAL
        else:
            raise _failure(self._highs.modelStatusToString(state))
        solution = self._highs.getSolution()
        return Relaxation(
            answer,
            float(self._highs.getInfo().objective_function_value),
            np.array(solution.col_value, dtype=np.float64),
            np.array(solution.col_dual, dtype=np.float64),
            np.array(solution.row_dual, dtype=np.float64),
        )


def relax(model: LinearModel) -> Relaxation:
    """Solve the continuous relaxation and return values and prices.

    Raises
    ------
    SolverError
        If HiGHS ends without an answer.
    """
    return Relaxer(model).run()


def is_feasible_by_cbc(model: LinearModel, time_limit_s: float = 60.0) -> bool:
    """Ask CBC whether a model that HiGHS calls infeasible has a solution after all.

    HiGHS has called feasible models infeasible; nobody is told "impossible" on the word
    of one solver.

    Raises
    ------
    SolverError
        If CBC is missing or gives no answer in time.
    """
    problem, _ = _problem(model.with_cost(np.zeros(model.n_columns)))
    with _without_deprecations():
        outcome = problem.solve(_cbc(time_limit_s))
    if _has_solution(problem, outcome):
        return True
    name = _status_name(problem, outcome)
    if name != "Infeasible":
        raise _failure(f"CBC: {name}")
    return False


def _problem(model: LinearModel) -> tuple[Any, list[Any]]:
    """Return the model as a PuLP problem and its variables, in column order."""
    import pulp

    problem = pulp.LpProblem("bng_opt", pulp.LpMinimize)
    variables = [
        problem.add_variable(
            f"x{column}", low, None if np.isinf(up) else up, "Integer" if whole else "Continuous"
        )
        for column, (low, up, whole) in enumerate(
            zip(model.lower.tolist(), model.upper.tolist(), model.integer.tolist(), strict=True)
        )
    ]
    problem += pulp.lpDot(variables, model.cost.tolist())
    order = np.argsort(model.rows, kind="stable")
    starts = np.searchsorted(model.rows[order], np.arange(model.n_rows + 1))
    columns, values = model.columns[order].tolist(), model.values[order].tolist()
    for row, at_least in enumerate(model.row_lower.tolist()):
        entries = slice(int(starts[row]), int(starts[row + 1]))
        inside = [variables[column] for column in columns[entries]]
        if not inside:
            # A row without entries can't be met; PuLP would drop it in silence.
            inside, values[entries] = [variables[0]], [0.0]
            problem += variables[0] >= model.upper[0] + 1.0
            continue
        problem += pulp.lpDot(inside, values[entries]) >= at_least
    return problem, variables


def _as_highs_lp(model: LinearModel) -> Any:
    import highspy

    order = np.argsort(model.rows, kind="stable")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.n_columns, model.n_rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_ = model.row_lower
    lp.row_upper_ = np.full(model.n_rows, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(model.rows[order], np.arange(model.n_rows + 1))
    lp.a_matrix_.index_ = model.columns[order]
    lp.a_matrix_.value_ = model.values[order]
    return lp


def _run(highs: Any) -> None:
    """Run HiGHS, once more where its threads were set otherwise before.

    Its scheduler belongs to the process: after other code ran it with another number of
    threads it does nothing and says "Not Set".
    """
    import highspy

    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kNotset:
        highspy.Highs.resetGlobalScheduler(True)
        highs.run()


@cache
def _highs_class() -> Any:
    """Return PuLP's HiGHS, reading values alone: its own reading of states is left aside.

    PuLP 3.3 has no word for some of them (a node limit raises KeyError) and calls a
    time limit "Optimal".
    """
    import pulp

    class HiGHS(pulp.HiGHS):  # type: ignore[misc]
        def callSolver(self, problem: Any) -> None:  # noqa: N802
            _run(problem.solverModel)

        def findSolutionValues(self, problem: Any) -> tuple[Any, Any]:  # noqa: N802
            values = problem.solverModel.getSolution().col_value
            newer = hasattr(problem, "exported_variables")
            order = problem.exported_variables() if newer else problem.variables()
            self.found = {v.name: value for v, value in zip(order, values, strict=True)}
            if newer:
                return pulp.LpSolveStatus.NotSolved, False
            return pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound

    return HiGHS


def _read_highs(highs: Any, model: LinearModel, found: list[float]) -> Solution:
    import highspy

    states = highspy.HighsModelStatus
    state, info = highs.getModelStatus(), highs.getInfo()
    limits = (
        states.kTimeLimit,
        states.kIterationLimit,
        states.kSolutionLimit,
        states.kInterrupt,
        states.kObjectiveBound,
        states.kObjectiveTarget,
    )
    if state in (states.kInfeasible, states.kUnboundedOrInfeasible):
        return Solution(Status.INFEASIBLE, None, float("inf"), float("inf"))
    if state not in (states.kOptimal, states.kModelEmpty, *limits):
        raise _failure(highs.modelStatusToString(state))
    bound = float(info.mip_dual_bound) if model.integer.any() else float("-inf")
    if state in limits and not np.isfinite(info.objective_function_value):
        return Solution(Status.STOPPED, None, float("inf"), bound)
    values = np.array(found)
    # Solvers return 2.9999996 and -0.0: clean what is whole, and price the cleaned values.
    values = np.where(model.integer, np.round(values), values) + 0.0
    objective = float(model.cost @ values)
    done = state in (states.kOptimal, states.kModelEmpty)
    if not model.integer.any():
        bound = objective if done else bound
    status = Status.OPTIMAL if done else Status.FEASIBLE
    return Solution(status, values, objective, min(bound, objective))


def _cbc(time_limit_s: float) -> Any:
    """Return CBC: PuLP 3 bundles it, PuLP 4 takes it from its extra ``cbc`` or the path."""
    import pulp

    options: dict[str, Any] = {"msg": False, "timeLimit": time_limit_s}
    if int(pulp.__version__.split(".")[0]) < PULP_MAJOR_WITHOUT_BUNDLED_CBC:
        from pulp.apis.coin_api import PULP_CBC_CMD

        options["path"] = PULP_CBC_CMD.pulp_cbc_path
    solver = pulp.COIN_CMD(**options)
    if not solver.available():
        raise SolverError(
            Finding(
                "The cross-check solver CBC is missing.", 'Install it: pip install "pulp[cbc]".'
            )
        )
    return solver


def _status_name(problem: Any, outcome: Any) -> str:
    """Return PuLP's status word: an integer's name in 3.x, the answer's own in 4.x."""
    import pulp

    if isinstance(outcome, int):
        return str(pulp.LpStatus[outcome])
    return str(outcome.status.name)


def _has_solution(problem: Any, outcome: Any) -> bool:
    """Return whether PuLP holds a solution: 4.x says so, 3.x by ``sol_status``."""
    import pulp

    if isinstance(outcome, int):
        found = (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
        return problem.sol_status in found
    return bool(outcome.has_solution)


def _failure(state: str) -> SolverError:
    return SolverError(
        Finding(
            f"The solver ended without an answer ({state}).",
            "Run it again with a time limit; if it persists, report the scenario's hash.",
        )
    )


@contextmanager
def _without_deprecations() -> Iterator[None]:
    """PuLP 3.3 warns of what 4.x removed; both are served here, so nobody need act on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


_first_use = threading.Lock()


def _prepare_highs() -> None:
    with _first_use:
        _print_banner_elsewhere()


@cache
def _print_banner_elsewhere() -> None:
    """Keep HiGHS's banner, printed once a process whatever its options say, off the output.

    On stdout it would break ``--json``; on stderr it would stand in every client's notebook.
    """
    import highspy

    sys.stdout.flush()
    saved, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)
