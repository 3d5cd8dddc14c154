"""Serve sites one after another, each from what those before it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.portfolio.pricing import Desk
from bng_opt.optimiser.portfolio.stock import Choice


def serve(
    desk: Desk,
    order: Sequence[int],
    wanted: Mapping[int, Choice],
    prices: FloatArray,
    *,
    near: bool = False,
) -> dict[int, Choice]:
    """Return a choice for each site that can be served in this order.

    Parameters
    ----------
    order
        The sites, first come first served.
    wanted
        What a site takes if all of it is left; otherwise, or without one, it takes the
        cheapest of what is left.
    prices
        Added to the price of each stock line while a site makes up its mind [GBP/common
        step], to leave contested stock to those who need it more.
    near
        Whether a good plan will do where the cheapest takes longer.
    """
    left = desk.stock.capacity.copy()
    served: dict[int, Choice] = {}
    for site in order:
        choice = wanted.get(site)
        if choice is None or np.any(choice.steps > left[choice.lines]):
            choice = desk.ask([site], prices, left, near=near)[0].choice
        if choice is not None:
            left[choice.lines] -= choice.steps
            served[site] = choice
    return served
