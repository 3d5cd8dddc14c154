"""What the purchase would cost by simpler means, side by side with the plan.

Like for like, the cheapest offer first (what today's tools do), a single bank, and
statutory credits. Each is held to the same law and wishes as the plan; one that can't be
had says why and claims no saving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from bng_opt.market import ContractSize, contract_size
from bng_opt.metric.credits import may_take_credits, shortfall_by_tier
from bng_opt.metric.requirement import Requirement
from bng_opt.metric.trading import Account, account_of, counts_for_trading
from bng_opt.optimiser.alternatives import Attempt, Clock, Verdict, attempt, check_same, run_all
from bng_opt.optimiser.offers import Offer, make_offers, quote_size
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Mode, SizeBy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.text_table import Column, text_table, wrapped
from bng_opt.optimiser.verify import (
    Claim,
    ClaimedPurchase,
    credits_due,
    position_after,
    verify,
)
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, pounds, round_money, steps_up, to_decimal
from bng_opt.reference import Ledger
from bng_opt.reference.credits import credit_for

if TYPE_CHECKING:
    import pandas as pd


class Kind(StrEnum):
    """The simpler means."""

    LIKE_FOR_LIKE = "like for like"
    """Trading tested after the spatial risk multiplier too; itself proven."""
    CHEAPEST_FIRST = "cheapest first"
    """Each need in turn from the offer that is cheapest per unit after the multiplier."""
    SINGLE_BANK = "single bank"
    """Everything from one bank; itself proven."""
    CREDITS = "statutory credits"
    """The whole need at the price of statutory credits."""


@dataclass(frozen=True)
class Baseline:
    """One simpler means and what the plan saves against it.

    Attributes
    ----------
    total_gbp
        Its whole cost, fees included [GBP]; None where it isn't to be had.
    saving_gbp
        How much less the plan costs [GBP]; below zero where this is cheaper.
    banks
        The banks it buys from.
    reason
        Why it isn't to be had, or what its figure leaves out.
    """

    kind: Kind
    total_gbp: Decimal | None
    saving_gbp: Decimal | None
    banks: tuple[str, ...] = ()
    reason: str = ""

    @property
    def saving_share(self) -> float | None:
        """Return the saving as a share of this means' cost; None without a cost."""
        if self.saving_gbp is None or not self.total_gbp:
            return None
        return float(self.saving_gbp / self.total_gbp)


@dataclass(frozen=True)
class Baselines:
    """The plan's cost beside that of the simpler means."""

    plan_gbp: Decimal
    rows: tuple[Baseline, ...]

    def __getitem__(self, kind: Kind) -> Baseline:
        return next(row for row in self.rows if row.kind is kind)

    def to_frame(self) -> pd.DataFrame:
        """Return the comparison as a table.

        Returns
        -------
        One row a means, columns: baseline, total_gbp [GBP], saving_gbp [GBP], saving_pct
        [%], n_banks, banks and reason; figures are NaN where the means isn't to be had.
        """
        import pandas as pd

        return pd.DataFrame([_as_row(row) for row in self.rows], columns=list(FRAME_COLUMNS))

    def as_dict(self) -> dict[str, object]:
        """Return the comparison as plain values."""
        rows = [
            {
                **_as_row(row),
                "total_gbp": None if row.total_gbp is None else float(row.total_gbp),
                "saving_gbp": None if row.saving_gbp is None else float(row.saving_gbp),
                "saving_pct": None if row.saving_share is None else 100 * row.saving_share,
                "banks": list(row.banks),
            }
            for row in self.rows
        ]
        return {"plan_gbp": float(self.plan_gbp), "baselines": rows}

    def summary(self) -> str:
        """Return the comparison as a short report."""
        columns = (
            Column("Instead of the plan"),
            *(Column(name, right=True) for name in ("Cost", "Banks", "The plan saves", "Share")),
        )
        table = [("The plan", pounds(self.plan_gbp), "", "", ""), *map(_text_row, self.rows)]
        notes: list[str] = []
        for row in self.rows:
            if row.reason:
                text = f"{row.kind.capitalize()}: {row.reason}"
                notes += wrapped(text, indent=2, hang=2)
        return "\n".join(["Baselines", *text_table(columns, table), *notes])

    def __str__(self) -> str:
        return self.summary()


FRAME_COLUMNS = tuple("baseline total_gbp saving_gbp saving_pct n_banks banks reason".split())
"""The columns of :meth:`Baselines.to_frame`."""


def _as_row(row: Baseline) -> dict[str, Any]:
    nan = float("nan")
    return {
        "baseline": row.kind.value,
        "total_gbp": nan if row.total_gbp is None else float(row.total_gbp),
        "saving_gbp": nan if row.saving_gbp is None else float(row.saving_gbp),
        "saving_pct": nan if row.saving_share is None else 100 * row.saving_share,
        "n_banks": len(row.banks),
        "banks": ", ".join(row.banks),
        "reason": row.reason,
    }


def _text_row(row: Baseline) -> Sequence[str]:
    name = row.kind.capitalize()
    if row.total_gbp is None:
        return (name, "not available", "", "", "")
    share = "" if row.saving_share is None else f"{row.saving_share:.1%}"
    saving = pounds(row.saving_gbp or ZERO)
    return (name, pounds(row.total_gbp), str(len(row.banks)), saving, share)


def compare_baselines(
    scenario: Scenario, plan: Plan, *, n_jobs: int | None = None, clock: Clock | None = None
) -> Baselines:
    """Return the plan's cost beside that of four simpler means.

    Parameters
    ----------
    scenario, plan
        A scenario and its plan.
    n_jobs
        Processes; None for one, or what ``joblib.parallel_config`` says.
    clock
        Counts the policy's time limit, which each search has to itself.

    Raises
    ------
    InputError
        If the plan isn't the scenario's.
    """
    check_same(scenario, plan)
    calls: list[Callable[[], Attempt]] = [
        partial(attempt, scenario, {"mode": Mode.LIKE_FOR_LIKE}, clock),
        partial(attempt, scenario, {"max_banks": 1}, clock),
    ]
    like_for_like, single = run_all(calls, n_jobs)
    rows = (
        _of_attempt(Kind.LIKE_FOR_LIKE, like_for_like),
        buy_cheapest_first(scenario),
        _of_attempt(Kind.SINGLE_BANK, single),
        price_by_credits(scenario.requirement),
    )
    return Baselines(plan.total_gbp, tuple(_beside(row, plan) for row in rows))


def _of_attempt(kind: Kind, answer: Attempt) -> Baseline:
    if answer.plan is None:
        return Baseline(kind, None, None, (), answer.reason)
    banks = tuple(bank.bank_id for bank in answer.plan.banks)
    doubt = "not proven: it may be had for less" if answer.verdict is Verdict.NOT_PROVEN else ""
    return Baseline(kind, answer.plan.total_gbp, None, banks, doubt)


def _beside(row: Baseline, plan: Plan) -> Baseline:
    saving = None if row.total_gbp is None else row.total_gbp - plan.total_gbp
    return Baseline(row.kind, row.total_gbp, saving, row.banks, row.reason)


def price_by_credits(requirement: Requirement) -> Baseline:
    """Return what statutory credits for the whole need cost (RULES 6), VAT not counted.

    Not available where any Very High loss of area or watercourse is uncompensated, for
    then the workbook prices no tier at all.
    """
    total = ZERO
    for ledger in Ledger:
        position = requirement.ledgers[ledger]
        for shortfall in position.settlement.shortfalls:
            if not may_take_credits(shortfall.account):
                reason = f"credits can't stand for a Very High loss ({shortfall.account.key})"
                return Baseline(Kind.CREDITS, None, None, (), reason)
        for tier, units in shortfall_by_tier(ledger, position.settlement, position.deficit).items():
            due = credits_due(tier, units)
            total += round_money(due * credit_for(tier).price_per_credit_gbp)
    return Baseline(Kind.CREDITS, total, None)


def buy_cheapest_first(scenario: Scenario) -> Baseline:
    """Return what comes of buying each need in turn from the cheapest offer, as tools do.

    Ledger by ledger the highest band that is short is served first, from the lawful offer
    cheapest per unit after the multiplier, with so many units that the need is met after
    it (need / multiplier), until trading and then the headline deficit are met. What
    banks' baselines take is made good in the same way. On-site surplus is used to the best
    effect. Fees, bank wishes and the price breaks of larger contracts aren't looked at; the
    outcome is then priced in full and verified as any plan is.
    """
    basket = _Basket(scenario)
    if missing := basket.fill():
        return Baseline(Kind.CHEAPEST_FIRST, None, None, (), missing)
    claim = Claim(tuple(basket.purchases()), {}, None)
    checks = verify(claim, scenario.requirement, scenario.market, scenario.site, scenario.policy)
    broken = [f"{check.rule}: {check.detail}" for check in checks if not check.ok]
    if broken:
        reason = f"the purchase it makes isn't allowed ({'; '.join(broken)})"
        return Baseline(Kind.CHEAPEST_FIRST, None, None, (), reason)
    return Baseline(Kind.CHEAPEST_FIRST, basket.total_gbp, None, basket.banks)


class _Basket:
    """A purchase being filled, cheapest offer first."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        policy = scenario.policy
        self.size = quote_size(scenario.requirement, policy)
        book = make_offers(scenario.requirement, scenario.market, scenario.site, policy)
        self.offers = sorted(
            (offer for offer in book.offers if self._price(offer) is not None), key=self._order
        )
        self.steps = dict.fromkeys(range(len(self.offers)), 0)

    def _price(self, offer: Offer) -> Decimal | None:
        return offer.price_gbp.get(self.size)

    def _order(self, offer: Offer) -> tuple[Decimal, str]:
        return (offer.price_gbp[self.size] / offer.risk.multiplier, offer.line.stock_id)

    def fill(self) -> str:
        """Buy until every ledger is met; return what is missing in words, if anything is."""
        for ledger in Ledger:
            while (need := self._open_need(ledger)) is not None:
                account, units = need
                if not self._buy(ledger, account, units):
                    name = account.key if account else "net gain"
                    return f"no offer is left for {units:.4g} units of {name} ({ledger})"
        return ""

    def _open_need(self, ledger: Ledger) -> tuple[Account | None, float] | None:
        """Return the next account that is short, then the headline deficit; None if met."""
        position = self.scenario.requirement.ledgers[ledger]
        step = self.scenario.policy.market_step
        bought = [
            (self.offers[n].line, count * step, self.offers[n].risk.multiplier)
            for n, count in self.steps.items()
            if count
        ]
        settlement, deficit = position_after(position, bought, Mode.LIKE_FOR_LIKE)
        for shortfall in settlement.shortfalls:
            return shortfall.account, shortfall.units
        return (None, deficit) if deficit > UNIT_TOLERANCE else None

    def _buy(self, ledger: Ledger, account: Account | None, units: float) -> bool:
        """Buy towards a need from the cheapest offer with stock left; return whether any."""
        step = self.scenario.policy.market_step
        for number, offer in enumerate(self.offers):
            left = offer.steps - self.steps[number]
            if left > 0 and offer.ledger is ledger and _may_serve(offer, account):
                exact = to_decimal(round(units, 9)) / offer.risk.multiplier
                self.steps[number] += min(left, steps_up(exact, step))
                return True
        return False

    def purchases(self) -> Iterator[ClaimedPurchase]:
        """Yield what was bought."""
        step = self.scenario.policy.market_step
        for number, count in self.steps.items():
            if count:
                yield ClaimedPurchase(self.offers[number].line.stock_id, count * step)

    @property
    def banks(self) -> tuple[str, ...]:
        """Return the ids of the banks bought from, in order."""
        used = {self.offers[number].bank.bank_id for number, count in self.steps.items() if count}
        return tuple(sorted(used))

    @property
    def total_gbp(self) -> Decimal:
        """Return the whole cost: units at the size each bank's total has, and fees [GBP]."""
        step, sizes, cost = self.scenario.policy.market_step, self._sizes(), ZERO
        for number, count in self.steps.items():
            if count:
                offer = self.offers[number]
                cost += round_money(count * step * offer.price_gbp[sizes[offer.bank.bank_id]])
        fees = (self.scenario.market.bank(bank_id).fixed_fee_gbp for bank_id in self.banks)
        return cost + sum(fees, ZERO)

    def _sizes(self) -> Mapping[str, ContractSize]:
        policy = self.scenario.policy
        if policy.size_by is SizeBy.QUOTE:
            return dict.fromkeys(self.banks, self.size)
        totals = dict.fromkeys(self.banks, ZERO)
        for number, count in self.steps.items():
            if count:
                totals[self.offers[number].bank.bank_id] += count * policy.market_step
        return {b: contract_size(units, policy.contract_thresholds) for b, units in totals.items()}


def _may_serve(offer: Offer, account: Account | None) -> bool:
    """Return whether bought units may serve an account; None stands for the net gain part."""
    if account is None:
        return True
    own = account_of(offer.line.habitat)
    if own is None or not counts_for_trading(offer.line.habitat):
        return False
    same = own.ledger is account.ledger and own.key == account.key
    return same or own.may_serve(account)
