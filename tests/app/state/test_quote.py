"""The step Quote: the figures are the library's, and nothing is kept that was not seen."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import sqlalchemy as sa

from bng_opt.app.services import Services
from bng_opt.app.state.quote import ChargeRow, Client, OutsideRow
from bng_opt.app.state.session import Session
from bng_opt.errors import AccessError, BngOptError, InputError, StockError
from bng_opt.market.store.customers import Customer
from bng_opt.market.store.tables import QuoteState, ReservationState, Role, StockRow
from bng_opt.market.store.users import add_user
from bng_opt.quotes import Need, create_quote, show_quote
from bng_opt.quotes.terms import Terms
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
    assert quoting.quote.content is None, "what was worked out no longer holds"
    worked_out(quoting)
    assert quoting.quote.content.priced.net_gbp == before + Decimal("1250.50")


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
    worked_out(quoting).quote.fill(project="Another")
    with pytest.raises(InputError, match="hasn't been worked out"):
        quoting.quote.keep(reserve=False)


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


def test_the_lifecycle_as_far_as_each_state_allows(quoting: Session) -> None:
    kept(quoting, reserve=True)
    quote = quoting.quote
    assert quote.view.reservation.state is ReservationState.HELD
    assert quote.steps() == ("send", "reserve", "withdraw", "release")
    quote.act("release")
    assert "release" not in quote.steps()
    quote.act("withdraw", "The client went elsewhere")
    assert quote.view.state is QuoteState.WITHDRAWN
    assert quote.steps() == ()


def test_a_viewer_looks_and_is_told_why_no_more(quoting: Session, services: Services) -> None:
    kept(quoting)
    add_user(services.store, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
    add_user(services.store, "Vic", Role.VIEWER, "a long sentence of Vic", by="Ada")
    services.admit("Vic", Role.VIEWER, signed_in=True)
    assert not quoting.quote.may_quote
    assert "takes the role analyst" in quoting.quote.why_not
    assert quoting.quote.steps() == ()
    with pytest.raises(AccessError):
        quoting.quote.make_documents()


def test_documents_are_those_of_the_library(quoting: Session) -> None:
    made = kept(quoting).quote.make_documents()
    assert any(each.file_name.endswith(".html") for each in made.made)
    assert quoting.quote.documents is made


def test_the_state_survives_as_json(quoting: Session, services: Services) -> None:
    kept(quoting)
    quoting.quote.fill(charges=(ChargeRow("Survey", "12"),))
    state = json.loads(json.dumps(quoting.get_state()))
    other = Session(services)
    other.set_state(state)
    assert other.quote.form.charges == (ChargeRow("Survey", "12"),)
    assert other.quote.reference == quoting.quote.reference


def test_a_quote_that_is_not_there_is_said(session: Session) -> None:
    with pytest.raises(BngOptError):
        session.quote.open("BNG-1999-00001")
