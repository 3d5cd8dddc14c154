"""Leave out what provably can't be in a cheapest plan.

Every rule here keeps at least one cheapest plan, so the least cost of what is left is the
least cost of all; each states its proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray, LinearModel

BUDGET_SLACK = 1e-6
"""Bounds are compared with this much doubt [GBP, relative to the larger side]."""


def components(model: LinearModel) -> IntArray:
    """Return a component number for each column: columns that share a row share a number.

    Components have no row in common, so each can be solved by itself.
    """
    parent = list(range(model.n_columns))

    def root(column: int) -> int:
        while parent[column] != column:
            parent[column] = parent[parent[column]]
            column = parent[column]
        return column

    order = np.argsort(model.rows, kind="stable")
    rows, columns = model.rows[order].tolist(), model.columns[order].tolist()
    first: dict[int, int] = {}
    for row, column in zip(rows, columns, strict=True):
        if row in first:
            parent[root(column)] = first[row] = root(first[row])
        else:
            first[row] = root(column)
    roots = np.array([root(column) for column in range(model.n_columns)], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def affordable(model: LinearModel, duals: FloatArray, upper_bound: float) -> FloatArray:
    """Return how much of each column a plan may hold that costs at most the upper bound.

    Proof: with prices ``p >= 0`` on the rows that aren't links, any plan costs at least
    ``p @ b`` plus the sum of each column's own worth ``r = c - p @ A``, times its amount.
    That sum falls apart: a column that hangs on nothing adds at least ``min(0, r u)``; a
    bank's use with its purchases adds nothing if unused and otherwise at least
    ``v = r(use) + sum of min(0, r u)`` over its purchases, so at least ``min(0, v)``. A plan
    that uses the bank hence costs at least the bound plus ``max(0, v)``, and one that buys
    ``t`` of a purchase at least that plus ``t max(0, r)``. What would cost more than a plan
    at hand isn't bought in any cheaper one.

    Parameters
    ----------
    duals
        Prices of the rows in the relaxation [GBP].
    upper_bound
        Cost of a plan at hand [GBP].

    Returns
    -------
    An upper bound for each column; those that aren't whole-valued keep theirs.
    """
    priced = np.where(model.link, 0.0, np.maximum(duals, 0.0))
    worth = model.cost - np.bincount(
        model.columns, weights=model.values * priced[model.rows], minlength=model.n_columns
    )
    best = np.minimum(0.0, worth * np.where(worth < 0, model.upper, 0.0))
    bound, opens = model.links()
    uses = np.unique(opens)
    use_worth = worth[uses] + np.bincount(
        np.searchsorted(uses, opens), weights=best[bound], minlength=len(uses)
    )
    entry = np.zeros(model.n_columns)
    entry[uses] = np.maximum(0.0, use_worth)
    entry[bound] = entry[opens]
    alone = np.ones(model.n_columns, dtype=np.bool_)
    alone[bound] = alone[uses] = False
    lower_bound = priced @ model.row_lower + best[alone].sum() + np.minimum(0, use_worth).sum()
    room = upper_bound - lower_bound + BUDGET_SLACK * max(1.0, abs(upper_bound)) - entry
    each = np.maximum(0.0, worth)
    each[uses] = 0.0
    most = np.full(model.n_columns, np.inf)
    costs = each > 0
    most[costs] = np.floor(np.maximum(room[costs], 0.0) / each[costs])
    most[room < 0] = 0.0
    movable = model.integer & (model.lower == 0)
    return np.where(movable, np.minimum(model.upper, most), model.upper)


def undominated(model: LinearModel, columns: IntArray, budget: float) -> BoolArray:
    """Return which purchase columns remain when dominated ones are left out.

    Column ``i`` dominates ``j`` if a step of ``i`` costs strictly less and does at least
    as much in every rule. If a plan buys ``j`` while ``i`` has stock left, swapping a step
    keeps it lawful and lowers its cost; so in a cheapest plan that buys ``j`` all of
    ``j``'s dominators are sold out, and the plan costs at least their whole stock. If that
    alone is above the cost of a plan at hand, no cheapest plan buys ``j``.

    The swap must leave every bank as it is. Either ``i`` and ``j`` hang on the same use of
    the same bank, which is open and whose total stays; or ``i`` hangs on no use, and ``j``
    on none whose total has a range, so that selling less there breaks nothing.

    Parameters
    ----------
    columns
        The purchase columns.
    budget
        Cost of a plan at hand [GBP].
    """
    use_of = np.full(model.n_columns, -1)
    bound, opens = model.links()
    use_of[bound] = opens
    ranged = np.zeros(model.n_columns, dtype=np.bool_)
    ranged[model.columns[(model.uses_in_rows() & ~model.link)[model.rows]]] = True
    group = _Candidates(
        effects_of(model, columns),
        model.cost[columns],
        model.upper[columns],
        use_of[columns],
        ranged[columns],
    )
    keep = np.ones(len(columns), dtype=np.bool_)
    for alike in _groups_of_like_support(group.effects):
        keep[alike] &= _survivors(alike, group, budget)
    rest = np.flatnonzero(keep)
    keep[rest] &= _survivors(rest, group, budget)
    return keep


@dataclass(frozen=True)
class _Candidates:
    """Purchase columns as parallel arrays; ``use`` is -1 where none is hung on."""

    effects: FloatArray
    cost: FloatArray
    stock: FloatArray
    use: IntArray
    ranged: BoolArray


def effects_of(model: LinearModel, columns: IntArray) -> FloatArray:
    """Return the coefficients of the columns, dense, in the rows that know no bank's use."""
    position = np.full(model.n_columns, -1)
    position[columns] = np.arange(len(columns))
    entries = (position[model.columns] >= 0) & ~model.uses_in_rows()[model.rows]
    rows = model.rows[entries]
    used, index = np.unique(rows, return_inverse=True)
    dense = np.zeros((len(columns), len(used)))
    dense[position[model.columns[entries]], index] = model.values[entries]
    return dense


def _groups_of_like_support(effects: FloatArray) -> list[IntArray]:
    """Return the columns grouped by the rows they touch and the signs there."""
    signs = np.sign(effects).astype(np.int8)
    _, group = np.unique(signs, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    return [part for part in np.split(order, cuts) if len(part) > 1]


_BLOCK = 256
"""Columns compared with all others at a time, to bound the memory."""


def _survivors(group: IntArray, candidates: _Candidates, budget: float) -> BoolArray:
    cost, effects = candidates.cost, candidates.effects
    worth = cost[group] * candidates.stock[group]
    use, free = candidates.use[group][:, None], candidates.use[group][:, None] < 0
    kept = np.ones(len(group), dtype=np.bool_)
    for start in range(0, len(group), _BLOCK):
        block = group[start : start + _BLOCK]
        dominates = cost[group][:, None] < cost[block][None, :]
        swaps_bank = free & ~candidates.ranged[block]
        dominates &= swaps_bank | (use == candidates.use[block])
        for row in range(effects.shape[1]):
            dominates &= effects[group, row][:, None] >= effects[block, row][None, :]
        sold_out = worth @ dominates
        slack = BUDGET_SLACK * max(1.0, budget)
        kept[start : start + _BLOCK] = sold_out + cost[block] <= budget + slack
    return kept
