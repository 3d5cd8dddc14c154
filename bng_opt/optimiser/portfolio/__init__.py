"""Many sites, one stock: the least joint cost with its proof, and other ways to share.

Sites are bound together by the stock alone: what they buy of a line is at most what it
holds. Each makes its own contracts, at the contract size of its own quote, and pays a
bank's fee for itself.
"""

from bng_opt.optimiser.portfolio.make import compare_portfolio, make_portfolio
from bng_opt.optimiser.portfolio.problem import Effort
from bng_opt.optimiser.portfolio.result import Notion, PortfolioComparison, PortfolioPlan
from bng_opt.optimiser.portfolio.sites import PortfolioSite

__all__ = [
    "Effort",
    "Notion",
    "PortfolioComparison",
    "PortfolioPlan",
    "PortfolioSite",
    "compare_portfolio",
    "make_portfolio",
]
