"""The jobs that are measured: an official workbook on a synthetic market."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bng_opt
from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.model import build_model
from bng_opt.optimiser.offers import make_offers
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site
from tests.support.bare import BareSolve
from tests.support.market_factory import make_market

IN_NEED = ("d01", "d02", "d03", "d04", "d06", "d07", "d08", "d10")
"""The workbooks that have anything to buy."""
PENCE = 0.05
"""What rounding the lines of a plan to pence can add up to [GBP]."""
EVERY_PAIR = os.environ.get("BNG_OPT_BENCH") == "full"
"""Whether to run every workbook with every seed, however long that takes."""

FEES = MappingProxyType({"fees": True, "baselines": True})
"""A third of the banks charge a fee, and most lines state a baseline of Low or Medium."""
PLAIN: Mapping[str, Any] = MappingProxyType({})


def find_workbook(folder: Path, name: str) -> Path:
    """Return the workbook whose name begins so."""
    return next(iter(sorted(folder.glob(f"{name}*.xlsx"))))


def site() -> Site:
    """Return the site that every job shares."""
    return Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")


@dataclass(frozen=True)
class Job:
    """One optimisation.

    Parameters
    ----------
    folder, workbook
        Where the official workbooks are, and how the name of one begins.
    n_banks, seed, wishes
        The market, as of ``make_market``.
    policy
        The buyer's wishes.
    """

    folder: Path
    workbook: str
    n_banks: int
    seed: int = 0
    wishes: Mapping[str, Any] = field(default_factory=lambda: FEES)
    policy: Policy = field(default_factory=Policy)

    @cached_property
    def requirement(self) -> Requirement:
        """Return what the workbook says is owed."""
        return bng_opt.read_metric(find_workbook(self.folder, self.workbook))

    @property
    def market(self) -> Market:
        """Return the market."""
        return _market(self.n_banks, self.seed, tuple(sorted(self.wishes.items())))

    @cached_property
    def linear(self) -> LinearModel:
        """Return the model as it is built, with nothing left out."""
        book = make_offers(self.requirement, self.market, site(), self.policy)
        return build_model(book, self.requirement, self.policy).linear

    def fresh_market(self) -> Market:
        """Return the market as it is just after loading: its fingerprint made, no index yet."""
        market = replace(self.market)
        assert market.snapshot
        return market

    def run(self, market: Market) -> Plan:
        """Return the plan: what is measured."""
        return bng_opt.optimise(self.requirement, market, site(), self.policy)

    def plan(self) -> Plan:
        """Return the plan on a market just loaded."""
        return self.run(self.fresh_market())

    def compare(self, plan: Plan, bare: BareSolve) -> None:
        """Assert that the plan is proven, and costs what bare HiGHS's does.

        Both may be dearer than the best by the gap. Of a bare solve that was stopped, only
        its bounds are known.
        """
        gap = float(self.policy.gap_gbp) + PENCE
        total = float(plan.total_gbp)
        assert plan.status.value == "optimal"
        assert plan.is_verified
        assert total <= bare.objective + gap
        assert total >= (bare.objective if bare.proven else bare.bound) - gap


@lru_cache(maxsize=2)
def _market(n_banks: int, seed: int, wishes: tuple[tuple[str, Any], ...]) -> Market:
    return make_market(n_banks, seed=seed, **dict(wishes))


def national_pairs(n_seeds: int = 5) -> Iterator[tuple[str, int]]:
    """Yield workbooks and seeds: every workbook, and every seed with two of them at least.

    All forty pairs take a quarter of an hour; BNG_OPT_BENCH=full asks for them.
    """
    for seed in range(n_seeds):
        own = (2 * seed % len(IN_NEED), (2 * seed + 1) % len(IN_NEED))
        for place, workbook in enumerate(IN_NEED):
            if EVERY_PAIR or place in own:
                yield workbook, seed
