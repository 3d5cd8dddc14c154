"""A mixed-integer linear model as arrays: what the optimiser builds and the solver reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class LinearModel:
    """Minimise ``cost @ x`` subject to ``A @ x >= row_lower`` and bounds on ``x``.

    Attributes
    ----------
    cost, lower, upper
        One value a column [GBP, and the column's own unit].
    integer
        Which columns take whole values only.
    rows, columns, values
        The non-zero entries of ``A``: row index, column index and coefficient.
    row_lower
        One value a row; every row is "at least".
    link
        Which rows only say that a column is zero unless another one isn't.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    rows: IntArray
    columns: IntArray
    values: FloatArray
    row_lower: FloatArray
    link: BoolArray

    @property
    def n_columns(self) -> int:
        """Return the number of columns."""
        return len(self.cost)

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return len(self.row_lower)

    def links(self) -> tuple[IntArray, IntArray]:
        """Return the linked columns and, beside each, the column it hangs on."""
        entries = np.flatnonzero(self.link[self.rows])
        entries = entries[np.argsort(self.rows[entries], kind="stable")]
        bound = entries[self.values[entries] < 0]
        opens = entries[self.values[entries] > 0]
        return self.columns[bound], self.columns[opens]

    def uses_in_rows(self) -> BoolArray:
        """Return which rows hold a column that others hang on."""
        is_use = np.zeros(self.n_columns, dtype=np.bool_)
        is_use[self.links()[1]] = True
        found = np.zeros(self.n_rows, dtype=np.bool_)
        found[self.rows[is_use[self.columns]]] = True
        return found

    def with_bounds(self, lower: FloatArray, upper: FloatArray) -> LinearModel:
        """Return the model with other bounds."""
        return replace(self, lower=lower, upper=upper)

    def with_cost(self, cost: FloatArray) -> LinearModel:
        """Return the model with another objective."""
        return replace(self, cost=cost)

    def with_row(self, coefficients: Mapping[int, float], at_least: float) -> LinearModel:
        """Return the model with one more row."""
        return self.with_rows([(coefficients, at_least)])

    def with_rows(self, rows: Sequence[tuple[Mapping[int, float], float]]) -> LinearModel:
        """Return the model with more rows, each coefficients by column and "at least"."""
        if not rows:
            return self
        counts = [len(coefficients) for coefficients, _ in rows]
        numbers = self.n_rows + np.repeat(np.arange(len(rows)), counts)
        columns = [column for coefficients, _ in rows for column in coefficients]
        values = [value for coefficients, _ in rows for value in coefficients.values()]
        return replace(
            self,
            rows=np.append(self.rows, numbers),
            columns=np.append(self.columns, np.array(columns, dtype=np.int64)),
            values=np.append(self.values, np.array(values, dtype=np.float64)),
            row_lower=np.append(self.row_lower, [at_least for _, at_least in rows]),
            link=np.append(self.link, np.zeros(len(rows), dtype=np.bool_)),
        )

    def by_row(self) -> list[tuple[IntArray, FloatArray]]:
        """Return the columns and values of each row."""
        order = np.argsort(self.rows, kind="stable")
        cuts = np.searchsorted(self.rows[order], np.arange(1, self.n_rows))
        columns = np.split(self.columns[order], cuts)
        return list(zip(columns, np.split(self.values[order], cuts), strict=True))

    def restrict(self, keep: BoolArray) -> LinearModel:
        """Return the model of some columns, the others being fixed at zero.

        Rows that lose their last entry are kept when zero doesn't satisfy them, so that
        an infeasible restriction stays infeasible.
        """
        entries = np.bincount(self.rows[keep[self.columns]], minlength=self.n_rows)
        return self._select(keep, (entries > 0) | (self.row_lower > 0))

    def part(self, columns: BoolArray) -> LinearModel:
        """Return the model of columns that share no row with the others."""
        inside = np.bincount(self.rows[columns[self.columns]], minlength=self.n_rows)
        outside = np.bincount(self.rows[~columns[self.columns]], minlength=self.n_rows)
        return self._select(columns, (inside > 0) | ((outside == 0) & (self.row_lower > 0)))

    def _select(self, keep: BoolArray, live: BoolArray) -> LinearModel:
        chosen = keep[self.columns] & live[self.rows]
        return LinearModel(
            cost=self.cost[keep],
            lower=self.lower[keep],
            upper=self.upper[keep],
            integer=self.integer[keep],
            rows=(np.cumsum(live) - 1)[self.rows[chosen]],
            columns=(np.cumsum(keep) - 1)[self.columns[chosen]],
            values=self.values[chosen],
            row_lower=self.row_lower[live],
            link=self.link[live],
        )


@dataclass
class ModelBuilder:
    """Collects columns and rows, then freezes them into a :class:`LinearModel`."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_names: list[str] = field(default_factory=list)
    link: list[bool] = field(default_factory=list)
    _rows: list[IntArray] = field(default_factory=list)
    _columns: list[IntArray] = field(default_factory=list)
    _values: list[FloatArray] = field(default_factory=list)

    @classmethod
    def of(cls, model: LinearModel) -> ModelBuilder:
        """Return a builder that goes on from a model."""
        return cls(
            model.cost.tolist(),
            model.lower.tolist(),
            model.upper.tolist(),
            model.integer.tolist(),
            model.row_lower.tolist(),
            [""] * model.n_rows,
            model.link.tolist(),
            [model.rows],
            [model.columns],
            [model.values],
        )

    def add_column(
        self, cost: float, upper: float, *, lower: float = 0.0, integer: bool = True
    ) -> int:
        """Add one column and return its index."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.cost) - 1

    def add_row(
        self,
        name: str,
        columns: IntArray,
        values: FloatArray,
        at_least: float,
        *,
        link: bool = False,
    ) -> int:
        """Add one row ``values @ x[columns] >= at_least`` and return its index."""
        row = len(self.row_lower)
        self.row_lower.append(at_least)
        self.row_names.append(name)
        self.link.append(link)
        self._rows.append(np.full(len(columns), row, dtype=np.int64))
        self._columns.append(np.asarray(columns, dtype=np.int64))
        self._values.append(np.asarray(values, dtype=np.float64))
        return row

    def add_row_with(
        self,
        name: str,
        columns: IntArray,
        values: FloatArray,
        extra: Sequence[tuple[int, float]],
        at_least: float,
    ) -> int:
        """Add one row of many columns and a few ``extra`` ones, each with its value."""
        return self.add_row(
            name,
            np.append(columns, [column for column, _ in extra]).astype(np.int64),
            np.append(values, [value for _, value in extra]),
            at_least,
        )

    def build(self) -> LinearModel:
        """Return the model."""
        return LinearModel(
            cost=np.array(self.cost, dtype=np.float64),
            lower=np.array(self.lower, dtype=np.float64),
            upper=np.array(self.upper, dtype=np.float64),
            integer=np.array(self.integer, dtype=np.bool_),
            rows=np.concatenate([np.empty(0, np.int64), *self._rows]),
            columns=np.concatenate([np.empty(0, np.int64), *self._columns]),
            values=np.concatenate([np.empty(0, np.float64), *self._values]),
            row_lower=np.array(self.row_lower, dtype=np.float64),
            link=np.array(self.link, dtype=np.bool_),
        )
