"""Discounts: hand-worked prices, the rule on every price of random lists, no order."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.market import (
    Bank,
    BlankPrice,
    ContractSize,
    Market,
    Price,
    PriceBasis,
    StockLine,
    Tier,
)
from bng_opt.market.store.tables import DiscountKind
from bng_opt.places import Place
from bng_opt.quotes.discounts import client_price, discounted_market
from bng_opt.quotes.terms import Discount
from bng_opt.reference import catalogue
from tests.support.scenarios import MEADOW, NEUTRAL, SCRUB

D = Decimal
NEXT_SIZE = Discount(DiscountKind.NEXT_SIZE_UP)
TEN = Discount(DiscountKind.PERCENTAGE, D(10))
HABITATS = [catalogue().find(name) for name in (MEADOW, NEUTRAL, SCRUB)]
BANKS = tuple(
    Bank(bank_id, bank_id, Place.from_names("Stroud", "Severn and Avon Vales"))
    for bank_id in ("A", "B")
)
LINES = tuple(
    StockLine(f"{bank.bank_id}{n}", bank.bank_id, habitat, D(1))
    for bank in BANKS
    for n, habitat in enumerate(HABITATS)
)
MULTIPLIER = {Tier.LOCAL: D(1), Tier.ADJACENT: D("0.75"), Tier.FAR: D("0.5")}
PLACES = [(tier, size) for tier in Tier for size in ContractSize]

rows = st.builds(
    lambda bank, habitat, size, tier, pence, basis: (
        BlankPrice(bank, habitat, size, tier)
        if pence is None
        else Price(bank, habitat, size, tier, D(pence) / 100, basis)
    ),
    st.sampled_from(["A", "B"]),
    # The third habitat is never named, so only a row for any habitat prices it.
    st.sampled_from([None, *HABITATS[:2]]),
    st.sampled_from([None, *ContractSize]),
    st.sampled_from([None, *Tier]),
    st.none() | st.integers(100, 300) | st.integers(1_000_000, 5_000_000),
    st.sampled_from(list(PriceBasis)),
)
price_lists = st.lists(rows, max_size=25, unique_by=lambda row: row.key)


def market_of(price_rows, lines=LINES) -> Market:
    return Market(
        BANKS,
        lines,
        tuple(row for row in price_rows if isinstance(row, Price)),
        tuple(row for row in price_rows if isinstance(row, BlankPrice)),
    )


def paid(price: Price | None, tier: Tier) -> Decimal | None:
    """Return what one unit bought costs."""
    if price is None:
        return None
    return price.price_gbp * (MULTIPLIER[tier] if price.basis is PriceBasis.DELIVERED else 1)


def sized(habitat=None, tier=None, **prices: str | None) -> list[Price | BlankPrice]:
    """Return rows of bank A by contract size; None is a blank price."""
    return [
        BlankPrice("A", habitat, ContractSize(size), tier)
        if price is None
        else Price("A", habitat, ContractSize(size), tier, D(price))
        for size, price in prices.items()
    ]


def prices_of(market: Market, line: StockLine = LINES[2], tier: Tier = Tier.LOCAL):
    found = [market.price_for(line, tier, size) for size in ContractSize]
    return [None if price is None else str(price.price_gbp) for price in found]


def test_no_discount_is_the_same_market():
    market = market_of(sized(small="100"))
    assert discounted_market(market, Discount()) is market


def test_a_percentage_comes_off_every_price_and_is_rounded_to_the_penny():
    market = discounted_market(
        market_of(sized(small="27450.55", medium="0.05", large=None)),
        Discount(DiscountKind.PERCENTAGE, D("12.5")),
    )
    # 27450.55 x 0.875 = 24019.23125; 0.05 x 0.875 = 0.04375
    assert prices_of(market) == [None, "24019.23", "0.04", None]


def test_the_next_size_up_takes_the_next_price_there_is():
    market = market_of(sized(fractional="40", small="30", medium=None, large="20"))
    assert prices_of(discounted_market(market, NEXT_SIZE)) == ["30", "20", None, "20"]


def test_a_dearer_next_size_leaves_the_own_price():
    market = market_of(sized(fractional="40", small="45", medium="45", large="44"))
    assert prices_of(discounted_market(market, NEXT_SIZE)) == ["40", "45", "44", "44"]


def test_the_next_size_is_that_of_the_price_that_counts_not_of_the_row_beside():
    rows = [
        *sized(small="30", medium="25"),
        *sized(habitat=HABITATS[0], tier=Tier.FAR, small="50"),
        *sized(habitat=HABITATS[0], medium="48"),
    ]
    stepped = discounted_market(market_of(rows), NEXT_SIZE)
    assert prices_of(stepped, LINES[0], Tier.FAR) == [None, "48", "48", None]
    assert prices_of(stepped, LINES[0], Tier.LOCAL) == [None, "30", "48", None]
    assert prices_of(stepped, LINES[2], Tier.FAR) == [None, "25", "25", None]


def test_prices_per_delivered_unit_are_compared_as_they_are_paid():
    rows = [
        Price("A", None, ContractSize.SMALL, None, D(60)),
        Price("A", None, ContractSize.MEDIUM, None, D(100), PriceBasis.DELIVERED),
    ]
    stepped = discounted_market(market_of(rows), NEXT_SIZE)
    far = stepped.price_for(LINES[2], Tier.FAR, ContractSize.SMALL)
    assert (far.price_gbp, far.basis) == (D(100), PriceBasis.DELIVERED)
    assert stepped.price_for(LINES[2], Tier.LOCAL, ContractSize.SMALL).price_gbp == 60


@given(price_lists)
@settings(deadline=None)
def test_the_next_size_up_holds_for_every_line_tier_and_size(price_rows):
    old = market_of(price_rows)
    new = discounted_market(old, NEXT_SIZE)
    for line in LINES:
        for tier, size in PLACES:
            own = paid(old.price_for(line, tier, size), tier)
            larger = list(ContractSize)[list(ContractSize).index(size) + 1 :]
            offered = [paid(old.price_for(line, tier, each), tier) for each in larger]
            following = next((price for price in offered if price is not None), own)
            right = None if own is None else min(own, following)
            assert paid(new.price_for(line, tier, size), tier) == right


@given(price_lists, st.integers(1, 9_900))
@settings(deadline=None)
def test_a_percentage_holds_for_every_line_tier_and_size(price_rows, hundredths):
    discount = Discount(DiscountKind.PERCENTAGE, D(hundredths) / 100)
    old = market_of(price_rows)
    new = discounted_market(old, discount)
    for line in LINES:
        for tier, size in PLACES:
            before, after = (each.price_for(line, tier, size) for each in (old, new))
            assert (before is None) is (after is None)
            if before is not None:
                exact = before.price_gbp * (1 - discount.percent / 100)
                assert abs(after.price_gbp - exact) <= D("0.005")
                assert after.price_gbp <= before.price_gbp
                assert after.price_gbp == after.price_gbp.quantize(D("0.01"))
                assert after.basis is before.basis


@given(price_lists, st.sampled_from([TEN, NEXT_SIZE, Discount()]))
@settings(deadline=None)
def test_a_clients_price_is_that_of_his_market(price_rows, discount):
    old = market_of(price_rows)
    new = discounted_market(old, discount)
    for line in LINES:
        for tier, size in PLACES:
            alone = client_price(old, line, tier, size, discount)
            assert paid(alone, tier) == paid(new.price_for(line, tier, size), tier)


@given(price_lists, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_changes_nothing(price_rows, rng: random.Random):
    shuffled = rng.sample(price_rows, len(price_rows))
    for discount in (TEN, NEXT_SIZE):
        one = discounted_market(market_of(price_rows), discount)
        other = discounted_market(market_of(shuffled), discount)
        assert one.snapshot == other.snapshot


def test_banks_stock_and_fees_stay_as_they_are():
    banks = (replace(BANKS[0], fixed_fee_gbp=D("500.01")), BANKS[1])
    market = Market(banks, LINES, tuple(sized(small="30", large="20")))
    for discount in (TEN, NEXT_SIZE):
        new = discounted_market(market, discount)
        assert (new.banks, new.stock) == (market.banks, market.stock)


def test_prices_that_would_be_rounded_to_nothing_are_refused_all_at_once():
    market = market_of(sized(small="0.01", medium="0.02", large="100"))
    with pytest.raises(InputError) as error:
        discounted_market(market, Discount(DiscountKind.PERCENTAGE, D("80")))
    assert [finding.message for finding in error.value.findings] == [
        "The price 0.02 of A / * / * / medium would be rounded to nothing.",
        "The price 0.01 of A / * / * / small would be rounded to nothing.",
    ]
