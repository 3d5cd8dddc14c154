"""What one more unit costs, at which price an offer would be bought, and which rules bind.

All three come from the continuous relaxation with the banks of the plan fixed: these banks
stay open and their fees are paid, every other bank is closed, and amounts need not be whole
market steps. The relaxation is a small linear programme, so its answers are exact for it;
the purchase itself may differ by what whole steps cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, account_of, balances_of
from bng_opt.optimiser.alternatives import check_same
from bng_opt.optimiser.explain import NET_GAIN_RULE
from bng_opt.optimiser.linear import FloatArray
from bng_opt.optimiser.needs import NET_GAIN
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.optimiser.solver import Status
from bng_opt.optimiser.text_table import Column, text_table, wrapped
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, pounds, round_money, units_text
from bng_opt.reference import Ledger

if TYPE_CHECKING:
    import pandas as pd

from bng_opt.optimiser.fixed_banks import FixedBanks
from bng_opt.optimiser.thresholds import (
    NOTHING,
    PENNY_WORTH,
    Threshold,
    find_thresholds,
    nearest_first,
)

SHOWN = 20
"""Offers in the summary; the frame has them all."""


@dataclass(frozen=True)
class NeedMargin:
    """A line of the need and what one more unit of it costs.

    Attributes
    ----------
    target
        The account (habitat, group or band) of a loss, or ``"Net gain"`` for the headline
        deficit.
    units
        The net loss of the account over the whole project, before on-site surplus of
        higher bands serves it; the headline deficit for net gain [units]. Ledgers that need
        no purchase aren't listed.
    marginal_gbp
        Rise of the least cost for one market step more of it, per unit [GBP/unit]: one more
        unit lost with the headline as it is, or one more unit of headline deficit alone. A
        unit lost on site raises both, so its whole price is at most the sum. None where the
        plan's banks have nothing left that may serve it.
    """

    ledger: str
    target: str
    rule: str
    units: float
    marginal_gbp: Decimal | None

    @property
    def words(self) -> str:
        """Return the price of one more unit in a sentence."""
        if self.marginal_gbp is None:
            return "The banks of the plan have nothing left that may serve more of it."
        if not self.marginal_gbp:
            return "A little more costs nothing: what is bought for other needs serves it."
        return f"One more unit costs {pounds(self.marginal_gbp)}."


@dataclass(frozen=True)
class Binding:
    """A rule or limit without slack that costs something.

    Attributes
    ----------
    price_gbp
        Of a rule: what one unit more of it costs; of stock: what one unit more in stock
        would save [GBP/unit]. None for the limit on banks, which has no price per unit.
        Where several rules bind at once the relaxation may share a price among them.
    """

    words: str
    price_gbp: Decimal | None


@dataclass(frozen=True)
class Margins:
    """Marginal costs of a plan: by need, by offer not chosen, and the rules that bind."""

    needs: tuple[NeedMargin, ...]
    thresholds: tuple[Threshold, ...]
    binding: tuple[Binding, ...]

    def needs_frame(self) -> pd.DataFrame:
        """Return the needs as a table.

        Returns
        -------
        One row a need, columns: ledger, target, rule, units [units], marginal_gbp
        [GBP/unit, NaN where the plan's banks have no more] and words.
        """
        import pandas as pd

        rows = [{**vars(need), "words": need.words} for need in self.needs]
        frame = pd.DataFrame(rows, columns=list(NEED_COLUMNS))
        return frame.assign(marginal_gbp=frame["marginal_gbp"].astype(float))

    def thresholds_frame(self) -> pd.DataFrame:
        """Return the offers that the plan doesn't buy as a table, the nearest to it first.

        Returns
        -------
        One row an offer, columns: stock_id, bank_id, habitat, price_gbp, threshold_gbp and
        cut_gbp [GBP/unit, NaN where no price helps], fee_gbp [GBP], units [units],
        contract_size and note.
        """
        import pandas as pd

        rows = [{**vars(offer), "cut_gbp": offer.cut_gbp} for offer in self.thresholds]
        frame = pd.DataFrame(rows, columns=list(THRESHOLD_COLUMNS))
        money = [name for name in THRESHOLD_COLUMNS if name.endswith("_gbp")]
        return frame.assign(**{name: frame[name].astype(float) for name in money})

    def as_dict(self) -> dict[str, object]:
        """Return the margins as plain values."""
        return {
            "needs": [{**_plain(need), "words": need.words} for need in self.needs],
            "thresholds": [
                {**_plain(offer), "cut_gbp": _number(offer.cut_gbp)} for offer in self.thresholds
            ],
            "binding": [_plain(rule) for rule in self.binding],
        }

    def summary(self) -> str:
        """Return the margins as a short report."""
        lines = ["What one more unit costs", *_needs_text(self.needs)]
        lines += ["", "What binds"]
        for rule in self.binding:
            lines += wrapped(rule.words, indent=2, hang=2)
        near = [offer for offer in self.thresholds if offer.threshold_gbp is not None][:SHOWN]
        lines += ["", "Offers not chosen, and the price at which they would be"]
        lines += _thresholds_text(near)
        lines += wrapped(
            "From the relaxation: the plan's banks stay, amounts need not be whole steps.", indent=2
        )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


NEED_COLUMNS = tuple("ledger target rule units marginal_gbp words".split())
"""The columns of :meth:`Margins.needs_frame`."""


THRESHOLD_COLUMNS = tuple(
    "stock_id bank_id habitat price_gbp threshold_gbp cut_gbp fee_gbp units contract_size "
    "note".split()
)
"""The columns of :meth:`Margins.thresholds_frame`."""


def _plain(record: object) -> dict[str, object]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in vars(record).items()
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _needs_text(needs: Sequence[NeedMargin]) -> Iterator[str]:
    columns = (
        Column("Need", flexible=True),
        Column("Units", right=True),
        Column("One more unit", right=True),
    )
    yield from text_table(
        columns,
        (
            (
                f"{need.ledger.capitalize()}: {need.target}",
                units_text(round(need.units, 6)),
                "none left" if need.marginal_gbp is None else pounds(need.marginal_gbp),
            )
            for need in needs
        ),
    )


def _thresholds_text(offers: Sequence[Threshold]) -> Iterator[str]:
    columns = (
        Column("Offer"),
        Column("Habitat", flexible=True),
        *(Column(name, right=True) for name in ("Price", "Bought below", "Bank's fee")),
    )
    yield from text_table(
        columns,
        (
            (
                offer.stock_id,
                offer.habitat,
                pounds(offer.price_gbp),
                pounds(offer.threshold_gbp or ZERO),
                pounds(offer.fee_gbp),
            )
            for offer in offers
        ),
    )


def explain_margins(scenario: Scenario, plan: Plan) -> Margins:
    """Return what one more unit of each need costs, each offer's threshold, and what binds.

    Parameters
    ----------
    scenario, plan
        A scenario and its plan.

    Raises
    ------
    InputError
        If the plan isn't the scenario's.
    """
    check_same(scenario, plan)
    fixed = FixedBanks.of(scenario, plan)
    return Margins(
        tuple(_need_margins(fixed, scenario.requirement)),
        tuple(sorted(find_thresholds(fixed, plan), key=nearest_first)),
        tuple(_binding(fixed, scenario.policy)),
    )


def _need_margins(fixed: FixedBanks, requirement: Requirement) -> Iterator[NeedMargin]:
    step = float(fixed.policy.market_step)
    for ledger, position in requirement.ledgers.items():
        if position.need <= UNIT_TOLERANCE:
            continue
        for account, balance in balances_of(position.project_wide.items()).items():
            if balance < -UNIT_TOLERANCE:
                price = _price_of(fixed, ledger, _with_loss(position, account, step))
                yield NeedMargin(ledger.value, account.key, account.rule_words, -balance, price)
        if position.deficit > UNIT_TOLERANCE:
            more = replace(position, deficit=position.deficit + step)
            price = _price_of(fixed, ledger, more)
            yield NeedMargin(ledger.value, NET_GAIN, NET_GAIN_RULE, position.deficit, price)


def _with_loss(position: LedgerRequirement, account: Account, units: float) -> LedgerRequirement:
    """Return the position with so many more units lost of a habitat of the account [units]."""
    changes = list(position.changes)
    for number, change in enumerate(changes):
        own = account_of(change.habitat)
        if own is not None and own.key == account.key:
            changes[number] = replace(change, on_site=change.on_site - units)
            break
    return replace(position, changes=tuple(changes))


def _price_of(fixed: FixedBanks, ledger: Ledger, more: LedgerRequirement) -> Decimal | None:
    """Return the rise of the least cost per unit for one step more of a need [GBP/unit].

    A difference, not a dual: where several rules bind at once the duals aren't unique.
    """
    ledgers = {**fixed.requirement.ledgers, ledger: more}
    raised = fixed.with_requirement(replace(fixed.requirement, ledgers=ledgers)).answer
    if raised.status is not Status.OPTIMAL:
        return None
    step = float(fixed.policy.market_step)
    rise = (raised.objective - fixed.answer.objective) / step
    return round_money(Decimal(str(max(0.0, round(rise, 4)))))


def _binding(fixed: FixedBanks, policy: Policy) -> Iterator[Binding]:
    """Yield the rules and stocks with a price in the relaxation, then the limit on banks."""
    step = float(policy.market_step)
    model, answer = fixed.model, fixed.answer
    stock = np.maximum(0.0, -answer.reduced_costs[: len(model.purchases)])
    # A rule that is tested in two readings has a row for each, and one unit more counts in both.
    rules: dict[str, float] = {}
    for name, price in zip(model.row_names[: model.n_rules], answer.duals.tolist(), strict=False):
        rules[name] = rules.get(name, 0.0) + price
    for name, price in rules.items():
        if price > NOTHING:
            each = round_money(Decimal(str(round(price / step, 6))))
            yield Binding(f"{_sentence(name)} One unit more of it costs {pounds(each)}.", each)
    for row in range(model.n_rules, len(model.row_names)):
        if answer.duals[row] > NOTHING:
            yield from _limits(model.row_names[row])
    yield from _sold_out(fixed, stock / step)
    if fixed.no_room:
        yield Binding(f"The plan uses as many banks as the wish allows ({policy.max_banks}).", None)


def _sentence(name: str) -> str:
    """Return a rule of the model as a sentence."""
    subject, _, rule = name.partition(": ")
    if rule == "headline deficit":
        return f"The {subject} net gain target takes every unit, counted after the multiplier."
    if rule == "deficit":
        return f"What is lost of {subject} must be met by its own kind or by higher bands."
    if rule == "higher bands meet what is left":
        return f"In the {subject} ledger, higher bands meet what own kinds leave open."
    return f"{subject[:1].upper()}{subject[1:]} has nothing to spare ({rule})."


def _limits(name: str) -> Iterator[Binding]:
    bank_id, _, limit = name.partition(": ")
    if limit == "least total":
        yield Binding(f"{bank_id} sells the least that a wish or its contract size allows.", None)
    if limit == "greatest total":
        yield Binding(f"{bank_id} sells the most that its contract size allows.", None)


def _sold_out(fixed: FixedBanks, worth: FloatArray) -> Iterator[Binding]:
    for column in np.flatnonzero(worth > PENNY_WORTH).tolist():
        offer = fixed.book.offers[fixed.model.purchases[column].offer]
        if offer.bank.bank_id in fixed.sizes and fixed.answer.values[column] > NOTHING:
            saved = round_money(Decimal(str(round(float(worth[column]), 6))))
            yield Binding(
                f"{offer.line.stock_id} ({offer.line.habitat.name}) is sold out: one unit more "
                f"would save {pounds(saved)}.",
                saved,
            )
