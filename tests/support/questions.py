"""Questions for jobs: small ones, and ones that take as long as a test needs.

The slow ones are cheap to begin and hard to end: many banks of nearly the same price per
unit, each with a fee that grows with its stock. A good plan is found at once; that nothing
is cheaper takes the longer to prove the more banks there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site
from tests.support.command_line import FOUR_BANKS
from tests.support.scenarios import AREA, HEDGEROW, NEUTRAL, WATERCOURSE, BankSpec, Line, Scene
from tests.support.scenarios import site as usual_site

_SHARE = 0.437
"""Of the stock, what is needed: about where the most sets of banks come near."""


@dataclass(frozen=True)
class Question:
    """What a job on one scenario is asked."""

    requirement: Requirement
    market: Market
    site: Site
    policy: Policy

    def __iter__(self) -> Iterator[Any]:
        yield from (self.requirement, self.market, self.site, self.policy)


def asked(scene: Scene) -> Question:
    """Return the question of a scene."""
    return Question(scene.requirement(), scene.market(), usual_site(), scene.policy())


def small(need: float = 3.0) -> Question:
    """Return a question that takes no time; another for every need of up to 8 units."""
    return asked(Scene(FOUR_BANKS.lines, {}, {AREA: need}, FOUR_BANKS.banks))


def impossible() -> Question:
    """Return a question without a lawful answer."""
    return small(100.0)


def slow(n_banks: int = 24) -> Question:
    """Return a question whose proof takes seconds."""
    return asked(_strongly_correlated((AREA,), n_banks))


def endless(seed: int = 7) -> Question:
    """Return a question whose proof takes far longer than a test may wait."""
    return asked(_strongly_correlated((AREA, HEDGEROW, WATERCOURSE), 150, seed))


def _strongly_correlated(ledgers: tuple[str, ...], n_banks: int, seed: int = 7) -> Scene:
    habitats = {AREA: NEUTRAL, HEDGEROW: "Native hedgerow", WATERCOURSE: "Ditches"}
    rng, lines, banks, deficits = Random(seed), [], [], {}
    for ledger in ledgers:
        total = 0
        for number in range(n_banks):
            bank_id, hundredths = f"{ledger[0].upper()}X{number:03d}", rng.randrange(300, 900)
            price = 20_000 + rng.randrange(50)
            lines.append(Line(habitats[ledger], hundredths / 100, price, bank_id))
            banks.append(BankSpec(bank_id, fee=str(50 * hundredths + 1_000)))
            total += hundredths
        deficits[ledger] = round(total * _SHARE) / 100
    wishes = {"gap_gbp": 0, "min_units_per_bank": "0.9"}
    return Scene(tuple(lines), {}, deficits, tuple(banks), wishes)
