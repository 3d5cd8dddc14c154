"""The price at which an offer that isn't chosen would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np

from bng_opt.market import ContractSize
from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.solver import Status, relax
from bng_opt.quantities import PENNY, ZERO

if TYPE_CHECKING:
    pass

from bng_opt.optimiser.fixed_banks import FixedBanks

NOTHING = 1e-6
"""Savings and prices below this are none [GBP a market step]."""


PENNY_WORTH = 0.005
"""Stock is worth something from half a penny on [GBP/unit]."""


MAX_PIECES = 50
"""Prices tried for an offer; each settles one more piece, and few pieces exist."""


TOO_LITTLE = "its bank has too little to sell for the wishes or this contract size"


UNLAWFUL = "no lawful purchase opens its bank as well"


PAYS_ANYWAY = "the relaxation opens its bank for other lines; whole steps or wishes decide"


ALREADY = "the relaxation would buy it already; whole steps, the gap or a wish decide"


NO_ROOM = "the limit on banks leaves its bank no place beside the plan's"


NOT_EVEN_FREE = "saves nothing at any price, its bank's fee considered"


@dataclass(frozen=True)
class Threshold:
    """The price at which an offer that the plan doesn't buy would be bought.

    Attributes
    ----------
    price_gbp
        Its price now, per unit bought [GBP/unit].
    threshold_gbp
        Below this price per unit bought the relaxation is cheaper with it [GBP/unit]: the
        banks of the plan stay open and paid, the offer's own bank opens too and is paid its
        fee. If the plan could then drop a bank, the fee of that comes on top. None if it
        isn't bought at any price; ``note`` says why, and what else stands in its way.
    fee_gbp
        The fee that its bank would add, 0 where the plan uses the bank already [GBP].
    units
        How much the relaxation would buy just below the threshold [units].
    contract_size
        The contract size of its bank that the figures hold for.
    """

    stock_id: str
    bank_id: str
    habitat: str
    price_gbp: Decimal
    threshold_gbp: Decimal | None
    fee_gbp: Decimal
    units: float
    contract_size: str
    note: str = ""

    @property
    def cut_gbp(self) -> Decimal | None:
        """Return by how much its price would have to fall [GBP/unit]; None if in vain."""
        if self.threshold_gbp is None:
            return None
        return max(ZERO, self.price_gbp - self.threshold_gbp)


def find_thresholds(fixed: FixedBanks, plan: Plan) -> Iterator[Threshold]:
    """Return the threshold of every offer that the plan doesn't buy."""
    bought = {line.stock_id for line in plan.purchases}
    by_bank: dict[str, list[int]] = {}
    for column, purchase in enumerate(fixed.model.purchases):
        offer = fixed.book.offers[purchase.offer]
        if offer.line.stock_id not in bought:
            by_bank.setdefault(offer.bank.bank_id, []).append(column)
    for bank_id, columns in by_bank.items():
        found: dict[str, Threshold] = {}
        for size in fixed.sizes_of(bank_id):
            for each in _thresholds_at(fixed, bank_id, size, columns):
                best = found.setdefault(each.stock_id, each)
                found[each.stock_id] = min(best, each, key=nearest_first)
        yield from found.values()


def nearest_first(offer: Threshold) -> tuple[bool, Decimal, str]:
    """Sort what is nearest to being chosen first."""
    cut = offer.cut_gbp
    return (cut is None, offer.price_gbp if cut is None else cut, offer.stock_id)


def _thresholds_at(
    fixed: FixedBanks, bank_id: str, size: ContractSize | None, columns: Sequence[int]
) -> Iterator[Threshold]:
    """Yield the threshold of each purchase column of a bank at a contract size."""
    opened = fixed.open(fixed.linear, {**fixed.sizes, bank_id: size})
    keep = opened.upper > 0
    small, place = opened.restrict(keep), np.cumsum(keep) - 1
    for column in columns:
        if size is None or fixed.model.purchases[column].size is size:
            found: tuple[float | None, float, str] = (None, 0.0, TOO_LITTLE)
            if keep[column]:
                used, here = bank_id in fixed.sizes, int(place[column])
                reference = _without(small, here) if used else fixed.answer.objective
                found = _highest_price(small, here, reference)
            yield _as_threshold(fixed, column, *found)


def _as_threshold(
    fixed: FixedBanks, column: int, price: float | None, bought: float, note: str
) -> Threshold:
    """Return the threshold of a column from its price and amount a market step."""
    purchase, step = fixed.model.purchases[column], float(fixed.policy.market_step)
    offer = fixed.book.offers[purchase.offer]
    used = offer.bank.bank_id in fixed.sizes
    now, threshold = offer.price_gbp[purchase.size], _per_unit(price, step)
    if threshold is not None:
        note = NO_ROOM if fixed.no_room and not used else ALREADY if threshold > now else ""
    return Threshold(
        stock_id=offer.line.stock_id,
        bank_id=offer.bank.bank_id,
        habitat=offer.line.habitat.name,
        price_gbp=now,
        threshold_gbp=threshold,
        fee_gbp=ZERO if used else offer.bank.fixed_fee_gbp,
        units=round(bought * step, 6),
        contract_size=purchase.size.value,
        note=note,
    )


def _without(linear: LinearModel, column: int) -> float:
    """Return the least cost without a column; infinite where it can't be spared [GBP]."""
    upper = linear.upper.copy()
    upper[column] = 0.0
    answer = relax(linear.with_bounds(linear.lower, upper))
    return answer.objective if answer.status is Status.OPTIMAL else float("inf")


def _highest_price(
    linear: LinearModel, column: int, reference: float
) -> tuple[float | None, float, str]:
    """Return the highest price of a column that makes the model cheaper than a reference.

    The least cost is concave and piecewise linear in the price. From price 0 on, the price
    is raised to where the piece at hand meets the reference: the pieces lie above the
    curve, so that price is never too high, and each step settles at least one piece.

    Returns
    -------
    The price [GBP a market step] (None if there is none), how much is bought just below it
    [market steps], and a note.
    """
    price, bought = 0.0, 0.0
    cost = linear.cost.copy()
    for _ in range(MAX_PIECES):
        cost[column] = price
        answer = relax(linear.with_cost(cost))
        if answer.status is not Status.OPTIMAL:
            return None, 0.0, UNLAWFUL
        saving = reference - answer.objective
        if saving <= NOTHING * max(1.0, abs(reference) * NOTHING):
            break
        bought = float(answer.values[column])
        if bought <= NOTHING or not np.isfinite(saving):
            return None, 0.0, PAYS_ANYWAY
        price += saving / bought
    return (None, 0.0, NOT_EVEN_FREE) if price <= 0 else (price, bought, "")


def _per_unit(price: float | None, step: float) -> Decimal | None:
    """Return a price per market step as one per unit, pence rounded down [GBP/unit]."""
    if price is None:
        return None
    return Decimal(str(round(price / step, 6))).quantize(PENNY, rounding=ROUND_FLOOR)
