"""What a client ought to know of the prices, in his words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from bng_opt.market.store.tables import DiscountKind
from bng_opt.quantities import pounds
from bng_opt.quotes.surplus_offset import NAME
from bng_opt.quotes.terms import Discount, Terms

_NOT_OFF = "Fees, units from outside the market and statutory credits are not discounted."


def price_notes(
    terms: Terms, *, introducer_gbp: Decimal, offset_gbp: Decimal, shares: Mapping[str, Decimal]
) -> tuple[str, ...]:
    """Return a note for each discount that the terms grant: its name, its rule, its sum.

    Parameters
    ----------
    introducer_gbp, offset_gbp
        What each takes off the printed lines; together they are the quote's discount [GBP].
    shares
        What the on-site surplus offset takes off, as a fraction by ledger.
    """
    return (
        *_introducer_note(terms.discount, introducer_gbp),
        *(_offset_notes(shares, offset_gbp) if terms.surplus_offset else ()),
    )


def _introducer_note(discount: Discount, amount_gbp: Decimal) -> Iterator[str]:
    if discount.kind is DiscountKind.NONE:
        return
    if discount.percent is not None:
        rule = f"{discount.percent.normalize():f}% off the price of a unit, to the nearest penny"
    else:
        rule = "units at the price of the next larger contract size, where that is lower"
    yield f"Introducer's discount: {rule}. It takes {pounds(amount_gbp)} off. {_NOT_OFF}"


def _offset_notes(shares: Mapping[str, Decimal], amount_gbp: Decimal) -> Iterator[str]:
    if not shares:
        yield f"{NAME}: nothing comes off, as no Medium or higher surplus is left on site."
        return
    each = " and ".join(f"{share:.2%} off {ledger} units" for ledger, share in shares.items())
    yield (
        f"{NAME}: half of the Medium-and-above surplus left on site over the units bought, at "
        f"most 60%, after any other discount: {each}. It takes {pounds(amount_gbp)} off. "
        f"{_NOT_OFF}"
    )
