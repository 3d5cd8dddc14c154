"""The thread behind a desk: hands queued jobs to workers, and takes up what others lost.

It looks at the store every heartbeat, and at once when there is news. Whatever goes wrong in
a look, store or scheduler out of reach, is told as its trouble and tried again at the next.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import BngOptError, Finding, LostError, StoreError
from bng_opt.logs import log_context
from bng_opt.market.store import Store
from bng_opt.market.store.tables import JobRow, JobState
from bng_opt.runtime.executors import DaskExecutor, JobExecutor, make_executor
from bng_opt.runtime.hands import is_gone, own_name
from bng_opt.runtime.job import IN_FLIGHT, NOBODY, Job
from bng_opt.runtime.job_rows import error_document, job_of, locked
from bng_opt.runtime.warming import warm_up
from bng_opt.runtime.worker import run_job
from bng_opt.settings import Settings

GLANCE_S = 0.15
"""So often a desk glances whether somebody has left a job to anybody [s]: a person waits for it."""
BEATS_TO_BE_LOST = 6
"""Whoever misses so many heartbeats counts as lost."""
_PAUSES_S = (0.0, 0.5, 2.0, 10.0, 30.0)
"""Before a job that its worker couldn't begin is handed over again; the last from then on."""

_log = logging.getLogger(__name__)


class News:
    """Wakes who waits for something to have happened."""

    def __init__(self) -> None:
        self.count = 0
        self._condition = threading.Condition()

    def tell(self) -> None:
        """Say that something has happened."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout_s: float) -> None:
        """Return once there is news beyond a count, or the time is over [s]."""
        with self._condition:
            self._condition.wait_for(lambda: self.count != heard, timeout_s)


@dataclass(frozen=True)
class Found:
    """A job in other hands, as it was found."""

    job_id: str
    worker: str
    attempts: int
    heartbeat_at: datetime | None


class Keeper:
    """Keeps the jobs of one desk going; parameters as of :class:`bng_opt.runtime.jobs.Desk`.

    Attributes
    ----------
    name
        In whose hands the queued jobs of the desk are.
    news
        Tells of every job that ended here.
    trouble
        What went wrong in the last look, empty if nothing did.
    """

    def __init__(
        self, store: Store, settings: Settings, executor: Executor | None, *, runs: bool
    ) -> None:
        self.name = own_name() if runs else NOBODY
        self.news = News()
        self.trouble = ""
        self._making = threading.Lock()
        self._store, self._settings, self._runs = store, settings, runs
        self._given = executor
        self._made: JobExecutor | None = None
        self._new: deque[str] = deque()
        self._futures: dict[str, Future[str]] = {}
        self._failures: dict[str, tuple[int, float]] = {}
        self._lost_after = timedelta(seconds=BEATS_TO_BE_LOST * settings.heartbeat_s)
        self._next_look = self._blind_until = 0.0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake = News()
        self._wants_warmth = False

    def begin(self, job: Job | None = None) -> None:
        """Hand over a job that was queued here, and look after jobs from now on."""
        if not self._runs:
            return
        if job is not None and job.worker == self.name and job.state is JobState.QUEUED:
            self._new.append(job.id)
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="bng-opt desk", daemon=True)
                self._thread.start()
        self._wake.tell()

    def recover(self) -> tuple[Job, ...]:
        """Take up what nobody holds, and return those jobs as they stand then.

        Raises
        ------
        StoreError
            If the store can't be reached.
        """
        taken = self._take_up()
        self._next_look = 0.0
        self.begin()
        return taken

    def warm_up(self) -> None:
        """Have workers load what jobs need before the first one comes."""
        self._wants_warmth = True
        self.begin()

    def take_back(self, job_id: str) -> None:
        """Take a job back that no worker has begun."""
        future = self._futures.get(job_id)
        if future is not None:
            future.cancel()

    def close(self) -> None:
        """End the thread and the executor made here; leave what isn't finished to others."""
        self._closing.set()
        self._wake.tell()
        if self._thread is not None:
            self._thread.join()
        held = dict(self._futures)
        for future in held.values():
            future.cancel()
        if self._made is not None:
            self._made.shutdown(wait=False, cancel_futures=True)
        if self._runs:
            with suppress(StoreError):
                for job_id in self._store.run(partial(self._leave, held=tuple(held))):
                    with log_context(job=job_id):
                        _log.info("Job %s handed back: others may take it up", job_id)

    def _run(self) -> None:
        while not self._closing.is_set():
            heard = self._wake.count
            try:
                self._look()
                self.trouble = ""
            except BngOptError as error:
                self._note_trouble(error)
            except Exception as error:
                _log.exception("The look at the jobs failed")
                self.trouble = f"Unexpected {type(error).__name__}: {error}"
            self._rest(heard)

    def _rest(self, heard: int) -> None:
        """Wait for the next look; one is due at once when somebody has left a job to anybody."""
        due = monotonic() + self._settings.heartbeat_s
        while not self._closing.is_set() and self._wake.count == heard and monotonic() < due:
            self._wake.wait(heard, min(GLANCE_S, self._settings.heartbeat_s))
            if self._wake.count == heard and self._sees_orphan():
                self._next_look = 0.0
                return

    def _sees_orphan(self) -> bool:
        """Return whether a job waits that is in nobody's hands; a store out of reach shows none."""
        waits = JobRow.state == JobState.QUEUED.value, JobRow.worker == NOBODY
        try:
            with self._store.read() as session:
                return session.scalar(sa.select(JobRow.id).where(*waits).limit(1)) is not None
        except StoreError:
            # The look that comes next tells of it.
            return False

    def _note_trouble(self, error: BngOptError) -> None:
        if str(error) != self.trouble:
            _log.warning("Jobs wait: %s", error)
        self.trouble = str(error)
        self._next_look = 0.0
        if isinstance(error, StoreError):
            # Others couldn't say that they live either: they are given time to.
            self._blind_until = monotonic() + self._lost_after.total_seconds()

    def _look(self) -> None:
        if self._wants_warmth:
            warm_up(self._executor(), self._settings)
            self._wants_warmth = False
        if monotonic() < self._next_look:
            self._hand_over(self._new)
            return
        self._next_look = monotonic() + self._settings.heartbeat_s
        self._store.run(self._beat)
        self._take_up()
        self._hand_over(self._queued())

    def _beat(self, session: Session) -> None:
        statement = sa.update(JobRow).where(*self._queued_here())
        session.execute(statement.values(heartbeat_at=self._store.clock()))

    def _queued_here(self) -> tuple[sa.ColumnElement[bool], ...]:
        return JobRow.state == JobState.QUEUED.value, JobRow.worker == self.name

    def _take_up(self) -> tuple[Job, ...]:
        columns = (JobRow.id, JobRow.worker, JobRow.attempts, JobRow.heartbeat_at)
        elsewhere = JobRow.state.in_(IN_FLIGHT), JobRow.worker != self.name
        statement = sa.select(*columns).where(*elsewhere).order_by(JobRow.submitted_at)
        with self._store.read() as session:
            found = [Found(*row) for row in session.execute(statement)]
        orphans = [each for each in found if self._is_orphan(each)]
        looked = [self._store.run(partial(self._take, found=each)) for each in orphans]
        taken = tuple(job for job in looked if job is not None)
        for job in taken:
            _tell_of(job)
            # A worker that hangs may never let go: another is given the job meanwhile.
            self._futures.pop(job.id, None)
        return taken

    def _is_orphan(self, found: Found) -> bool:
        if found.worker == NOBODY or is_gone(found.worker):
            return True
        beat_at = found.heartbeat_at
        silent = beat_at is None or self._store.clock() - beat_at > self._lost_after
        return silent and monotonic() >= self._blind_until

    def _take(self, session: Session, found: Found) -> Job | None:
        """Take a job up as it was found; None if it has changed since."""
        row = locked(session, found.job_id, JobState.QUEUED, JobState.RUNNING)
        if row is None or found != Found(row.id, row.worker, row.attempts, row.heartbeat_at):
            return None
        now = self._store.clock()
        was_running = row.state == JobState.RUNNING.value
        if was_running:
            with log_context(job=row.id):
                _log.warning("Job %s lost %s in attempt %s", row.id, row.worker, row.attempts)
        if was_running and row.cancel_requested:
            row.state, row.finished_at = JobState.CANCELLED.value, now
        elif was_running and row.attempts > self._settings.job_retries:
            row.state, row.finished_at = JobState.FAILED.value, now
            row.error = error_document(_lost(found))
        else:
            row.state, row.worker, row.heartbeat_at = JobState.QUEUED.value, self.name, now
        return job_of(row)

    def _queued(self) -> deque[str]:
        """Return all jobs that are queued here, the oldest first."""
        self._new.clear()
        statement = sa.select(JobRow.id).where(*self._queued_here()).order_by(JobRow.submitted_at)
        with self._store.read() as session:
            return deque(session.scalars(statement))

    def _hand_over(self, queued: deque[str]) -> None:
        while queued and not self._closing.is_set():
            job_id = queued[0]
            _, not_before = self._failures.get(job_id, (0, 0.0))
            if job_id not in self._futures and monotonic() >= not_before:
                executor = self._executor()
                own = isinstance(executor, JobExecutor) and executor.has_own_processes
                future = executor.submit(run_job, self._settings, job_id, own)
                self._futures[job_id] = future
                future.add_done_callback(partial(self._ended, job_id))
            queued.popleft()

    def look(self) -> str:
        """Return why jobs can't be run now, empty if they can."""
        try:
            executor = self._executor()
            if isinstance(executor, DaskExecutor) and not executor.n_workers:
                return "The scheduler has no workers: jobs wait for one."
        except BngOptError as error:
            return str(error)
        return self.trouble

    def _executor(self) -> Executor:
        if self._given is not None:
            return self._given
        with self._making:
            if self._made is None or not self._made.is_open:
                if self._made is not None:
                    self._made.shutdown(wait=False)
                self._made = make_executor(self._settings)
            return self._made

    def _ended(self, job_id: str, future: Future[str]) -> None:
        """Note that a worker has let go of a job, whatever it made of it."""
        if self._futures.get(job_id) is not future:
            return
        del self._futures[job_id]
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._failures.pop(job_id, None)
        elif not self._closing.is_set():
            with log_context(job=job_id):
                _log.warning("Job %s came back: %s", job_id, type(error).__name__)
            times, _ = self._failures.get(job_id, (0, 0.0))
            pause = _PAUSES_S[min(times, len(_PAUSES_S) - 1)]
            self._failures[job_id] = (times + 1, monotonic() + pause)
            self._fail_for_good(job_id, error)
            self._next_look = 0.0
            self._wake.tell()
        self.news.tell()

    def _fail_for_good(self, job_id: str, error: BaseException) -> None:
        """Fail a job that no worker can begin, if the reason won't pass by itself."""
        if isinstance(error, StoreError | BrokenExecutor | CancelledError):
            return
        message = f"Its worker couldn't begin the job: {type(error).__name__}: {error}."
        remedy = "Give the workers the same version of bng-opt as here, and submit it again."

        def fail(session: Session) -> None:
            row = locked(session, job_id, JobState.QUEUED)
            if row is not None and row.worker == self.name:
                row.state, row.finished_at = JobState.FAILED.value, self._store.clock()
                row.error = error_document(LostError(Finding(message, remedy)))

        with suppress(StoreError):
            self._store.run(fail)

    def _leave(self, session: Session, held: Sequence[str]) -> list[str]:
        """Leave to anybody what is queued here, and what ran in processes that were ended."""
        left = list(session.scalars(sa.select(JobRow.id).where(*self._queued_here())))
        queued = sa.update(JobRow).where(*self._queued_here())
        session.execute(queued.values(worker=NOBODY))
        for job_id in held:
            row = locked(session, job_id, JobState.RUNNING)
            if row is not None and is_gone(row.worker) and not row.cancel_requested:
                # Nothing was lost but its time: this attempt doesn't count.
                row.state, row.worker = JobState.QUEUED.value, NOBODY
                row.attempts -= 1
                left.append(job_id)
        return left


def _tell_of(job: Job) -> None:
    """Log what becomes of a job that nobody held."""
    what = "queued here" if job.state is JobState.QUEUED else f"ended: {job.state.value}"
    with log_context(job=job.id):
        _log.info("Job %s, which nobody held, %s", job.id, what)


def _lost(found: Found) -> LostError:
    message = f"The job lost its worker {found.attempts} times, at last {found.worker}."
    remedy = "See whether workers run out of memory or are stopped, and submit it again."
    return LostError(Finding(message, remedy))
