"""Break ties in stages: cost, then fewer banks, then nearer banks, then names in order.

The stages look at the plans that buy from the chosen lines and from lines worth exactly
the same: their twins (same effect, same price), and whatever the relaxation finds as good.
Each stage is a model of its own that keeps what the stages before it reached; nothing is
mixed into the cost. Where a stage meets its limit on the work, the plan at hand stands:
the limit counts nodes, not seconds, so the same input still gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray, LinearModel, ModelBuilder
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.reduce import effects_of
from bng_opt.optimiser.search import Found
from bng_opt.optimiser.solver import solve

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


def break_ties(model: PurchaseModel, found: Found, distance_km: FloatArray) -> FloatArray:
    """Return the preferred plan among those that cost no more than the one found.

    Parameters
    ----------
    found
        A proven plan.
    distance_km
        Distance from site to bank, by the bank's number [km].

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
    start = _with_uses(tie, found.values[tie.columns])
    banks = _preferred_banks(tie, _banks_in(tie, start), distance_km)
    values = _names_in_order(tie, banks)
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


def _banks_in(tie: _TieModel, values: FloatArray) -> frozenset[int]:
    return frozenset(bank for bank, column in tie.use.items() if values[column] > 0.5)


def _preferred_banks(
    tie: _TieModel, banks: frozenset[int], distance_km: FloatArray
) -> frozenset[int]:
    """Return the fewest, then nearest banks that can sell a plan of this cost."""
    uses = list(tie.use.values())
    few = tie.linear.with_row(dict.fromkeys(uses, -1.0), -float(len(banks)))
    # Any other set of at most as many banks leaves out one of these.
    other = few.with_row({tie.use[bank]: -1.0 for bank in banks}, -float(len(banks) - 1))
    count = _indicator(tie, np.ones(len(uses)))
    fewest = solve(other.with_cost(count), gap_gbp=STAGE_GAP, max_nodes=MAX_NODES)
    if fewest.values is None:
        return banks
    least = round(fewest.objective)
    if least < len(banks):
        banks = _banks_in(tie, fewest.values)
    few = tie.linear.with_row(dict.fromkeys(uses, -1.0), -float(least))
    metres = np.round(distance_km[list(tie.use)] * 1000)
    nearest = solve(few.with_cost(_indicator(tie, metres)), gap_gbp=STAGE_GAP, max_nodes=MAX_NODES)
    if nearest.values is None:
        return banks
    near = few.with_row(
        dict(zip(uses, (-metres).tolist(), strict=True)), -(nearest.objective + STAGE_GAP)
    )
    ranks = np.arange(len(uses), dtype=np.float64)
    named = solve(near.with_cost(_indicator(tie, ranks)), gap_gbp=STAGE_GAP, max_nodes=MAX_NODES)
    return _banks_in(tie, nearest.values if named.values is None else named.values)


def _indicator(tie: _TieModel, weights: FloatArray) -> FloatArray:
    cost = np.zeros(tie.linear.n_columns)
    cost[list(tie.use.values())] = weights
    return cost


def _names_in_order(tie: _TieModel, banks: frozenset[int]) -> FloatArray | None:
    """Return the amounts that favour the stock that comes first in order, at these banks."""
    closed = [column for bank, column in tie.use.items() if bank not in banks]
    upper = tie.linear.upper.copy()
    upper[closed] = 0.0
    upper[: tie.n_purchases][~np.isin(tie.bank_of, list(banks))] = 0.0
    ranks = np.zeros(tie.linear.n_columns)
    ranks[: tie.n_purchases] = np.arange(1, tie.n_purchases + 1)
    model = tie.linear.with_bounds(tie.linear.lower, upper).with_cost(ranks)
    return solve(model, gap_gbp=STAGE_GAP, max_nodes=MAX_NODES).values
