"""A job that is watched: its words in each state, and how it is stopped or left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bng_opt.app.services import Services
from bng_opt.app.state.running import Running
from bng_opt.errors import InputError
from bng_opt.market.store.tables import JobRow, JobState
from bng_opt.runtime.job import Job, JobKind
from tests.support.questions import Question, endless, impossible, small
from tests.support.running import until, until_running


def submitted(services: Services, question: Question, by: str = "Ann", **options: object) -> Job:
    return services.desk.submit_scenario(JobKind.OPTIMISE, *question, by=by, **options)


def standing(job: Job, state: JobState, **values: object) -> Job:
    return replace(job, state=state, **values)


def watched(services: Services, question: Question) -> Running:
    running = Running(services)
    running.start(lambda: submitted(services, question))
    return running


def ended(running: Running) -> Running:
    until(lambda: not running.refresh(), "an end")
    return running


def test_a_search_ends_proven_and_the_second_one_is_known(services: Services) -> None:
    first = ended(watched(services, small()))
    assert (first.title, first.is_running) == ("Proven", False)
    assert first.lines() == (
        "The cheapest lawful purchase costs £60,000.00: nothing lawful is cheaper.",
    )
    again = ended(watched(services, small()))
    assert again.lines()[1:] == ("The answer was known from an earlier search.",)
    assert Running(services, again.job).lines() == again.lines()


def test_nothing_lawful_is_said_as_such(services: Services) -> None:
    running = ended(watched(services, impossible()))
    assert (running.title, running.lines()) == ("No lawful purchase exists", ())
    assert not running.job.has_result


def test_who_waits_is_told_how_many_are_before(queueing: Services) -> None:
    first = watched(queueing, small(1.0))
    second = watched(queueing, small(2.0))
    assert first.title == "Waiting for a worker"
    assert first.lines() == ("It is the next one.",)
    assert second.lines() == ("1 job before it.",)


def test_a_queue_that_nobody_works_is_said(queueing: Services) -> None:
    running = watched(queueing, small())
    earlier = running.job.submitted_at - timedelta(minutes=1)
    with queueing.store.write() as session:
        session.execute(sa.update(JobRow).values(submitted_at=earlier))
    assert running.refresh()
    assert "bng-opt job work" in running.lines()[0]


def test_figures_are_in_pounds_while_it_runs(queueing: Services) -> None:
    job = standing(
        submitted(queueing, small()),
        JobState.RUNNING,
        progress={"phase": "proving the best plan"},
        best={"total_gbp": 200_000.0, "bound_gbp": 195_000.0, "gap_gbp": 5_000.0},
        started_at=queueing.store.clock() - timedelta(seconds=125.5),
    )
    running = Running(queueing, job)
    assert running.title == "Proving that nothing lawful is cheaper"
    assert running.lines() == (
        "2 min 05 s so far.",
        "Best purchase so far: £200,000.00.",
        "No lawful purchase costs less than £195,000.00, so it is at most £5,000.00 above the "
        "best possible (2.5%).",
    )
    assert running.share == 0.975


def test_before_a_first_purchase_that_is_said(queueing: Services) -> None:
    job = standing(submitted(queueing, small()), JobState.RUNNING)
    running = Running(queueing, replace(job, started_at=queueing.store.clock()))
    assert running.lines()[1] == "No purchase found yet."
    assert running.share is None


def test_stopping_keeps_the_best_plan(services: Services) -> None:
    running = watched(services, endless())
    until_running(services.desk, running.job, with_plan=True)
    running.stop()
    assert (running.title, running.is_stopping) == ("Stopping", True)
    ended(running)
    assert (running.title, running.job.has_result) == ("Stopped before the proof", True)
    assert running.lines()[0].startswith("Best purchase found: £")
    plan = services.desk.plan(running.job.id)
    assert plan.is_verified
    assert f"at most £{plan.gap_gbp:,.2f} above" in running.lines()[1]


def test_a_time_limit_is_said_with_bound_and_gap(services: Services) -> None:
    question = endless()
    hurried = replace(question, policy=question.policy.model_copy(update={"time_limit_s": 4.0}))
    running = ended(watched(services, hurried))
    assert (running.title, running.job.state) == ("Stopped before the proof", JobState.DONE)
    assert "No lawful purchase costs less than £" in running.lines()[1]


def test_a_search_that_others_wait_for_is_not_stopped_but_can_be_left(
    queueing: Services,
) -> None:
    running = watched(queueing, small())
    assert submitted(queueing, small(), by="Bob").id == running.job.id
    with pytest.raises(InputError, match="also Bob's"):
        running.stop()
    job_id = running.job.id
    running.leave()
    assert running.job is None
    assert queueing.desk.submitters(job_id) == ("Bob",)
    assert queueing.desk.get(job_id).state is JobState.QUEUED


def test_leaving_the_search_of_another_leaves_it_to_them(queueing: Services) -> None:
    job = submitted(queueing, small(), by="Bob")
    Running(queueing, job).leave()
    assert queueing.desk.get(job.id).state is JobState.QUEUED


def test_leaving_one_s_own_search_stops_it(queueing: Services) -> None:
    running = watched(queueing, small())
    job_id = running.job.id
    running.leave()
    assert queueing.desk.get(job_id).state is JobState.CANCELLED


def test_a_job_that_was_stopped_before_it_began_has_nothing_to_show(queueing: Services) -> None:
    running = watched(queueing, small())
    running.stop()
    assert running.title == "Stopped without a purchase"
    assert running.lines() == ("It was stopped before it had a lawful purchase.",)
