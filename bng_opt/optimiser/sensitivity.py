"""How the cost moves when the need, the prices or a bank's stock do.

Every row of the table is the changed scenario optimised anew: a proven plan with its own
banks, or the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from bng_opt.errors import Finding, InputError
from bng_opt.market import Market
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement, Requirement
from bng_opt.optimiser.alternatives import (
    Attempt,
    Clock,
    Verdict,
    attempt,
    bank_ids,
    check_same,
    run_all,
    signed,
)
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.text_table import Column, text_table, wrapped
from bng_opt.quantities import ZERO, pounds, to_decimal

if TYPE_CHECKING:
    import pandas as pd

AS_IT_IS = "as it is"
NEED, PRICES = "need", "prices"
NEED_FACTORS = (0.8, 0.9, 1.1, 1.2)
PRICE_FACTORS = (0.8, 0.9, 1.1, 1.2)
STOCK_FACTORS = (0.0, 0.5, 2.0)


@dataclass(frozen=True)
class Change:
    """One figure of the scenario, multiplied.

    Attributes
    ----------
    what
        ``"as it is"``, ``"need"``, ``"prices"``, ``"prices of B1"`` or ``"stock of B1"``.
    bank_id
        The bank it is about, None for all.
    """

    what: str
    factor: Decimal
    bank_id: str | None = None


@dataclass(frozen=True)
class Sensitivity:
    """One changed scenario and its cheapest plan.

    Attributes
    ----------
    change_gbp
        Cost against the scenario as it is [GBP]; None without a plan.
    """

    change: Change
    answer: Attempt
    change_gbp: Decimal | None

    @property
    def total_gbp(self) -> Decimal | None:
        """Return the least cost after the change [GBP]; None without a plan."""
        return self.answer.plan.total_gbp if self.answer.plan else None

    @property
    def banks(self) -> tuple[str, ...]:
        """Return the ids of the banks bought from after the change."""
        return bank_ids(self.answer.plan) if self.answer.plan else ()


@dataclass(frozen=True)
class Sensitivities:
    """The scenario as it is and every change of it; each group in the order of its factors."""

    rows: tuple[Sensitivity, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the changes as a table.

        Returns
        -------
        One row a change, columns: what (``"as it is"``, ``"need"``, ``"prices"``,
        ``"prices of <bank>"``, ``"stock of <bank>"``), factor, total_gbp [GBP],
        change_gbp [GBP, against the first row], n_banks, banks (ids, comma-separated),
        verdict (proven, not proven, impossible, no answer in time) and reason. The row
        ``"as it is"`` stands first, with factor 1. Pounds are NaN without a plan.
        """
        import pandas as pd

        nan = float("nan")
        rows = [
            {
                "what": row.change.what,
                "factor": float(row.change.factor),
                "total_gbp": nan if row.total_gbp is None else float(row.total_gbp),
                "change_gbp": nan if row.change_gbp is None else float(row.change_gbp),
                "n_banks": len(row.banks),
                "banks": ", ".join(row.banks),
                "verdict": row.answer.verdict.value,
                "reason": row.answer.reason,
            }
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

    def as_dict(self) -> dict[str, object]:
        """Return the changes as plain values."""
        rows: list[dict[str, Any]] = [
            {
                "what": row.change.what,
                "factor": float(row.change.factor),
                "total_gbp": None if row.total_gbp is None else float(row.total_gbp),
                "change_gbp": None if row.change_gbp is None else float(row.change_gbp),
                "banks": list(row.banks),
                "verdict": row.answer.verdict.value,
                "findings": [finding.as_dict() for finding in row.answer.findings],
            }
            for row in self.rows
        ]
        return {"rows": rows}

    def summary(self) -> str:
        """Return the changes as a short report."""
        columns = (
            Column("What changes"),
            Column("Times", right=True),
            Column("Cost", right=True),
            Column("Change", right=True),
            Column("Banks", flexible=True),
        )
        table, reasons = [], []
        for row in self.rows:
            verdict = row.answer.verdict
            cost = verdict.value if row.total_gbp is None else pounds(row.total_gbp)
            doubt = " (not proven)" if verdict is Verdict.NOT_PROVEN else ""
            moved = "" if row.change_gbp is None else signed(row.change_gbp)
            name = f"{row.change.what}{doubt}"
            times = f"{row.change.factor.normalize():f}"
            table.append((name, times, cost, moved, ", ".join(row.banks)))
            if row.answer.reason:
                reasons += wrapped(f"{name} x {times}: {row.answer.reason}", indent=2, hang=2)
        return "\n".join(["Sensitivity", *text_table(columns, table), *reasons])

    def __str__(self) -> str:
        return self.summary()


FRAME_COLUMNS = tuple("what factor total_gbp change_gbp n_banks banks verdict reason".split())
"""The columns of :meth:`Sensitivities.to_frame`."""


def measure_sensitivity(
    scenario: Scenario,
    plan: Plan,
    *,
    need: Sequence[float | Decimal] = NEED_FACTORS,
    prices: Sequence[float | Decimal] = PRICE_FACTORS,
    bank_prices: Sequence[float | Decimal] = (),
    stock: Sequence[float | Decimal] = STOCK_FACTORS,
    banks: Sequence[str] | None = None,
    n_jobs: int | None = None,
    clock: Clock | None = None,
) -> Sensitivities:
    """Return the least cost after each change, every one optimised anew.

    Parameters
    ----------
    scenario, plan
        A scenario and its plan.
    need
        Factors on what is owed (:func:`scale_need`).
    prices, bank_prices
        Factors on all prices per unit, and on those of each bank in turn; fees stay.
    stock
        Factors on the stock of each bank in turn.
    banks
        The banks of ``bank_prices`` and ``stock``; those of the plan without.
    n_jobs
        Processes; None for one, or what ``joblib.parallel_config`` says.
    clock
        Counts the policy's time limit, which each change has to itself.

    Raises
    ------
    InputError
        If the plan isn't the scenario's, a factor is below zero (of prices: not above it),
        or a bank is unknown.
    """
    check_same(scenario, plan)
    chosen = bank_ids(plan) if banks is None else tuple(banks)
    for bank_id in chosen:
        scenario.market.bank(bank_id)
    changes = [
        *_changes(NEED, need),
        *_changes(PRICES, prices, above_zero=True),
        *(c for b in chosen for c in _changes(f"prices of {b}", bank_prices, b, above_zero=True)),
        *(c for b in chosen for c in _changes(f"stock of {b}", stock, b)),
    ]
    calls = [partial(attempt, apply_change(scenario, each), None, clock) for each in changes]
    verdict = Verdict.PROVEN if plan.status is PlanStatus.OPTIMAL else Verdict.NOT_PROVEN
    first = Sensitivity(Change(AS_IT_IS, Decimal(1)), Attempt(verdict, plan), ZERO)
    rows = (
        Sensitivity(change, answer, answer.plan.total_gbp - plan.total_gbp if answer.plan else None)
        for change, answer in zip(changes, run_all(calls, n_jobs), strict=True)
    )
    return Sensitivities((first, *rows))


def _changes(
    what: str,
    factors: Sequence[float | Decimal],
    bank_id: str | None = None,
    *,
    above_zero: bool = False,
) -> Iterator[Change]:
    for factor in sorted(map(to_decimal, factors)):
        if factor < 0 or (above_zero and factor == 0):
            least = "above 0" if above_zero else "0 or above"
            raise InputError(
                Finding(f"The factor {factor} on {what} can't be.", f"Give factors {least}.")
            )
        yield Change(what, factor, bank_id)


def apply_change(scenario: Scenario, change: Change) -> Scenario:
    """Return the scenario with one figure multiplied."""
    market = scenario.market
    if change.what == NEED:
        requirement = scale_need(scenario.requirement, change.factor)
        return replace(scenario, requirement=requirement)
    if change.what.startswith("stock"):
        return replace(scenario, market=scale_stock(market, change.factor, change.bank_id))
    if change.what.startswith(PRICES):
        return replace(scenario, market=scale_prices(market, change.factor, change.bank_id))
    return scenario


def scale_need(requirement: Requirement, factor: Decimal) -> Requirement:
    """Return the requirement with what is owed multiplied.

    Every habitat's net loss over the project and every headline deficit is multiplied;
    what the project gains stays as it is. Where on-site surplus serves part of the losses,
    what is left to buy therefore changes by more than the factor. The contract size
    follows the changed need.
    """
    by = float(factor)
    ledgers = {
        ledger: LedgerRequirement(
            ledger,
            position.baseline,
            position.deficit * by,
            tuple(_scaled_loss(change, by) for change in position.changes),
        )
        for ledger, position in requirement.ledgers.items()
    }
    return replace(requirement, ledgers=ledgers)


def _scaled_loss(change: HabitatChange, by: float) -> HabitatChange:
    if change.project_wide >= 0:
        return change
    return HabitatChange(change.habitat, change.on_site * by, change.off_site * by)


def scale_prices(market: Market, factor: Decimal, bank_id: str | None = None) -> Market:
    """Return the market with all prices per unit multiplied, or those of one bank."""
    prices = tuple(
        replace(row, price_gbp=row.price_gbp * factor) if bank_id in (None, row.bank_id) else row
        for row in market.prices
    )
    return replace(market, prices=prices)


def scale_stock(market: Market, factor: Decimal, bank_id: str | None = None) -> Market:
    """Return the market with what a bank (None: each) has for sale multiplied.

    Units already quoted to others are multiplied too, so that the free share stays; gross
    and baseline units only set what a unit gains and loses, and stay.
    """
    stock = tuple(
        replace(line, units=line.units * factor, quoted_units=line.quoted_units * factor)
        if bank_id in (None, line.bank_id)
        else line
        for line in market.stock
    )
    return replace(market, stock=stock)
