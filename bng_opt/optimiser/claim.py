"""A plan as somebody states it, ours or not, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import ZERO, to_decimal
from bng_opt.reference.credits import credit_for

IN_WORDS = ("bank_id", "ledger", "habitat", "contract_size")
LARGEST_AMOUNT = Decimal("1e12")
"""No unit, price or cost comes near; what is beyond can't be computed with exactly."""


@dataclass(frozen=True)
class ClaimedPurchase:
    """What a plan says it buys; figures it leaves out aren't compared."""

    stock_id: str
    units: Decimal
    srm: Decimal | None = None
    delivered_units: Decimal | None = None
    cost_gbp: Decimal | None = None
    price_gbp: Decimal | None = None
    stated: Mapping[str, str] = field(default_factory=dict)
    """What it says in words: bank_id, ledger, habitat, contract_size."""


@dataclass(frozen=True)
class Claim:
    """A plan as somebody states it.

    Attributes
    ----------
    credits
        Statutory credits by tier.
    total_gbp
        Its whole cost, None if it states none [GBP].
    fees_gbp
        Each bank's fee by bank id, None if it lists no banks [GBP].
    """

    purchases: tuple[ClaimedPurchase, ...]
    credits: Mapping[str, Decimal]
    total_gbp: Decimal | None
    fees_gbp: Mapping[str, Decimal | None] | None = None

    @classmethod
    def from_plan(cls, plan: Plan) -> Claim:
        """Return what a plan of ours claims."""
        return cls(
            tuple(
                ClaimedPurchase(
                    p.stock_id,
                    p.units,
                    p.srm,
                    p.delivered_units,
                    p.cost_gbp,
                    p.price_gbp,
                    {name: getattr(p, name) for name in IN_WORDS},
                )
                for p in plan.purchases
            ),
            {line.tier: line.credits for line in plan.credits},
            plan.total_gbp,
            {bank.bank_id: bank.fee_gbp for bank in plan.banks},
        )

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any]) -> Claim:
        """Read a claim from a parsed plan.json.

        Needs ``purchases`` with ``stock_id`` and ``units``; compares what else is there.

        Raises
        ------
        InputError
            With everything that can't be read, at once.
        """
        return _ClaimReader().read(mapping)


class _ClaimReader:
    """Reads a claim and collects what is wrong with it."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def read(self, mapping: Mapping[str, Any]) -> Claim:
        if not isinstance(mapping, Mapping):
            raise InputError(Finding("The plan is not an object.", "Give the plan.json of a plan."))
        purchases = [
            self._purchase(row, f"purchase {n}")
            for n, row in enumerate(self._rows(mapping, "purchases", needed=True), 1)
        ]
        credits: dict[str, Decimal] = {}
        for number, row in enumerate(self._rows(mapping, "credits"), 1):
            where = f"credit line {number}"
            tier = self._text(row, "tier", where)
            amount = self._number(row, "credits", where, needed=True, positive=True)
            credits[tier] = credits.get(tier, ZERO) + amount if amount else ZERO
        self._known_tiers(credits)
        cost = mapping.get("cost", {})
        if not isinstance(cost, Mapping):
            self.findings.append(Finding('The "cost" is not an object.', "Give cost.total_gbp."))
            cost = {}
        total = self._number(cost, "total_gbp", "cost")
        banks = self._banks(mapping)
        if self.findings:
            raise InputError(self.findings)
        return Claim(tuple(purchases), credits, total, banks)

    def _rows(self, mapping: Mapping[str, Any], key: str, *, needed: bool = False) -> list[Any]:
        rows = mapping.get(key)
        if rows is None and not needed:
            return []
        if not isinstance(rows, list):
            self.findings.append(
                Finding(f'The plan has no list "{key}".', "Give the plan.json of a plan.")
            )
            return []
        return rows

    def _purchase(self, row: Any, where: str) -> ClaimedPurchase:
        return ClaimedPurchase(
            self._text(row, "stock_id", where),
            self._number(row, "units", where, needed=True, positive=True) or ZERO,
            self._number(row, "srm", where),
            self._number(row, "delivered_units", where),
            self._number(row, "cost_gbp", where),
            self._number(row, "price_gbp", where),
            {name: str(row[name]) for name in IN_WORDS if row.get(name) is not None}
            if isinstance(row, Mapping)
            else {},
        )

    def _banks(self, mapping: Mapping[str, Any]) -> Mapping[str, Decimal | None] | None:
        if "banks" not in mapping:
            return None
        return {
            self._text(row, "bank_id", f"bank {n}"): self._number(row, "fee_gbp", f"bank {n}")
            for n, row in enumerate(self._rows(mapping, "banks"), 1)
        }

    def _text(self, row: Any, key: str, where: str) -> str:
        value = row.get(key) if isinstance(row, Mapping) else None
        if not isinstance(value, str) or not value:
            self.findings.append(Finding(f"The {where} names no {key}.", "Add it."))
            return ""
        return value

    def _number(
        self, row: Any, key: str, where: str, *, needed: bool = False, positive: bool = False
    ) -> Decimal | None:
        value = row.get(key) if isinstance(row, Mapping) else None
        if value is None and not needed:
            return None
        try:
            if isinstance(value, bool):
                raise ValueError(f"{value!r} is not a number")
            number = to_decimal(value)
            if abs(number) > LARGEST_AMOUNT:
                raise ValueError(f"{value!r} is too large")
            if positive and number <= 0:
                raise ValueError(f"{value!r} is not above zero")
        except ValueError as error:
            self.findings.append(Finding(f"The {key} of {where}: {error}.", "Give a number."))
            return None
        return number

    def _known_tiers(self, credits: Mapping[str, Decimal]) -> None:
        for tier in filter(None, credits):
            try:
                credit_for(tier)
            except InputError as error:
                self.findings.extend(error.findings)
