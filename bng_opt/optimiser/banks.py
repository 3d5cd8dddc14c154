"""The use of banks as columns of the model: fees, limits, minima, sizes and wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bng_opt.market import ContractSize
from bng_opt.optimiser.effects import Purchase
from bng_opt.optimiser.linear import ModelBuilder
from bng_opt.optimiser.offers import OfferBook
from bng_opt.optimiser.policy import Policy, SizeBy
from bng_opt.quantities import ZERO, counted, steps_up


@dataclass(frozen=True)
class BankUse:
    """A column that is 1 when a bank sells at a contract size (None: the quote's)."""

    bank_id: str
    size: ContractSize | None


def add_banks(
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
            f"at most {counted(policy.max_banks)}", columns, -np.ones(len(columns)),
            -float(policy.max_banks),
        )  # fmt: skip
    for bank_id in sorted(policy.must_use):
        columns = np.array([c for c, use in uses.items() if use.bank_id == bank_id], dtype=int)
        builder.add_row(f"{bank_id} is required", columns, np.ones(len(columns)), 1.0)
