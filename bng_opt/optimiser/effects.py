"""What one step of each purchase does to the trading accounts, as parallel arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bng_opt.market import ContractSize
from bng_opt.metric.trading import Account, account_of, counts_for_trading
from bng_opt.optimiser.linear import FloatArray, IntArray
from bng_opt.optimiser.offers import Offer
from bng_opt.optimiser.policy import Mode
from bng_opt.reference import Ledger


@dataclass(frozen=True)
class Purchase:
    """A column that buys whole steps of an offer at one contract size."""

    offer: int
    size: ContractSize


@dataclass(frozen=True)
class Effects:
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
    def of(cls, offers: Sequence[Offer], purchases: Sequence[Purchase], mode: Mode) -> Effects:
        """Return the effects of purchase columns."""
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

    def loses_more(self, other: Effects, ledger: Ledger) -> bool:
        """Return whether some purchase in a ledger takes more away than in another reading."""
        columns = self.in_ledger(ledger)
        return bool(np.any(self.loss[columns] > other.loss[columns]))

    def in_ledger(self, ledger: Ledger) -> IntArray:
        """Return the columns of one ledger."""
        return np.flatnonzero(self.ledger == list(Ledger).index(ledger))
