"""The step Result: the plan beside its own scenario, what has changed, and what is asked next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.result import NO_RESULT
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError
from bng_opt.metric import read_metric
from bng_opt.optimiser.baselines import Kind
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.places import Site
from bng_opt.runtime.jobs import JobKind
from tests.support.pages import make_ready
from tests.support.questions import endless, impossible, small
from tests.support.running import finished, until, until_running


def enter(session: Session, question) -> None:
    session.metric.take(question.requirement)
    session.site.take(question.site)
    session.market.take(question.market)
    session.optimise.take(question.policy, None)


def searched(session: Session, question=None) -> Session:
    """Return a session with the result of a search that takes no time."""
    enter(session, question or small())
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "an end")
    return session


def looked_around(session: Session) -> Session:
    session.result.start_more()
    until(lambda: not session.result.refresh_more(), "an end")
    return session


def told(session: Session) -> list[object]:
    heard: list[object] = []
    session.result.changed.connect(heard.append)
    return heard


def test_without_a_search_it_says_what_is_missing_before_one(session: Session) -> None:
    step = session.result
    assert (step.plan, step.scenario, step.summary(), step.stale()) == (None, None, "", ())
    assert step.blockers() == (NO_RESULT,)
    assert step.no_result.title == "No search has been started"
    assert step.no_result.lines == session.blockers("optimise")
    for refused in (step.start_more, step.files):
        with pytest.raises(InputError, match="no purchase to show"):
            refused()


def test_the_plan_is_that_of_the_job_with_its_own_scenario(session: Session) -> None:
    step = searched(session).result
    assert step.plan == session.services.desk.plan(session.optimise.run_id)
    assert step.scenario.digest == step.plan.scenario
    assert (step.blockers(), step.no_result) == ((), None)
    assert step.summary() == "£60,000.00, 3 banks"
    assert step.proof == "Proven: no lawful purchase is cheaper."
    assert step.plan is step.plan, "read once"


def test_while_the_search_runs_there_is_nothing_but_its_standing(
    queueing: Services, demo_need
) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    none = session.result.no_result
    assert none.title == "Waiting for a worker"
    assert none.lines == ("The search is still under way.", *session.optimise.running.lines())


def test_an_impossible_search_says_why(session: Session) -> None:
    none = searched(session, impossible()).result.no_result
    assert none.title == "No lawful purchase exists"
    assert none.findings == session.optimise.failure
    assert none.findings


def test_a_discarded_search_leaves_nothing(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    session.optimise.stop_and_discard()
    assert session.result.no_result.lines == (NO_RESULT,)


def test_nothing_is_stale_right_after_the_search(session: Session) -> None:
    assert searched(session).result.stale() == ()


def test_what_was_changed_is_said_and_the_result_stays_its_own(session: Session) -> None:
    step = searched(session).result
    plan, scenario = step.plan, step.scenario
    session.site.take(Site.from_names("Leeds", "Southern Pennines"))
    session.optimise.wish(max_banks="2")
    said = " ".join(step.stale())
    assert "Stratford-on-Avon then, Leeds now" in said
    assert "Limit on banks: none then, 2 now." in said
    assert (step.plan, step.scenario) == (plan, scenario)
    session.site.take(scenario.site)
    session.optimise.wish(max_banks="")
    assert step.stale() == ()


def test_a_plan_that_cannot_be_read_is_told_and_read_again(session: Session) -> None:
    enter(session, small())
    desk, asked = session.services.desk, small()
    sites = [PortfolioSite("one", asked.requirement, asked.site, asked.policy)]
    job = finished(desk, desk.submit_portfolio(sites, asked.market, by="Ann"))
    session.optimise.take(small().policy, job)
    step, heard = session.result, told(session)
    assert step.plan is None
    assert "a plan for each site" in str(step.trouble[0])
    assert step.no_result.findings == step.trouble
    step.read_again()
    assert heard == [step]


def test_a_bank_is_chosen_once_and_let_go_with_the_next_result(session: Session) -> None:
    step = searched(session).result
    heard = told(session)
    step.choose_bank("D")
    step.choose_bank("D")
    assert (step.bank, heard) == ("D", [step])
    searched(session, small(2.0))
    assert step.plan is not None
    assert step.bank == ""


def test_statutory_credits_are_compared_without_a_search(session: Session) -> None:
    (only,) = searched(session).result.comparisons
    assert only.kind is Kind.CREDITS
    assert only.saving_gbp == only.total_gbp - session.result.plan.total_gbp


def test_looking_around_finds_comparisons_alternatives_and_prices(session: Session) -> None:
    step = looked_around(searched(session)).result
    around = step.around
    assert around.total_gbp == step.plan.total_gbp
    assert [each.label for each in around.by_count][:1] == ["At most one bank"]
    one = around.by_count[0]
    # All three units from D: 3 x 20,700 and its fee of 200.
    assert (one.total_gbp, one.n_banks) == (62_300, 1)
    assert {each.kind for each in step.comparisons} == set(Kind)
    assert {each.bank_id for each in around.entries} == {"D"}
    (line,) = step.why_not("D").lines
    assert line.comes_in.startswith("Bought below £")
    assert "alternatives.txt" in step.files()
    assert step.failure_of_more == ()
    assert not step.is_dearer_than_found
    running = step.more.job
    step.start_more()
    assert step.more.job == running, "what is known isn't looked for again"


def test_refreshing_tells_only_of_what_is_new(queueing: Services) -> None:
    session = Session(queueing)
    enter(session, small())
    assert not session.result.refresh_more()
    heard = told(session)
    assert not session.result.refresh_more()
    assert heard == []


def test_looking_around_can_be_stopped(services: Services, session: Session) -> None:
    enter(session, endless())
    session.optimise.start()
    until_running(services.desk, session.optimise.job, with_plan=True)
    session.optimise.stop_and_keep()
    until(lambda: not session.optimise.refresh_job(), "an end")
    step = session.result
    assert step.plan.status.value == "feasible"
    assert step.proof.startswith("Not proven")
    step.start_more()
    job = step.more.job
    step.stop_more()
    assert step.more.job is None
    until(lambda: services.desk.get(job.id).is_finished, "an end")
    assert step.around is None


def test_a_run_that_looked_around_itself_is_shown_with_all_it_found(session: Session) -> None:
    desk, question = session.services.desk, small()
    job = finished(desk, desk.submit_scenario(JobKind.REPORT, *question, by="Ann"))
    session.open_run(job.id)
    assert session.current == "result"
    assert session.result.around is not None
    assert session.result.stale() == ()


def test_a_cheaper_purchase_that_was_found_meanwhile_can_be_shown(session: Session) -> None:
    """The run shown had one bank at most; a report without that limit stands for more time."""
    desk, dear = session.services.desk, small()
    enter(session, dear)
    session.optimise.wish(max_banks="1")
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "an end")
    step = session.result
    with pytest.raises(InputError, match="Nothing cheaper"):
        step.take_found()
    job = finished(desk, desk.submit_scenario(JobKind.REPORT, *dear, by="Ann"))
    step.more.start(lambda: job)
    assert step.is_dearer_than_found
    step.take_found()
    assert step.plan.total_gbp == 60_000
    assert step.around is not None
    assert session.optimise.wishes.max_banks == "1", "what was typed stays"


def test_the_state_holds_bank_and_search_and_is_small(session: Session, services: Services) -> None:
    first = looked_around(searched(session))
    first.result.choose_bank("D")
    state = json.loads(json.dumps(first.get_state()))
    assert len(json.dumps(state["steps"]["result"])) < 200
    other = Session(services)
    enter(other, small())
    other.optimise.take(first.optimise.policy, first.optimise.job)
    other.result.set_state(state["steps"]["result"])
    assert other.result.bank == "D"
    assert other.result.around == first.result.around
    assert other.result.plan == first.result.plan


def test_a_search_around_another_run_is_not_taken_up(session: Session, services: Services) -> None:
    state = looked_around(searched(session)).result.get_state()
    other = searched(Session(services), small(2.0))
    other.result.set_state(state)
    assert other.result.more.job is None


def test_why_not_of_a_bank_that_the_market_has_not_is_nothing(session: Session) -> None:
    step = searched(session).result
    assert step.why_not("nowhere") is None
    assert step.why_not("") is None


def test_the_workbook_with_the_purchase_is_that_of_the_library(
    session: Session, shared_workbooks: Path
) -> None:
    source = next(shared_workbooks.glob("d03_*.xlsx"))
    session.metric.read_file(source.name, source.read_bytes())
    session.site.take(Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"))
    session.market.take_newest()
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "an end")
    filed = session.result.filed()
    assert filed.shortfalls == ()
    assert len(filed.filled.added) >= len(session.result.plan.purchases)
    again = read_metric(filed.data, "filed.xlsx")
    assert again.need == pytest.approx(0, abs=1e-6)


def test_without_its_workbook_nothing_is_filled_in(session: Session) -> None:
    searched(session)
    with pytest.raises(InputError, match="workbook isn't here"):
        session.result.filed()


def test_another_development_s_workbook_is_not_filled_in(
    session: Session, shared_workbooks: Path
) -> None:
    searched(session)
    source = next(shared_workbooks.glob("d03_*.xlsx"))
    session.metric.workbook = (source.name, source.read_bytes())
    with pytest.raises(InputError, match="owes something else than this purchase"):
        session.result.filed()
