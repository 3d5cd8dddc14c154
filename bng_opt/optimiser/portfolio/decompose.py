"""Hundreds of sites: put prices on contested stock until the sites' own plans fit together.

Dantzig and Wolfe's decomposition. The master problem picks one plan a site from those
found; what it says of scarcity are prices on stock lines; each site, asked with these
prices on top, answers with a plan for the master. Proof of the bound: for any prices
``p >= 0``, whatever joint purchase within the stock ``S`` costs at least
``sum of least (cost + p @ steps) over the sites - p @ S`` (Lagrange), and each site's
least is taken from its own proven bound. Without prices that is the sum of the stand-alone
costs, so a portfolio that oversells nothing is proven at once.

The prices asked lie between the master's and the best so far, since the master's own jump
about while it knows few plans (Wentges 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.portfolio.master import Master
from bng_opt.optimiser.portfolio.pricing import Desk
from bng_opt.optimiser.portfolio.serve import serve
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.portfolio.stock import Choice

SMOOTHING = 0.5
"""How much of the best prices so far the next ones keep."""
LEAST_PRICE = 1e-6
"""Prices below are none [GBP/common step]."""
LEAST_TIME = 0.1
"""No round begins with less time left [s]."""
UNSERVED = 1e6
"""What a site left out counts where nothing else costs: far above the sites' own gaps [GBP]."""
PROOF = 1e-4
"""A bound above this part of one site left out proves that the stock can't serve all."""
MASTER_GAP = 0.1
"""The master is solved to this part of the gap wished."""


@dataclass(frozen=True)
class Wish:
    """When a proof is good enough: a gap in pounds, or as a share of the cost.

    The wider of both counts.
    """

    gap_gbp: float
    gap_share: float = 0.0

    def allows(self, cost_gbp: float) -> float:
        """Return the gap that is good enough at a cost [GBP]."""
        if np.isinf(cost_gbp):
            return 0.0
        return max(self.gap_gbp, self.gap_share * cost_gbp)


@dataclass
class Standing:
    """What a decomposition knows so far: plans, prices, the best purchase and the bound.

    Attributes
    ----------
    unserved_gbp
        What the master thinks a site left out costs [GBP]: more than anything else.
    enough_gbp
        A bound above this settles the matter [GBP].
    prices
        The prices with the best bound, ``priced_bound_gbp`` [GBP/common step].
    site_bounds
        What each site at least pays at these prices, the prices included [GBP].
    """

    desk: Desk
    wish: Wish
    unserved_gbp: float
    enough_gbp: float = float("inf")
    pool: dict[tuple[int, bytes, bytes], Choice] = field(default_factory=dict)
    best: dict[int, Choice] = field(default_factory=dict)
    bound_gbp: float = 0.0
    prices: FloatArray = field(default_factory=lambda: np.zeros(0))
    site_bounds: FloatArray = field(default_factory=lambda: np.zeros(0))
    priced_bound_gbp: float = 0.0
    rounds: int = 0

    @property
    def models(self) -> Sequence[SiteModel]:
        """Return the sites' models."""
        return self.desk.models

    @property
    def cost_gbp(self) -> float:
        """Return the cost of the best purchase, infinite while a site goes without [GBP]."""
        if len(self.best) < len(self.models):
            return float("inf")
        return sum(choice.cost_gbp for choice in self.best.values())

    @property
    def is_proven(self) -> bool:
        """Return whether the best purchase is proven as well as wished."""
        return self.cost_gbp - self.bound_gbp <= self.wish.allows(self.cost_gbp) + 1e-6

    @property
    def is_settled(self) -> bool:
        """Return whether the best purchase is proven, or that there is none."""
        return self.is_proven or self.bound_gbp > self.enough_gbp

    def add(self, choices: Iterable[Choice]) -> int:
        """Take plans into the pool and return how many were new."""
        before = len(self.pool)
        for choice in choices:
            self.pool.setdefault(choice.key, choice)
        return len(self.pool) - before

    def offer(self, served: dict[int, Choice]) -> None:
        """Keep a joint purchase if it serves more sites, or as many at less cost."""
        self.add(served.values())
        if _worth(served) < _worth(self.best):
            self.best = served


def _worth(served: dict[int, Choice]) -> tuple[int, float]:
    return -len(served), sum(choice.cost_gbp for choice in served.values())


def decompose(desk: Desk, wish: Wish, max_rounds: int) -> Standing:
    """Return the cheapest joint purchase found, with a proven bound.

    Where the bound is infinite, it is proven that the stock can't serve all sites.

    Parameters
    ----------
    wish
        Stop when nothing can be cheaper by more than this.
    max_rounds
        Stop after so many rounds of prices.
    """
    unserved = sum(model.cost_gbp for model in desk.models) + 1.0
    standing = _begin(desk, wish, unserved)
    _go_on(standing, max_rounds)
    if len(standing.best) < len(desk.models):
        _serve_at_any_cost(standing, max_rounds)
        _go_on(standing, standing.rounds + max_rounds)
    return standing


def _go_on(standing: Standing, max_rounds: int) -> None:
    while not standing.is_settled and standing.rounds < max_rounds:
        seconds = standing.desk.time_left()
        if seconds is not None and seconds < LEAST_TIME:
            break
        standing.rounds += 1
        if not _round(standing):
            break


def _serve_at_any_cost(standing: Standing, max_rounds: int) -> None:
    """Look for any purchase that serves all sites, or the proof that there is none.

    The same search with all costs zero: then a purchase that serves all costs nothing, and
    a bound above nothing proves that none exists.
    """
    desk = standing.desk
    free = replace(desk, models=[_free_of_cost(model) for model in desk.models])
    trial = _begin(free, Wish(0.0), UNSERVED)
    trial.enough_gbp = PROOF * UNSERVED
    _go_on(trial, max_rounds)
    if trial.bound_gbp > trial.enough_gbp:
        standing.bound_gbp = float("inf")
    served = {}
    for site, choice in trial.best.items():
        cost = desk.models[site].model.linear.cost
        paid = float(cost[choice.columns] @ choice.amounts)
        served[site] = replace(choice, cost_gbp=paid)
    standing.offer(served)


def _free_of_cost(model: SiteModel) -> SiteModel:
    linear = model.model.linear
    free = replace(model.model, linear=linear.with_cost(np.zeros(linear.n_columns)))
    return replace(model, model=free, cost_gbp=0.0, bound_gbp=0.0)


def _begin(desk: Desk, wish: Wish, unserved_gbp: float) -> Standing:
    """Return the stand-alone plans, and a first purchase that serves the hardest hit first."""
    models, stock = desk.models, desk.stock
    standing = Standing(desk, wish, unserved_gbp, prices=np.zeros(len(stock.capacity)))
    standing.site_bounds = np.array([model.bound_gbp for model in models])
    standing.bound_gbp = standing.priced_bound_gbp = float(standing.site_bounds.sum())
    alone = {site: stock.choice(site, model, model.values) for site, model in enumerate(models)}
    standing.add(alone.values())
    if np.all(stock.sold(alone.values()) <= stock.capacity):
        standing.best = alone
        return standing
    order = _hardest_hit_first(standing, alone)
    standing.offer(_serve_all(standing, order, alone, standing.prices))
    return standing


def _hardest_hit_first(standing: Standing, alone: dict[int, Choice]) -> list[int]:
    """Return the sites by what it costs them to leave contested stock, a step of it."""
    desk = standing.desk
    contested = desk.stock.sold(alone.values()) > desk.stock.capacity
    drawn = {site: int(each.steps[contested[each.lines]].sum()) for site, each in alone.items()}
    affected = [site for site, steps in drawn.items() if steps]
    left = np.where(contested, 0, desk.stock.capacity)
    regret = dict.fromkeys(alone, 0.0)
    answers = desk.ask(affected, standing.prices, left, near=True)
    for site, answer in zip(affected, answers, strict=True):
        if answer.choice is None:
            regret[site] = float("inf")
        else:
            standing.add([answer.choice])
            regret[site] = (answer.choice.cost_gbp - alone[site].cost_gbp) / drawn[site]
    return sorted(alone, key=lambda site: (-regret[site], site))


def _serve_all(
    standing: Standing, order: Sequence[int], wanted: dict[int, Choice], prices: FloatArray
) -> dict[int, Choice]:
    """Serve in order; those left without go first the next time, a few times."""
    served: dict[int, Choice] = {}
    for _ in range(3):
        served = serve(standing.desk, order, wanted, prices, near=True)
        left_out = [site for site in order if site not in served]
        if not left_out:
            break
        order = [*left_out, *(site for site in order if site in served)]
    return served


def _round(standing: Standing) -> bool:
    """Ask the sites at new prices; return False when nothing new can be learnt."""
    desk = standing.desk
    master = _master(standing)
    relaxation = master.relaxed()
    wish = master.prices(relaxation)
    new, improved = 0, False
    for keep in (SMOOTHING, 0.0):
        prices = keep * standing.prices + (1 - keep) * wish
        prices[prices < LEAST_PRICE] = 0.0
        new, improved = _ask(standing, prices)
        if new or improved:
            break
    if not standing.is_settled:
        gap = MASTER_GAP * standing.wish.allows(standing.bound_gbp)
        standing.offer(_master(standing).selected(gap, desk.time_left()))
    if not standing.is_settled:
        chosen = master.most_chosen(relaxation)
        order = _dearest_stock_first(desk, chosen, standing.prices)
        standing.offer(_serve_all(standing, order, chosen, standing.prices))
    return bool(new or improved)


def _master(standing: Standing) -> Master:
    desk = standing.desk
    choices = tuple(standing.pool.values())
    return Master.of(choices, len(desk.models), desk.stock, standing.unserved_gbp)


def _ask(standing: Standing, prices: FloatArray) -> tuple[int, bool]:
    """Ask every site whose own plan draws on priced stock; the others' plans stay best."""
    desk = standing.desk
    models, stock = desk.models, desk.stock
    alone = [stock.choice(site, model, model.values) for site, model in enumerate(models)]
    asked = [each.site for each in alone if prices[each.lines].any()]
    bounds = np.array([model.bound_gbp for model in models])
    choices = []
    for site, answer in zip(asked, desk.ask(asked, prices), strict=True):
        # Without a plan nothing is learnt: prices can't take away the one it has alone.
        if answer.choice is not None:
            bounds[site] = max(bounds[site], answer.bound_gbp)
            choices.append(answer.choice)
    bound = float(bounds.sum() - prices @ stock.capacity)
    improved = bound > standing.priced_bound_gbp + 1e-6 * max(1.0, standing.priced_bound_gbp)
    if improved:
        standing.bound_gbp = max(bound, standing.bound_gbp)
        standing.priced_bound_gbp, standing.site_bounds, standing.prices = bound, bounds, prices
    return standing.add(choices), improved


def _dearest_stock_first(desk: Desk, chosen: dict[int, Choice], prices: FloatArray) -> list[int]:
    """Return the sites by the worth of the contested stock that their plans hold."""
    worth = {site: float(prices[each.lines] @ each.steps) for site, each in chosen.items()}
    return sorted(range(len(desk.models)), key=lambda site: (-worth.get(site, 0.0), site))
