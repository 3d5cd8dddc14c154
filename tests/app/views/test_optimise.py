"""The view of the step Optimise, without a browser."""

from __future__ import annotations

from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.app.views.optimise import OptimiseView
from bng_opt.app.views.page import Page
from bng_opt.metric.requirement import Requirement
from tests.app.conftest import Turn
from tests.support.pages import RecordingLink, find_button, is_shown, make_ready, text_of
from tests.support.questions import endless, impossible


def shown(page: Page) -> OptimiseView:
    page.session.go("optimise")
    view = OptimiseView(page)
    page.session.optimise.changed.connect(lambda _: view.refresh())
    view.refresh()
    return view


def waiting(services: Services, need: Requirement) -> Page:
    """Return a page that is ready to search where nobody works."""
    return Page(make_ready(Session(services), need), RecordingLink())  # type: ignore[arg-type]


def test_the_start_waits_for_what_is_missing_and_says_it(page: Page) -> None:
    view = shown(page)
    assert find_button(view.box, "Start the search").disabled
    text = text_of(view._missing)
    for each in page.session.blockers("optimise"):
        assert each in text


def test_what_is_entered_reaches_the_model_and_back(page: Page, ready: Session) -> None:
    view = shown(page)
    view._fields["max_banks"].value = "3"
    view._fields["credits"].value = True
    view._fields["mode"].value = "like_for_like"
    assert ready.optimise.policy.max_banks == 3
    assert ready.optimise.policy.credits
    ready.optimise.wish(max_banks="7", mode="statutory")
    assert view._fields["max_banks"].value == "7"
    assert view._fields["mode"].value == "statutory"


def test_a_wrong_wish_stays_in_its_field_and_blocks_the_start(page: Page, ready: Session) -> None:
    view = shown(page)
    view._fields["max_banks"].value = "lots"
    assert view._fields["max_banks"].value == "lots"
    assert "&#34;lots&#34; is no number" in text_of(view._wrong)
    assert find_button(view.box, "Start the search").disabled
    view._fields["max_banks"].value = ""
    assert view._wrong.value == ""
    assert not find_button(view.box, "Start the search").disabled


def test_a_click_leads_to_the_result(page: Page, ready: Session, turn: Turn) -> None:
    view = shown(page)
    find_button(view.box, "Start the search").click()
    turn(lambda: ready.current == "result")
    turn(lambda: page.link.all_told("focus"))
    assert page.link.all_told("focus")[-1] == ".bng-panel h2"
    assert page.link.all_told("announce")[-1].startswith("Proven.")
    find_button(view.box, "Search again")


def test_a_running_search_shows_its_figures_and_two_ways_to_stop(
    page: Page, session: Session, turn: Turn
) -> None:
    question = endless()
    session.metric.take(question.requirement)
    session.site.take(question.site)
    session.market.take(question.market)
    view = shown(page)
    session.optimise.take(question.policy, None)
    find_button(view.box, "Start the search").click()
    assert not is_shown(view.box, find_button(view.box, "Search again"))
    keep = find_button(view.box, "Stop and keep the best")
    assert keep.disabled
    turn(lambda: not keep.disabled)
    text = text_of(view._search)
    assert "Best purchase so far: £" in text
    assert "No lawful purchase costs less than £" in text
    assert '<progress max="100"' in text
    keep.click()
    assert keep.disabled
    turn(lambda: session.current == "result")
    assert session.optimise.job.has_result


def test_what_is_impossible_is_explained_on_the_step(
    page: Page, session: Session, turn: Turn
) -> None:
    question = impossible()
    session.metric.take(question.requirement)
    session.site.take(question.site)
    session.market.take(question.market)
    view = shown(page)
    find_button(view.box, "Start the search").click()
    turn(lambda: session.optimise.failure)
    assert session.current == "optimise"
    text = text_of(view._search)
    assert "No lawful purchase exists" in text
    assert "Why, and what would help" in text
    assert not is_shown(view.box, find_button(view.box, "Stop and discard"))


def test_discarding_takes_the_search_off_the_page(
    queueing: Services, demo_need: Requirement, turn: Turn
) -> None:
    page = waiting(queueing, demo_need)
    view = shown(page)
    find_button(view.box, "Start the search").click()
    assert "It is the next one." in text_of(view._search)
    find_button(view.box, "Stop and discard").click()
    assert page.session.optimise.job is None
    assert not is_shown(view.box, view._search)
    assert is_shown(view.box, find_button(view.box, "Start the search"))


def test_a_run_that_is_opened_while_it_runs_is_watched_on(
    page: Page, ready: Session, turn: Turn
) -> None:
    ready.optimise.start()
    other = Page(Session(ready.services), RecordingLink())  # type: ignore[arg-type]
    other.session.open_run(ready.optimise.run_id)
    if other.session.current == "optimise":
        shown(other)
        turn(lambda: other.session.current == "result")
    assert other.session.optimise.job.has_result


def test_banks_are_added_by_name_and_removed_by_a_button(page: Page, ready: Session) -> None:
    view = shown(page)
    required, excluded = view._lists
    label = ready.optimise.bank_labels()[4]
    required._field.value = label
    assert [ready.optimise.label_of(each) for each in ready.optimise.wishes.must_use] == [label]
    assert required._field.value == ""
    excluded._field.value = "no such bank"
    find_button(excluded.box, "Add").click()
    assert excluded._field.value == "no such bank"
    assert "The market has no bank" in text_of(view._notice)
    find_button(required.box, f"Remove {label}").click()
    assert ready.optimise.wishes.must_use == ()
    assert page.link.all_told("focus")[-1] == ".bng-must-use input"
