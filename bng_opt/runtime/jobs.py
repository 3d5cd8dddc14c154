"""Work in the background: submit it, look at it, wait for it, cancel it, get what it gave.

Jobs and results are rows of the store, so that nothing is lost when a program ends: another
desk on the same store finds them, and takes up what nobody holds any more.

    with open_store(settings.database) as store, Desk(store, settings) as desk:
        job = desk.submit_scenario(JobKind.OPTIMISE, requirement, market, site, by="Ann")
        print(desk.wait(job.id).state, desk.plan(job.id).total_gbp)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.logs import log_context
from bng_opt.market import Market
from bng_opt.market.store import Store
from bng_opt.market.store.audit import record
from bng_opt.market.store.names import name_key
from bng_opt.market.store.snapshots import load_snapshot
from bng_opt.market.store.tables import JobRow, JobState, JobSubmitterRow
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.plan_document import plan_from_dict
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.runtime.job import Job, JobKind
from bng_opt.runtime.job_documents import documents_of
from bng_opt.runtime.job_kinds import Asked, ask_many, ask_one, read_payload
from bng_opt.runtime.job_queue import leave, queue, submitters_of
from bng_opt.runtime.job_rows import (
    WITHOUT_PAYLOAD,
    job_of,
    load_result,
    locked,
    row_of,
)
from bng_opt.runtime.keeper import Keeper
from bng_opt.settings import Settings

__all__ = ["Desk", "Job", "JobKind", "JobState"]

_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.02, 0.5
"""Who waits for a job looks at its row so often, ever less [s]."""

_log = logging.getLogger(__name__)


class Desk:
    """Where jobs are handed in and results handed out.

    A desk that has jobs run hands them to its executor from a thread of its own: submitting
    never waits for workers. The same thread takes up what other desks and workers have lost.

    Parameters
    ----------
    store
        Where jobs and results are kept. Workers open it themselves, by the settings'
        ``database``: a file serves those of one machine, PostgreSQL those of several.
    settings
        Which store, executor, cache and limits.
    executor
        What runs the jobs, of the ``concurrent.futures`` interface; without one it is made by
        :func:`bng_opt.runtime.executors.make_executor` when it is first needed, and closed
        with the desk. One that is given stays the caller's.
    runs
        Whether this desk has jobs run. One that doesn't only queues them, and shows what
        becomes of them: another desk (``bng-opt job work``) takes them up.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        executor: Executor | None = None,
        *,
        runs: bool = True,
    ) -> None:
        self._store, self._settings = store, settings
        self._keeper = Keeper(store, settings, executor, runs=runs)

    @property
    def trouble(self) -> str:
        """Return why jobs can't be handed to workers at the moment; empty if they can.

        They stay queued meanwhile, and are handed over once that is possible again.
        """
        return self._keeper.trouble

    def submit_scenario(
        self,
        kind: JobKind,
        requirement: Requirement,
        market: Market,
        site: Site,
        policy: Policy | None = None,
        *,
        by: str,
        timeout_s: float | None = None,
        **options: Any,
    ) -> Job:
        """Queue work on one scenario and return its job at once.

        Work that is already in flight (same kind, scenario, options, time-out and names) isn't
        queued again: the job that is under way is returned.

        Parameters
        ----------
        kind
            ``OPTIMISE``, ``ALTERNATIVES`` or ``REPORT`` (:class:`JobKind` says what each gives).
        requirement, market, site, policy
            As for :func:`bng_opt.optimise`. The market is kept in the store by its snapshot.
        by
            Who asks.
        timeout_s
            An attempt that takes longer ends with its best plan so far [s]; the settings'
            ``job_timeout_s`` without.
        options
            ``cache=False`` to search anew; for alternatives and reports ``n_best`` too.

        Raises
        ------
        InputError
            If the kind or an option isn't known here.
        StoreError
            If the store can't be written.
        """
        scenario = Scenario(requirement, market, site, policy or Policy())
        return self._submit(ask_one(kind, scenario, options), by, timeout_s)

    def submit_portfolio(
        self,
        sites: Iterable[PortfolioSite],
        market: Market,
        *,
        by: str,
        timeout_s: float | None = None,
        **options: Any,
    ) -> Job:
        """Queue the least joint cost of many sites and return its job at once.

        Parameters
        ----------
        sites, market
            As for :func:`bng_opt.portfolio`.
        by, timeout_s
            As for :meth:`submit_scenario`.
        options
            ``gap_share`` and ``skip_impossible`` of :func:`bng_opt.portfolio`.

        Raises
        ------
        InputError, StoreError
            As :meth:`submit_scenario`; also if there are no sites or two share a name.
        """
        return self._submit(ask_many(tuple(sites), market, options), by, timeout_s)

    def look(self) -> str:
        """Return why jobs can't be run now, empty if they can: asks executor and scheduler."""
        return self._keeper.look()

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        InputError
            If there is none of this id.
        """
        with self._store.read() as session:
            return job_of(row_of(session, job_id))

    def find(
        self,
        state: JobState | None = None,
        by: str | None = None,
        limit: int = 100,
        *,
        kind: JobKind | None = None,
        search: str = "",
        skip: int = 0,
    ) -> tuple[Job, ...]:
        """Return jobs, the newest first.

        Parameters
        ----------
        state, by, kind
            Only those that stand so, that this person submitted, that do this.
        limit
            At most so many.
        search
            Only those whose title and submitter hold each of these words, whatever its case.
        skip
            Leave out so many of the newest: the pages before.
        """
        newest = JobRow.submitted_at.desc(), JobRow.id
        statement = sa.select(JobRow).options(WITHOUT_PAYLOAD).order_by(*newest)
        statement = statement.where(*_wanted(state, by, kind, search)).limit(limit).offset(skip)
        with self._store.read() as session:
            return tuple(map(job_of, session.scalars(statement)))

    def count(
        self,
        state: JobState | None = None,
        by: str | None = None,
        *,
        kind: JobKind | None = None,
        search: str = "",
    ) -> int:
        """Return how many jobs there are of those that :meth:`find` returns without a limit."""
        statement = sa.select(sa.func.count(JobRow.id)).where(*_wanted(state, by, kind, search))
        with self._store.read() as session:
            return session.execute(statement).scalar_one()

    def submitters(self, job_id: str) -> tuple[str, ...]:
        """Return who submitted a job: all who asked the same while it was in flight."""
        with self._store.read() as session:
            return tuple(submitters_of(session, job_id))

    def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        """Return a job once it is finished, or as it stands when the time is over.

        Parameters
        ----------
        timeout_s
            How long to wait [s]; None for as long as it takes.

        Raises
        ------
        InputError
            If there is none of this id.
        """
        give_up = None if timeout_s is None else monotonic() + timeout_s
        pause = _SHORTEST_LOOK_S
        while True:
            heard = self._keeper.news.count
            job = self.get(job_id)
            left = None if give_up is None else give_up - monotonic()
            if job.is_finished or (left is not None and left <= 0):
                return job
            self._keeper.news.wait(heard, pause if left is None else min(pause, left))
            pause = min(pause * 2, _LONGEST_LOOK_S)

    def cancel(self, job_id: str, *, by: str) -> Job:
        """Ask a job to stop and return how it stands.

        A queued one is cancelled at once. A running search ends within seconds, its state is
        then ``cancelled``; the best plan that it had is kept as its result, as a lawful plan
        without a proof. A finished job stays as it is. Those who submitted the same work share
        the job: one of them only leaves it, and it stops once the last does, or somebody else
        cancels it for all.

        Raises
        ------
        InputError
            If there is none of this id.
        """

        def ask(session: Session) -> Job:
            row = locked(session, job_id) or row_of(session, job_id)
            job = job_of(row)
            if job.is_finished or job.cancel_requested:
                return job
            now = self._store.clock()
            if leave(session, job_id, by):
                record(session, at=now, who=by, action="left", kind="job", subject=job_id)
                return job
            row.cancel_requested = True
            if job.state is JobState.QUEUED:
                row.state, row.finished_at = JobState.CANCELLED.value, now
            record(session, at=now, who=by, action="cancelled", kind="job", subject=job_id)
            return job_of(row)

        job = self._store.run(ask)
        with log_context(job=job_id):
            _log.info("Job %s: %s wants it no more; it is %s", job_id, by, job.state.value)
        if job.is_finished:
            self._keeper.take_back(job_id)
        return job

    def result(self, job_id: str) -> Mapping[str, Any]:
        """Return what a job gave, as plain values (:class:`JobKind` says what each gives).

        Raises
        ------
        InputError
            If there is no such job, or it has no result (yet); says why.
        StoreError
            If what is kept is damaged.
        """
        with self._store.read() as session:
            job = job_of(row_of(session, job_id))
            if job.result_key is None:
                raise InputError(job.why_no_result)
            document: Mapping[str, Any] = json.loads(load_result(session, job_id, job.result_key))
            return document

    def plan(self, job_id: str) -> Plan:
        """Return the plan of a job on one scenario.

        Raises
        ------
        InputError
            As :meth:`result`; also for a portfolio, which has one for each site.
        """
        document = self.result(job_id)
        kind = self.get(job_id).kind
        if kind is JobKind.PORTFOLIO:
            remedy = "Take them from its result, by site."
            raise InputError(Finding("A portfolio has a plan for each site.", remedy))
        return plan_from_dict(document if kind is JobKind.OPTIMISE else document["plan"])

    def question(self, job_id: str) -> Asked:
        """Return what a job is asked, its market included, to ask it again or to show it.

        Raises
        ------
        InputError
            If there is none of this id.
        StoreError
            If what is kept of it is damaged, or of another version.
        """
        with self._store.read() as session:
            row = row_of(session, job_id)
            payload = read_payload(JobKind(row.kind), row.payload)
            return payload.asked(load_snapshot(session, payload.market))

    def documents(self, job_id: str) -> dict[str, bytes]:
        """Return the files of a job by name, made from its result now.

        ``report.txt``, ``plan.json``, ``purchases.csv`` and ``plan.xlsx`` of a plan; beside
        them ``alternatives.json`` or ``report.json``, and each text for reading, where more
        was asked; of a portfolio ``portfolio.json``, ``portfolio.txt``, and the four of each
        site, whose names begin with ``site_1_``, ``site_2_``, … in the order of the result.

        Raises
        ------
        InputError, StoreError
            As :meth:`result`.
        """
        return documents_of(self.get(job_id).kind, self.result(job_id))

    def recover(self) -> tuple[Job, ...]:
        """Take up what nobody holds any more, and return those jobs.

        A queued job whose desk is gone is handed over here. A running job whose worker is
        gone (its process, on this machine; silent for too long, anywhere) is queued again
        while attempts remain, and otherwise failed as lost. A desk that has jobs run does so
        by itself every few seconds, from its first job or the first call of this on.
        """
        return self._keeper.recover()

    def warm_up(self) -> None:
        """Have workers load what jobs need, without waiting for them: the first isn't slower."""
        self._keeper.warm_up()

    def close(self) -> None:
        """Let go of jobs and executor: what isn't finished is left for the next desk."""
        self._keeper.close()

    def _submit(self, asked: Asked, by: str, timeout_s: float | None) -> Job:
        limit = timeout_s if timeout_s is not None else self._settings.job_timeout_s
        job = queue(self._store, asked, by=by, timeout_s=limit, hands=self._keeper.name)
        self._keeper.begin(job)
        return job

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _wanted(
    state: JobState | None, by: str | None, kind: JobKind | None, search: str
) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what rows have to hold to be found."""
    if state is not None:
        yield JobRow.state == state.value
    if kind is not None:
        yield JobRow.kind == kind.value
    if by is not None:
        yield JobRow.id.in_(sa.select(JobSubmitterRow.job_id).where(JobSubmitterRow.name == by))
    for word in name_key(search).split():
        yield JobRow.search_key.contains(word, autoescape=True)
