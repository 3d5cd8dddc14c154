"""Figures of alternatives, sensitivity, places and markets, without pyplot; each has its words.

Every ``plot_…`` returns a figure with a ``text_alternative``, which ``describe_…`` gives alone.
"""

from bng_opt.figures.cost import describe_cost, plot_cost_against_banks
from bng_opt.figures.maps import describe_map, plot_map
from bng_opt.figures.market import HabitatOnSale, describe_market, plot_market
from bng_opt.figures.sensitivity import describe_sensitivity, plot_sensitivity
from bng_opt.figures.sharing import describe_sharing, plot_sharing

__all__ = [
    "HabitatOnSale",
    "describe_cost",
    "describe_map",
    "describe_market",
    "describe_sensitivity",
    "describe_sharing",
    "plot_cost_against_banks",
    "plot_map",
    "plot_market",
    "plot_sensitivity",
    "plot_sharing",
]
