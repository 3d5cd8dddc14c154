"""The view of the step Market, without a browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bng_opt.app.state.market import Origin
from bng_opt.app.state.session import Session
from bng_opt.app.views.market import MarketView
from bng_opt.app.views.page import Page
from bng_opt.market import load_market
from bng_opt.market.store.reservations import reserve
from bng_opt.metric.requirement import Requirement
from tests.app.conftest import Turn
from tests.support.pages import find_button, is_shown, text_of
from tests.support.scenarios import SCRUB, Line, Scene


def shown(page: Page, turn: Turn) -> MarketView:
    """Return the view as it is once it was shown and has read the store's market."""
    view = MarketView(page)
    page.session.market.changed.connect(lambda _: view.refresh())
    view.refresh()
    turn(lambda: page.session.market.held)
    return view


def test_the_store_s_market_is_there_without_a_click(page: Page, turn: Turn) -> None:
    view = shown(page, turn)
    text = text_of(view.box)
    assert page.session.market.held.origin is Origin.STORE
    assert "60 banks" in text
    assert "Stock last changed" in text
    assert "The need isn&#39;t known yet" in text
    assert not is_shown(view.box, find_button(view.box, "Take the newest"))


def test_a_market_that_is_held_already_is_not_replaced(page: Page, turn: Turn) -> None:
    page.session.market.take_example()
    view = MarketView(page)
    view.refresh()
    assert page.session.market.held.origin is Origin.EXAMPLE
    assert "invented banks" in text_of(view.box)


def test_it_says_who_sells_what_is_needed(page: Page, turn: Turn, demo_need: Requirement) -> None:
    page.session.metric.take(demo_need)
    text = text_of(shown(page, turn).box)
    for each in page.session.market.sellers:
        assert f"{each.ledger.value.capitalize()}: {each.name}" in text
        assert each.words in text


def test_news_of_the_store_are_told_and_the_newest_is_taken(
    page: Page, session: Session, turn: Turn
) -> None:
    view, store = shown(page, turn), session.services.store
    line = session.market.market.stock[0]
    until = store.clock() + timedelta(hours=1)
    with store.write() as writing:
        units = {line.stock_id: Decimal("0.01")}
        reserve(writing, units, now=store.clock(), by="Bob", expires_at=until)
    view.refresh()
    newest = find_button(view.box, "Take the newest")
    assert is_shown(view.box, newest)
    assert "has changed since you took it" in text_of(view.box)
    newest.click()
    assert session.market.market.stock[0].units == line.units - Decimal("0.01")
    assert not is_shown(view.box, newest)


def test_a_search_narrows_the_tables_and_shows_the_lines_of_few_banks(
    page: Page, session: Session, turn: Turn
) -> None:
    view = shown(page, turn)
    bank = session.market.market.banks[7]
    view._search.value = bank.bank_id
    text = text_of(view.box)
    for line in session.market.market.lines_of(bank.bank_id):
        assert line.stock_id in text
    assert "Banks: 1<" in text
    view._search.value = "<script>"
    assert "<script>" not in text_of(view.box)
    assert "No habitat and no bank matches" in text_of(view.box)


def test_long_tables_say_what_they_leave_out_and_show_it_when_asked(page: Page, turn: Turn) -> None:
    view = shown(page, turn)
    assert "Banks: the first 12 of 60" in text_of(view.box)
    find_button(view.box, "Show all rows").click()
    assert "Banks: 60<" in text_of(view.box)


def test_warnings_and_unpriced_lines_are_listed(page: Page, session: Session) -> None:
    frames = Scene((Line(SCRUB, 2, 25_000, "A"),)).frames()
    frames["pricing"] = frames["pricing"][:0]
    session.market.take(load_market(frames))
    view = MarketView(page)
    view.refresh()
    text = text_of(view.box)
    assert "1 line without a price: reported, not sold" in text
    assert f"{len(session.market.warnings)} warning" in text
    assert "Stock line &#34;A-001&#34;" in text


def test_what_has_not_changed_is_not_made_again(page: Page, turn: Turn) -> None:
    view = shown(page, turn)
    made: list[object] = []
    for widget in (view._summary, view._sellers, view._habitats, view._banks):
        widget.observe(made.append, "value")
    view.refresh()
    assert made == []


def test_a_file_that_can_t_be_read_leaves_the_market(page: Page, turn: Turn) -> None:
    view = shown(page, turn)
    held = page.session.market.held
    view._read_file("market.zip", b"no zip")
    assert page.session.market.held is held
    assert "can&#39;t be read" in text_of(view._notice)
