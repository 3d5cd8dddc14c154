"""The decision as a linear model (DESIGN 2).

Amounts are whole market steps; a row in units is divided by the step, so that coefficients
stay near one. Trading rows take the units before the spatial risk multiplier
(``statutory``), or both before and after it (``like_for_like``); the headline row always takes
them after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, balances_of
from bng_opt.optimiser.banks import BankUse, add_banks
from bng_opt.optimiser.credits import (
    add_credit_columns,
    add_credit_costs,
    net_gain_account,
    tie_credits_to_shortfalls,
)
from bng_opt.optimiser.effects import Effects, Purchase
from bng_opt.optimiser.linear import IntArray, LinearModel, ModelBuilder
from bng_opt.optimiser.offers import OfferBook
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.rules import TradingRow, trading_rows
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

ROW_SLACK = UNIT_TOLERANCE / 10
"""Rows are eased by a tenth of what counts as zero [units], so that all together stay below it."""


@dataclass(frozen=True)
class PurchaseModel:
    """The linear model with the meaning of its columns.

    Attributes
    ----------
    purchases
        Meaning of the columns ``0 .. len(purchases) - 1``.
    bank_uses
        Meaning of the bank columns, by column index.
    credits
        Units of statutory credits by account, by column index.
    bank_ids
        The banks on offer, in order; a bank's number is its place here.
    bank_of
        The number of the bank behind each purchase column.
    row_names
        The rule behind each row.
    n_rules
        How many rows are rules of law; they come first.
    """

    linear: LinearModel
    purchases: tuple[Purchase, ...]
    bank_ids: tuple[str, ...]
    bank_of: IntArray
    bank_uses: Mapping[int, BankUse]
    credits: Mapping[int, Account]
    row_names: tuple[str, ...]
    n_rules: int


def build_model(book: OfferBook, requirement: Requirement, policy: Policy) -> PurchaseModel:
    """Return the model of a requirement and what the market offers.

    Parameters
    ----------
    book
        The offers, in canonical order.
    requirement, policy
        What is owed and what the buyer wishes.
    """
    step = float(policy.market_step)
    builder = ModelBuilder()
    purchases = _add_purchases(builder, book, step)
    readings = [Effects.of(book.offers, purchases, mode) for mode in policy.mode.readings]
    credits: dict[int, Account] = {}
    for ledger in sorted({offer.ledger for offer in book.offers} | _owed(requirement)):
        _add_ledger(builder, requirement.ledgers[ledger], readings, policy, credits)
    n_rules = len(builder.row_lower)
    bank_uses = add_banks(builder, book, purchases, policy)
    if credits:
        add_credit_costs(builder, credits, step)
    bank_ids = tuple(sorted({offer.bank.bank_id for offer in book.offers}))
    number = {bank_id: index for index, bank_id in enumerate(bank_ids)}
    return PurchaseModel(
        linear=builder.build(),
        purchases=tuple(purchases),
        bank_ids=bank_ids,
        bank_of=np.array(
            [number[book.offers[each.offer].bank.bank_id] for each in purchases], dtype=np.int64
        ),
        bank_uses=bank_uses,
        credits=credits,
        row_names=tuple(builder.row_names),
        n_rules=n_rules,
    )


def _owed(requirement: Requirement) -> set[Ledger]:
    return {ledger for ledger, p in requirement.ledgers.items() if p.need > UNIT_TOLERANCE}


def _add_purchases(builder: ModelBuilder, book: OfferBook, step: float) -> list[Purchase]:
    purchases = []
    for index, offer in enumerate(book.offers):
        for size, price in offer.price_gbp.items():
            purchases.append(Purchase(index, size))
            builder.add_column(float(price) * step, offer.steps)
    return purchases


def _add_ledger(
    builder: ModelBuilder,
    position: LedgerRequirement,
    readings: Sequence[Effects],
    policy: Policy,
    credits: dict[int, Account],
) -> None:
    """Add the trading rows of each reading and the headline row of one ledger."""
    step, effects = float(policy.market_step), readings[0]
    # Another reading that takes no more away is implied by the first.
    counted = [r for r in readings if r is effects or r.loses_more(effects, position.ledger)]
    start = {
        (a.ledger, a.key): (a, u) for a, u in balances_of(position.project_wide.items()).items()
    }
    for account in effects.accounts:
        if account.ledger is position.ledger:
            start.setdefault((account.ledger, account.key), (account, 0.0))
    accounts = [account for account, _ in start.values()]
    units = dict(start.values())
    drawn_on = effects.drawn_on()

    def at_risk(account: Account) -> bool:
        return units[account] < -UNIT_TOLERANCE or (account.ledger, account.key) in drawn_on

    credit_of = add_credit_columns(builder, units, counted, policy, credits)
    rows = trading_rows(position.ledger, accounts, at_risk)
    for reading in counted:
        _add_trading(builder, rows, units, reading, credit_of, step)
    _add_headline(builder, position, effects, credit_of, policy, credits)
    tie_credits_to_shortfalls(builder, units, counted, credit_of, step)


def _add_trading(
    builder: ModelBuilder,
    rows: Sequence[TradingRow],
    units: Mapping[Account, float],
    effects: Effects,
    credit_of: Mapping[Account, int],
    step: float,
) -> None:
    helpers: dict[Account, int] = {}
    for row in rows:
        coefficients = effects.balance(row.accounts)
        columns = np.flatnonzero(coefficients)
        extra: list[tuple[int, float]] = []
        for account in sorted(row.plus | row.minus, key=lambda a: a.key):
            if account not in helpers:
                helpers[account] = builder.add_column(0.0, np.inf, integer=False)
            extra.append((helpers[account], 1.0 if account in row.plus else -1.0))
        extra.extend((credit_of[a], 1.0) for a in row.accounts if a in credit_of)
        start_units = sum(units[account] for account in row.accounts)
        builder.add_row_with(row.name, columns, coefficients[columns], extra,
            (-start_units - ROW_SLACK) / step,
        )  # fmt: skip


def _add_headline(
    builder: ModelBuilder,
    position: LedgerRequirement,
    effects: Effects,
    credit_of: Mapping[Account, int],
    policy: Policy,
    credits: dict[int, Account],
) -> None:
    """Add ``sum of delivered units >= deficit`` (Headline Results H61:H63)."""
    if position.deficit <= UNIT_TOLERANCE:
        return
    extra = [(column, 1.0) for column in credit_of.values()]
    if policy.credits:
        top_up = builder.add_column(0.0, np.inf, integer=False)
        credits[top_up] = net_gain_account(position.ledger)
        extra.append((top_up, 1.0))
    columns = effects.in_ledger(position.ledger)
    builder.add_row_with(
        f"{position.ledger}: headline deficit",
        columns,
        effects.delivered[columns],
        extra,
        (position.deficit - ROW_SLACK) / float(policy.market_step),
    )
