"""Rows that the relaxation must keep too: what a bank can do for a need, at most.

A bank's stock is often many times a need, so "sells only if used" (``x <= u z``) lets the
relaxation open a sliver of a bank. But of what a bank sells, no more than the need itself
counts towards it. For a row ``sum a x + ... >= b`` whose negative purchase terms never
exceed ``N`` in a plan at most as dear as one at hand, and any set ``T`` of banks,

    sum over banks outside T of a x  +  sum over banks in T of (b + N) z  + ...  >=  b

holds for every such plan. Proof: if a bank in ``T`` is used, its term alone is ``b + N``,
what else is positive only adds, and what is negative takes at most ``N``. If none is used,
they sell nothing and the row is the original one. The most violated ``T`` is found at
once: the banks whose sales exceed ``(b + N) z``. (These are flow cover inequalities of
the simplest kind; with them the relaxation's banks are whole in most cases.)

A row that gives surplus away (``... - sum y >= b``, where each ``y`` is another row's
help) is first added to the rows it helps, one by one and all together: there ``y``
cancels, and what isn't added up only loosens the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray, LinearModel
from bng_opt.optimiser.solver import Relaxation, Relaxer, Status, relax

MAX_ROUNDS = 25
"""Rounds of adding rows and solving again; most models need two or three."""
VIOLATED = 1e-4
"""A row counts as violated beyond this share of its right-hand side."""


@dataclass(frozen=True)
class Tightened:
    """A model with the rows added, and its relaxation."""

    linear: LinearModel
    relaxation: Relaxation


@dataclass(frozen=True)
class _Need:
    """A row to which banks contribute: ``fixed`` terms stay, ``linked`` ones belong to banks.

    ``bank`` numbers the bank column of each linked term within ``uses``.
    """

    at_least: float
    reach: float
    fixed: IntArray
    fixed_values: FloatArray
    linked: IntArray
    linked_values: FloatArray
    bank: IntArray
    uses: IntArray

    def violated(self, x: FloatArray) -> Mapping[int, float] | None:
        """Return the most violated row of this need, None if there is none."""
        sold = np.bincount(self.bank, weights=self.linked_values * x[self.linked])
        at_most = self.reach * x[self.uses]
        capped = at_most < sold - 1e-9
        total = self.fixed_values @ x[self.fixed] + np.where(capped, at_most, sold).sum()
        if total >= self.at_least - VIOLATED * max(1.0, abs(self.at_least)):
            return None
        row: dict[int, float] = {}
        kept = ~capped[self.bank]
        _add(row, self.fixed, self.fixed_values)
        _add(row, self.linked[kept], self.linked_values[kept])
        _add(row, self.uses[capped], np.full(int(capped.sum()), self.reach))
        return row


def _add(row: dict[int, float], columns: IntArray, values: FloatArray) -> None:
    for column, value in zip(columns.tolist(), values.tolist(), strict=True):
        row[column] = row.get(column, 0.0) + value


def tighten(linear: LinearModel, is_purchase: BoolArray, upper_bound: float | None) -> Tightened:
    """Return the model with every violated row of the kind above added, round by round.

    Parameters
    ----------
    is_purchase
        Which columns are purchases.
    upper_bound
        Cost of a plan at hand [GBP]; without one, needs that purchases draw on are left
        as they are.
    """
    relaxer = Relaxer(linear)
    relaxation = relaxer.run()
    needs = _needs(linear, is_purchase, upper_bound)
    rows: list[tuple[Mapping[int, float], float]] = []
    for _ in range(MAX_ROUNDS if needs else 0):
        found = [
            (row, need.at_least)
            for need in needs
            if (row := need.violated(relaxation.values)) is not None
        ]
        if not found:
            break
        for row, at_least in found:
            relaxer.add_row(row, at_least)
        rows.extend(found)
        relaxation = relaxer.run()
        if relaxation.status is not Status.OPTIMAL:
            break
    return Tightened(linear.with_rows(rows), relaxation)


def _needs(linear: LinearModel, is_purchase: BoolArray, upper_bound: float | None) -> list[_Need]:
    use_of = np.full(linear.n_columns, -1)
    bound, opens = linear.links()
    use_of[bound] = opens
    is_use = np.zeros(linear.n_columns, dtype=np.bool_)
    is_use[opens] = True
    needs = []
    for columns, values, at_least in _rows_without_help(linear, is_purchase, is_use):
        linked = is_purchase[columns] & (values > 0) & (use_of[columns] >= 0)
        if is_use[columns].any() or not linked.any():
            continue
        drawn = values < 0
        taken = _most_taken(linear, columns[drawn], values[drawn], upper_bound)
        if taken is None or at_least + taken <= VIOLATED:
            continue
        uses, bank = np.unique(use_of[columns[linked]], return_inverse=True)
        needs.append(
            _Need(
                at_least,
                at_least + taken,
                columns[~linked],
                values[~linked],
                columns[linked],
                values[linked],
                bank.astype(np.int64),
                uses.astype(np.int64),
            )
        )
    return needs


_Row = tuple[IntArray, FloatArray, float]


def _rows_without_help(
    linear: LinearModel, is_purchase: BoolArray, is_use: BoolArray
) -> Iterator[_Row]:
    """Return the rows whose negative terms are purchases only, adding up where need be."""
    by_row = linear.by_row()
    helped: dict[int, int] = {}
    giving: list[int] = []
    for row in np.flatnonzero(~linear.link).tolist():
        columns, values = by_row[row]
        given = (values < 0) & ~is_purchase[columns]
        if is_use[columns].any():
            continue
        if given.any():
            giving.append(row)
            continue
        for column in columns[~is_purchase[columns]].tolist():
            helped[column] = row
        yield columns, values, float(linear.row_lower[row])
    for row in giving:
        columns, values = by_row[row]
        given = (values < 0) & ~is_purchase[columns]
        own = (columns[~given], values[~given], float(linear.row_lower[row]))
        rows = [
            _without(by_row[helped[column]], column, float(linear.row_lower[helped[column]]))
            for column in columns[given].tolist()
            if column in helped
        ]
        yield own
        yield from (_sum_of([own, each]) for each in rows)
        if len(rows) > 1:
            yield _sum_of([own, *rows])


def _without(row: tuple[IntArray, FloatArray], column: int, at_least: float) -> _Row:
    columns, values = row
    return columns[columns != column], values[columns != column], at_least


def _sum_of(rows: Sequence[_Row]) -> _Row:
    columns = np.concatenate([columns for columns, _, _ in rows])
    values = np.concatenate([values for _, values, _ in rows])
    distinct, place = np.unique(columns, return_inverse=True)
    sums = np.bincount(place, weights=values)
    entries = sums != 0
    return distinct[entries], sums[entries], sum(at_least for _, _, at_least in rows)


def _most_taken(
    linear: LinearModel, columns: IntArray, values: FloatArray, upper_bound: float | None
) -> float | None:
    """Return the most that purchases can take from a row within the cost at hand."""
    if not len(columns):
        return 0.0
    if upper_bound is None:
        return None
    priced = np.flatnonzero(linear.cost)
    within = linear.with_rows(
        [(dict(zip(priced.tolist(), (-linear.cost[priced]).tolist(), strict=True)), -upper_bound)]
    )
    taken = np.zeros(linear.n_columns)
    taken[columns] = values
    answer = relax(within.with_cost(taken))
    return -answer.objective if answer.status is Status.OPTIMAL else None
