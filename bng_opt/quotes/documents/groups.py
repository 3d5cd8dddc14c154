"""A quote's lines as every document groups them: bank by bank, then what has no bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from bng_opt.market.store.tables import LineKind
from bng_opt.quantities import ZERO
from bng_opt.quotes.lines import PricedQuote, QuoteLine

_WITHOUT_BANK = {
    LineKind.OUTSIDE: "From outside the market",
    LineKind.CREDITS: "Statutory credits",
    LineKind.OTHER: "Other charges",
    LineKind.ADMIN_FEE: "Administration",
}
_OF_A_BANK = (LineKind.UNITS, LineKind.BANK_FEE)


@dataclass(frozen=True)
class Group:
    """Lines that are printed together, with one subtotal.

    Attributes
    ----------
    bank_id
        None for what has no bank.
    kind
        Of the lines; ``LineKind.UNITS`` for a bank with its fee.
    """

    title: str
    kind: LineKind
    lines: tuple[QuoteLine, ...]
    bank_id: str | None = None

    @property
    def bank_name(self) -> str:
        """Return the bank's name, its id where it has none, empty for what has no bank."""
        names = (line.bank_name for line in self.lines if line.bank_name)
        return next(names, self.bank_id or "")

    @property
    def amount_gbp(self) -> Decimal:
        """Return the subtotal at list prices [GBP]."""
        return sum((line.amount_gbp for line in self.lines), ZERO)

    @property
    def discount_gbp(self) -> Decimal:
        """Return what comes off in all [GBP]."""
        return sum((line.discount_gbp for line in self.lines), ZERO)

    @property
    def net_gbp(self) -> Decimal:
        """Return the subtotal that the client pays, before VAT [GBP]."""
        return sum((line.net_gbp for line in self.lines), ZERO)

    @property
    def units(self) -> tuple[QuoteLine, ...]:
        """Return the lines that buy units."""
        return tuple(line for line in self.lines if line.units is not None)


def groups_of(priced: PricedQuote) -> tuple[Group, ...]:
    """Return every line of a quote in groups: the banks in the order of the quote, then the rest.

    The subtotals add up to the quote's sums, as each line is in one group.
    """
    banks: dict[str, list[QuoteLine]] = {}
    for line in priced.of(*_OF_A_BANK):
        banks.setdefault(line.bank_id or line.bank_name or "", []).append(line)
    groups = [_bank(bank_id, lines) for bank_id, lines in banks.items()]
    for kind, title in _WITHOUT_BANK.items():
        lines = priced.of(kind)
        if lines:
            groups.append(Group(title, kind, lines))
    return tuple(groups)


def has_discount(lines: Iterable[QuoteLine]) -> bool:
    """Return whether anything comes off a list price."""
    return any(line.discount_gbp for line in lines)


def _bank(bank_id: str, lines: Iterable[QuoteLine]) -> Group:
    whole = Group("", LineKind.UNITS, tuple(lines), bank_id or None)
    name = whole.bank_name
    title = f"{name} ({bank_id})" if bank_id and name != bank_id else name
    return replace(whole, title=title or "Bank without a name")
