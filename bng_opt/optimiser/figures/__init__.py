"""The figure of a plan, without pyplot and with a text alternative.

Figures of more than one plan are in :mod:`bng_opt.figures`: a plan draws itself, and what
checks it may know nothing of the search.
"""

from bng_opt.optimiser.figures.needs import describe_needs, origin_of, plot_needs, styles_of
from bng_opt.optimiser.figures.style import TextFigure

__all__ = ["TextFigure", "describe_needs", "origin_of", "plot_needs", "styles_of"]
