"""Random terms of a quote, for properties that hold on any."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bng_opt.market.store.tables import DiscountKind
from bng_opt.quotes.outside import OutsideLine
from bng_opt.quotes.terms import Charge, Discount, Terms
from bng_opt.reference import catalogue
from tests.support.scenarios import CULVERT, FELLED, HEDGE_LOW, MEADOW, NEUTRAL

D = Decimal

pounds_sterling = st.integers(0, 10**7).map(lambda pence: D(pence) / 100)
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=200
)
discounts = st.one_of(
    st.sampled_from([Discount(), Discount(DiscountKind.NEXT_SIZE_UP)]),
    st.integers(1, 9999).map(lambda p: Discount(DiscountKind.PERCENTAGE, D(p) / 100)),
)
outside_lines = st.builds(
    OutsideLine,
    texts,
    st.sampled_from(
        [catalogue().find(name) for name in (FELLED, MEADOW, NEUTRAL, HEDGE_LOW, CULVERT)]
    ),
    st.integers(1, 5 * 10**4).map(lambda steps: D(steps) / 10_000),
    pounds_sterling,
    st.sampled_from([D(1), D("0.75"), D("0.5")]),
    st.just("") | texts,
)
all_terms = st.builds(
    Terms,
    discounts,
    st.booleans(),
    pounds_sterling,
    pounds_sterling,
    st.integers(0, 1000).map(lambda share: D(share) / 1000),
    st.lists(outside_lines, max_size=3).map(tuple),
    st.lists(st.builds(Charge, texts, pounds_sterling), max_size=3).map(tuple),
)
