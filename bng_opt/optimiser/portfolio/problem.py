"""The joint problem of a portfolio, and its answers: exact where small, decomposed where not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bng_opt.optimiser.portfolio.decompose import Wish, decompose
from bng_opt.optimiser.portfolio.joint import JointModel
from bng_opt.optimiser.portfolio.master import SHARE_GAP, Master
from bng_opt.optimiser.portfolio.polish import polish
from bng_opt.optimiser.portfolio.pricing import Desk
from bng_opt.optimiser.portfolio.serve import serve
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.portfolio.stock import Choice, Stock
from bng_opt.optimiser.search import TimeLeft
from bng_opt.optimiser.solver import solve

FAIR_NODES = 2_000
"""Nodes that the fairest sharing may take, each of its two stages."""
PRICING_PART = 0.1
"""At prices, sites' plans are proven to this part of the gap wished for the whole."""


@dataclass(frozen=True)
class Effort:
    """How hard to search.

    Parameters
    ----------
    gap_share
        Beyond the size that is solved exactly, stop when nothing can be cheaper by more than
        this share of the total cost.
    max_rounds
        And stop after so many rounds of prices.
    exact_columns
        Portfolios whose models have no more columns together are solved exactly: to the
        gaps of their policies added up [GBP] instead of a share.
    n_jobs
        Workers, as joblib has it: None takes what ``joblib.parallel_config`` says. The answer
        is the same with any number.
    """

    gap_share: float = 0.005
    max_rounds: int = 30
    exact_columns: int = 5_000
    n_jobs: int | None = None


@dataclass(frozen=True)
class Outcome:
    """A joint purchase.

    Attributes
    ----------
    served
        A plan by site, in the order of the models; sites without one aren't in it.
    bound_gbp
        What no joint purchase that serves all sites undercuts [GBP].
    is_impossible
        Whether it is proven that the sites can't all be served.
    pool
        Every plan found on the way.
    """

    served: Mapping[int, Choice]
    bound_gbp: float
    rounds: int = 0
    is_impossible: bool = False
    pool: tuple[Choice, ...] = field(default=(), repr=False)

    @property
    def cost_gbp(self) -> float:
        """Return what all sites pay together [GBP]."""
        return sum(choice.cost_gbp for choice in self.served.values())


@dataclass(frozen=True)
class Problem:
    """The sites that can be served alone, and the stock they share.

    Attributes
    ----------
    wish
        The gap that is good enough: in pounds alone where the problem is small.
    """

    models: Sequence[SiteModel]
    stock: Stock
    desk: Desk
    effort: Effort
    wish: Wish
    is_small: bool

    @classmethod
    def of(cls, models: Sequence[SiteModel], effort: Effort, time_left: TimeLeft) -> Problem:
        """Return the problem of these sites."""
        stock = Stock.of(models)
        columns = sum(model.model.linear.n_columns for model in models)
        is_small = columns <= effort.exact_columns
        share = 0.0 if is_small else effort.gap_share
        wish = Wish(sum(model.gap_gbp for model in models), share)
        desk = Desk(models, stock, time_left, effort.n_jobs, PRICING_PART * share)
        return cls(models, stock, desk, effort, wish, is_small)

    @property
    def alone(self) -> dict[int, Choice]:
        """Return the plan of each site if it were alone."""
        return {
            site: self.stock.choice(site, model, model.values)
            for site, model in enumerate(self.models)
        }

    def oversold(self, choices: Iterable[Choice]) -> tuple[str, ...]:
        """Return the stock lines of which choices want more than there is."""
        excess = self.stock.sold(choices) > self.stock.capacity
        return tuple(self.stock.stock_ids[line] for line in np.flatnonzero(excess))

    def cheapest(self) -> Outcome:
        """Return the least joint cost."""
        alone = self.alone
        if not self.oversold(alone.values()):
            bound = sum(model.bound_gbp for model in self.models)
            return Outcome(alone, bound, pool=tuple(alone.values()))
        standing = decompose(self.desk, self.wish, self.effort.max_rounds)
        if len(standing.best) == len(self.models) and not standing.is_proven:
            polish(standing)
        pool, impossible = tuple(standing.pool.values()), bool(np.isinf(standing.bound_gbp))
        return Outcome(standing.best, standing.bound_gbp, standing.rounds, impossible, pool)

    def first_come(self, order: Sequence[int]) -> Outcome:
        """Return what happens if sites come in order and each takes the cheapest left."""
        none = np.zeros(len(self.stock.capacity))
        served = serve(self.desk, order, self.alone, none)
        bound = sum(self.models[site].bound_gbp for site in served)
        return Outcome(served, bound, pool=tuple(served.values()))

    def fairest(self, known: Outcome) -> Outcome:
        """Return the purchase whose hardest-hit site pays least above its stand-alone cost.

        Parameters
        ----------
        known
            A purchase that serves all sites; what comes back is no worse for its hardest
            hit.
        """
        if self.worst_share(known.served) <= 0:
            return known
        if self.is_small:
            found = self._fairest_exactly()
        else:
            master = Master.of(known.pool, len(self.models), self.stock, known.cost_gbp + 1.0)
            alone = np.array([model.cost_gbp for model in self.models])
            found = master.fairest(alone, self.wish.gap_gbp, self.desk.time_left())
        served = len(found) == len(self.models)
        if not served or self.worst_share(found) > self.worst_share(known.served):
            return known
        return Outcome(found, known.bound_gbp, known.rounds, pool=known.pool)

    def worst_share(self, served: Mapping[int, Choice]) -> float:
        """Return the largest share that a site pays above its stand-alone cost."""
        return max(
            (
                choice.cost_gbp / self.models[site].cost_gbp - 1
                for site, choice in served.items()
                if self.models[site].cost_gbp > 0
            ),
            default=0.0,
        )

    def _fairest_exactly(self) -> Mapping[int, Choice]:
        joint = JointModel.of(self.models, self.stock)
        shared = joint.with_shares(self.models).model.linear
        seconds = self.desk.time_left()
        found = solve(shared, gap_gbp=SHARE_GAP, time_limit_s=seconds, max_nodes=FAIR_NODES)
        if found.values is None:
            return {}
        capped = joint.within_share(self.models, found.objective + SHARE_GAP).model.linear
        best = solve(capped, gap_gbp=self.wish.gap_gbp, time_limit_s=seconds, max_nodes=FAIR_NODES)
        values = found.values[:-1] if best.values is None else best.values
        return joint.choices(values, self.models, self.stock)
