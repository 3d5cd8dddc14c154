"""The stock that the sites share, counted in whole steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from bng_opt.optimiser.linear import FloatArray, IntArray
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.quantities import ZERO, whole_steps


@dataclass(frozen=True)
class Choice:
    """A complete lawful plan of one site, as the joint problem sees it.

    Attributes
    ----------
    site
        The site's place in the order of names.
    columns, amounts
        The columns of the site's model that aren't zero, and their values.
    cost_gbp
        What it costs the site [GBP].
    lines, steps
        Which stock lines it draws on, and how much of each [common steps].
    """

    site: int
    columns: IntArray
    amounts: FloatArray
    cost_gbp: float
    lines: IntArray
    steps: IntArray

    @property
    def key(self) -> tuple[int, bytes, bytes]:
        """Return what two equal choices share."""
        return self.site, self.columns.tobytes(), np.round(self.amounts, 6).tobytes()


@dataclass(frozen=True)
class Stock:
    """Every stock line that some site may buy.

    A line holds what the least reserved of its buyers may take: each site's policy says how
    much of the units quoted to others it leaves alone, and its own model sees to that.

    Attributes
    ----------
    stock_ids, capacity
        The lines in order, and what each holds [common steps].
    step
        The greatest step of which every site's market step is a multiple [units].
    line_of
        By site, the line behind each purchase column.
    steps_of
        By site, common steps in one of its market steps.
    """

    stock_ids: tuple[str, ...]
    capacity: IntArray
    step: Decimal
    line_of: tuple[IntArray, ...]
    steps_of: tuple[int, ...]

    @classmethod
    def of(cls, models: Sequence[SiteModel]) -> Stock:
        """Return the stock that these sites share."""
        step = _common_step(model.owner.policy.market_step for model in models)
        free: dict[str, Decimal] = {}
        for model in models:
            share = model.owner.policy.quoted.share
            for offer in model.book.offers:
                line = offer.line
                units = line.units - share * line.quoted_units
                free[line.stock_id] = max(units, free.get(line.stock_id, ZERO))
        stock_ids = tuple(sorted(free))
        number = {stock_id: place for place, stock_id in enumerate(stock_ids)}
        return cls(
            stock_ids,
            np.array([whole_steps(free[each], step) for each in stock_ids], dtype=np.int64),
            step,
            tuple(_lines(model, number) for model in models),
            tuple(int(model.owner.policy.market_step / step) for model in models),
        )

    def choice(self, site: int, model: SiteModel, values: FloatArray) -> Choice:
        """Return a plan of a site as a choice."""
        columns = np.flatnonzero(values)
        bought = columns[columns < len(self.line_of[site])]
        steps = np.rint(values[bought]).astype(np.int64) * self.steps_of[site]
        lines, place = np.unique(self.line_of[site][bought], return_inverse=True)
        sums = np.bincount(place, weights=steps, minlength=len(lines)).astype(np.int64)
        cost = float(model.model.linear.cost @ values)
        return Choice(site, columns, values[columns], cost, lines, sums)

    def sold(self, choices: Iterable[Choice]) -> IntArray:
        """Return what choices draw from each line together [common steps]."""
        total = np.zeros(len(self.capacity), dtype=np.int64)
        for choice in choices:
            total[choice.lines] += choice.steps
        return total

    def price_of(self, site: int, prices: FloatArray) -> FloatArray:
        """Return what prices on the stock add to each purchase column [GBP/market step].

        Parameters
        ----------
        prices
            One a line [GBP/common step].
        """
        return prices[self.line_of[site]] * self.steps_of[site]

    def room_of(self, site: int, left: IntArray) -> FloatArray:
        """Return how much of each purchase column what is left allows [market steps]."""
        room = np.maximum(left, 0)[self.line_of[site]] // self.steps_of[site]
        return room.astype(np.float64)


def _lines(model: SiteModel, number: dict[str, int]) -> IntArray:
    of_offer = [number[offer.line.stock_id] for offer in model.book.offers]
    return np.array([of_offer[p.offer] for p in model.model.purchases], dtype=np.int64)


def _common_step(steps: Iterable[Decimal]) -> Decimal:
    """Return the greatest step that divides all steps.

    Examples
    --------
    >>> _common_step([Decimal("0.01"), Decimal("0.25")]), _common_step([Decimal("0.5")])
    (Decimal('0.01'), Decimal('0.5'))
    """
    fractions = [Fraction(step) for step in steps] or [Fraction(1)]
    below = lcm(*(each.denominator for each in fractions))
    above = gcd(*(int(each * below) for each in fractions))
    return Decimal(above) / Decimal(below)
