"""A plan: what to buy, what it costs, how it is proven, and how each need is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from bng_opt.errors import Finding
from bng_opt.quantities import ZERO, pounds, units_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class PlanStatus(StrEnum):
    """Whether a plan is proven."""

    OPTIMAL = "optimal"
    """No lawful purchase is cheaper by more than the policy's gap."""
    FEASIBLE = "feasible"
    """Lawful, but the search stopped before the proof."""


@dataclass(frozen=True)
class PurchaseLine:
    """Units bought from one stock line.

    Attributes
    ----------
    units
        Units bought, before the spatial risk multiplier [units].
    srm, delivered_units
        The multiplier and what counts after it [units].
    price_gbp
        Price per unit bought [GBP/unit]; ``listed_gbp`` and ``basis`` say what the price
        list states.
    cost_gbp
        ``units * price_gbp`` rounded to the penny [GBP].
    category, why
        The spatial risk category of this line at the site, and the reason.
    """

    stock_id: str
    bank_id: str
    ledger: str
    habitat: str
    units: Decimal
    srm: Decimal
    delivered_units: Decimal
    price_gbp: Decimal
    cost_gbp: Decimal
    contract_size: str
    basis: str = "unit"
    listed_gbp: Decimal = ZERO
    category: str = ""
    why: str = ""


@dataclass(frozen=True)
class BankLine:
    """A bank that the plan buys from.

    Attributes
    ----------
    category, srm
        Its spatial risk at this site on land, or in the water where it only sells there.
    why
        The reason of each of its purchases' spatial risk.
    distance_km
        Straight-line distance to the site [km]; None where either has no point.
    units, units_gbp, fee_gbp
        Units bought there, their cost, and the bank's own fee [units, GBP].
    """

    bank_id: str
    name: str
    category: str
    srm: Decimal
    why: str
    distance_km: float | None
    units: Decimal
    units_gbp: Decimal
    fee_gbp: Decimal


@dataclass(frozen=True)
class CreditLine:
    """Statutory credits of one tier (RULES 6).

    Attributes
    ----------
    units
        Shortfall that they stand for [units].
    credits
        Credits to buy, rounded up to hundredths.
    """

    ledger: str
    tier: str
    units: Decimal
    credits: Decimal
    price_gbp: Decimal
    cost_gbp: Decimal


@dataclass(frozen=True)
class Use:
    """Units of a purchase, of on-site surplus or of credits that serve a line of the need.

    Attributes
    ----------
    source, source_kind
        Stock id with ``"purchase"``, account with ``"on-site surplus"``, tier with
        ``"statutory credits"``.
    target
        The habitat, group or band it serves, or ``"Net gain"``.
    units
        In units before the multiplier for trading; for net gain what counts after it.
    """

    source: str
    source_kind: str
    ledger: str
    target: str
    units: float
    rule: str


@dataclass(frozen=True)
class Check:
    """One rule, recomputed from the plan alone."""

    rule: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class NotChosen:
    """A stock line that the plan doesn't buy, and why.

    Attributes
    ----------
    price_gbp
        Price per unit bought, None where it has none [GBP/unit].
    """

    stock_id: str
    bank_id: str
    habitat: str
    units: Decimal
    srm: Decimal | None
    price_gbp: Decimal | None
    reason: str


@dataclass(frozen=True)
class Plan:
    """The cheapest lawful purchase found, with its proof.

    Attributes
    ----------
    bound_gbp
        No lawful purchase costs less than this [GBP].
    contract_size
        The quote's contract size, or ``"by bank"``.
    scenario
        SHA-256 of the scenario (requirement, site, market snapshot, policy).
    shares_stock
        Whether stock was shared with other sites, so that the plan alone needn't be the
        cheapest for its site: the proof is then the whole portfolio's.
    by_hand
        Whether a person chose its lines: the bound is then that of a search.
    seconds
        Time spent by step: read, model, solve, verify, total [s].
    """

    status: PlanStatus
    mode: str
    contract_size: str
    bound_gbp: Decimal
    purchases: tuple[PurchaseLine, ...] = ()
    banks: tuple[BankLine, ...] = ()
    credits: tuple[CreditLine, ...] = ()
    uses: tuple[Use, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[Finding, ...] = ()
    not_chosen: tuple[NotChosen, ...] = ()
    scenario: str = ""
    title: str = ""
    site: str = ""
    shares_stock: bool = False
    by_hand: bool = False
    cached: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def units_gbp(self) -> Decimal:
        """Return the cost of the units bought from banks [GBP]."""
        return sum((line.cost_gbp for line in self.purchases), ZERO)

    @property
    def credits_gbp(self) -> Decimal:
        """Return the cost of statutory credits [GBP]."""
        return sum((line.cost_gbp for line in self.credits), ZERO)

    @property
    def fees_gbp(self) -> Decimal:
        """Return the banks' own fees [GBP]."""
        return sum((bank.fee_gbp for bank in self.banks), ZERO)

    @property
    def total_gbp(self) -> Decimal:
        """Return the whole cost [GBP]."""
        return self.units_gbp + self.credits_gbp + self.fees_gbp

    @property
    def gap_gbp(self) -> Decimal:
        """Return how much cheaper a lawful purchase could be at most [GBP]."""
        return max(ZERO, self.total_gbp - self.bound_gbp)

    def cost_as_dict(self) -> dict[str, float]:
        """Return the sums as plan.json has them [GBP]."""
        return {
            "units_gbp": float(self.units_gbp),
            "credits_gbp": float(self.credits_gbp),
            "fees_gbp": float(self.fees_gbp),
            "total_gbp": float(self.total_gbp),
        }

    @property
    def proof(self) -> str:
        """Return the proof in one sentence, pounds before percentages."""
        if self.status is PlanStatus.OPTIMAL:
            if self.credits:
                return (
                    "Proven: of the lawful purchases that leave least to statutory credits, none "
                    f"is cheaper by more than {pounds(self.gap_gbp)}."
                )
            return f"Proven: no lawful purchase is cheaper by more than {pounds(self.gap_gbp)}."
        if self.shares_stock:
            return (
                f"Part of a portfolio, whose own proof counts: alone this site would pay at "
                f"most {pounds(self.gap_gbp)} less."
            )
        if self.by_hand and self.credits:
            return (
                "Made by hand, not proven: the lawful purchases that leave least to statutory "
                f"credits cost {pounds(self.bound_gbp)} or more."
            )
        share = f" ({self.gap_gbp / self.total_gbp:.2%})" if self.total_gbp else ""
        if self.by_hand:
            return f"Made by hand: at most {pounds(self.gap_gbp)} above the best possible{share}."
        return (
            f"Not proven: the search stopped early; at most {pounds(self.gap_gbp)} above the "
            f"best possible{share}."
        )

    @property
    def is_verified(self) -> bool:
        """Return whether every check was made and holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """Return the plan as ``plan.json`` and ``bng-opt optimise --json`` have it."""
        return dict(_fields(self))

    def to_frame(self) -> pd.DataFrame:
        """Return the purchases as a table.

        Returns
        -------
        One row a purchase, columns: stock_id, bank_id, bank, ledger, habitat, units
        [units], srm, delivered_units [units], price_gbp [GBP/unit bought], listed_gbp and
        basis (the price list's figure, per ``unit`` bought or ``delivered``), cost_gbp [GBP]
        and serves (what the units are for).
        """
        import pandas as pd

        names = {bank.bank_id: bank.name for bank in self.banks}
        rows = [
            {
                "stock_id": line.stock_id,
                "bank_id": line.bank_id,
                "bank": names.get(line.bank_id, line.bank_id),
                "ledger": line.ledger,
                "habitat": line.habitat,
                "units": float(line.units),
                "srm": float(line.srm),
                "delivered_units": float(line.delivered_units),
                "price_gbp": float(line.price_gbp),
                "listed_gbp": float(line.listed_gbp),
                "basis": line.basis,
                "cost_gbp": float(line.cost_gbp),
                "serves": self.serves(line.stock_id),
            }
            for line in self.purchases
        ]
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

    def serves(self, stock_id: str) -> str:
        """Return what a purchase is for, in words."""
        parts = [
            f"{units_text(round(use.units, 6))} for {use.target} ({use.rule})"
            for use in self.uses
            if use.source_kind == "purchase" and use.source == stock_id
        ]
        return "; ".join(parts)

    def summary(self) -> str:
        """Return the plan as a short report that a client can read."""
        from bng_opt.optimiser.report import plan_report

        return plan_report(self)

    def plot(self) -> Figure:
        """Draw each need and how it is met.

        Returns
        -------
        A matplotlib figure.
        """
        from bng_opt.optimiser.figures import plot_needs

        return plot_needs(self)

    def __str__(self) -> str:
        return self.summary()


FRAME_COLUMNS = (
    "stock_id",
    "bank_id",
    "bank",
    "ledger",
    "habitat",
    "units",
    "srm",
    "delivered_units",
    "price_gbp",
    "listed_gbp",
    "basis",
    "cost_gbp",
    "serves",
)
"""The columns of :meth:`Plan.to_frame` and of ``purchases.csv``."""


def _fields(plan: Plan) -> Iterator[tuple[str, object]]:
    yield "status", plan.status.value
    yield "gap", float(plan.gap_gbp)
    yield from _number("bound_gbp", plan.bound_gbp)
    yield "mode", plan.mode
    yield "contract_size", plan.contract_size
    yield "cost", plan.cost_as_dict()
    yield "banks", [_plain(bank) for bank in plan.banks]
    yield "purchases", [_plain(line) for line in plan.purchases]
    yield "credits", [_plain(line) for line in plan.credits]
    yield (
        "uses",
        [
            {
                "from": use.source,
                "from_kind": use.source_kind,
                "for": use.target,
                "ledger": use.ledger,
                "units": use.units,
                "rule": use.rule,
            }
            for use in plan.uses
        ],
    )
    yield "checks", [_plain(check) for check in plan.checks]
    yield "warnings", [warning.as_dict() for warning in plan.warnings]
    yield "not_chosen", [_plain(item) for item in plan.not_chosen]
    yield "scenario", plan.scenario
    yield "title", plan.title
    yield "site", plan.site
    yield "shares_stock", plan.shares_stock
    yield "by_hand", plan.by_hand
    yield "cached", plan.cached
    yield "seconds", dict(plan.seconds)
    yield "versions", dict(plan.versions)


def _plain(record: object) -> dict[str, object]:
    """Return a record as plain values, decimals as numbers."""
    values: dict[str, object] = {}
    for name, value in vars(record).items():
        values.update(_number(name, value) if isinstance(value, Decimal) else ((name, value),))
    return values


def _number(name: str, value: Decimal) -> Iterator[tuple[str, object]]:
    """Yield a decimal as a number, and where no float is equal its exact spelling too."""
    number = float(value)
    yield name, number
    if Decimal(repr(number)) != value:
        yield f"{name}_exact", str(value)
