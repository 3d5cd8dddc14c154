"""The cheapest lawful purchase of off-site biodiversity units, proven and explained.

>>> import bng_opt
>>> from bng_opt.resources import data_dir
>>> requirement = bng_opt.read_metric(data_dir() / "demo" / "metric.xlsx")
>>> market = bng_opt.load_market(data_dir() / "demo" / "market")
>>> site = bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
>>> plan = bng_opt.optimise(requirement, market, site)
>>> plan.status.value
'optimal'

Names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

# Type checkers take this name as true; importing it from typing would cost more than the rest.
TYPE_CHECKING = False

_HOMES = {
    "BngOptError": "bng_opt.errors",
    "Finding": "bng_opt.errors",
    "InfeasibleError": "bng_opt.errors",
    "InputError": "bng_opt.errors",
    "PlaceError": "bng_opt.errors",
    "SolverError": "bng_opt.errors",
    "StockError": "bng_opt.errors",
    "Market": "bng_opt.market",
    "load_market": "bng_opt.market",
    "save_market": "bng_opt.market",
    "Requirement": "bng_opt.metric.requirement",
    "read_metric": "bng_opt.metric",
    "read_requirement_table": "bng_opt.metric",
    "Plan": "bng_opt.optimiser.plan",
    "Policy": "bng_opt.optimiser.policy",
    "Claim": "bng_opt.optimiser.verify",
    "verify": "bng_opt.optimiser.verify",
    "Site": "bng_opt.places",
    "catalogue": "bng_opt.reference",
    "optimise": "bng_opt.runtime",
    "Cache": "bng_opt.runtime.cache",
    "alternatives": "bng_opt.runtime.explore",
    "baselines": "bng_opt.runtime.explore",
    "compare_portfolio": "bng_opt.runtime.explore",
    "margins": "bng_opt.runtime.explore",
    "portfolio": "bng_opt.runtime.explore",
    "sensitivity": "bng_opt.runtime.explore",
    "PortfolioSite": "bng_opt.optimiser.portfolio",
}

__all__ = [
    "BngOptError",
    "Cache",
    "Claim",
    "Finding",
    "InfeasibleError",
    "InputError",
    "Market",
    "PlaceError",
    "Plan",
    "Policy",
    "PortfolioSite",
    "Requirement",
    "Site",
    "SolverError",
    "StockError",
    "__version__",
    "alternatives",
    "baselines",
    "catalogue",
    "compare_portfolio",
    "load_market",
    "margins",
    "optimise",
    "portfolio",
    "read_metric",
    "read_requirement_table",
    "save_market",
    "sensitivity",
    "verify",
]

if TYPE_CHECKING:
    from bng_opt.errors import (
        BngOptError,
        Finding,
        InfeasibleError,
        InputError,
        PlaceError,
        SolverError,
        StockError,
    )
    from bng_opt.market import Market, load_market, save_market
    from bng_opt.metric import read_metric, read_requirement_table
    from bng_opt.metric.requirement import Requirement
    from bng_opt.optimiser.plan import Plan
    from bng_opt.optimiser.policy import Policy
    from bng_opt.optimiser.portfolio import PortfolioSite
    from bng_opt.optimiser.verify import Claim, verify
    from bng_opt.places import Site
    from bng_opt.reference import catalogue
    from bng_opt.runtime import optimise
    from bng_opt.runtime.cache import Cache
    from bng_opt.runtime.explore import (
        alternatives,
        baselines,
        compare_portfolio,
        margins,
        portfolio,
        sensitivity,
    )


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'bng_opt' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
