"""The history: find, open, repeat, compare, stop."""

from __future__ import annotations

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.history import PAGE, compared_rows
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError
from bng_opt.runtime.job import JobState
from tests.app.state.test_quote import JO, kept
from tests.support.pages import make_ready
from tests.support.running import until


def run(session: Session, **wishes: object) -> str:
    """Search and return the run's id."""
    session.optimise.wish(**wishes)
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "a result")
    return session.optimise.run_id


@pytest.fixture
def two_runs(ready: Session) -> tuple[str, str]:
    """Return a run, and a later one of another mode."""
    return run(ready), run(ready, mode="like_for_like")


def test_runs_are_listed_the_newest_first_with_title_and_total(
    session: Session, two_runs: tuple[str, str]
) -> None:
    entries, count = session.history.runs()
    assert [each.id for each in entries] == list(reversed(two_runs))
    assert count == 2
    assert all("Stratford-on-Avon" in each.title and each.total_gbp for each in entries)


def test_every_word_of_a_search_has_to_be_there(session: Session, two_runs) -> None:
    session.history.look_for("stratford ann", mine=False)
    assert session.history.runs()[1] == 2
    session.history.look_for("stratford leeds", mine=False)
    assert session.history.runs() == ((), 0)


def test_mine_leaves_out_the_runs_of_others(ready: Session, services: Services, two_runs) -> None:
    services.admit("Bob", None, signed_in=False)
    ready.history.look_for("", mine=True)
    assert ready.history.runs() == ((), 0)


def test_pages_end_at_the_first(session: Session) -> None:
    session.history.turn(-3)
    assert session.history.page == 0
    assert PAGE == 20


def test_opening_and_repeating_a_run(session: Session, services: Services, two_runs) -> None:
    other = Session(services)
    other.history.open_run(two_runs[0])
    assert (other.current, other.optimise.run_id) == ("result", two_runs[0])
    again = Session(services)
    again.history.repeat_run(two_runs[1])
    assert again.current == "optimise"
    assert again.optimise.policy.mode == "like_for_like"
    assert again.optimise.run_id == ""
    assert again.metric.is_done
    assert again.site.is_done


def test_two_runs_side_by_side(session: Session, two_runs) -> None:
    history = session.history
    history.pick("run", two_runs[0])
    assert history.comparison() is None
    history.pick("run", two_runs[1])
    rows = {words: (one, other, differs) for words, one, other, differs in
            compared_rows(*history.comparison())}  # fmt: skip
    assert rows["Mode"] == ("statutory", "like for like", True)
    plans = [session.services.desk.plan(each) for each in two_runs]
    assert rows["Total"][:2] == tuple(f"£{plan.total_gbp:,.2f}" for plan in plans)
    history.pick("run", two_runs[1])
    assert history.picked == (("run", two_runs[0]),)


def test_the_last_two_that_were_picked_count(session: Session) -> None:
    for name in ("a", "b", "c"):
        session.history.pick("run", name)
    assert session.history.picked == (("run", "b"), ("run", "c"))


def test_a_quote_is_found_opened_repeated_and_compared(ready: Session, services: Services) -> None:
    run_id = run(ready)
    ready.quote.fill(client=JO, project="Land at Brook Farm")
    reference = kept(ready).quote.reference
    other = Session(services)
    other.history.look_for("brook jo", mine=False)
    assert [each.id for each in other.history.quotes()] == [reference]
    other.history.open_quote(reference)
    assert (other.current, other.quote.view.reference) == ("quote", reference)
    other.history.pick("quote", reference)
    other.history.pick("run", run_id)
    rows = {words: differs for words, *_, differs in compared_rows(*other.history.comparison())}
    assert rows["Total"] is False
    assert rows["Client"] is True
    again = Session(services)
    again.history.repeat_quote(reference)
    assert again.current == "optimise"
    assert again.quote.form.client.name == "Jo Client"
    assert again.quote.reference == ""


def test_a_run_without_a_purchase_is_not_compared(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    run_id = session.optimise.run_id
    session.history.pick("run", run_id)
    session.history.pick("run", "other")
    with pytest.raises(InputError, match="no purchase to compare"):
        session.history.comparison()
    session.history.cancel_run(run_id)
    assert queueing.desk.get(run_id).state is JobState.CANCELLED
