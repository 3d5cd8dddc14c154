"""The decision as a linear model (DESIGN 2).

Amounts are whole market steps; a row in units is divided by the step, so that coefficients
stay near one. Trading rows take the units before the spatial risk multiplier
(``statutory``) or after it (``like_for_like``); the headline row always takes them after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bng_opt.market import ContractSize
from bng_opt.metric.credits import TOP_UP_TIER, may_take_credits
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, account_of, balances_of, counts_for_trading
from bng_opt.optimiser.linear import FloatArray, IntArray, LinearModel, ModelBuilder
from bng_opt.optimiser.offers import Offer, OfferBook
from bng_opt.optimiser.policy import Mode, Policy, SizeBy
from bng_opt.optimiser.rules import trading_rows
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, steps_up
from bng_opt.reference import Distinctiveness, Ledger, TradingRule
from bng_opt.reference.credits import credit_for

ROW_SLACK = UNIT_TOLERANCE / 10
"""Rows are eased by a tenth of what counts as zero [units], so that all together stay below it."""


@dataclass(frozen=True)
class Purchase:
    """A column that buys whole steps of an offer at one contract size."""

    offer: int
    size: ContractSize


@dataclass(frozen=True)
class BankUse:
    """A column that is 1 when a bank sells at a contract size (None: the quote's)."""

    bank_id: str
    size: ContractSize | None


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
    effects = _Effects.of(book.offers, purchases, policy.mode)
    credits: dict[int, Account] = {}
    for ledger in sorted({offer.ledger for offer in book.offers} | _owed(requirement)):
        _add_ledger(builder, requirement.ledgers[ledger], effects, policy, credits)
    n_rules = len(builder.row_lower)
    bank_uses = _add_banks(builder, book, purchases, policy)
    if credits:
        _add_credit_costs(builder, credits, step)
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


@dataclass(frozen=True)
class _Effects:
    """What one step of each purchase column does, as parallel arrays.

    ``gained`` and ``lost`` index ``accounts`` (-1 for none); ``gain`` and ``loss`` are per
    unit bought, after the multiplier in like-for-like mode; ``delivered`` is the multiplier.
    """

    accounts: tuple[Account, ...]
    ledger: IntArray
    gained: IntArray
    gain: FloatArray
    lost: IntArray
    loss: FloatArray
    delivered: FloatArray

    @classmethod
    def of(cls, offers: Sequence[Offer], purchases: Sequence[Purchase], mode: Mode) -> _Effects:
        numbers: dict[tuple[Ledger, str], int] = {}
        accounts: list[Account] = []

        def number(account: Account | None) -> int:
            if account is None:
                return -1
            key = (account.ledger, account.key)
            if key not in numbers:
                numbers[key] = len(accounts)
                accounts.append(account)
            return numbers[key]

        ledgers = list(Ledger)
        table = []
        for offer in offers:
            line, multiplier = offer.line, float(offer.risk.multiplier)
            weight = multiplier if mode is Mode.LIKE_FOR_LIKE else 1.0
            gains = counts_for_trading(line.habitat)
            base = line.baseline_habitat
            table.append(
                (
                    ledgers.index(offer.ledger),
                    number(account_of(line.habitat)) if gains else -1,
                    float(line.gain_per_unit) * weight,
                    number(account_of(base)) if base is not None else -1,
                    float(line.loss_per_unit) * weight,
                    multiplier,
                )
            )
        columns = np.array(table, dtype=float).reshape(-1, 6)
        columns = columns[[purchase.offer for purchase in purchases]]
        return cls(
            tuple(accounts),
            columns[:, 0].astype(np.int64),
            columns[:, 1].astype(np.int64),
            columns[:, 2],
            columns[:, 3].astype(np.int64),
            columns[:, 4],
            columns[:, 5],
        )

    def balance(self, accounts: Iterable[Account]) -> FloatArray:
        """Return what one unit of each column adds to the summed balance of accounts."""
        wanted = {(a.ledger, a.key) for a in accounts}
        chosen = [i for i, a in enumerate(self.accounts) if (a.ledger, a.key) in wanted]
        gains = np.where(np.isin(self.gained, chosen), self.gain, 0.0)
        losses = np.where(np.isin(self.lost, chosen), self.loss, 0.0)
        return np.asarray(gains - losses, dtype=np.float64)

    def drawn_on(self) -> set[tuple[Ledger, str]]:
        """Return the accounts that some purchase lessens."""
        lost = set(self.lost[(self.lost >= 0) & (self.loss > 0)].tolist())
        return {(self.accounts[i].ledger, self.accounts[i].key) for i in lost}

    def in_ledger(self, ledger: Ledger) -> IntArray:
        """Return the columns of one ledger."""
        return np.flatnonzero(self.ledger == list(Ledger).index(ledger))


def _add_ledger(
    builder: ModelBuilder,
    position: LedgerRequirement,
    effects: _Effects,
    policy: Policy,
    credits: dict[int, Account],
) -> None:
    """Add the trading rows and the headline row of one ledger."""
    step = float(policy.market_step)
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

    credit_of = _add_credit_columns(builder, units, policy, credits)
    helpers: dict[Account, int] = {}
    for row in trading_rows(position.ledger, accounts, at_risk):
        coefficients = effects.balance(row.accounts)
        columns = np.flatnonzero(coefficients)
        extra: list[tuple[int, float]] = []
        for account in sorted(row.plus | row.minus, key=lambda a: a.key):
            if account not in helpers:
                helpers[account] = builder.add_column(0.0, np.inf, integer=False)
            extra.append((helpers[account], 1.0 if account in row.plus else -1.0))
        extra.extend((credit_of[a], 1.0) for a in row.accounts if a in credit_of)
        start_units = sum(units[account] for account in row.accounts)
        _add_row_with(
            builder, row.name, columns, coefficients[columns], extra,
            (-start_units - ROW_SLACK) / step,
        )  # fmt: skip
    _add_headline(builder, position, effects, credit_of, policy, credits)
    _tie_credits_to_shortfalls(builder, units, effects, credit_of, step)


def _add_row_with(
    builder: ModelBuilder,
    name: str,
    columns: IntArray,
    values: FloatArray,
    extra: Sequence[tuple[int, float]],
    at_least: float,
) -> None:
    builder.add_row(
        name,
        np.append(columns, [column for column, _ in extra]).astype(np.int64),
        np.append(values, [value for _, value in extra]),
        at_least,
    )


def _add_headline(
    builder: ModelBuilder,
    position: LedgerRequirement,
    effects: _Effects,
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
    _add_row_with(
        builder,
        f"{position.ledger}: headline deficit",
        columns,
        effects.delivered[columns],
        extra,
        (position.deficit - ROW_SLACK) / float(policy.market_step),
    )


def net_gain_account(ledger: Ledger) -> Account:
    """Return the account under which credits for the net gain part are kept (RULES 6)."""
    tier = TOP_UP_TIER[ledger]
    return Account(ledger, Distinctiveness.LOW, "Net gain", TradingRule.NONE, credit_tier=tier)


def _add_credit_columns(
    builder: ModelBuilder,
    units: Mapping[Account, float],
    policy: Policy,
    credits: dict[int, Account],
) -> dict[Account, int]:
    """Add a column of credit units for each account with a deficit of its own."""
    if not policy.credits:
        return {}
    step = float(policy.market_step)
    added = {}
    for account, balance in units.items():
        if balance < -UNIT_TOLERANCE and may_take_credits(account):
            column = builder.add_column(0.0, -balance / step, integer=False)
            credits[column] = account
            added[account] = column
    return added


def _tie_credits_to_shortfalls(
    builder: ModelBuilder,
    units: Mapping[Account, float],
    effects: _Effects,
    credit_of: Mapping[Account, int],
    step: float,
) -> None:
    """Let credits fill only what purchases leave short, as the workbook counts them.

    Without this, cheap credits could stand for one High habitat while bought units of it
    serve a Medium group whose own tier is dearer. Only area tiers differ in price, and
    the Low account has the cheapest.
    """
    for account, column in credit_of.items():
        if account.ledger is not Ledger.AREA or account.band is Distinctiveness.LOW:
            continue
        balance = effects.balance([account])
        columns = np.flatnonzero(balance)
        highest = float(np.maximum(balance, 0.0) @ np.array(builder.upper[: len(balance)]))
        used = builder.add_column(0.0, 1.0)
        short = -units[account] / step
        no_columns = np.empty(0, np.int64)
        _add_row_with(
            builder, f"{account.key}: credits only if used", no_columns, np.empty(0),
            [(used, short), (column, -1.0)], 0.0,
        )  # fmt: skip
        # used = 1  =>  balance after purchases and credits <= 0
        _add_row_with(
            builder, f"{account.key}: credits fill a shortfall", columns, -balance[columns],
            [(column, -1.0), (used, -highest)], -short - highest,
        )  # fmt: skip


def _add_credit_costs(builder: ModelBuilder, credits: Mapping[int, Account], step: float) -> None:
    """Price credits by tier, bought in hundredths and rounded up (RULES 6)."""
    tiers: dict[str, list[int]] = {}
    for column, account in credits.items():
        tiers.setdefault(account.credit_tier, []).append(column)
    for tier, columns in sorted(tiers.items()):
        credit = credit_for(tier)
        hundredths = builder.add_column(float(credit.price_per_credit_gbp) / 100, np.inf)
        per_column = -100.0 * float(credit.credits_per_unit) * step
        _add_row_with(
            builder, f"credits of tier {tier}", np.array(columns, dtype=np.int64),
            np.full(len(columns), per_column), [(hundredths, 1.0)], -1e-4,
        )  # fmt: skip


def _add_banks(
    builder: ModelBuilder, book: OfferBook, purchases: Sequence[Purchase], policy: Policy
) -> dict[int, BankUse]:
    """Add a column and its rows for each bank whose use matters of itself."""
    by_bank: dict[str, list[int]] = {}
    for column, purchase in enumerate(purchases):
        by_bank.setdefault(book.offers[purchase.offer].bank.bank_id, []).append(column)
    uses: dict[int, BankUse] = {}
    for bank_id, columns in by_bank.items():
        bank = book.offers[purchases[columns[0]].offer].bank
        if not _use_matters(float(bank.fixed_fee_gbp), bank_id, policy):
            continue
        for size in _sizes(columns, purchases, policy):
            mine = [c for c in columns if size is None or purchases[c].size is size]
            use = _add_bank_use(builder, bank_id, float(bank.fixed_fee_gbp), size, mine, policy)
            if use is not None:
                uses[use] = BankUse(bank_id, size)
    if policy.size_by is SizeBy.BANK:
        _one_size_a_bank(builder, uses)
    _add_wishes(builder, uses, policy)
    return uses


def _use_matters(fee: float, bank_id: str, policy: Policy) -> bool:
    return bool(
        fee > 0
        or policy.max_banks is not None
        or policy.min_units_per_bank > 0
        or policy.size_by is SizeBy.BANK
        or bank_id in policy.must_use
    )


def _sizes(
    columns: Iterable[int], purchases: Sequence[Purchase], policy: Policy
) -> list[ContractSize | None]:
    if policy.size_by is SizeBy.QUOTE:
        return [None]
    present = {purchases[column].size for column in columns}
    return [size for size in ContractSize if size in present]


def _add_bank_use(
    builder: ModelBuilder,
    bank_id: str,
    fee: float,
    size: ContractSize | None,
    columns: list[int],
    policy: Policy,
) -> int | None:
    """Add the 0-1 column of a bank (at a size) with ``x <= u z`` and the range of its total.

    A bank that can't reach the size's range gets no column and its purchases are closed.
    """
    stock = sum(builder.upper[column] for column in columns)
    low, high = _steps_of_size(size, policy) if size else (1, None)
    minimum = steps_up(policy.min_units_per_bank, policy.market_step)
    low = max(low, minimum, 1)
    high = int(stock) if high is None else min(high, int(stock))
    if low > high:
        for column in columns:
            builder.upper[column] = 0.0
        return None
    use = builder.add_column(fee, 1.0)
    for column in columns:
        most = min(builder.upper[column], float(high))
        builder.upper[column] = most
        entries = np.array([use, column]), np.array([most, -1.0])
        builder.add_row(f"{bank_id}: sells only if used", *entries, 0.0, link=True)
    every = np.array([*columns, use])
    if low > 1 or bank_id in policy.must_use:
        coefficients = np.append(np.ones(len(columns)), -float(low))
        builder.add_row(f"{bank_id}: least total", every, coefficients, 0.0)
    if high < stock:
        coefficients = np.append(-np.ones(len(columns)), float(high))
        builder.add_row(f"{bank_id}: greatest total", every, coefficients, 0.0)
    return use


def _steps_of_size(size: ContractSize, policy: Policy) -> tuple[int, int | None]:
    """Return the least and greatest whole steps of a contract size (None: no end)."""
    thresholds = policy.contract_thresholds
    begins = {
        ContractSize.FRACTIONAL: ZERO,
        ContractSize.SMALL: thresholds.small,
        ContractSize.MEDIUM: thresholds.medium,
        ContractSize.LARGE: thresholds.large,
    }
    sizes = list(ContractSize)
    first = steps_up(begins[size], policy.market_step)
    after = sizes.index(size) + 1
    if after == len(sizes):
        return first, None
    return first, steps_up(begins[sizes[after]], policy.market_step) - 1


def _one_size_a_bank(builder: ModelBuilder, uses: Mapping[int, BankUse]) -> None:
    """Add "one contract size a bank"; a line's stock then can't be sold twice either."""
    by_bank: dict[str, list[int]] = {}
    for column, use in uses.items():
        by_bank.setdefault(use.bank_id, []).append(column)
    for bank_id, columns in by_bank.items():
        if len(columns) > 1:
            builder.add_row(
                f"{bank_id}: one contract size", np.array(columns), -np.ones(len(columns)), -1.0
            )


def _add_wishes(builder: ModelBuilder, uses: Mapping[int, BankUse], policy: Policy) -> None:
    if policy.max_banks is not None and uses:
        columns = np.array(list(uses))
        builder.add_row(
            f"at most {policy.max_banks} banks", columns, -np.ones(len(columns)),
            -float(policy.max_banks),
        )  # fmt: skip
    for bank_id in sorted(policy.must_use):
        columns = np.array([c for c, use in uses.items() if use.bank_id == bank_id], dtype=int)
        builder.add_row(f"{bank_id} is required", columns, np.ones(len(columns)), 1.0)
