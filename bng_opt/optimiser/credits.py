"""Statutory credits as columns of the model: a last resort, priced by tier (RULES 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bng_opt.metric.credits import TOP_UP_TIER, may_take_credits
from bng_opt.metric.trading import Account
from bng_opt.optimiser.effects import Effects
from bng_opt.optimiser.linear import ModelBuilder
from bng_opt.optimiser.policy import Policy
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Distinctiveness, Ledger, TradingRule
from bng_opt.reference.credits import credit_for


def net_gain_account(ledger: Ledger) -> Account:
    """Return the account under which credits for the net gain part are kept (RULES 6)."""
    tier = TOP_UP_TIER[ledger]
    return Account(ledger, Distinctiveness.LOW, "Net gain", TradingRule.NONE, credit_tier=tier)


def add_credit_columns(
    builder: ModelBuilder,
    units: Mapping[Account, float],
    readings: Sequence[Effects],
    policy: Policy,
    credits: dict[int, Account],
) -> dict[Account, int]:
    """Add a column of credit units for each account that may end short.

    It may by a deficit of its own, or by what purchases take from it, in whichever reading
    takes most.
    """
    if not policy.credits:
        return {}
    step = float(policy.market_step)
    added = {}
    for account, balance in units.items():
        taken = max(_most_taken(builder, effects, account) for effects in readings)
        worst = max(0.0, -balance) / step + taken
        if worst * step > UNIT_TOLERANCE and may_take_credits(account):
            column = builder.add_column(0.0, worst, integer=False)
            credits[column] = account
            added[account] = column
    return added


def _most_taken(builder: ModelBuilder, effects: Effects, account: Account) -> float:
    """Return the most that all purchases together take from an account [market steps]."""
    balance = effects.balance([account])
    return float(np.maximum(-balance, 0.0) @ np.array(builder.upper[: len(balance)]))


def tie_credits_to_shortfalls(
    builder: ModelBuilder,
    units: Mapping[Account, float],
    readings: Sequence[Effects],
    credit_of: Mapping[Account, int],
    step: float,
) -> None:
    """Let credits fill only what purchases leave short in one of the readings.

    Without this, cheap credits could stand for one High habitat while bought units of it
    serve a Medium group whose own tier is dearer. Only area tiers differ in price, and
    the Low account has the cheapest.
    """
    for account, column in credit_of.items():
        if account.ledger is not Ledger.AREA or account.band is Distinctiveness.LOW:
            continue
        start = units[account] / step
        # In a reading that isn't the one, credits may stand above what it leaves short.
        beside = builder.upper[column] if len(readings) > 1 else 0.0
        used = []
        for effects in readings:
            balance = effects.balance([account])
            columns = np.flatnonzero(balance)
            gained = float(np.maximum(balance, 0.0) @ np.array(builder.upper[: len(balance)]))
            highest = max(0.0, start + gained) + beside
            used.append(builder.add_column(0.0, 1.0))
            # used = 1  =>  the balance after purchases and credits is at most zero
            builder.add_row_with(
                f"{account.key}: credits fill a shortfall",
                columns,
                -balance[columns],
                [(column, -1.0), (used[-1], -highest)],
                start - highest,
            )
        builder.add_row_with(
            f"{account.key}: credits only if used",
            np.empty(0, np.int64),
            np.empty(0),
            [*((each, builder.upper[column]) for each in used), (column, -1.0)],
            0.0,
        )


def add_credit_costs(builder: ModelBuilder, credits: Mapping[int, Account], step: float) -> None:
    """Price credits by tier, bought in hundredths and rounded up (RULES 6)."""
    tiers: dict[str, list[int]] = {}
    for column, account in credits.items():
        tiers.setdefault(account.credit_tier, []).append(column)
    for tier, columns in sorted(tiers.items()):
        credit = credit_for(tier)
        hundredths = builder.add_column(float(credit.price_per_credit_gbp) / 100, np.inf)
        per_column = -100.0 * float(credit.credits_per_unit) * step
        builder.add_row_with(f"credits of tier {tier}", np.array(columns, dtype=np.int64),
            np.full(len(columns), per_column), [(hundredths, 1.0)], -1e-4,
        )  # fmt: skip
