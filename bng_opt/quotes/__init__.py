"""The deal: what a client pays for a plan, and the life of the quote that says so.

>>> from bng_opt.quotes.references import reference_text
>>> reference_text("BNG", 2026, 1)
'BNG-2026-00001'

A quote's revision is a verified plan on one snapshot of the market, at the client's prices;
each of its figures is kept as printed. The modules: ``terms``, ``fees``, ``discounts``,
``surplus_offset``, ``outside`` and ``pricing`` are the price rules; ``content`` joins plan
and prices; ``making``, ``lifecycle`` and ``holding`` change quotes; ``listing``, ``showing``
and ``handing_over`` show them.
"""

from typing import TYPE_CHECKING

# Names are loaded when first used, as those of the package itself are.

_HOMES = {
    "Change": "making",
    "Charge": "terms",
    "Discount": "terms",
    "Need": "content",
    "OutsideLine": "outside",
    "PricedQuote": "lines",
    "QuoteBook": "book",
    "QuoteLine": "lines",
    "QuoteSummary": "listing",
    "QuoteView": "view",
    "Terms": "terms",
    "accept_quote": "lifecycle",
    "approve_quote": "lifecycle",
    "cancel_sale": "lifecycle",
    "check_quote": "showing",
    "create_quote": "making",
    "expire_quotes": "lifecycle",
    "file_quote": "filing",
    "hand_over": "handing_over",
    "list_quotes": "listing",
    "release_stock": "lifecycle",
    "reserve_stock": "lifecycle",
    "revise_quote": "making",
    "send_quote": "lifecycle",
    "show_quote": "showing",
    "terms_for": "asking",
    "withdraw_quote": "lifecycle",
}

__all__ = [
    "Change",
    "Charge",
    "Discount",
    "Need",
    "OutsideLine",
    "PricedQuote",
    "QuoteBook",
    "QuoteLine",
    "QuoteSummary",
    "QuoteView",
    "Terms",
    "accept_quote",
    "approve_quote",
    "cancel_sale",
    "check_quote",
    "create_quote",
    "expire_quotes",
    "file_quote",
    "hand_over",
    "list_quotes",
    "release_stock",
    "reserve_stock",
    "revise_quote",
    "send_quote",
    "show_quote",
    "terms_for",
    "withdraw_quote",
]


if TYPE_CHECKING:
    from bng_opt.quotes.asking import terms_for
    from bng_opt.quotes.book import QuoteBook
    from bng_opt.quotes.content import Need
    from bng_opt.quotes.filing import file_quote
    from bng_opt.quotes.handing_over import hand_over
    from bng_opt.quotes.lifecycle import (
        accept_quote,
        approve_quote,
        cancel_sale,
        expire_quotes,
        release_stock,
        reserve_stock,
        send_quote,
        withdraw_quote,
    )
    from bng_opt.quotes.lines import PricedQuote, QuoteLine
    from bng_opt.quotes.listing import QuoteSummary, list_quotes
    from bng_opt.quotes.making import Change, create_quote, revise_quote
    from bng_opt.quotes.outside import OutsideLine
    from bng_opt.quotes.showing import check_quote, show_quote
    from bng_opt.quotes.terms import Charge, Discount, Terms
    from bng_opt.quotes.view import QuoteView


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'bng_opt.quotes' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bng_opt.quotes.{_HOMES[name]}"), name)
