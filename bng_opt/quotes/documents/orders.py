"""Purchase orders, one a bank: what it sells for the quote and what it is paid.

A bank is paid its list price and its own fee. Whatever discount the client has is the
seller's concession, out of the seller's own pocket: neither it, nor the admin fee, nor what
other banks sell is in a bank's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bng_opt.market.store.tables import LineKind, QuoteState
from bng_opt.quantities import ZERO, round_money
from bng_opt.quotes.documents import words
from bng_opt.quotes.documents.groups import Group, groups_of
from bng_opt.quotes.documents.html import lines_of, render
from bng_opt.quotes.documents.words import Banner
from bng_opt.quotes.view import QuoteView

NOT_PLACED = Banner(
    "Not placed: for information only",
    "The client hasn't accepted the quote, so nothing is ordered yet.",
)
CALLED_OFF = Banner(
    "Void: don't deliver", "The quote that this order belongs to can't be accepted any more."
)


@dataclass(frozen=True)
class Order:
    """What one bank is to sell.

    Attributes
    ----------
    number
        Of the order: that of the quote with the bank's place in it.
    amount_gbp, vat_gbp
        Units at list price with the bank's fee, and the VAT on it [GBP].
    """

    number: str
    bank: Group
    amount_gbp: Decimal
    vat_gbp: Decimal

    @property
    def gross_gbp(self) -> Decimal:
        """Return what the bank is paid with VAT [GBP]."""
        return self.amount_gbp + self.vat_gbp


def orders_of(view: QuoteView) -> tuple[Order, ...]:
    """Return the order of each bank, in the order of the quote."""
    banks = [group for group in groups_of(view.priced) if group.kind is LineKind.UNITS]
    return tuple(_order(view, bank, number) for number, bank in enumerate(banks, 1))


def order_html(view: QuoteView, order: Order) -> str:
    """Return a bank's order as one self-contained page."""
    return render("order.html.j2", _values(view, order))


def order_banners(view: QuoteView) -> tuple[Banner, ...]:
    """Return why the bank isn't to deliver; none once the client has accepted."""
    if view.state is QuoteState.ACCEPTED:
        return ()
    if view.state in (QuoteState.DRAFT, QuoteState.SENT):
        return (NOT_PLACED,)
    return (CALLED_OFF,)


def _order(view: QuoteView, bank: Group, number: int) -> Order:
    amount = sum((line.amount_gbp for line in bank.lines), ZERO)
    vat = round_money(amount * view.priced.vat_rate)
    return Order(f"{view.label}-PO{number:02d}", bank, amount, vat)


def _values(view: QuoteView, order: Order) -> dict[str, object]:
    banners = order_banners(view)
    facts = [
        ("Order", order.number),
        ("Quote", view.label),
        ("State", banners[0].title if banners else "Order"),
        ("Date", words.day(words.quote_day(view))),
        ("Client", view.customer.company or view.customer.name),
    ]
    return {
        "view": view,
        "order": order,
        "banners": banners,
        "head": facts[2][1],
        "facts": facts,
        "seller": lines_of(view.seller.address),
        "delivery": _delivery(view, order.bank.bank_id or ""),
        "vat_rate": view.priced.vat_rate,
        "provenance": words.provenance(view),
        "notices": words.NOTICES,
        "licences": words.LICENCES,
    }


def _delivery(view: QuoteView, bank_id: str) -> list[tuple[str, str]]:
    facts = [
        ("Gain site register", view.bgs_references.get(bank_id) or "to be stated by the bank"),
        ("Development", "; ".join(words.development(view))),
        ("Planning authority", ", ".join(view.site_lpas)),
        ("Character area", ", ".join(view.site_ncas)),
    ]
    return [(name, text) for name, text in facts if text]
