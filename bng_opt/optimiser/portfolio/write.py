"""Write a joint purchase as verified plans, and check the stock over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from bng_opt.errors import Finding, VerificationError
from bng_opt.market import Market
from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.optimise import verified, write_plan
from bng_opt.optimiser.plan import Check, Plan, PlanStatus
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.portfolio.problem import Outcome, Problem
from bng_opt.optimiser.portfolio.result import Notion, PortfolioPlan
from bng_opt.optimiser.portfolio.sites import SiteModel
from bng_opt.optimiser.portfolio.stock import Choice
from bng_opt.optimiser.search import Found
from bng_opt.optimiser.solver import Status
from bng_opt.quantities import PENNY, ZERO

SOLD_OUT = "sold to other sites of the portfolio"


@dataclass(frozen=True)
class Writer:
    """Writes purchases of one problem.

    Attributes
    ----------
    alone
        Each site's stand-alone plan, by name.
    skipped
        The sites that can't be served even alone, and why.
    """

    problem: Problem
    market: Market
    alone: Mapping[str, Plan]
    skipped: Mapping[str, tuple[Finding, ...]]

    @classmethod
    def of(
        cls, problem: Problem, market: Market, skipped: Mapping[str, tuple[Finding, ...]]
    ) -> Writer:
        """Return the writer of a problem, with every stand-alone plan written."""
        alone = {
            model.owner.name: _plan_of(model, model.values, market) for model in problem.models
        }
        return cls(problem, market, alone, skipped)

    def write(
        self, outcome: Outcome, notion: Notion, left_out: Mapping[str, tuple[Finding, ...]]
    ) -> PortfolioPlan:
        """Return a purchase as verified plans.

        Raises
        ------
        VerificationError
            If a plan breaks a rule, or the plans together the stock.
        """
        models, stock = self.problem.models, self.problem.stock
        gone = stock.sold(outcome.served.values()) >= stock.capacity
        sold_out = {stock.stock_ids[line] for line in np.flatnonzero(gone)}
        plans = {
            models[site].owner.name: self._plan(models[site], outcome.served[site], sold_out)
            for site in sorted(outcome.served)
        }
        total = sum((plan.total_gbp for plan in plans.values()), ZERO)
        bound = Decimal(str(outcome.bound_gbp)).quantize(PENNY, rounding=ROUND_FLOOR)
        policies = {model.owner.name: model.owner.policy for model in models}
        return PortfolioPlan(
            notion=notion,
            status=self._status(outcome),
            plans=plans,
            alone_gbp={name: plan.total_gbp for name, plan in self.alone.items()},
            bound_gbp=max(ZERO, min(bound, total)),
            contested=self.problem.oversold(self.problem.alone.values()),
            skipped={**self.skipped, **left_out},
            checks=(_checked(check_stock(plans, policies, self.market)),),
            rounds=outcome.rounds,
        )

    def _status(self, outcome: Outcome) -> PlanStatus:
        is_whole = len(outcome.served) == len(self.problem.models)
        gap = outcome.cost_gbp - outcome.bound_gbp
        if is_whole and gap <= self.problem.wish.allows(outcome.cost_gbp) + 1e-6:
            return PlanStatus.OPTIMAL
        return PlanStatus.FEASIBLE

    def _plan(self, model: SiteModel, choice: Choice, sold_out: Iterable[str]) -> Plan:
        own = self.problem.stock.choice(choice.site, model, model.values)
        if choice.key == own.key:
            return self.alone[model.owner.name]
        values = np.zeros(model.model.linear.n_columns)
        values[choice.columns] = choice.amounts
        plan = _plan_of(model, values, self.market)
        reasons = tuple(
            replace(item, reason=SOLD_OUT) if item.stock_id in sold_out else item
            for item in plan.not_chosen
        )
        return replace(plan, not_chosen=reasons, shares_stock=True)


def _plan_of(model: SiteModel, values: FloatArray, market: Market) -> Plan:
    cost = float(model.model.linear.cost @ values)
    within = cost - model.bound_gbp <= model.gap_gbp
    status = Status.OPTIMAL if within and model.is_proven else Status.FEASIBLE
    found = Found(status, values, cost, min(model.bound_gbp, cost), np.zeros(len(values)))
    scenario = model.owner.scenario(market)
    return verified(write_plan(scenario, model.book, model.model, values, found), scenario)


def check_stock(plans: Mapping[str, Plan], policies: Mapping[str, Policy], market: Market) -> Check:
    """Recompute from the plans alone that no stock line is sold beyond what is free.

    Parameters
    ----------
    plans, policies
        By site; a line's free stock is what the least reserved of its buyers may take.
    """
    problems = list(_oversold(plans, policies, market))
    return Check(
        "stock is not exceeded by all sites together",
        not problems,
        "; ".join(problems) if problems else "holds",
    )


def _oversold(
    plans: Mapping[str, Plan], policies: Mapping[str, Policy], market: Market
) -> Iterator[str]:
    lines = {line.stock_id: line for line in market.stock}
    units: dict[str, Decimal] = {}
    held: dict[str, Decimal] = {}
    for name, plan in plans.items():
        share = policies[name].quoted.share
        for purchase in plan.purchases:
            stock_id = purchase.stock_id
            units[stock_id] = units.get(stock_id, ZERO) + purchase.units
            held[stock_id] = min(share, held.get(stock_id, share))
    for stock_id, sold in sorted(units.items()):
        line = lines[stock_id]
        free = line.units - held[stock_id] * line.quoted_units
        if sold > free:
            yield f"{stock_id}: {sold} units bought, {free} are free"


def _checked(check: Check) -> Check:
    if not check.ok:
        raise VerificationError(
            Finding(
                f"The portfolio breaks a rule: {check.rule}: {check.detail}.",
                "This is a bug; report it with the portfolio's input.",
            )
        )
    return check
