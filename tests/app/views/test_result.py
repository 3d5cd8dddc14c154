"""The view of the step Result, without a browser."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.app.views.page import Page
from bng_opt.app.views.result import ResultView
from bng_opt.optimiser.policy import Policy
from bng_opt.output.files import plan_files
from bng_opt.quantities import pounds
from tests.app.conftest import Turn
from tests.support.pages import find_button, is_shown, text_of
from tests.support.questions import endless, impossible, small
from tests.support.running import until, until_running


def enter(session: Session, question) -> None:
    session.metric.take(question.requirement)
    session.site.take(question.site)
    session.market.take(question.market)
    session.optimise.take(question.policy, None)


def search(session: Session) -> None:
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "an end")


def shown(page: Page) -> ResultView:
    """Return the view of the result, which is the step that the page shows."""
    page.session.go("result")
    view = ResultView(page)
    page.session.result.changed.connect(lambda _: view.refresh())
    view.refresh()
    return view


@pytest.fixture
def found(page: Page, turn: Turn) -> ResultView:
    """Return the view of a small result, with its map."""
    enter(page.session, small())
    search(page.session)
    view = shown(page)
    turn(lambda: view._purchases._map is not None)
    return view


def test_without_a_result_it_says_why_and_leads_to_the_search(page: Page) -> None:
    view = shown(page)
    text = text_of(view._empty)
    assert "No search has been started" in text
    for each in page.session.blockers("optimise"):
        assert each in text
    assert not is_shown(view.box, view._top)
    assert not is_shown(view.box, view._retry)
    find_button(view.box, "Go to Optimise").click()
    assert page.session.current == "optimise"


def test_an_impossible_search_shows_reasons_and_no_figure(page: Page) -> None:
    enter(page.session, impossible())
    search(page.session)
    text = text_of(shown(page)._empty)
    assert "No lawful purchase exists" in text
    assert page.session.optimise.failure[0].remedy.split()[0] in text


def test_a_search_that_runs_is_watched_until_its_result_is_there(page: Page, turn: Turn) -> None:
    enter(page.session, small())
    page.session.optimise.start()
    view = shown(page)
    turn(lambda: is_shown(view.box, view._top))
    assert "£60,000.00" in text_of(view._top)


def test_total_proof_cost_and_saving_stand_at_the_top(found: ResultView) -> None:
    text = text_of(found._top)
    assert '<p class="bng-total">£60,000.00</p>' in text
    assert "Proven: no lawful purchase is cheaper." in text
    credits = found._step.comparisons[0]
    assert f"<strong>{pounds(credits.saving_gbp)}</strong> less than statutory credits" in text


def test_a_search_that_was_stopped_says_its_gap_in_pounds(
    page: Page, services: Services, turn: Turn
) -> None:
    session = page.session
    enter(session, endless())
    session.optimise.start()
    until_running(services.desk, session.optimise.job, with_plan=True)
    session.optimise.stop_and_keep()
    until(lambda: not session.optimise.refresh_job(), "an end")
    view = shown(page)
    plan = session.result.plan
    assert f"at most {pounds(plan.gap_gbp)} above the best possible" in text_of(view._top)
    assert "it is begun anew first" in text_of(view._around.box)


def test_the_tables_hold_every_purchase_and_bank_with_the_plans_figures(found: ResultView) -> None:
    plan = found._step.plan
    rows, banks = found._purchases._purchases.rows, found._purchases._banks.rows
    assert [row["cost"] for row in rows] == [float(line.cost_gbp) for line in plan.purchases]
    assert sum(row["total"] for row in banks) == float(plan.total_gbp)
    assert {row["group"] for row in rows} == {row["group"] for row in banks} == {"A", "B", "C"}


def test_choosing_a_row_marks_the_bank_everywhere_and_the_map_marks_rows(
    found: ResultView,
) -> None:
    purchases, link = found._purchases, found._page.link
    purchases._purchases._hear(None, {"choose": "B"}, None)
    assert found._step.bank == "B"
    assert (purchases._purchases.chosen, purchases._banks.chosen) == ("B", "B")
    assert purchases._map._chosen == "B"
    assert link.all_told("announce")[-1].endswith(" is marked.")
    assert "1.00 units are bought for £20,000.00" in text_of(found._why.box)
    purchases._map._choosing("D")()
    assert purchases._purchases.chosen == "D"
    assert "Dearer" in text_of(found._why.box)
    purchases._purchases._hear(None, {"choose": ""}, None)
    assert (found._step.bank, found._why._field.value) == ("", "")


def test_any_bank_is_asked_for_by_name_and_a_wrong_name_is_told(found: ResultView) -> None:
    field = found._why._field
    field.value = next(label for label in field.options if label.endswith("(D)"))
    assert found._step.bank == "D"
    field.value = "Nowhere Bank"
    assert "no bank called &#34;Nowhere Bank&#34;" in text_of(found._notice)
    assert field.value == "Nowhere Bank"
    assert found._step.bank == "D"


def test_downloads_are_the_librarys_files(found: ResultView) -> None:
    files = plan_files(found._step.plan)
    labels = {
        "plan.xlsx": "Workbook of the plan",
        "report.txt": "Report as text",
        "purchases.csv": "Purchases as CSV",
        "plan.json": "Plan as JSON",
    }
    for name, label in labels.items():
        find_button(found.box, f"Download: {label}").click()
        _, given, _ = next(
            told for told in reversed(found._page.link.told) if told[0] == "download"
        )
        assert given[0] == name
        if not name.endswith(".xlsx"):  # Which states when it was made.
            assert given[1] == files[name]
    assert not is_shown(found.box, find_button(found.box, "Download: Alternatives as text"))


def test_the_address_names_the_run(found: ResultView) -> None:
    assert found._address.run == found._page.session.optimise.run_id != ""


def test_a_change_is_said_with_a_way_back_and_the_result_stays(found: ResultView) -> None:
    session = found._page.session
    assert not is_shown(found.box, found._again)
    session.optimise.wish(max_banks="1")
    found.refresh()
    text = text_of(found._stale)
    assert "Limit on banks: none then, 1 now." in text
    assert "£60,000.00" in text_of(found._top)
    find_button(found.box, "Back to Optimise").click()
    assert session.current == "optimise"


def test_nothing_is_sent_again_that_has_not_changed(found: ResultView) -> None:
    sent = []
    for widget in (found._top, found._uses, found._stale, found._around._savings):
        widget.observe(sent.append, "value")
    found._purchases._purchases.observe(sent.append, "rows")
    found.refresh()
    assert sent == []


def test_the_needs_are_drawn_when_asked_for_with_words(found: ResultView) -> None:
    assert text_of(found._figure) == ""
    assert "How each need is met" in text_of(found.box)
    find_button(found.box, "Draw it as a figure").click()
    assert text_of(found._figure).startswith('<img alt="Buy 3.00 area units')


def test_alternatives_are_looked_for_beside_the_result(found: ResultView, turn: Turn) -> None:
    around = found._around
    assert "aren't known yet" in text_of(around.box)
    find_button(found.box, "Look for alternatives").click()
    assert is_shown(around.box, find_button(around.box, "Stop looking"))
    turn(lambda: found._step.around is not None)
    turn(lambda: not around._is_watched)
    text = text_of(around.box)
    assert "At most one bank" in text
    assert "£62,300.00" in text
    assert "+£2,300.00" in text
    assert '<svg class="bng-chart"' in text
    assert "Cheapest offer first" in text
    assert around._entries.rows[0]["group"] == "D"
    assert not is_shown(around.box, find_button(around.box, "Stop looking"))
    assert is_shown(found.box, find_button(found.box, "Download: Alternatives as text"))
    assert "Comparisons and alternatives are there." in found._page.link.all_told("announce")


def test_what_a_file_says_never_becomes_markup(page: Page, turn: Turn) -> None:
    question = small()
    banks = tuple(
        replace(bank, name=f"<script>{bank.bank_id}</script>") for bank in question.market.banks
    )
    enter(page.session, replace(question, market=replace(question.market, banks=banks)))
    search(page.session)
    view = shown(page)
    page.session.result.choose_bank("A")
    assert "<script>" not in text_of(view.box)
    assert "&lt;script&gt;A" in text_of(view.box)


def test_credits_are_shown_where_they_are_bought(page: Page, turn: Turn) -> None:
    enter(page.session, impossible())
    page.session.optimise.take(Policy(credits=True), None)
    search(page.session)
    view = shown(page)
    assert page.session.result.plan.credits
    assert "Statutory credits" in text_of(view._uses)


def test_showing_a_result_reads_no_drawing_library() -> None:
    program = (
        "import sys, bng_opt.app.views.result, bng_opt.app.views.map; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
