from decimal import Decimal

import pytest

from bng_opt.market.store.tables import LineKind, QuoteState
from bng_opt.quantities import ZERO, pounds, round_money
from bng_opt.quotes.documents import make_documents
from bng_opt.quotes.documents.orders import orders_of
from tests.quotes.documents.reading import html_text, sums_in
from tests.support import quote_views as views


def orders(view):
    return make_documents(view, kinds=["order_html"]).made


def test_each_bank_is_paid_its_list_price_and_its_fee():
    view = views.full_view()
    assert view.priced.discount_gbp > 0
    for order, document in zip(orders_of(view), orders(view), strict=True):
        own = [line for line in view.priced.lines if line.bank_id == order.bank.bank_id]
        due = sum((line.amount_gbp for line in own), ZERO)
        vat = round_money(due * Decimal("0.20"))
        assert sums_in(html_text(document)) == (due, vat, due + vat)


def test_the_orders_are_worth_the_units_and_fees_at_list_price():
    view = views.full_view()
    bought = view.priced.of(LineKind.UNITS, LineKind.BANK_FEE)
    due = sum((line.amount_gbp for line in bought), ZERO)
    assert sum((order.amount_gbp for order in orders_of(view)), ZERO) == due


def test_a_bank_sees_neither_discount_nor_admin_fee_nor_other_banks():
    view = views.full_view()
    priced = view.priced
    texts = [html_text(document) for document in orders(view)]
    secret = [priced.net_gbp, priced.gross_gbp, priced.discount_gbp, priced.amount_gbp]
    secret += [view.plan.total_gbp]
    secret += [line.amount_gbp for line in priced.of(LineKind.ADMIN_FEE, LineKind.OTHER)]
    secret += [line.net_gbp for line in priced.lines if line.discount_gbp]
    for text in texts:
        assert not [amount for amount in secret if pounds(amount) in text]
        assert "iscount" not in text
        assert "dministration" not in text
    names = [bank.name for bank in view.plan.banks]
    for name, text in zip(sorted(names), sorted(texts), strict=True):
        assert sum(other in text for other in names) == 1, name


def test_an_order_says_for_whom_where_and_which_land():
    view = views.full_view()
    text = html_text(orders(view)[0])
    bank = orders_of(view)[0].bank
    for needed in (
        f"{view.label}-PO01",
        "Brook Farm Homes Ltd",
        view.bgs_references[bank.bank_id],
        "Land at Brook Farm",
        "Stratford-on-Avon",
        "Signature",
    ):
        assert needed in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (QuoteState.DRAFT, "Not placed"),
        (QuoteState.SENT, "Not placed"),
        (QuoteState.WITHDRAWN, "Void: don't deliver"),
        (QuoteState.EXPIRED, "Void: don't deliver"),
        (QuoteState.SUPERSEDED, "Void: don't deliver"),
    ],
)
def test_an_order_of_a_quote_that_isnt_accepted_is_none(state, words):
    assert words in html_text(orders(views.demo_view(state=state))[0])


def test_an_order_of_an_accepted_quote_has_no_banner():
    text = html_text(orders(views.demo_view(state=QuoteState.ACCEPTED))[0])
    assert "Not placed" not in text
    assert "Void" not in text


def test_nothing_bought_of_banks_makes_no_order():
    assert orders(views.credits_view()) == ()
