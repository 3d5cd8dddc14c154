"""Jobs on both databases: submitted, shared, cancelled, timed out, refused and taken up."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import bng_opt
from bng_opt.errors import ExitStatus, InputError, SolverError, StoreError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.audit import history
from bng_opt.market.store.tables import JobRow, ResultRow
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.runtime.executors import LocalExecutor
from bng_opt.runtime.hands import own_name
from bng_opt.runtime.job_rows import Outcome, claim, finish, listen
from bng_opt.runtime.jobs import Desk, Job, JobKind, JobState
from bng_opt.settings import Settings
from tests.support.questions import Question, endless, impossible, small
from tests.support.running import BEAT_S, finished, settings_in, until, until_running

Submit = Callable[..., Job]
FILES = {"report.txt", "plan.json", "purchases.csv", "plan.xlsx"}
GONE = "elsewhere:1/abc"
"""In these hands is what a worker on a machine that we know nothing of holds."""


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    return settings_in(tmp_path, store_url)


@pytest.fixture
def desk(store: Store, settings: Settings, workers: LocalExecutor) -> Iterator[Desk]:
    with Desk(store, settings, workers) as opened:
        yield opened


@pytest.fixture
def queueing(store: Store, settings: Settings) -> Iterator[Desk]:
    """Return a desk that has nothing run."""
    with Desk(store, settings, runs=False) as opened:
        yield opened


def submit(desk: Desk, question: Question, kind: JobKind = JobKind.OPTIMISE, **options) -> Job:
    return desk.submit_scenario(kind, *question, **{"by": "Ann", **options})


def set_row(store: Store, job: Job, **values: object) -> None:
    with store.write() as session:
        session.execute(sa.update(JobRow).where(JobRow.id == job.id).values(**values))


def test_a_job_is_there_at_once_and_then_gives_what_the_search_gives(desk: Desk) -> None:
    job = submit(desk, small())
    assert (job.state, job.attempts, job.submitted_by) == (JobState.QUEUED, 0, "Ann")
    done = finished(desk, job)
    assert (done.state, done.attempts, done.error) == (JobState.DONE, 1, ())
    assert done.submitted_at <= done.started_at <= done.finished_at
    changing = {"seconds": {}, "cached": False}
    plan = replace(desk.plan(job.id), **changing)
    assert plan == replace(bng_opt.optimise(*small()), **changing)
    assert (done.best["total_gbp"], done.best["banks"]) == (60_000, 3)
    assert done.status is ExitStatus.DONE
    assert json.loads(json.dumps(done.as_dict()))["state"] == "done"


def test_another_program_finds_the_job_and_its_files(
    desk: Desk, store_url: str, settings: Settings
) -> None:
    job = finished(desk, submit(desk, small()))
    with open_store(store_url) as again, Desk(again, settings, runs=False) as other:
        assert other.get(job.id) == job
        assert other.plan(job.id) == desk.plan(job.id)
        assert set(other.documents(job.id)) == FILES
        assert json.loads(other.documents(job.id)["plan.json"]) == other.result(job.id)


def test_the_same_work_in_flight_is_one_job(queueing: Desk) -> None:
    first = submit(queueing, small())
    assert submit(queueing, small(), by="Bob") == first
    others = [
        submit(queueing, small(2.0)),
        submit(queueing, small(), timeout_s=60),
        submit(queueing, small(), cache=False),
        submit(queueing, small(), JobKind.REPORT),
        submit(queueing, replace(small(), requirement=named("Other project"))),
    ]
    assert len({first.id, *(job.id for job in others)}) == 6


def test_one_of_several_who_share_a_job_only_leaves_it(queueing: Desk, store: Store) -> None:
    job = submit(queueing, small(), by="Bob")
    assert submit(queueing, small(), by="Cat") == job
    assert queueing.submitters(job.id) == ("Bob", "Cat")
    assert [each.id for each in queueing.find(by="Cat")] == [job.id]
    assert queueing.cancel(job.id, by="Bob").state is JobState.QUEUED
    assert queueing.submitters(job.id) == ("Cat",)
    assert queueing.find(by="Bob") == ()
    assert queueing.cancel(job.id, by="Cat").state is JobState.CANCELLED


def test_who_did_not_submit_a_job_cancels_it_for_all(queueing: Desk) -> None:
    job = submit(queueing, small(), by="Bob")
    submit(queueing, small(), by="Cat")
    assert queueing.cancel(job.id, by="Ann").state is JobState.CANCELLED


def named(project: str):
    return replace(small().requirement, project=project)


def test_finished_work_runs_again_and_is_found_in_the_cache(desk: Desk) -> None:
    first = finished(desk, submit(desk, small()))
    again = finished(desk, submit(desk, small()))
    anew = finished(desk, submit(desk, small(), cache=False))
    assert len({first.id, again.id, anew.id}) == 3
    assert [desk.plan(job.id).cached for job in (first, again, anew)] == [False, True, False]


def test_what_has_no_answer_fails_once_and_says_what_to_do(desk: Desk) -> None:
    job = finished(desk, submit(desk, impossible()))
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert (job.error_kind, job.exit_status) == ("InfeasibleError", 3)
    assert all(finding.message and finding.remedy for finding in job.error)
    with pytest.raises(InputError) as refused:
        desk.result(job.id)
    assert refused.value.findings == job.error


def test_wishes_for_unknown_banks_are_bad_input_and_not_tried_again(desk: Desk) -> None:
    policy = bng_opt.Policy(must_use={"NOWHERE"})
    job = finished(desk, submit(desk, replace(small(), policy=policy)))
    assert (job.state, job.attempts, job.exit_status) == (JobState.FAILED, 1, 2)
    assert "NOWHERE" in job.error[0].message


def test_a_queued_job_is_cancelled_at_once(queueing: Desk, store: Store) -> None:
    job = submit(queueing, small())
    cancelled = queueing.cancel(job.id, by="Bob")
    assert (cancelled.state, cancelled.attempts) == (JobState.CANCELLED, 0)
    assert queueing.cancel(job.id, by="Bob") == cancelled
    with pytest.raises(InputError, match="cancelled before it had a plan"):
        queueing.result(job.id)
    with store.read() as session:
        assert [(row.who, row.action) for row in history(session, "job", job.id)] == [
            ("Bob", "cancelled")
        ]


def test_a_running_search_stops_and_its_best_plan_is_kept_without_a_proof(desk: Desk) -> None:
    job = until_running(desk, submit(desk, endless()), with_plan=True)
    assert job.progress["best_gbp"] >= job.progress["bound_gbp"] > 0
    assert desk.cancel(job.id, by="Ann").cancel_requested
    again = submit(desk, endless())
    assert again.id != job.id, "work that is to stop is nobody's answer"
    desk.cancel(again.id, by="Ann")
    done = finished(desk, job)
    assert (done.state, done.error, done.status) == (JobState.CANCELLED, (), ExitStatus.NOT_PROVEN)
    plan = desk.plan(job.id)
    assert (plan.status, plan.is_verified) == (PlanStatus.FEASIBLE, True)
    assert done.best["status"] == "feasible"
    finished(desk, again)


def test_a_time_out_ends_with_the_best_plan_so_far(desk: Desk) -> None:
    done = finished(desk, submit(desk, endless(), timeout_s=3))
    assert (done.state, done.attempts, done.error) == (JobState.DONE, 1, ())
    assert (done.best["status"], done.status) == ("feasible", ExitStatus.NOT_PROVEN)
    assert done.best["gap_gbp"] > 1


def test_a_time_out_before_any_answer_fails_and_says_so(desk: Desk) -> None:
    done = finished(desk, submit(desk, endless(), JobKind.ALTERNATIVES, timeout_s=1))
    assert (done.state, done.attempts, done.exit_status) == (JobState.FAILED, 1, 4)
    assert done.error_kind == SolverError.__name__
    assert "time-out of 1 s" in done.error[0].message
    assert "longer time-out" in done.error[0].remedy


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (JobKind.ALTERNATIVES, {"alternatives.json", "alternatives.txt"}),
        (
            JobKind.REPORT,
            {"report.json", "alternatives.txt", "margins.txt", "baselines.txt"},
        ),
    ],
)
def test_more_than_a_plan_comes_with_the_plan(desk: Desk, kind: JobKind, more: set[str]) -> None:
    job = finished(desk, submit(desk, small(), kind, n_best=1))
    assert job.state is JobState.DONE, job.error
    assert set(desk.documents(job.id)) == FILES | more
    assert desk.plan(job.id).total_gbp == 60_000
    assert len(desk.result(job.id)["alternatives"]["next_best"]) == 1


def test_a_portfolio_is_a_job_too(desk: Desk) -> None:
    sites = [
        bng_opt.PortfolioSite(name, question.requirement, question.site)
        for name, question in (("North", small(2.0)), ("South", small(3.0)))
    ]
    job = finished(desk, desk.submit_portfolio(sites, small().market, by="Ann"))
    assert job.state is JobState.DONE, job.error
    together = bng_opt.portfolio(sites, small().market)
    assert desk.result(job.id)["total_gbp"] == float(together.total_gbp) == job.best["total_gbp"]
    wanted = {"portfolio.json", "portfolio.txt"}
    wanted |= {f"site_{number}_{name}" for number in (1, 2) for name in FILES}
    assert set(desk.documents(job.id)) == wanted
    with pytest.raises(InputError, match="plan for each site"):
        desk.plan(job.id)


def test_what_can_not_be_asked_is_refused_with_every_reason(queueing: Desk) -> None:
    with pytest.raises(InputError) as refused:
        submit(queueing, small(), JobKind.REPORT, n_best=-1, cache="yes", colour="red")
    assert len(refused.value.findings) == 3
    with pytest.raises(InputError, match="submit_portfolio"):
        submit(queueing, small(), JobKind.PORTFOLIO)
    with pytest.raises(InputError, match="no sites"):
        queueing.submit_portfolio([], small().market, by="Ann")
    for limit in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="time-out"):
            submit(queueing, small(), timeout_s=limit)
    for look in (queueing.get, queueing.wait, queueing.result, queueing.documents):
        with pytest.raises(InputError, match='no job "nowhere"'):
            look("nowhere")
    with pytest.raises(InputError, match='no job "nowhere"'):
        queueing.cancel("nowhere", by="Ann")
    assert queueing.find() == ()


def test_jobs_are_found_by_state_and_person_the_newest_first(queueing: Desk) -> None:
    jobs = [submit(queueing, small(need), by=who) for need, who in ((1, "A"), (2, "B"), (3, "A"))]
    queueing.cancel(jobs[2].id, by="A")
    ids = [job.id for job in jobs]
    assert [job.id for job in queueing.find()] == ids[::-1]
    assert [job.id for job in queueing.find(by="A")] == [ids[2], ids[0]]
    assert [job.id for job in queueing.find(JobState.QUEUED, limit=1)] == [ids[1]]


def test_waiting_ends_with_the_time_and_says_how_the_job_stands(queueing: Desk) -> None:
    job = submit(queueing, small())
    assert queueing.wait(job.id, 0.1) == job
    with pytest.raises(InputError, match="no result yet: it is queued"):
        queueing.result(job.id)


def test_a_job_claimed_twice_is_held_once(queueing: Desk, store: Store) -> None:
    job, now = submit(queueing, small()), store.clock()
    with store.write() as session:
        held = claim(session, job.id, "one:1/a", now)
    with store.write() as session:
        assert claim(session, job.id, "two:2/b", now) is None
    assert (held.worker, held.attempt) == ("one:1/a", 1)


def test_who_has_lost_a_job_changes_nothing_more(queueing: Desk, store: Store) -> None:
    job, now = submit(queueing, small()), store.clock()
    with store.write() as session:
        lost = claim(session, job.id, GONE, now)
    set_row(store, job, state="queued")
    with store.write() as session:
        held = claim(session, job.id, GONE, now)
        assert finish(session, lost, Outcome(b"{}", {"total_gbp": 1}), now) is None
        assert listen(session, lost) is None
        assert listen(session, held) is False
    assert queueing.get(job.id).state is JobState.RUNNING
    with store.write() as session:
        assert finish(session, held, Outcome(b"{}", {"total_gbp": 2}), now) is JobState.DONE
    assert queueing.get(job.id).best == {"total_gbp": 2}


def test_a_result_that_is_damaged_is_refused(desk: Desk, store: Store) -> None:
    job = finished(desk, submit(desk, small()))
    for content in (b"", zlib.compress(b"{}")):
        with store.write() as session:
            session.execute(sa.update(ResultRow).values(content=content))
        with pytest.raises(StoreError, match=job.result_key[:12]):
            desk.result(job.id)


def test_a_payload_that_is_damaged_fails_the_job(queueing: Desk, desk: Desk, store: Store) -> None:
    job = submit(queueing, small())
    set_row(store, job, payload=b"nonsense")
    desk.recover()
    done = finished(desk, job)
    assert (done.state, done.attempts, done.error_kind) == (JobState.FAILED, 1, "StoreError")
    assert "can't be read" in done.error[0].message


def test_what_nobody_runs_is_taken_up(queueing: Desk, desk: Desk) -> None:
    job = submit(queueing, small())
    # The desk's own look may have come first.
    assert {taken.id for taken in desk.recover()} <= {job.id}
    assert finished(desk, job).state is JobState.DONE


def test_a_silent_worker_is_lost_and_its_job_runs_again(
    queueing: Desk, desk: Desk, store: Store
) -> None:
    job, now = submit(queueing, small()), store.clock()
    with store.write() as session:
        claim(session, job.id, GONE, now)
    assert desk.recover() == ()
    set_row(store, job, heartbeat_at=now - timedelta(seconds=7 * BEAT_S))
    assert {taken.id for taken in desk.recover()} <= {job.id}
    done = finished(desk, job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)


def test_a_worker_of_this_machine_that_is_alive_keeps_its_job(queueing: Desk, store: Store) -> None:
    job = submit(queueing, small())
    with store.write() as session:
        claim(session, job.id, own_name(), store.clock())
    assert queueing.recover() == ()


def test_a_job_that_loses_its_worker_too_often_fails_as_lost(
    queueing: Desk, store: Store, settings: Settings
) -> None:
    job, now = submit(queueing, small()), store.clock()
    for _ in range(settings.job_retries + 1):
        with store.write() as session:
            claim(session, job.id, GONE, now)
        set_row(store, job, heartbeat_at=now - timedelta(days=1))
        (taken,) = queueing.recover()
    assert (taken.state, taken.error_kind, taken.exit_status) == (
        JobState.FAILED,
        "LostError",
        4,
    )
    assert "lost its worker 3 times" in taken.error[0].message
    assert taken.error[0].remedy


def test_a_lost_job_that_was_to_stop_is_cancelled(queueing: Desk, store: Store) -> None:
    job, now = submit(queueing, small()), store.clock()
    with store.write() as session:
        claim(session, job.id, GONE, now)
    assert queueing.cancel(job.id, by="Ann").state is JobState.RUNNING
    set_row(store, job, heartbeat_at=now - timedelta(days=1))
    (taken,) = queueing.recover()
    assert taken.state is JobState.CANCELLED


def test_a_closed_desk_leaves_its_queue_to_the_next(
    store: Store, settings: Settings, workers: LocalExecutor
) -> None:
    with Desk(store, settings, workers) as first:
        running = [until_running(first, submit(first, endless(), cache=flag)) for flag in (0 == 1,)]
        waiting = [submit(first, small(need)) for need in (1.0, 1.5, 2.0)]
        until(lambda: all(job.worker for job in first.find()))
        first.cancel(running[0].id, by="Ann")
    with Desk(store, settings, workers) as second:
        second.recover()
        assert {finished(second, job).state for job in waiting} == {JobState.DONE}
        assert finished(second, running[0]).state is JobState.CANCELLED


def test_a_working_desk_takes_up_at_once_what_another_left_to_anybody(
    store: Store, settings: Settings, workers: LocalExecutor, queueing: Desk
) -> None:
    patient = settings.model_copy(update={"heartbeat_s": 600.0})
    with Desk(store, patient, workers) as working:
        working.recover()
        job = submit(queueing, small())
        # It looks of itself every 600 seconds: what is finished long before was seen at a glance.
        assert finished(queueing, job).state is JobState.DONE


def test_a_job_is_named_by_its_project_and_place(queueing: Desk) -> None:
    question = replace(small(), requirement=named("Brook Farm"))
    job = submit(queueing, question)
    named_so = f"Brook Farm, {question.site.lpas[0]}"
    assert queueing.get(job.id).title == named_so
    portfolio = queueing.submit_portfolio(
        [
            PortfolioSite(name, question.requirement, question.site, question.policy)
            for name in ("one", "two", "three")
        ],
        question.market,
        by="Ann",
    )
    assert portfolio.title == f"{named_so} and 2 more"


def test_jobs_are_found_by_words_of_title_and_submitter_page_by_page(queueing: Desk) -> None:
    asked = [("Mill Lane 50%", "Ann"), ("MILL road", "Bob"), ("Érrol Gate", "Bob")]
    jobs = [
        submit(queueing, replace(small(), requirement=named(project)), by=who)
        for project, who in asked
    ]
    report = submit(queueing, small(), JobKind.REPORT, by="Cat")
    ids = [job.id for job in jobs]

    def found(search: str = "", **wanted: object) -> list[str]:
        listed = [job.id for job in queueing.find(search=search, **wanted)]
        counted = {name: value for name, value in wanted.items() if name not in ("limit", "skip")}
        assert wanted.keys() & {"limit", "skip"} or queueing.count(search=search, **counted) == len(
            listed
        )
        return listed

    assert found("mill") == [ids[1], ids[0]]
    assert found("mill bob") == [ids[1]]
    assert found("éRROL") == [ids[2]]
    assert found("50%") == [ids[0]]
    assert found("_") == []
    assert found(kind=JobKind.REPORT) == [report.id]
    assert found("mill", by="Ann") == [ids[0]]
    assert found(kind=JobKind.OPTIMISE, limit=2) == [ids[2], ids[1]]
    assert found(kind=JobKind.OPTIMISE, limit=2, skip=2) == [ids[0]]
    assert queueing.count() == 4
    assert queueing.count(JobState.DONE) == 0


def test_what_a_job_was_asked_can_be_asked_again(queueing: Desk) -> None:
    requirement, market, site, _ = small()
    job = submit(queueing, small())
    asked = queueing.question(job.id).scenario
    assert asked.market.snapshot == market.snapshot
    assert asked.site == site
    assert asked.requirement.need == requirement.need
