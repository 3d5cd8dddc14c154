"""The history: find, open, repeat, compare, stop."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bng_opt.app.services import Services
from bng_opt.app.state.history import PAGE, QUOTE, RUN
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError, StoreError
from bng_opt.market.store.tables import JobRow, JobState, QuoteState
from bng_opt.optimiser.policy import Policy
from bng_opt.quantities import pounds
from bng_opt.runtime.job import JobKind
from tests.app.state.test_quote import JO, kept
from tests.support.pages import make_ready
from tests.support.running import until


def run(session: Session, **wishes: object) -> str:
    """Search and return the run's id."""
    session.optimise.wish(**wishes)
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "a result")
    return session.optimise.run_id


def submit(session: Session, **wishes: object) -> str:
    """Queue a search and return the run's id."""
    need, place, market = session.metric.requirement, session.site.site, session.market.market
    policy = Policy(**wishes)
    services = session.services
    return services.desk.submit_scenario(
        JobKind.OPTIMISE, need, market, place, policy, by=services.by
    ).id


@pytest.fixture
def two_runs(ready: Session) -> tuple[str, str]:
    """Return a run, and a later one of another mode."""
    return run(ready), run(ready, mode="like_for_like")


def test_runs_are_listed_the_newest_first_with_title_and_total(
    session: Session, two_runs: tuple[str, str]
) -> None:
    listed = session.history.runs()
    assert [each.id for each in listed.entries] == list(reversed(two_runs))
    assert (listed.total, listed.words, listed.is_last) == (2, "1 to 2 of 2", True)
    assert all("Stratford-on-Avon" in each.title and each.total_gbp for each in listed.entries)
    assert {each.state for each in listed.entries} == {"Proven"}


def test_every_word_of_a_search_has_to_be_there(session: Session, two_runs) -> None:
    session.history.look_for("stratford ann")
    assert session.history.runs().total == 2
    session.history.look_for("stratford leeds")
    assert session.history.runs().entries == ()


def test_mine_leaves_out_the_runs_of_others(ready: Session, services: Services, two_runs) -> None:
    services.admit("Bob", None, signed_in=False)
    ready.history.look_for(mine=True)
    assert ready.history.runs().total == 0
    assert ready.history.quotes().total == 0


def test_only_what_stands_so_is_listed(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    history = session.history
    listed = {}
    for wanted in ("", RUN, QUOTE, JobState.QUEUED, JobState.DONE, QuoteState.DRAFT):
        history.look_for(wanted=wanted)
        listed[wanted] = history.lists(RUN) and history.runs().total, history.lists(QUOTE)
    assert listed == {
        "": (1, True),
        RUN: (1, False),
        QUOTE: (False, True),
        JobState.QUEUED: (1, False),
        JobState.DONE: (0, False),
        QuoteState.DRAFT: (False, True),
    }


def test_pages_begin_at_the_newest_and_end_at_the_oldest(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    ids = [submit(session, max_banks=most) for most in range(1, PAGE + 4)][::-1]
    history = session.history
    history.turn(RUN, -3)
    first = history.runs()
    assert [each.id for each in first.entries] == ids[:PAGE]
    assert (first.words, first.is_last) == (f"1 to {PAGE} of {PAGE + 3}", False)
    history.turn(RUN, 1)
    second = history.runs()
    assert [each.id for each in second.entries] == ids[PAGE:]
    assert (second.page, second.is_last) == (1, True)
    history.turn(RUN, 5)
    assert history.runs() == second
    history.look_for("stratford")
    assert history.runs() == first


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
    compared = history.comparison()
    assert compared.asked == ("Trading is tested: statutory then, like for like now.",)
    (total,) = [each for each in compared.sections["Figures"] if each.words == "Total"]
    plans = [session.services.desk.plan(each) for each in two_runs]
    assert (total.first, total.second) == tuple(pounds(plan.total_gbp) for plan in plans)
    assert history.comparison() is compared, "it is read once"
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
    other.history.look_for("BROOK jo ann")
    (entry,) = other.history.quotes().entries
    assert (entry.id, entry.by, entry.total_gbp) == (
        reference, "Ann", ready.quote.view.priced.net_gbp,
    )  # fmt: skip
    other.history.open_quote(reference)
    assert (other.current, other.quote.view.reference) == ("quote", reference)
    other.history.pick("quote", reference)
    other.history.pick("run", run_id)
    compared = other.history.comparison()
    differing = {each.words: each.differs for each in compared.sections["Figures"]}
    assert (differing["Total"], differing["Client"]) == (False, True)
    assert (compared.first.extra, compared.second.name) == ({}, reference)
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
    session.history.pick("run", submit(session, max_banks=3))
    with pytest.raises(InputError, match="no purchase to compare"):
        session.history.comparison()
    session.history.cancel_run(run_id)
    assert queueing.desk.get(run_id).state is JobState.CANCELLED


def test_a_damaged_run_leaves_the_list_as_it_is(
    session: Session, services: Services, two_runs: tuple[str, str]
) -> None:
    with services.store.write() as opened:
        opened.execute(sa.update(JobRow).values(result_key="0" * 64))
    assert session.history.runs().total == 2
    for run_id in two_runs:
        session.history.pick("run", run_id)
    with pytest.raises(StoreError):
        session.history.comparison()
