"""The view of the history, without a browser."""

from __future__ import annotations

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.history import PAGE, QUOTE, RUN
from bng_opt.app.state.session import Session
from bng_opt.app.views.history import HistoryView
from bng_opt.app.views.page import Page
from bng_opt.market.store.tables import JobState
from tests.app.state.test_history import run, submit
from tests.app.state.test_quote import JO, kept
from tests.support.pages import RecordingLink, find_button, is_shown, make_ready, text_of


@pytest.fixture
def view(page: Page, ready: Session) -> HistoryView:
    """Return the view of a store with two runs and a quote."""
    run(ready, mode="like_for_like")
    run(ready, mode="statutory")
    ready.quote.fill(client=JO)
    kept(ready)
    ready.go("history")
    shown = HistoryView(page)
    shown.refresh()
    return shown


def rows(view: HistoryView, kind: str) -> list:
    """Return the rows that are shown of a list."""
    return [row for row in view._lists[kind]._rows if is_shown(view.box, row.box)]


def test_both_lists_are_shown_with_what_there_is(view: HistoryView, ready: Session) -> None:
    assert [len(rows(view, kind)) for kind in (QUOTE, RUN)] == [1, 2]
    words = rows(view, QUOTE)[0]._words.value
    for text in (ready.quote.reference, "Jo Client", "draft", "before VAT"):
        assert text in words
    assert "1 to 2 of 2" in text_of(view._lists[RUN].box)
    assert not is_shown(view.box, view._lists[RUN]._ways)


def test_filters_leave_out_the_rest_and_say_where_nothing_is_left(view: HistoryView) -> None:
    view._wanted.value = QUOTE
    assert not is_shown(view.box, view._lists[RUN].box)
    assert len(rows(view, QUOTE)) == 1
    view._wanted.value = JobState.FAILED
    assert not is_shown(view.box, view._lists[QUOTE].box)
    assert "No searches are found." in text_of(view._lists[RUN].box)
    view._wanted.value = ""
    view._search.value = "nowhere at all"
    assert rows(view, RUN) == rows(view, QUOTE) == []


def test_buttons_open_and_repeat_what_their_row_shows(view: HistoryView, ready: Session) -> None:
    older = rows(view, RUN)[1]
    older._buttons["open"].click()
    assert (ready.current, ready.optimise.run_id) == ("result", older._entry.id)
    rows(view, QUOTE)[0]._buttons["open"].click()
    assert ready.current == "quote"
    rows(view, QUOTE)[0]._buttons["repeat"].click()
    assert (ready.current, ready.quote.reference) == ("optimise", "")
    assert ready.quote.form.client == JO


def test_two_are_compared_and_put_back(view: HistoryView) -> None:
    first, second = rows(view, RUN)
    first._buttons["pick"].click()
    assert first._buttons["pick"].description == "Don't compare"
    assert "Pick a second one" in view._hint.value
    second._buttons["pick"].click()
    assert "Trading is tested: like for like then, statutory now." in view._compared.value
    assert "Side by side" in view._compared.value
    find_button(view.box, "Close the comparison").click()
    assert view._compared.value == ""
    assert first._buttons["pick"].description == "Compare"


def test_pages_are_turned_and_rows_reused(queueing: Services, demo_need, turn) -> None:
    session = make_ready(Session(queueing), demo_need)
    ids = [submit(session, max_banks=most) for most in range(1, PAGE + 3)][::-1]
    session.go("history")
    view = HistoryView(Page(session, RecordingLink()))  # type: ignore[arg-type]
    view.refresh()
    boxes = [row.box for row in view._lists[RUN]._rows]
    assert [row._entry.id for row in rows(view, RUN)] == ids[:PAGE]
    assert find_button(view.box, "Newer searches").disabled
    find_button(view.box, "Older searches").click()
    assert [row._entry.id for row in rows(view, RUN)] == ids[PAGE:]
    assert find_button(view.box, "Older searches").disabled
    assert [row.box for row in view._lists[RUN]._rows] == boxes


def test_a_run_under_way_is_stopped_and_what_becomes_of_it_is_seen(
    queueing: Services, demo_need, turn
) -> None:
    session = make_ready(Session(queueing), demo_need)
    run_id = submit(session)
    session.go("history")
    view = HistoryView(Page(session, RecordingLink()))  # type: ignore[arg-type]
    view.refresh()
    (row,) = rows(view, RUN)
    assert "Waiting for a worker" in row._words.value
    assert not is_shown(view.box, row._buttons["pick"])
    queueing.desk.cancel(run_id, by="Ann")
    turn(lambda: "Stopped without a purchase" in row._words.value)
    assert not is_shown(view.box, row._buttons["stop"])
