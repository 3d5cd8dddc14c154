"""Introducers' discounts, as the market that their clients see.

The optimiser buys on the client's prices, so that its purchase is the cheapest for who
pays and every check holds on them. Contract sizes, banks' fees and statutory credits stay
as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.market import BlankPrice, ContractSize, Market, Price, StockLine, Tier
from bng_opt.market.store.tables import DiscountKind
from bng_opt.optimiser.offers import unit_price
from bng_opt.places import Category
from bng_opt.places.spatial_risk import multiplier
from bng_opt.quantities import round_money
from bng_opt.quotes.terms import Discount
from bng_opt.reference import Habitat

PriceAt = Callable[[ContractSize], Price | None]
"""The list price by contract size, None where a size isn't sold."""


def discounted_market(market: Market, discount: Discount) -> Market:
    """Return the market at the prices that a discount's clients pay.

    Every price that :meth:`Market.price_for` finds is as :func:`client_price` has it; what
    isn't sold stays not sold.

    Raises
    ------
    InputError
        If a price would be rounded to nothing, with every such row.
    """
    if discount.kind is DiscountKind.NONE:
        return market
    if discount.kind is DiscountKind.PERCENTAGE:
        prices = [_less_percentage(row, discount) for row in market.prices]
        _refuse_gone(market, prices)
        return replace(market, prices=tuple(prices))
    rows = list(_stepped_rows(market, discount))
    return replace(
        market,
        prices=tuple(row for row in rows if isinstance(row, Price)),
        blank_prices=tuple(row for row in rows if isinstance(row, BlankPrice)),
    )


def client_price(
    market: Market, line: StockLine, tier: Tier, size: ContractSize, discount: Discount
) -> Price | None:
    """Return the price that a discount's client pays, by a market of list prices.

    * A percentage comes off the price, which is rounded to the penny.
    * The next size up is the next larger contract size that is sold there (a blank price
      isn't); where its price is no lower, the client keeps that of his own size.

    Parameters
    ----------
    market
        At list prices.

    Returns
    -------
    Price or None
        None where the line isn't sold: no discount makes it so.
    """

    def price_at(each: ContractSize) -> Price | None:
        return market.price_for(line, tier, each)

    return _client_price(price_at, tier, size, discount)


def _client_price(
    price_at: PriceAt, tier: Tier, size: ContractSize, discount: Discount
) -> Price | None:
    own = price_at(size)
    if own is None or discount.kind is DiscountKind.NONE:
        return own
    if discount.kind is DiscountKind.PERCENTAGE:
        return _less_percentage(own, discount)
    larger = list(ContractSize)[list(ContractSize).index(size) + 1 :]
    following = next(filter(None, map(price_at, larger)), own)
    # Rows may be per unit bought or per unit delivered: they are compared as they are paid.
    each = multiplier(next(category for category in Category if category.tier == tier))
    return following if unit_price(following, each) < unit_price(own, each) else own


def _less_percentage(row: Price, discount: Discount) -> Price:
    kept = 1 - (discount.percent or 0) / Decimal(100)
    return replace(row, price_gbp=min(row.price_gbp, round_money(row.price_gbp * kept)))


def _refuse_gone(market: Market, prices: list[Price]) -> None:
    gone = [
        Finding(
            f"The price {old.price_gbp} of {' / '.join(old.key)} would be rounded to nothing.",
            "Mend the price, or give a smaller discount.",
        )
        for old, new in zip(market.prices, prices, strict=True)
        if new.price_gbp <= 0
    ]
    if gone:
        raise InputError(gone)


def _stepped_rows(market: Market, discount: Discount) -> Iterator[Price | BlankPrice]:
    """Yield a row for every tier and size of what a bank's list names, and of its ``*``.

    Rows for any tier or size are spelt out, as a step from one size to the next can't be
    said of them.
    """
    groups = {(row.bank_id, row.habitat) for row in (*market.prices, *market.blank_prices)}
    for bank_id, habitat in groups:
        for tier in Tier:
            for size in ContractSize:
                yield _stepped_row(market, bank_id, habitat, tier, size, discount)


def _stepped_row(
    market: Market,
    bank_id: str,
    habitat: Habitat | None,
    tier: Tier,
    size: ContractSize,
    discount: Discount,
) -> Price | BlankPrice:
    def price_at(each: ContractSize) -> Price | None:
        return market.listed_price(bank_id, habitat, tier, each)

    price = _client_price(price_at, tier, size, discount)
    if price is None:
        return BlankPrice(bank_id, habitat, size, tier)
    return Price(bank_id, habitat, size, tier, price.price_gbp, price.basis)
