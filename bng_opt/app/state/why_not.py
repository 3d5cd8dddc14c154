"""Why a plan doesn't buy from a bank, or what it buys there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.app.state.around import EntryPrice, entry_words
from bng_opt.market import Bank
from bng_opt.optimiser.plan import NotChosen, Plan
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import counted, pounds, units_text

_PLAIN = {"bank excluded by the policy": "your wishes leave this bank out"}


@dataclass(frozen=True)
class StockNotBought:
    """A stock line that isn't bought.

    Attributes
    ----------
    units, srm, price_gbp
        What it has to sell, its multiplier here and its price [units, GBP/unit]; None where
        it was left out before that was looked at.
    why, comes_in
        Why it isn't bought, and at which price it would be; empty while that isn't known.
    """

    habitat: str
    units: Decimal
    srm: Decimal | None
    price_gbp: Decimal | None
    why: str
    comes_in: str


@dataclass(frozen=True)
class WhyNot:
    """A bank beside the plan.

    Attributes
    ----------
    place
        Where it is and how far in the law's sense, in words.
    bought
        What the plan buys there, each in a sentence.
    lines
        What it sells that the plan doesn't buy.
    """

    name: str
    place: str
    bought: tuple[str, ...]
    lines: tuple[StockNotBought, ...]


def explain_bank(
    bank: Bank, plan: Plan, scenario: Scenario, entries: Iterable[EntryPrice] = ()
) -> WhyNot:
    """Return why the plan doesn't buy from a bank, line by line.

    Parameters
    ----------
    entries
        The prices at which lines would come in, as far as they are known.
    """
    prices = {each.stock_id: each for each in entries}
    bought = tuple(
        f"{line.habitat}: {units_text(line.units)} units are bought for {pounds(line.cost_gbp)}."
        for line in plan.purchases
        if line.bank_id == bank.bank_id
    )
    lines = [_not_bought(each, prices) for each in plan.not_chosen if each.bank_id == bank.bank_id]
    if not bought and not lines:
        stock = sum(line.bank_id == bank.bank_id for line in scenario.market.stock)
        has = f"{counted(stock, 'stock line')}, none of which" if stock else "no stock, so nothing"
        return WhyNot(bank.name, _place(bank), (f"It has {has} could be bought.",), ())
    return WhyNot(bank.name, _place(bank), bought, tuple(lines))


def _not_bought(each: NotChosen, prices: Mapping[str, EntryPrice]) -> StockNotBought:
    why = _PLAIN.get(each.reason, each.reason)
    entry = prices.get(each.stock_id)
    return StockNotBought(
        habitat=each.habitat,
        units=each.units,
        srm=each.srm,
        price_gbp=each.price_gbp,
        why=f"{why[:1].upper()}{why[1:]}.",
        comes_in="" if entry is None else entry_words(entry),
    )


def _place(bank: Bank) -> str:
    return f"LPA {bank.place.lpa}, NCA {bank.place.nca}"
