"""What a search tells while it runs, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What the search is doing."""

    OFFERS = "reading the offers"
    FIRST_PLAN = "finding a first plan"
    PROOF = "proving the best plan"
    TIES = "breaking ties"
    CHECKS = "verifying the plan"


@dataclass(frozen=True)
class Progress:
    """A look at a running search.

    Attributes
    ----------
    elapsed_s
        Time since the search began [s].
    best_gbp
        Cost of the best plan so far, None before there is one [GBP].
    bound_gbp
        No lawful purchase costs less, None before that is known [GBP].
    """

    phase: Phase
    elapsed_s: float
    best_gbp: float | None = None
    bound_gbp: float | None = None

    @property
    def gap_gbp(self) -> float | None:
        """Return how much cheaper a lawful purchase could still be at most [GBP]."""
        if self.best_gbp is None or self.bound_gbp is None:
            return None
        return max(0.0, self.best_gbp - self.bound_gbp)

    def __str__(self) -> str:
        text = f"{self.elapsed_s:6.1f} s  {self.phase}"
        if self.best_gbp is not None:
            text += f", best so far £{self.best_gbp:,.2f}"
        if self.gap_gbp is not None:
            text += f", at most £{self.gap_gbp:,.2f} above the best possible"
        return text


@dataclass(frozen=True)
class Watch:
    """Who listens to a search, and whether it should stop.

    Attributes
    ----------
    report
        Called with the phase, the best cost so far and the bound (None where unknown) [GBP].
    cancelled
        Asked again and again; once it returns True the search ends with its best plan.
    """

    report: Callable[[Phase, float | None, float | None], None]
    cancelled: Callable[[], bool]


def _say_nothing(phase: Phase, best: float | None, bound: float | None) -> None:
    """Take no notice."""


def _never() -> bool:
    return False


QUIET = Watch(_say_nothing, _never)
"""Listens to nothing and never stops."""
