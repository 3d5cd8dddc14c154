"""The master problem: one plan for each site, out of those found, within the stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bng_opt.optimiser.linear import FloatArray, IntArray, LinearModel, ModelBuilder
from bng_opt.optimiser.portfolio.stock import Choice, Stock
from bng_opt.optimiser.solver import Relaxation, relax, solve

SHARE_GAP = 1e-5
"""Shares above the stand-alone cost are compared with this much doubt."""
MAX_NODES = 200
"""Nodes the whole-valued master may take: nodes, not seconds, so that the answer is the same."""


@dataclass(frozen=True)
class Master:
    """Choices as 0-1 columns; one row a site, and one a line that they could oversell.

    Attributes
    ----------
    unserved_gbp
        What leaving a site out counts [GBP]: the last columns, one a site, stand for that.
    lines
        The stock lines with a row, after the rows of the sites.
    """

    choices: Sequence[Choice]
    n_sites: int
    unserved_gbp: float
    lines: IntArray
    capacity: IntArray
    linear: LinearModel

    @classmethod
    def of(
        cls, choices: Sequence[Choice], n_sites: int, stock: Stock, unserved_gbp: float
    ) -> Master:
        """Return the master problem of these choices."""
        lines = _could_be_oversold(choices, n_sites, stock)
        builder = ModelBuilder()
        for choice in choices:
            builder.add_column(choice.cost_gbp, 1.0)
        for _ in range(n_sites):
            builder.add_column(unserved_gbp, 1.0)
        _add_sites(builder, choices, n_sites)
        _add_lines(builder, choices, lines, stock.capacity)
        return cls(choices, n_sites, unserved_gbp, lines, stock.capacity, builder.build())

    def relaxed(self) -> Relaxation:
        """Return the continuous answer."""
        return relax(self.linear)

    def prices(self, relaxation: Relaxation) -> FloatArray:
        """Return the price that a continuous answer puts on each stock line [GBP/common step]."""
        prices = np.zeros(len(self.capacity))
        duals = np.maximum(relaxation.duals[self.n_sites :], 0.0)
        prices[self.lines] = duals / self.capacity[self.lines]
        return prices

    def most_chosen(self, relaxation: Relaxation) -> dict[int, Choice]:
        """Return the choice that a continuous answer uses most at each site."""
        best: dict[int, tuple[float, Choice]] = {}
        for share, choice in zip(relaxation.values, self.choices, strict=False):
            if share > 1e-9 and share > best.get(choice.site, (0.0, choice))[0]:
                best[choice.site] = (share, choice)
        return {site: choice for site, (_, choice) in best.items()}

    def selected(self, gap_gbp: float, seconds: float | None) -> dict[int, Choice]:
        """Return the best whole-valued answer found: a choice for each site it serves."""
        solution = solve(self.linear, gap_gbp=gap_gbp, time_limit_s=seconds, max_nodes=MAX_NODES)
        if solution.values is None:
            return {}
        return self.chosen_in(solution.values)

    def fairest(
        self, alone_gbp: FloatArray, gap_gbp: float, seconds: float | None
    ) -> dict[int, Choice]:
        """Return the choices whose largest cost relative to the stand-alone cost is least.

        Parameters
        ----------
        alone_gbp
            Each site's stand-alone cost [GBP]; sites that cost nothing can't be hit.
        """
        share, rows = self.linear.n_columns, self._relative_costs(alone_gbp)
        wider = replace(
            self.linear,
            cost=np.append(np.zeros(share), 1.0),
            lower=np.append(self.linear.lower, 0.0),
            upper=np.append(self.linear.upper, np.inf),
            integer=np.append(self.linear.integer, False),
        ).with_rows([({**row, share: 1.0}, -1.0) for row in rows])
        least = solve(wider, gap_gbp=SHARE_GAP, time_limit_s=seconds, max_nodes=MAX_NODES)
        if least.values is None:
            return {}
        most = 1.0 + least.objective + SHARE_GAP
        capped = self.linear.with_rows([(row, -most) for row in rows])
        best = solve(capped, gap_gbp=gap_gbp, time_limit_s=seconds, max_nodes=MAX_NODES)
        return self.chosen_in(least.values[:-1] if best.values is None else best.values)

    def _relative_costs(self, alone_gbp: FloatArray) -> list[dict[int, float]]:
        """Return each site's cost as a share of its own, negative as rows are "at least"."""
        rows: list[dict[int, float]] = [{} for _ in range(self.n_sites)]
        for column, choice in enumerate(self.choices):
            if alone_gbp[choice.site] > 0:
                share = choice.cost_gbp / float(alone_gbp[choice.site])
                rows[choice.site][column] = -share
        for site, row in enumerate(rows):
            if row:
                row[len(self.choices) + site] = -self.unserved_gbp / float(alone_gbp[site])
        return [row for row in rows if row]

    def chosen_in(self, values: FloatArray) -> dict[int, Choice]:
        """Return the cheapest choice of each site among the columns that are 1."""
        found: dict[int, Choice] = {}
        for column in np.flatnonzero(values[: len(self.choices)] > 0.5).tolist():
            choice = self.choices[column]
            known = found.get(choice.site)
            if known is None or choice.cost_gbp < known.cost_gbp:
                found[choice.site] = choice
        return found


def _could_be_oversold(choices: Sequence[Choice], n_sites: int, stock: Stock) -> IntArray:
    """Return the lines of which the sites could want more than there is, each its most."""
    most: dict[tuple[int, int], int] = {}
    for choice in choices:
        for line, steps in zip(choice.lines.tolist(), choice.steps.tolist(), strict=True):
            key = (choice.site, line)
            most[key] = max(steps, most.get(key, 0))
    total = np.zeros(len(stock.capacity), dtype=np.int64)
    for (_, line), steps in most.items():
        total[line] += steps
    return np.flatnonzero(total > stock.capacity)


def _add_sites(builder: ModelBuilder, choices: Sequence[Choice], n_sites: int) -> None:
    columns: list[list[int]] = [[len(choices) + site] for site in range(n_sites)]
    for column, choice in enumerate(choices):
        columns[choice.site].append(column)
    for own in columns:
        builder.add_row("is served", np.array(own), np.ones(len(own)), 1.0)


def _add_lines(
    builder: ModelBuilder, choices: Sequence[Choice], lines: IntArray, capacity: IntArray
) -> None:
    """Add "not more than there is", as shares of what there is."""
    rows: dict[int, tuple[list[int], list[float]]] = {line: ([], []) for line in lines.tolist()}
    for column, choice in enumerate(choices):
        for line, steps in zip(choice.lines.tolist(), choice.steps.tolist(), strict=True):
            if line in rows:
                rows[line][0].append(column)
                rows[line][1].append(-steps / float(capacity[line]))
    for columns, values in rows.values():
        builder.add_row("in stock", np.array(columns), np.array(values), -1.0)
