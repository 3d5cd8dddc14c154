"""HiGHS with nothing of ours in between: what the benchmarks measure us against."""

from __future__ import annotations

from time import perf_counter
from typing import NamedTuple

import highspy
import numpy as np

from bng_opt.optimiser.linear import LinearModel


class BareSolve(NamedTuple):
    """How bare HiGHS fared.

    Attributes
    ----------
    seconds
        Time of ``run()`` alone: passing the model is not counted [s].
    objective
        Cost of its plan; infinite if it found none [GBP].
    bound
        Proven lower bound [GBP].
    proven
        Whether it came to an end before the time limit.
    """

    seconds: float
    objective: float
    bound: float
    proven: bool


def bare_highs(linear: LinearModel, gap_gbp: float, time_limit: float) -> BareSolve:
    """Solve a model with HiGHS as it is: one thread, the same gap, its own presolve.

    Parameters
    ----------
    linear
        The model, unreduced.
    gap_gbp
        Stop when no solution can be cheaper by more than this [GBP].
    time_limit
        Stop after so long [s].
    """
    if linear.n_columns == 0:
        return BareSolve(0.0, 0.0, 0.0, proven=True)
    highs = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_abs_gap", float(gap_gbp)),
        ("mip_rel_gap", 0.0),
        ("time_limit", float(time_limit)),
    ):
        highs.setOptionValue(option, value)
    highs.passModel(_as_lp(linear))
    begin = perf_counter()
    highs.run()
    seconds = perf_counter() - begin
    info, state = highs.getInfo(), highs.getModelStatus()
    return BareSolve(
        seconds,
        float(info.objective_function_value),
        float(info.mip_dual_bound),
        proven=state == highspy.HighsModelStatus.kOptimal,
    )


def _as_lp(linear: LinearModel) -> highspy.HighsLp:
    kinds = highspy.HighsVarType
    order = np.argsort(linear.rows, kind="stable")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = linear.n_columns, linear.n_rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = linear.cost, linear.lower, linear.upper
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in linear.integer]
    lp.row_lower_ = linear.row_lower
    lp.row_upper_ = np.full(linear.n_rows, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(linear.rows[order], np.arange(linear.n_rows + 1))
    lp.a_matrix_.index_ = linear.columns[order]
    lp.a_matrix_.value_ = linear.values[order]
    return lp
