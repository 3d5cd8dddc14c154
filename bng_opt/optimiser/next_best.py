"""The next best plans: each leaves out at least one bank of every plan before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np

from bng_opt.errors import Finding, SolverError
from bng_opt.optimiser.banks import BankUse
from bng_opt.optimiser.linear import ModelBuilder
from bng_opt.optimiser.model import PurchaseModel, build_model
from bng_opt.optimiser.offers import OfferBook, make_offers
from bng_opt.optimiser.optimise import distances_km
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.search import Found, TimeLeft, find_cheapest, find_fewest_credits
from bng_opt.optimiser.solver import Status
from bng_opt.optimiser.ties import break_ties
from bng_opt.quantities import PENNY, ZERO

if TYPE_CHECKING:
    pass

from bng_opt.optimiser.attempts import Clock, Verdict, attempt, bank_ids, time_left
from bng_opt.optimiser.differences import Alternative, alternative

TOO_LATE = (
    Finding("The time limit passed before another set of banks was found.", "Allow more time."),
)


@dataclass(frozen=True)
class _Rivals:
    """The model in which plans that use given banks all together can be barred."""

    scenario: Scenario
    book: OfferBook
    model: PurchaseModel
    credits: bool

    @classmethod
    def of(cls, scenario: Scenario, base: Plan) -> _Rivals:
        """Return the model on which the plan itself was found: without credits if it could."""
        requirement = scenario.requirement
        book = make_offers(requirement, scenario.market, scenario.site, scenario.policy)
        policy = scenario.policy.model_copy(update={"credits": bool(base.credits)})
        return cls(scenario, book, build_model(book, requirement, policy), bool(base.credits))

    def cheapest(self, barred: Sequence[frozenset[str]], left: TimeLeft) -> tuple[Found, set[str]]:
        """Return the cheapest plan that does without a bank of each set, and its banks.

        Found to half the policy's gap: the plan is then made anew for its banks, to the
        other half, so that together they keep the whole.
        """
        model = barring(self.model, barred)
        found = self._find(model, left)
        if found.values is None:
            return found, set()
        values = found.values
        if found.status is Status.OPTIMAL and not self.credits:
            values = break_ties(
                model, found, distances_km(model, self.book, self.scenario.site), left
            )
        numbers = np.unique(model.bank_of[values[: len(model.purchases)] > 0.5])
        return found, {model.bank_ids[number] for number in numbers}

    def _find(self, model: PurchaseModel, left: TimeLeft) -> Found:
        policy = self.scenario.policy
        gap = float(policy.gap_gbp) / 2
        if self.credits:
            return find_fewest_credits(model, float(policy.market_step), gap, left)
        return find_cheapest(model, gap, left)


def barring(model: PurchaseModel, barred: Sequence[frozenset[str]]) -> PurchaseModel:
    """Return the model whose plans leave out at least one bank of each set.

    Exact: with a 0-1 column ``z`` a bank and ``x <= u z`` for what it sells, a plan leaves
    out a bank of a set ``S`` just when its columns can be chosen with
    ``sum of z over S <= len(S) - 1``. A column without cost that stands at 1 for a bank
    that sells nothing only tightens the row, so it need not be tied from below. Where a
    bank has a column for each contract size, at most one of them is 1. Only the banks of
    the sets need columns.
    """
    builder = ModelBuilder.of(model.linear)
    uses = dict(model.bank_uses)
    columns: dict[str, list[int]] = {}
    for column, use in uses.items():
        columns.setdefault(use.bank_id, []).append(column)
    for bank_id in sorted(frozenset().union(*barred)):
        if bank_id in columns:
            continue
        opens = builder.add_column(0.0, 1.0)
        columns[bank_id], uses[opens] = [opens], BankUse(bank_id, None)
        for column in np.flatnonzero(model.bank_of == model.bank_ids.index(bank_id)).tolist():
            entries = np.array([opens, column]), np.array([model.linear.upper[column], -1.0])
            builder.add_row(f"{bank_id}: sells only if used", *entries, 0.0, link=True)
    for banks in barred:
        inside = np.array([c for bank_id in sorted(banks) for c in columns[bank_id]])
        name = f"not all of {', '.join(sorted(banks))}"
        builder.add_row(name, inside, -np.ones(len(inside)), 1.0 - len(banks))
    names = (*model.row_names, *builder.row_names[model.linear.n_rows :])
    return replace(model, linear=builder.build(), bank_uses=uses, row_names=names)


def find_next_best(
    scenario: Scenario, base: Plan, count: int, clock: Clock | None
) -> tuple[Alternative, ...]:
    """Return the next best plans one after the other, each barring all before it.

    A plan barred by a later one holds all banks of that one and could have been found in
    its place, so it is no cheaper: nothing worth having is passed over.
    """
    rivals = _Rivals.of(scenario, base)
    barred = [frozenset(bank_ids(base))] if base.banks else []
    found: list[Alternative] = []
    while barred and len(found) < count:
        try:
            result, banks = rivals.cheapest(barred, time_left(scenario.policy, clock))
        except SolverError as error:
            found.append(_no_more(error.findings))
            break
        if not banks:
            found.extend([_no_more(TOO_LATE)] if result.status is not Status.INFEASIBLE else [])
            break
        others = frozenset(bank.bank_id for bank in scenario.market.banks) - banks
        wishes = {
            "must_use": frozenset(banks),
            "must_not_use": others,
            "gap_gbp": scenario.policy.gap_gbp / 2,
        }
        answer = attempt(scenario, wishes, clock)
        item = alternative(f"Next best: {', '.join(sorted(banks))}", answer, base)
        found.append(_with_bound(item, result))
        barred.append(frozenset(banks))
    return tuple(sorted(found, key=_by_cost))


def _with_bound(item: Alternative, found: Found) -> Alternative:
    """Return the alternative with the bound over all that were not barred."""
    if item.plan is None:
        return item
    bound = Decimal(str(found.bound)).quantize(PENNY, rounding=ROUND_FLOOR)
    proven = found.status is Status.OPTIMAL and item.verdict is Verdict.PROVEN
    return replace(
        item,
        verdict=Verdict.PROVEN if proven else Verdict.NOT_PROVEN,
        bound_gbp=max(ZERO, min(bound, item.plan.total_gbp)),
    )


def _no_more(findings: tuple[Finding, ...]) -> Alternative:
    verdict = Verdict.UNKNOWN
    return Alternative("Next best", verdict, None, verdict.value, None, None, findings)


def _by_cost(item: Alternative) -> tuple[bool, Decimal, tuple[str, ...]]:
    return (item.plan is None, item.plan.total_gbp if item.plan else ZERO, item.banks)
