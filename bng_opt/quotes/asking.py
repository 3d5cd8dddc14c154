"""A client's wishes as terms: the team's figures, and those of the introducer."""

from __future__ import annotations

from collections.abc import Iterable

from bng_opt.market.store import Store
from bng_opt.market.store.introducers import find_introducer, terms_of
from bng_opt.quotes.outside import OutsideLine
from bng_opt.quotes.terms import Charge, Discount, Terms
from bng_opt.settings import Settings


def terms_for(
    store: Store,
    settings: Settings,
    *,
    introducer: str = "",
    surplus_offset: bool = False,
    outside: Iterable[OutsideLine] = (),
    charges: Iterable[Charge] = (),
) -> Terms:
    """Return the terms of a quote.

    Parameters
    ----------
    store
        Where introducers are kept.
    settings
        The team's fees and VAT rate.
    introducer
        Whose discount applies, its parent's where it inherits; empty for none.
    surplus_offset
        Whether the on-site surplus offset discount is given.
    outside, charges
        Lines entered by hand.

    Raises
    ------
    InputError
        If there is no such introducer, or its account is closed.
    """
    return Terms.from_settings(
        settings,
        discount=_discount(store, introducer),
        surplus_offset=surplus_offset,
        outside=tuple(outside),
        charges=tuple(charges),
    )


def _discount(store: Store, introducer: str) -> Discount:
    if not introducer:
        return Discount()
    with store.read() as session:
        kind, percent = terms_of(session, find_introducer(session, introducer))
    return Discount(kind, percent)
