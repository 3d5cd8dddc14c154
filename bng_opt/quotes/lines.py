"""A quote's lines and sums: each printed figure is exact, and each sum is of what is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.market.store.tables import LineKind
from bng_opt.quantities import ZERO, pounds

_PRINTED = {"Woodland and forest - Felled": "Replacement for felled woodland"}
"""What is bought, where the metric's trading row is named for what is lost."""


@dataclass(frozen=True)
class QuoteLine:
    """One line of a quote.

    Attributes
    ----------
    kind
        What it is for.
    description
        As printed.
    stock_id, bank_id, bank_name, ledger, habitat
        What is bought and of whom; None where the line buys no units.
    units, srm, delivered_units
        Units bought, the multiplier, and what counts after it [units]; None likewise.
    price_gbp
        List price of one unit bought [GBP/unit].
    amount_gbp
        At list price, rounded to the penny [GBP].
    discount_gbp
        What comes off it [GBP].
    """

    kind: LineKind
    description: str
    amount_gbp: Decimal
    discount_gbp: Decimal = ZERO
    stock_id: str | None = None
    bank_id: str | None = None
    bank_name: str | None = None
    ledger: str | None = None
    habitat: str | None = None
    units: Decimal | None = None
    srm: Decimal | None = None
    delivered_units: Decimal | None = None
    price_gbp: Decimal | None = None

    @property
    def what(self) -> str:
        """Return what is bought or charged; of a bank's units without their figures."""
        if self.kind is LineKind.UNITS and self.habitat:
            return printed_habitat(self.habitat)
        return self.description

    @property
    def net_gbp(self) -> Decimal:
        """Return what the line costs the client, before VAT [GBP]."""
        return self.amount_gbp - self.discount_gbp


@dataclass(frozen=True)
class PricedQuote:
    """All lines of a quote and their sums.

    Attributes
    ----------
    lines
        In the order they are printed: units by bank, units from outside, banks' fees,
        statutory credits, other charges, the admin fee.
    contract_size
        That of the prices, or ``"by bank"``.
    vat_rate
        As a fraction.
    vat_gbp
        ``vatable_gbp * vat_rate`` rounded to the penny: the only figure that is no plain sum.
    notes
        What the client ought to know of the prices: each discount by name, with its terms.
    """

    lines: tuple[QuoteLine, ...]
    contract_size: str
    vat_rate: Decimal
    vat_gbp: Decimal
    notes: tuple[str, ...] = ()

    def of(self, *kinds: LineKind) -> tuple[QuoteLine, ...]:
        """Return the lines of some kinds."""
        return tuple(line for line in self.lines if line.kind in kinds)

    def net_of(self, *kinds: LineKind) -> Decimal:
        """Return the sum of the lines of some kinds [GBP]."""
        return _sum(line.net_gbp for line in self.of(*kinds))

    @property
    def amount_gbp(self) -> Decimal:
        """Return the sum at list prices [GBP]."""
        return _sum(line.amount_gbp for line in self.lines)

    @property
    def discount_gbp(self) -> Decimal:
        """Return the sum of what comes off [GBP]."""
        return _sum(line.discount_gbp for line in self.lines)

    @property
    def net_gbp(self) -> Decimal:
        """Return the total before VAT [GBP]."""
        return _sum(line.net_gbp for line in self.lines)

    @property
    def vatable_gbp(self) -> Decimal:
        """Return what bears VAT: everything but statutory credits [GBP]."""
        return vatable(self.lines)

    @property
    def vat_words(self) -> str:
        """Return the line of VAT in words: its rate, and its base where that isn't all."""
        words = f"VAT at {(self.vat_rate * 100).normalize():f}%"
        if self.vatable_gbp == self.net_gbp:
            return words
        return f"{words} on {pounds(self.vatable_gbp)} (statutory credits bear none)"

    @property
    def gross_gbp(self) -> Decimal:
        """Return the total with VAT [GBP]."""
        return self.net_gbp + self.vat_gbp


def printed_habitat(habitat: str) -> str:
    """Return a habitat as a quote names what is bought.

    Examples
    --------
    >>> printed_habitat("Woodland and forest - Felled")
    'Replacement for felled woodland'
    """
    return _PRINTED.get(habitat, habitat)


VAT_FREE = frozenset({LineKind.CREDITS})
"""VAT is not payable on statutory biodiversity credits (gov.uk guidance "Buying statutory
biodiversity credits", updated on 2 September 2025)."""


def vatable(lines: Iterable[QuoteLine]) -> Decimal:
    """Return the sum of the lines that bear VAT [GBP]."""
    return _sum(line.net_gbp for line in lines if line.kind not in VAT_FREE)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
