"""The view of the step Quote, without a browser."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bng_opt.app.services import Services
from bng_opt.app.state.quote_form import ChargeRow, Client
from bng_opt.app.state.session import Session
from bng_opt.app.views.page import Page
from bng_opt.app.views.quote import QuoteView
from bng_opt.market.store.customers import Customer, keep_customer
from bng_opt.market.store.tables import Role, StockRow
from bng_opt.market.store.users import add_user
from bng_opt.quantities import pounds
from tests.app.conftest import Turn
from tests.support.pages import find_button, is_shown, text_of, widgets_in
from tests.support.running import until


@pytest.fixture
def view(page: Page, ready: Session) -> QuoteView:
    """Return the view of a session that has a result."""
    ready.optimise.start()
    until(lambda: not ready.optimise.refresh_job(), "a result")
    ready.go("quote")
    return shown(page)


def shown(page: Page) -> QuoteView:
    view = QuoteView(page)
    page.session.quote.changed.connect(lambda _: view.refresh())
    view.refresh()
    return view


def press(view: QuoteView, label: str) -> None:
    find_button(view.box, label).click()


def test_without_a_result_the_way_back_is_said(page: Page) -> None:
    view = shown(page)
    press(view, "Work the quote out")
    assert "Go back to Optimise" in text_of(view._notice)


def test_what_is_typed_is_priced_and_kept_to_the_penny(view: QuoteView, ready: Session) -> None:
    view._client["name"].value = "Jo Client"
    press(view, "Work the quote out")
    priced = ready.quote.content.priced
    for amount in (priced.net_gbp, priced.vat_gbp, priced.gross_gbp):
        assert pounds(amount) in view._preview.value
    press(view, "Keep as a draft")
    assert f"{ready.quote.reference} is kept as a draft." in text_of(view._notice)
    assert ready.quote.view.priced == priced
    assert pounds(priced.gross_gbp) in text_of(view._deal.box)
    assert is_shown(view.box, view._deal.box)
    assert not is_shown(view.box, view._form)


def test_a_charge_is_counted_as_soon_as_it_is_entered(view: QuoteView, ready: Session) -> None:
    press(view, "Work the quote out")
    before = ready.quote.content.priced.net_gbp
    (description, amount) = view._charges._fields[0]
    description.value = "Survey"
    assert not is_shown(view.box, view._keeps), "half a line is no quote"
    amount.value = "100"
    press(view, "Work the quote out")
    assert pounds(before + 100) in view._preview.value
    amount.value = "200"
    assert pounds(before + 200) in view._preview.value


def test_lines_that_were_entered_before_are_in_sight(view: QuoteView, ready: Session) -> None:
    assert not view._by_hand[0].is_open
    ready.quote.fill(charges=(ChargeRow("Survey", "12"),))
    assert view._by_hand[0].is_open
    assert not view._by_hand[1].is_open


def test_nothing_is_rebuilt_that_has_not_changed(view: QuoteView, ready: Session) -> None:
    view._client["name"].value = "Jo Client"
    press(view, "Work the quote out")
    before = [*widgets_in(view.box)]
    view.refresh()
    press(view, "Keep and reserve its stock")
    view.refresh()
    assert [*widgets_in(view.box)] == before


def test_a_known_client_is_entered_by_choosing(
    view: QuoteView, ready: Session, services: Services
) -> None:
    keep_customer(services.store, Customer("Bea", "Bea Ltd", "bea@bea.example"), by="Ann")
    view.refresh()
    view._known.value = "Bea, Bea Ltd"
    assert ready.quote.form.client == Client("Bea", "Bea Ltd", "bea@bea.example")
    assert view._client["email"].value == "bea@bea.example"


def test_all_that_is_wrong_is_told_and_what_was_typed_stays(view: QuoteView) -> None:
    view._client["email"].value = "nowhere"
    press(view, "Work the quote out")
    press(view, "Keep as a draft")
    told = text_of(view._notice)
    assert "has no name" in told
    assert "no e-mail address" in told
    assert view._client["email"].value == "nowhere"


def test_another_purchase_is_kept_only_once_it_is_agreed_to(
    view: QuoteView, ready: Session, services: Services, turn: Turn
) -> None:
    view._client["name"].value = "Jo Client"
    press(view, "Work the quote out")
    assert not is_shown(view.box, view._consent)
    stock_id = ready.result.plan.purchases[0].stock_id
    with services.store.write() as session:
        row = sa.update(StockRow).where(StockRow.stock_id == stock_id)
        session.execute(row.values(units=StockRow.sold))
    press(view, "Keep and reserve its stock")
    assert "No longer to be had" in text_of(view._notice)
    press(view, "Work the quote out")
    turn(lambda: is_shown(view.box, view._consent))
    for plan in (ready.result.plan, ready.quote.content.plan):
        assert pounds(plan.total_gbp) in view._preview.value
    press(view, "Keep as a draft")
    assert "you were shown" in text_of(view._notice)
    view._agree.value = True
    press(view, "Keep as a draft")
    assert ready.quote.reference


def test_searching_again_takes_the_market_of_now(view: QuoteView, ready: Session) -> None:
    press(view, "Search again on the market of now")
    assert ready.current == "optimise"


def test_a_viewer_is_told_why_the_buttons_rest(
    view: QuoteView, ready: Session, services: Services
) -> None:
    view._client["name"].value = "Jo Client"
    press(view, "Work the quote out")
    add_user(services.store, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
    add_user(services.store, "Vic", Role.VIEWER, "a long sentence of Vic", by="Ada")
    services.admit("Vic", Role.VIEWER, signed_in=True)
    view.refresh()
    assert "takes the role analyst" in view._role.value
    assert find_button(view.box, "Keep as a draft").disabled
    assert find_button(view.box, "Keep and reserve its stock").disabled
    assert find_button(view.box, "Make the documents").disabled is False, "of no quote yet"


def test_a_quote_goes_its_way_by_buttons(view: QuoteView, ready: Session) -> None:
    view._client["name"].value = "Jo Client"
    press(view, "Work the quote out")
    press(view, "Keep and reserve its stock")
    acts = view._deal._acts
    assert is_shown(view.box, acts["release"])
    assert acts["reserve"].description == "Hold the stock longer"
    assert acts["send"].disabled, "it needs an approver"
    assert "From £50,000.00 on" in text_of(view._deal._approval)
    press(view, "Give the stock back")
    assert "has given its stock back" in text_of(view._notice)
    assert acts["reserve"].description == "Reserve the stock"
    press(view, "Withdraw the quote")
    assert "No reason is given" in text_of(view._notice)
    view._deal._reason.value = "Too late"
    press(view, "Withdraw the quote")
    assert "is withdrawn" in text_of(view._notice)
    assert "withdrawn: Too late" in view._deal._events.value
    assert not is_shown(view.box, acts["send"])
    press(view, "Revise")
    assert "Revising BNG-" in view._revising.value
    assert not is_shown(view.box, view._client["name"])
    press(view, "Work the quote out")
    press(view, "Keep as the next revision")
    assert ready.quote.view.label.endswith("-R2")


def test_documents_are_downloaded_as_they_were_made(view: QuoteView, ready: Session) -> None:
    view._client["name"].value = "Jo <b>Client</b>"
    press(view, "Work the quote out")
    press(view, "Keep as a draft")
    assert "<b>Client" not in text_of(view._deal.box)
    press(view, "Make the documents")
    for document in ready.quote.kept.documents:
        (made,) = (
            each
            for each in widgets_in(view._deal._files)
            if getattr(each, "description", "").startswith(f"Download {document.file_name} ")
        )
        made.click()
    sent = [given for method, given, _ in view._page.link.told if method == "download"]
    assert sent == [(d.file_name, d.content, d.media_type) for d in ready.quote.kept.documents]
