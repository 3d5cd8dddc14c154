"""Break ties in stages: cost, then fewer banks, then nearer banks, then names in order.

The stages look at the plans that buy from the chosen lines and from lines worth exactly
the same: their twins (same effect, same price), and whatever the relaxation finds as good.
Each stage is a model of its own that keeps what the stages before it reached; nothing is
mixed into the cost. Where a stage meets its limit on the work, the plan at hand stands:
the limit counts nodes, not seconds, so the same input still gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray, LinearModel, ModelBuilder
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.reduce import effects_of
from bng_opt.optimiser.search import Found, TimeLeft, no_limit
from bng_opt.optimiser.solver import Solution, solve

HALF_PENNY = 0.005
MAX_NODES = 100
"""Nodes a stage may take."""
STAGE_GAP = 0.5
"""Stages count banks, metres and ranks: whole numbers, so half of one settles them."""


@dataclass(frozen=True)
class _TieModel:
    """The plans that cost no more than the best, with a 0-1 column for each bank.

    Attributes
    ----------
    columns
        The columns of the whole model that stand first here.
    n_purchases
        How many of them are purchases.
    bank_of
        The number of the bank behind each of those.
    use
        The 0-1 column of each bank that may be used, by its number.
    """

    linear: LinearModel
    columns: IntArray
    n_purchases: int
    bank_of: IntArray
    use: dict[int, int]


def break_ties(
    model: PurchaseModel, found: Found, distance_km: FloatArray, time_left: TimeLeft = no_limit
) -> FloatArray:
    """Return the preferred plan among those that cost no more than the one found.

    Parameters
    ----------
    found
        A proven plan.
    distance_km
        Distance from site to bank, by the bank's number [km].
    time_left
        Returns the seconds left, None for no limit; without time the plan found stands.

    Returns
    -------
    One value a column of the model.
    """
    if found.values is None:
        raise ValueError("ties are broken for a plan, and there is none")
    bought = np.flatnonzero(found.values[: len(model.purchases)] > 0.5)
    rivals = _of_equal_worth(model, found, bought)
    if not np.any(rivals[: len(model.purchases)] & (found.values[: len(model.purchases)] < 0.5)):
        return found.values
    tie = _tie_model(model, found, rivals)
    start = _banks_in(tie, _with_uses(tie, found.values[tie.columns]))
    values = _names_in_order(
        tie, _preferred_banks(_any_amounts(tie), start, distance_km, time_left), time_left
    )
    if values is None:
        values = _names_in_order(
            tie, _preferred_banks(tie, start, distance_km, time_left), time_left
        )
    result = found.values.copy()
    if values is not None:
        result[tie.columns] = values[: len(tie.columns)]
    return result


def _of_equal_worth(model: PurchaseModel, found: Found, bought: IntArray) -> BoolArray:
    """Return the chosen columns, their twins and those the relaxation finds as good."""
    linear, purchases = model.linear, np.arange(len(model.purchases))
    rivals = np.ones(linear.n_columns, dtype=np.bool_)
    tiny = 1e-9 * max(1.0, abs(found.objective))
    rivals[purchases] = np.abs(found.reduced_costs[purchases]) <= tiny
    same_price = purchases[np.isin(np.round(linear.cost[purchases], 9),
                                   np.round(linear.cost[bought], 9))]  # fmt: skip
    signature = np.column_stack([effects_of(linear, same_price), linear.cost[same_price]])
    _, kind = np.unique(np.round(signature, 9), axis=0, return_inverse=True)
    rivals[same_price] |= np.isin(kind, kind[np.isin(same_price, bought)])
    return rivals


def _tie_model(model: PurchaseModel, found: Found, rivals: BoolArray) -> _TieModel:
    """Return the rivals, a 0-1 column a bank, and "costs no more than the best"."""
    linear = model.linear.restrict(rivals)
    columns = np.flatnonzero(rivals)
    n_purchases = int(np.searchsorted(columns, len(model.purchases)))
    bank_of = model.bank_of[columns[:n_purchases]]
    builder = ModelBuilder.of(linear)
    use: dict[int, int] = {}
    for bank in np.unique(bank_of).tolist():
        use[bank] = builder.add_column(0.0, 1.0)
        mine = np.flatnonzero(bank_of == bank)
        for column in mine.tolist():
            entries = np.array([use[bank], column]), np.array([linear.upper[column], -1.0])
            builder.add_row("sells only if used", *entries, 0.0, link=True)
    priced = np.flatnonzero(linear.cost)
    builder.add_row("costs no more", priced, -linear.cost[priced], -(found.objective + HALF_PENNY))
    return _TieModel(builder.build(), columns, n_purchases, bank_of, use)


def _with_uses(tie: _TieModel, values: FloatArray) -> FloatArray:
    whole = np.zeros(tie.linear.n_columns)
    whole[: len(values)] = values
    bought = tie.bank_of[whole[: tie.n_purchases] > 0.5]
    whole[[tie.use[bank] for bank in np.unique(bought).tolist()]] = 1.0
    return whole


def _any_amounts(tie: _TieModel) -> _TieModel:
    """Return the model with amounts that need not be whole steps: far quicker to solve.

    It can only find sets of banks that come no later in the order of preference; so the
    set it finds is the preferred one if that set also sells a plan in whole steps.
    """
    integer = tie.linear.integer.copy()
    integer[: tie.n_purchases] = False
    return replace(tie, linear=replace(tie.linear, integer=integer))


def _banks_in(tie: _TieModel, values: FloatArray) -> frozenset[int]:
    return frozenset(bank for bank, column in tie.use.items() if values[column] > 0.5)


def _preferred_banks(
    tie: _TieModel, banks: frozenset[int], distance_km: FloatArray, time_left: TimeLeft
) -> frozenset[int]:
    """Return the fewest, then nearest banks that can sell a plan of this cost."""
    uses = list(tie.use.values())
    few = tie.linear.with_row(dict.fromkeys(uses, -1.0), -float(len(banks)))
    # Any other set of at most as many banks leaves out one of these.
    other = few.with_row({tie.use[bank]: -1.0 for bank in banks}, -float(len(banks) - 1))
    fewest = _stage(other, _indicator(tie, np.ones(len(uses))), time_left)
    if fewest.values is None:
        return banks
    least = round(fewest.objective)
    if least < len(banks):
        banks = _banks_in(tie, fewest.values)
    few = tie.linear.with_rows(
        [(dict.fromkeys(uses, -1.0), -float(least)), (dict.fromkeys(uses, 1.0), float(least))]
    )
    metres = np.round(distance_km[list(tie.use)] * 1000)
    nearest = _stage(few, _indicator(tie, metres), time_left)
    if nearest.values is None:
        return banks
    return _first_named(few, tie, _banks_in(tie, nearest.values), metres, time_left)


def _first_named(
    few: LinearModel,
    tie: _TieModel,
    banks: frozenset[int],
    metres: FloatArray,
    time_left: TimeLeft,
) -> frozenset[int]:
    """Return the banks that come first in order, trying those as far away as a chosen one."""
    away = dict(zip(tie.use, metres.tolist(), strict=True))
    same = {away[bank] for bank in banks}
    if not any(away[bank] in same for bank in tie.use if bank not in banks):
        return banks
    upper = few.upper.copy()
    upper[[column for bank, column in tie.use.items() if away[bank] not in same]] = 0.0
    column_of = list(tie.use.values())
    near = few.with_bounds(few.lower, upper).with_row(
        dict(zip(column_of, (-metres).tolist(), strict=True)),
        -(sum(away[bank] for bank in banks) + STAGE_GAP),
    )
    ranks = np.arange(len(column_of), dtype=np.float64)
    named = _stage(near, _indicator(tie, ranks), time_left)
    return banks if named.values is None else _banks_in(tie, named.values)


def _stage(model: LinearModel, cost: FloatArray, time_left: TimeLeft) -> Solution:
    return solve(
        model.with_cost(cost),
        gap_gbp=STAGE_GAP,
        max_nodes=MAX_NODES,
        time_limit_s=time_left(),
    )


def _indicator(tie: _TieModel, weights: FloatArray) -> FloatArray:
    cost = np.zeros(tie.linear.n_columns)
    cost[list(tie.use.values())] = weights
    return cost


def _names_in_order(
    tie: _TieModel, banks: frozenset[int], time_left: TimeLeft
) -> FloatArray | None:
    """Return the amounts that favour the stock that comes first in order, at these banks."""
    closed = [column for bank, column in tie.use.items() if bank not in banks]
    upper = tie.linear.upper.copy()
    upper[closed] = 0.0
    upper[: tie.n_purchases][~np.isin(tie.bank_of, list(banks))] = 0.0
    ranks = np.zeros(tie.linear.n_columns)
    ranks[: tie.n_purchases] = np.arange(1, tie.n_purchases + 1)
    model = tie.linear.with_bounds(tie.linear.lower, upper)
    return _stage(model, ranks, time_left).values
