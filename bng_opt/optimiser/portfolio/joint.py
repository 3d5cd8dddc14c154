"""All sites in one model, for portfolios small enough to be solved exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bng_opt.optimiser.banks import BankUse
from bng_opt.optimiser.linear import FloatArray, IntArray, LinearModel
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.portfolio.stock import Choice, Stock


@dataclass(frozen=True)
class JointModel:
    """The sites' models side by side, tied by the stock alone.

    Attributes
    ----------
    model
        Purchases of all sites first, as the search wants them; each site has banks of its
        own, since each makes its own contract and pays its own fee.
    columns_of
        By site, where its columns stand.
    """

    model: PurchaseModel
    columns_of: tuple[IntArray, ...]

    @classmethod
    def of(cls, models: Sequence[SiteModel], stock: Stock) -> JointModel:
        """Return the joint model of these sites."""
        columns_of = _places([each.model for each in models])
        linear = _side_by_side([each.model.linear for each in models], columns_of)
        linear = linear.with_rows(list(_stock_rows(models, stock, columns_of)))
        return cls(_named(linear, [each.model for each in models], columns_of), columns_of)

    def choices(
        self, values: FloatArray, models: Sequence[SiteModel], stock: Stock
    ) -> dict[int, Choice]:
        """Return each site's choice in an answer, one value a column."""
        return {
            site: stock.choice(site, model, values[self.columns_of[site]])
            for site, model in enumerate(models)
        }

    def with_shares(self, models: Sequence[SiteModel]) -> JointModel:
        """Return the model whose cost is the largest share that a site pays above its own.

        One more column ``t``, and for each site ``cost <= (1 + t) * cost alone``.
        """
        linear, share = _with_column(self.model.linear)
        rows = [({**row, share: 1.0}, -1.0) for row in self._relative_costs(models)]
        return replace(self, model=replace(self.model, linear=linear.with_rows(rows)))

    def within_share(self, models: Sequence[SiteModel], share: float) -> JointModel:
        """Return the model in which no site pays more than a share above its own cost."""
        rows = [(row, -1.0 - share) for row in self._relative_costs(models)]
        linear = self.model.linear.with_rows(rows)
        return replace(self, model=replace(self.model, linear=linear))

    def _relative_costs(self, models: Sequence[SiteModel]) -> Iterator[dict[int, float]]:
        """Yield each site's cost as a share of its own, negative as rows are "at least"."""
        for site, each in enumerate(models):
            if each.cost_gbp > 0:
                cost = each.model.linear.cost
                priced = np.flatnonzero(cost)
                columns = self.columns_of[site][priced].tolist()
                shares = (-cost[priced] / each.cost_gbp).tolist()
                yield dict(zip(columns, shares, strict=True))


def _places(models: Sequence[PurchaseModel]) -> tuple[IntArray, ...]:
    purchases = [len(model.purchases) for model in models]
    others = [model.linear.n_columns - len(model.purchases) for model in models]
    first = np.cumsum([0, *purchases])
    second = first[-1] + np.cumsum([0, *others])
    return tuple(
        np.concatenate(
            [
                np.arange(first[site], first[site + 1]),
                np.arange(second[site], second[site + 1]),
            ]
        ).astype(np.int64)
        for site in range(len(models))
    )


def _side_by_side(linears: Sequence[LinearModel], columns_of: Sequence[IntArray]) -> LinearModel:
    order = np.argsort(np.concatenate(columns_of))
    above = np.cumsum([0, *(linear.n_rows for linear in linears)])
    return LinearModel(
        cost=np.concatenate([each.cost for each in linears])[order],
        lower=np.concatenate([each.lower for each in linears])[order],
        upper=np.concatenate([each.upper for each in linears])[order],
        integer=np.concatenate([each.integer for each in linears])[order],
        rows=np.concatenate([n + each.rows for n, each in zip(above, linears, strict=False)]),
        columns=np.concatenate(
            [places[each.columns] for places, each in zip(columns_of, linears, strict=True)]
        ),
        values=np.concatenate([each.values for each in linears]),
        row_lower=np.concatenate([each.row_lower for each in linears]),
        link=np.concatenate([each.link for each in linears]),
    )


def _stock_rows(
    models: Sequence[SiteModel], stock: Stock, columns_of: Sequence[IntArray]
) -> Iterator[tuple[dict[int, float], float]]:
    """Yield "not more than there is" for each line that several sites could buy."""
    rows: dict[int, dict[int, float]] = {}
    most = np.zeros(len(stock.capacity))
    for site, each in enumerate(models):
        lines, step = stock.line_of[site], float(stock.steps_of[site])
        upper = each.model.linear.upper[: len(lines)] * step
        for line, column in zip(lines.tolist(), columns_of[site].tolist(), strict=False):
            rows.setdefault(line, {})[column] = -step
        most += np.bincount(lines, weights=upper, minlength=len(most))
    for line, row in sorted(rows.items()):
        if most[line] > stock.capacity[line] + 0.5:
            yield row, -float(stock.capacity[line])


def _named(
    linear: LinearModel, models: Sequence[PurchaseModel], columns_of: Sequence[IntArray]
) -> PurchaseModel:
    bank_ids: list[str] = []
    bank_of: list[IntArray] = []
    uses: dict[int, BankUse] = {}
    for site, model in enumerate(models):
        bank_of.append(model.bank_of + len(bank_ids))
        bank_ids.extend(f"{site}/{bank_id}" for bank_id in model.bank_ids)
        for column, use in model.bank_uses.items():
            place = int(columns_of[site][column])
            uses[place] = BankUse(f"{site}/{use.bank_id}", use.size)
    return PurchaseModel(
        linear=linear,
        purchases=tuple(purchase for model in models for purchase in model.purchases),
        bank_ids=tuple(bank_ids),
        bank_of=np.concatenate(bank_of).astype(np.int64),
        bank_uses=uses,
        credits={},
        row_names=(),
        n_rules=0,
    )


def _with_column(linear: LinearModel) -> tuple[LinearModel, int]:
    """Return the model with one more column, the only one that costs, and its place."""
    wider = replace(
        linear,
        cost=np.append(np.zeros(linear.n_columns), 1.0),
        lower=np.append(linear.lower, 0.0),
        upper=np.append(linear.upper, np.inf),
        integer=np.append(linear.integer, False),
    )
    return wider, linear.n_columns
