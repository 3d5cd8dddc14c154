"""The relaxation with a plan's banks open: where prices of needs and offers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bng_opt.market import ContractSize
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.model import ROW_SLACK, PurchaseModel, build_model
from bng_opt.optimiser.offers import OfferBook, make_offers
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy, SizeBy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.solver import Relaxation, Status, relax

if TYPE_CHECKING:
    pass


CREDIT_SLACK = 1e-6
"""Credits may exceed the fewest possible by this [market steps]."""


@dataclass(frozen=True)
class FixedBanks:
    """The relaxation with the plan's banks open, each at its contract size.

    Where the plan takes statutory credits, the fewest are taken here too. The rules are
    taken without the model's easing, which prices would feel, unless the stock of the
    plan's banks meets them only so.
    """

    book: OfferBook
    requirement: Requirement
    policy: Policy
    sizes: Mapping[str, ContractSize | None]
    no_room: bool
    eased: bool = False

    @classmethod
    def of(cls, scenario: Scenario, plan: Plan) -> FixedBanks:
        """Return the relaxation of a plan."""
        policy = scenario.policy
        book = make_offers(scenario.requirement, scenario.market, scenario.site, policy)
        by_bank = policy.size_by is SizeBy.BANK
        sizes = {
            line.bank_id: ContractSize(line.contract_size) if by_bank else None
            for line in plan.purchases
        }
        free: dict[str, object] = {
            "credits": bool(plan.credits),
            "max_banks": None,
            "must_use": frozenset(),
        }
        no_room = policy.max_banks is not None and len(sizes) >= policy.max_banks
        free_policy = policy.model_copy(update=free)
        fixed = cls(book, scenario.requirement, free_policy, sizes, no_room)
        feasible = fixed.answer.status is Status.OPTIMAL
        return fixed if feasible else replace(fixed, eased=True)

    @cached_property
    def model(self) -> PurchaseModel:
        """Return the model of all offers."""
        return build_model(self.book, self.requirement, self.policy)

    @cached_property
    def linear(self) -> LinearModel:
        """Return the linear model of all offers; credits at their fewest."""
        linear, credits = self._rules(), list(self.model.credits)
        if not credits:
            return linear
        amount = np.zeros(linear.n_columns)
        amount[credits] = 1.0
        fewest = relax(self.open(linear, self.sizes).with_cost(amount)).objective
        return linear.with_row(dict.fromkeys(credits, -1.0), -(fewest + CREDIT_SLACK))

    def _rules(self) -> LinearModel:
        """Return the rules; "sells only if used" is void where every bank is fixed.

        The bounds of the purchases say it too, and prices must have one home.
        """
        model, linear = self.model, self.model.linear
        row_lower = np.where(linear.link, -np.inf, linear.row_lower)
        if self.eased:
            return replace(linear, row_lower=row_lower)
        for row, name in enumerate(model.row_names[: model.n_rules]):
            if ": credits" not in name:
                row_lower[row] += ROW_SLACK / float(self.policy.market_step)
        return replace(linear, row_lower=row_lower)

    def open(self, linear: LinearModel, sizes: Mapping[str, ContractSize | None]) -> LinearModel:
        """Return the model with these banks open at their sizes and paid, the others closed."""
        lower, upper = linear.lower.copy(), linear.upper.copy()
        model = self.model
        numbers = [n for n, bank_id in enumerate(model.bank_ids) if bank_id in sizes]
        upper[: len(model.purchases)][~np.isin(model.bank_of, numbers)] = 0.0
        for column, use in model.bank_uses.items():
            used = use.bank_id in sizes and sizes[use.bank_id] == use.size
            lower[column] = upper[column] = float(used)
        return linear.with_bounds(lower, upper)

    def sizes_of(self, bank_id: str) -> tuple[ContractSize | None, ...]:
        """Return the contract sizes at which a bank may stand open beside the plan's."""
        if bank_id in self.sizes:
            return (self.sizes[bank_id],)
        return (None,) if self.policy.size_by is SizeBy.QUOTE else tuple(ContractSize)

    @cached_property
    def answer(self) -> Relaxation:
        """Return the relaxation of the plan's banks."""
        return relax(self.open(self.linear, self.sizes))

    def with_requirement(self, requirement: Requirement) -> FixedBanks:
        """Return the relaxation of another need at the same offers and prices."""
        return replace(self, requirement=requirement)
