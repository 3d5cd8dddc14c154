"""Figures of alternatives, sensitivity and places, without pyplot; each has its words.

Every ``plot_…`` returns a figure with a ``text_alternative``, which ``describe_…`` gives alone.
"""

from bng_opt.figures.cost import describe_cost, plot_cost_against_banks
from bng_opt.figures.maps import describe_map, plot_map
from bng_opt.figures.sensitivity import describe_sensitivity, plot_sensitivity

__all__ = [
    "describe_cost",
    "describe_map",
    "describe_sensitivity",
    "plot_cost_against_banks",
    "plot_map",
    "plot_sensitivity",
]
