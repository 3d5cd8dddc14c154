"""The step Optimise: wishes entered, a search started, watched, stopped and entered again."""

from __future__ import annotations

import json

import pytest

import bng_opt
from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError
from bng_opt.market.store.tables import JobState
from bng_opt.optimiser.policy import Mode, Policy
from bng_opt.runtime.jobs import JobKind
from tests.support.pages import make_ready
from tests.support.questions import endless, impossible
from tests.support.running import until, until_running


def told(session: Session) -> list[object]:
    heard: list[object] = []
    session.optimise.changed.connect(heard.append)
    return heard


def run_to_end(session: Session) -> None:
    session.optimise.start()
    until(lambda: not session.optimise.refresh_job(), "an end")


def enter(session: Session, question) -> None:
    session.metric.take(question.requirement)
    session.site.take(question.site)
    session.market.take(question.market)
    session.optimise.take(question.policy, None)


def test_a_wish_is_kept_as_typed_and_changes_the_policy_if_it_can_be(session: Session) -> None:
    step, heard = session.optimise, told(session)
    step.wish(max_banks="3", mode="like_for_like")
    assert (step.policy.max_banks, step.policy.mode) == (3, Mode.LIKE_FOR_LIKE)
    step.wish(max_banks="many")
    assert len(heard) == 2
    assert step.wishes.max_banks == "many"
    assert step.policy.max_banks == 3
    assert [finding.message for finding in step.findings] == [
        'The limit on banks "many" is no number.'
    ]
    step.wish(max_banks="")
    assert (step.policy.max_banks, step.findings) == (None, ())


def test_no_search_starts_while_anything_is_missing_or_wrong(session: Session) -> None:
    session.optimise.wish(time_limit_s="soon")
    with pytest.raises(InputError) as refused:
        session.optimise.start()
    text = str(refused.value)
    assert all(each in text for each in session.blockers("optimise"))
    assert 'time limit "soon"' in text
    assert session.optimise.job is None
    assert session.optimise.blockers() == ("Start the search.",)


def test_a_search_goes_on_to_the_result_and_is_what_the_library_finds(ready: Session) -> None:
    ready.go("optimise")
    ready.optimise.wish(max_banks="4")
    run_to_end(ready)
    assert (ready.current, ready.optimise.blockers()) == ("result", ())
    job = ready.optimise.job
    assert (job.submitted_by, job.state) == ("Ann", JobState.DONE)
    plan = ready.services.desk.plan(job.id)
    here = bng_opt.optimise(
        ready.metric.requirement, ready.market.market, ready.site.site, Policy(max_banks=4)
    )
    assert plan.total_gbp == here.total_gbp
    assert ready.optimise.summary() == f"Proven: £{plan.total_gbp:,.2f}"
    assert len(ready.optimise.summary()) <= 40


def test_who_looks_at_another_step_stays_there(ready: Session) -> None:
    ready.go("optimise")
    ready.optimise.start()
    ready.go("market")
    until(lambda: not ready.optimise.refresh_job(), "an end")
    assert ready.current == "market"
    assert ready.optimise.job.has_result


def test_a_second_search_is_refused_while_one_runs(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    with pytest.raises(InputError, match="under way already"):
        session.optimise.start()
    assert session.optimise.blockers() == ("Wait until the search has ended, or stop it.",)


def test_it_tells_only_of_what_is_new(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.start()
    heard = told(session)
    assert session.optimise.refresh_job()
    assert session.optimise.refresh_job()
    assert heard == []


def test_stop_and_keep_gives_the_best_plan_as_the_result(session: Session) -> None:
    enter(session, endless())
    session.go("optimise")
    session.optimise.start()
    until_running(session.services.desk, session.optimise.job, with_plan=True)
    assert session.optimise.refresh_job()
    assert session.optimise.summary().endswith(" so far")
    session.optimise.stop_and_keep()
    until(lambda: not session.optimise.refresh_job(), "an end")
    assert session.optimise.job.state is JobState.CANCELLED
    assert session.current == "result"
    assert session.services.desk.plan(session.optimise.run_id).is_verified


def test_stop_and_discard_forgets_the_search(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.go("optimise")
    session.optimise.start()
    job_id = session.optimise.run_id
    session.optimise.stop_and_discard()
    assert (session.optimise.job, session.optimise.run_id) == (None, "")
    assert not session.optimise.refresh_job()
    assert queueing.desk.get(job_id).state is JobState.CANCELLED
    assert session.current == "optimise"


def test_what_has_no_answer_says_why_and_what_would_help(session: Session) -> None:
    enter(session, impossible())
    session.go("optimise")
    run_to_end(session)
    step = session.optimise
    assert session.current == "optimise"
    assert step.summary() == "No lawful purchase exists"
    assert step.blockers() == (
        "The search gave no purchase: change the inputs and start it again.",
    )
    assert step.failure
    assert all("credits=True" not in str(finding) for finding in step.failure)


def test_searching_anew_is_asked_of_the_job(ready: Session) -> None:
    run_to_end(ready)
    ready.optimise.wish(anew=True)
    run_to_end(ready)
    assert not ready.services.desk.plan(ready.optimise.run_id).cached


def test_banks_are_put_on_a_list_by_label_name_or_id(ready: Session) -> None:
    step = ready.optimise
    one, two, three = ready.market.market.banks[:3]
    assert len(step.bank_labels()) == 60
    step.add_bank("must_use", step.label_of(one.bank_id))
    step.add_bank("must_use", two.bank_id.lower())
    step.add_bank("must_use", one.bank_id)
    step.add_bank("must_not_use", f" {three.name.upper()} ")
    assert step.policy.must_use == {one.bank_id, two.bank_id}
    assert step.policy.must_not_use == {three.bank_id}
    step.remove_bank("must_use", one.bank_id)
    assert step.policy.must_use == {two.bank_id}
    with pytest.raises(InputError, match="on the other list"):
        step.add_bank("must_not_use", two.bank_id)
    with pytest.raises(InputError, match="The nearest are: "):
        step.add_bank("must_use", two.name[:-3])
    assert step.policy.must_use == {two.bank_id}


def test_a_bank_that_another_market_lacks_is_said(ready: Session) -> None:
    bank = ready.market.market.banks[0]
    ready.optimise.add_bank("must_use", bank.bank_id)
    ready.market.take(endless().market)
    assert [finding.message for finding in ready.optimise.findings] == [
        f"Bank {bank.bank_id} isn't on this market."
    ]


def test_the_state_enters_wishes_and_job_again(ready: Session) -> None:
    ready.optimise.wish(max_banks="5", gap_gbp="nothing")
    ready.optimise.wish(gap_gbp="2")
    run_to_end(ready)
    state = json.loads(json.dumps(ready.optimise.get_state()))
    other = Session(ready.services)
    heard = told(other)
    other.optimise.set_state(state)
    assert heard == [other.optimise]
    assert other.optimise.policy == ready.optimise.policy
    assert other.optimise.job == ready.optimise.job
    assert other.optimise.get_state() == state


def test_a_job_that_is_gone_costs_no_wishes(session: Session) -> None:
    session.optimise.wish(max_banks="5")
    state = {**session.optimise.get_state(), "job": "gone"}
    other = Session(session.services)
    with pytest.raises(InputError, match="gone"):
        other.optimise.set_state(state)
    assert other.optimise.policy.max_banks == 5


def test_a_stored_run_is_entered_and_watched_on(queueing: Services, demo_need) -> None:
    session = make_ready(Session(queueing), demo_need)
    session.optimise.wish(max_banks="4")
    session.optimise.start()
    other = Session(queueing)
    other.open_run(session.optimise.run_id)
    assert other.current == "optimise"
    assert other.optimise.wishes == session.optimise.wishes
    assert other.optimise.refresh_job()
    assert queueing.desk.find()[0].kind is JobKind.OPTIMISE
