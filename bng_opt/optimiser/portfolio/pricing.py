"""What each site would buy if contested stock cost more, or if less of it were left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bng_opt.optimiser.linear import BoolArray, FloatArray, IntArray
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.portfolio.parallel import map_in_batches
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.portfolio.stock import Choice, Stock
from bng_opt.optimiser.search import TimeLeft, find_cheapest
from bng_opt.optimiser.solver import solve

GAP_PART = 0.1
"""Of the policy's gap, so that the sites' gaps leave room for that of the whole."""
NEAR_GAP = 0.002
"""How far a plan of the columns near may be from their best [share of the site's own cost]."""
NEAR_NODES = 100
"""Nodes that a plan of the columns near may take."""


@dataclass(frozen=True)
class Answer:
    """A site's answer to prices on the stock.

    Attributes
    ----------
    choice
        The plan, None if none was found.
    bound_gbp
        What no plan of the site undercuts, prices on the stock included [GBP].
    """

    choice: Choice | None
    bound_gbp: float


@dataclass(frozen=True)
class Question:
    """A site's model with other costs and less stock.

    Attributes
    ----------
    gap_gbp
        The gap to solve it to [GBP].
    near
        The columns to look among; None where a bound is asked for too.
    """

    model: PurchaseModel
    gap_gbp: float
    near: BoolArray | None


@dataclass(frozen=True)
class Desk:
    """Asks the sites, several at a time.

    Attributes
    ----------
    gap_share
        Plans at prices are proven to this share of the site's own cost, or to a part of its
        policy's gap where that is wider.
    n_jobs
        As joblib has it.
    """

    models: Sequence[SiteModel]
    stock: Stock
    time_left: TimeLeft
    n_jobs: int | None
    gap_share: float = 0.0

    def ask(
        self,
        sites: Sequence[int],
        prices: FloatArray,
        left: IntArray | None = None,
        *,
        near: bool = False,
    ) -> list[Answer]:
        """Return what each of these sites would buy.

        Parameters
        ----------
        prices
            Added to the price of each stock line [GBP/common step].
        left
            What each line still holds [common steps]; all of it without.
        near
            Whether a good plan will do, without a bound: found among the columns near, or
            among all if there is none.
        """
        questions = [self._question(site, prices, left, near) for site in sites]
        found = map_in_batches(_answer, questions, (self.time_left(),), self.n_jobs)
        return [
            Answer(None if values is None else self._choice(site, values), bound)
            for site, (values, bound) in zip(sites, found, strict=True)
        ]

    def _choice(self, site: int, values: FloatArray) -> Choice:
        return self.stock.choice(site, self.models[site], values)

    def _question(
        self, site: int, prices: FloatArray, left: IntArray | None, near: bool
    ) -> Question:
        own = self.models[site]
        model, count = own.model, len(own.model.purchases)
        cost, upper = model.linear.cost.copy(), model.linear.upper.copy()
        cost[:count] += self.stock.price_of(site, prices)
        if left is not None:
            upper[:count] = np.minimum(upper[:count], self.stock.room_of(site, left))
        linear = replace(model.linear, cost=cost, upper=upper)
        # The search reads how many purchases there are, never which; alike, they travel light.
        alike = model.purchases[:1] * count
        light = replace(model, linear=linear, purchases=alike, row_names=())
        share = NEAR_GAP if near and self.gap_share else self.gap_share
        gap = max(GAP_PART * own.gap_gbp, share * own.cost_gbp)
        return Question(light, gap, own.near if near else None)


def _answer(question: Question, seconds: float | None) -> tuple[FloatArray | None, float]:
    if question.near is not None:
        solution = solve(
            question.model.linear.restrict(question.near),
            gap_gbp=question.gap_gbp,
            time_limit_s=seconds,
            max_nodes=NEAR_NODES,
        )
        if solution.values is not None:
            values = np.zeros(len(question.near))
            values[question.near] = solution.values
            return values, 0.0
    found = find_cheapest(question.model, question.gap_gbp, lambda: seconds)
    return found.values, found.bound
