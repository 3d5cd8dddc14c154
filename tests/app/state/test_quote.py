"""The step Quote: the figures are the library's, and nothing is kept that was not seen."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import sqlalchemy as sa

from bng_opt.app.services import Services
from bng_opt.app.state.quote_form import ChargeRow, Client, OutsideRow
from bng_opt.app.state.session import Session
from bng_opt.errors import AccessError, BngOptError, InputError, StockError
from bng_opt.market.store.customers import Customer
from bng_opt.market.store.tables import QuoteState, ReservationState, Role, StockRow
from bng_opt.market.store.users import add_user
from bng_opt.quantities import pounds
from bng_opt.quotes import Need, create_quote, show_quote
from bng_opt.quotes.terms import Terms
from tests.support.pages import make_ready
from tests.support.running import until

JO = Client("Jo Client", "Dev Ltd (fictional)", "jo@dev.example")


@pytest.fixture
def quoting(ready: Session) -> Session:
    """Return a session with a result, on its way to a quote for Jo."""
    ready.optimise.start()
    until(lambda: not ready.optimise.refresh_job(), "a result")
    ready.go("quote")
    ready.quote.fill(client=JO, project="Land at Brook Farm")
    return ready


def worked_out(session: Session) -> Session:
    session.quote.work_out()
    until(lambda: session.quote.content is not None or not session.quote.refresh_work(), "a quote")
    assert session.quote.content is not None
    return session


def kept(session: Session, *, reserve: bool = False) -> Session:
    worked_out(session).quote.keep(reserve=reserve)
    return session


def test_without_a_result_there_is_nothing_to_quote(ready: Session) -> None:
    with pytest.raises(InputError, match="Go back to Optimise"):
        ready.quote.work_out()


def test_the_figures_are_those_of_the_library(quoting: Session, services: Services) -> None:
    kept(quoting)
    shown = quoting.quote.view
    scenario = quoting.result.scenario
    need = Need(scenario.requirement, scenario.site, scenario.policy, Terms())
    reference = create_quote(services.book, need, Customer("Jo Client"))
    by_library = show_quote(services.book, reference)
    assert shown.priced.gross_gbp == by_library.priced.gross_gbp
    assert shown.plan.total_gbp == quoting.result.plan.total_gbp
    assert (shown.made_by, shown.customer.name, shown.project) == (
        "Ann", "Jo Client", "Land at Brook Farm",
    )  # fmt: skip


def test_charges_and_outside_lines_are_priced(quoting: Session) -> None:
    worked_out(quoting)
    before = quoting.quote.content.priced.net_gbp
    quoting.quote.fill(charges=(ChargeRow("Survey", "£1,250.50"),))
    assert quoting.quote.content.priced.net_gbp == before + Decimal("1250.50")
    quoting.quote.fill(charges=(ChargeRow("Survey", "a lot"),))
    assert quoting.quote.content is None, "what was worked out no longer holds"


def test_a_quote_is_of_the_purchase_that_was_shown_without_another_search(
    quoting: Session, services: Services
) -> None:
    jobs = services.desk.count()
    quoting.quote.work_out()
    assert quoting.quote.content.plan is quoting.result.plan
    assert services.desk.count() == jobs
    assert not quoting.quote.needs_consent
    assert quoting.quote.change == ""


def test_what_needs_another_purchase_is_found_anew_and_said(quoting: Session) -> None:
    worked_out(quoting)
    habitat = quoting.result.plan.purchases[0].habitat
    line = OutsideRow("Own land", habitat, "0.01", "10")
    quoting.quote.fill(outside=(line,))
    assert quoting.quote.content is None
    worked_out(quoting)
    assert quoting.quote.content.priced.lines != ()
    assert "lines from outside the market change the purchase" in quoting.quote.change
    assert not quoting.quote.needs_consent, "it is the user's own wish"


def test_a_new_search_leaves_no_older_quote_standing(quoting: Session) -> None:
    worked_out(quoting)
    quoting.optimise.wish(mode="like_for_like")
    quoting.optimise.start()
    until(lambda: not quoting.optimise.refresh_job(), "a result")
    assert quoting.quote.content is None


def test_all_that_is_wrong_in_the_form_is_told_at_once(quoting: Session) -> None:
    quoting.quote.fill(
        charges=(ChargeRow("Survey", "a lot"),),
        outside=(OutsideRow("Copse", "Unicorn meadow", "1", "2"), OutsideRow("Pond", "", "", "")),
    )
    with pytest.raises(InputError) as caught:
        quoting.quote.work_out()
    assert len(caught.value.findings) >= 3


def test_nothing_is_kept_that_was_not_worked_out(quoting: Session) -> None:
    with pytest.raises(InputError, match="hasn't been worked out"):
        quoting.quote.keep(reserve=False)
    worked_out(quoting).quote.fill(charges=(ChargeRow("Survey", "?"),))
    with pytest.raises(InputError, match="hasn't been worked out"):
        quoting.quote.keep(reserve=False)


def test_all_that_is_wrong_with_client_and_quote_is_told_at_once(quoting: Session) -> None:
    quoting.quote.fill(client=Client("", email="nowhere"), project="x" * 300)
    with pytest.raises(InputError) as caught:
        quoting.quote.keep(reserve=False)
    told = str(caught.value)
    for words in ("hasn't been worked out", "has no name", "no e-mail address", "300 characters"):
        assert words in told
    assert quoting.quote.form.project == "x" * 300


def test_whom_a_quote_is_for_changes_nothing_of_what_was_worked_out(quoting: Session) -> None:
    content = worked_out(quoting).quote.content
    quoting.quote.fill(client=Client("Another"), project="Another")
    assert quoting.quote.content is content


def test_a_client_without_a_name_is_refused(quoting: Session) -> None:
    quoting.quote.fill(client=Client())
    worked_out(quoting)
    with pytest.raises(InputError, match="name"):
        quoting.quote.keep(reserve=False)
    assert quoting.quote.reference == ""


def test_stock_that_went_meanwhile_is_never_quoted(quoting: Session, services: Services) -> None:
    worked_out(quoting)
    stock_id = quoting.quote.content.plan.purchases[0].stock_id
    with services.store.write() as session:
        session.execute(
            sa.update(StockRow).where(StockRow.stock_id == stock_id).values(units=Decimal(0))
        )
    with pytest.raises(StockError):
        quoting.quote.keep(reserve=True)
    assert quoting.quote.reference == ""
    worked_out(quoting)
    assert stock_id not in {line.stock_id for line in quoting.quote.content.plan.purchases}
    assert "another one than that of your search" in quoting.quote.change
    assert pounds(quoting.result.plan.total_gbp) in quoting.quote.change
    assert pounds(quoting.quote.content.plan.total_gbp) in quoting.quote.change
    with pytest.raises(InputError, match="isn't the one that you were shown"):
        quoting.quote.keep(reserve=True)
    quoting.quote.agree(True)
    quoting.quote.keep(reserve=True)
    assert quoting.quote.view.reservation.state is ReservationState.HELD


def test_the_second_on_the_last_stock_is_told_what_is_gone(
    quoting: Session, services: Services, demo_need
) -> None:
    other = make_ready(Session(services), demo_need)
    other.open_run(quoting.optimise.run_id)
    other.quote.fill(client=Client("Second"))
    worked_out(quoting).quote.fill(client=JO)
    worked_out(other)
    quoting.quote.keep(reserve=True)
    with pytest.raises(StockError, match="No longer to be had") as caught:
        other.quote.keep(reserve=True)
    names = {line.name for line in quoting.quote.view.plan.banks}
    assert len(caught.value.findings) > 1
    assert all(any(n in each.message for n in names) for each in caught.value.findings[1:])
    assert other.quote.content is None, "it can't be kept by pressing again"
    other.quote.search_again()
    assert other.current == "optimise"
    assert other.market.market.snapshot != other.result.scenario.market.snapshot


def test_other_prices_for_the_same_purchase_ask_for_no_consent(
    quoting: Session, services: Services
) -> None:
    bought = {line.bank_id for line in quoting.result.plan.purchases}
    unused = next(line for line in quoting.market.market.stock if line.bank_id not in bought)
    with services.store.write() as session:
        statement = sa.update(StockRow).where(StockRow.stock_id == unused.stock_id)
        session.execute(statement.values(units=StockRow.sold))
    worked_out(quoting)
    assert quoting.quote.is_of_another_market
    assert quoting.quote.change == ""
    kept(quoting)
    assert quoting.quote.view.plan.total_gbp == quoting.result.plan.total_gbp


def test_the_lifecycle_as_far_as_each_state_allows(quoting: Session) -> None:
    kept(quoting, reserve=True)
    quote = quoting.quote
    assert quote.view.reservation.state is ReservationState.HELD
    assert quote.steps() == ("send", "reserve", "revise", "withdraw", "release")
    quote.act("release")
    assert "release" not in quote.steps()
    with pytest.raises(InputError, match=r"No reason is given\. Say why: fill in"):
        quote.act("withdraw")
    quote.act("withdraw", "The client went elsewhere")
    assert quote.view.state is QuoteState.WITHDRAWN
    assert quote.steps() == ("revise",)
    told = [(each.who, each.what) for each in quote.kept.events()]
    assert ("Ann", "made") in told
    assert told[-1] == ("Ann", "withdrawn: The client went elsewhere")


def test_a_sale_from_draft_to_cancelled(quoting: Session, services: Services) -> None:
    high = {"review_threshold_gbp": Decimal(10_000_000)}
    services.settings = services.settings.model_copy(update=high)
    quote = kept(quoting).quote
    quote.act("send")
    assert quote.view.state is QuoteState.SENT
    quote.act("accept")
    assert quote.view.reservation.state is ReservationState.SOLD
    assert quote.steps() == ("cancel",)
    quote.act("cancel", "Planning was refused")
    assert quote.view.state is QuoteState.WITHDRAWN


def test_a_revision_changes_terms_and_keeps_its_stock(quoting: Session) -> None:
    quote = kept(quoting, reserve=True).quote
    reference, before = quote.reference, quote.view.priced.net_gbp
    quote.act("revise")
    assert (quote.reference, quote.revising.reference) == ("", reference)
    assert quote.form.client == JO
    worked_out(quoting)
    assert quote.change == "", "what it holds itself is free for it"
    quote.fill(charges=(ChargeRow("Survey", "100"),))
    quote.keep(reason="A survey more")
    assert (quote.reference, quote.view.revision) == (reference, 2)
    assert quote.view.priced.net_gbp == before + 100
    assert quote.view.reservation.state is ReservationState.HELD
    assert quote.revising is None


def test_a_revision_that_is_left_leaves_the_quote_as_it_was(quoting: Session) -> None:
    quote = kept(quoting).quote
    reference = quote.reference
    quote.act("revise")
    quote.leave_revision()
    assert (quote.reference, quote.revising, quote.view.revision) == (reference, None, 1)


def test_two_who_revise_one_quote_are_not_both_kept(quoting: Session, services: Services) -> None:
    quote = kept(quoting).quote
    other = Session(services)
    other.quote.open(quote.reference)
    for session in (quoting, other):
        session.quote.act("revise")
        worked_out(session)
    quoting.quote.keep()
    with pytest.raises(InputError, match="revised by Ann meanwhile"):
        other.quote.keep()
    assert quoting.quote.view.revision == 2


def test_from_the_threshold_on_an_admin_approves(quoting: Session, services: Services) -> None:
    services.settings = services.settings.model_copy(update={"review_threshold_gbp": Decimal(1)})
    add_user(services.store, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
    quote = worked_out(quoting).quote
    assert "From £1.00 on an admin of the store has to approve it" in quote.review
    assert "That may be Ada." in quote.review
    kept(quoting)
    with pytest.raises(AccessError, match="name the approver below"):
        quote.act("send")
    with pytest.raises(AccessError):
        quote.kept.approve("Ada", "not the password of Ada")
    quote.kept.approve("Ada", "a long sentence of Ada")
    assert quote.review == ""
    quote.act("send")
    assert quote.view.approved_by == "Ada"


def test_a_viewer_looks_and_is_told_why_no_more(quoting: Session, services: Services) -> None:
    kept(quoting)
    add_user(services.store, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
    add_user(services.store, "Vic", Role.VIEWER, "a long sentence of Vic", by="Ada")
    services.admit("Vic", Role.VIEWER, signed_in=True)
    assert not quoting.quote.may_quote
    assert "takes the role analyst" in quoting.quote.why_not
    assert quoting.quote.steps() == ()
    with pytest.raises(AccessError):
        quoting.quote.kept.make_documents()


def test_documents_are_those_of_the_library(quoting: Session, services: Services) -> None:
    made = kept(quoting).quote.kept.make_documents()
    assert any(each.file_name.endswith(".html") for each in made.made)
    assert quoting.quote.kept.documents == made.made
    other = Session(services)
    other.quote.open(quoting.quote.reference)
    assert other.quote.kept.documents == made.made, "they are kept for whoever opens the quote"


def test_the_state_survives_as_json(quoting: Session, services: Services) -> None:
    kept(quoting)
    quoting.quote.fill(charges=(ChargeRow("Survey", "12"),))
    state = json.loads(json.dumps(quoting.get_state()))
    other = Session(services)
    other.set_state(state)
    assert other.quote.form.charges == (ChargeRow("Survey", "12"),)
    assert other.quote.reference == quoting.quote.reference


def test_a_revision_under_way_survives_as_json(quoting: Session, services: Services) -> None:
    quote = kept(quoting).quote
    reference = quote.reference
    quote.act("revise")
    quote.fill(charges=(ChargeRow("Survey", "12"),))
    other = Session(services)
    other.set_state(json.loads(json.dumps(quoting.get_state())))
    assert other.quote.revising.reference == reference
    assert other.quote.form.charges == (ChargeRow("Survey", "12"),)


def test_a_quote_that_is_not_there_is_said(session: Session) -> None:
    with pytest.raises(BngOptError):
        session.quote.open("BNG-1999-00001")
