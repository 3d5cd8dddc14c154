"""What a worker does with a job: claim it, do it, keep what came of it.

The store is the truth. A job that is claimed twice runs once; a worker that was thought lost
and comes back finds that its job is another's, and keeps nothing.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from bng_opt.errors import BngOptError, Finding, SolverError, StoreError
from bng_opt.logs import log_context, set_up_logging
from bng_opt.market import Market
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.snapshots import load_snapshot
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.hands import own_name
from bng_opt.runtime.job_kinds import Asked, read_payload
from bng_opt.runtime.job_rows import Held, Outcome, claim, finish
from bng_opt.runtime.job_work import Control, stopped_early, work
from bng_opt.runtime.pulse import Pulse
from bng_opt.settings import Settings

PATIENCE_S = 600.0
"""A store that is out of reach is waited for so long before a finished job is given up [s]."""
_PAUSES_S = (0.1, 0.5, 2.0, 5.0)
"""Before it is tried again; the last one from then on."""
REMEMBERED_MARKETS = 2
"""A process keeps so many markets that it read: a morning's jobs ask for the same one, reading
takes longer than finding a kept plan on it, and all England's takes some hundred megabytes."""
_ENDED_ON_PURPOSE = 75
_ANOTHERS = "another's"

T = TypeVar("T")
_log = logging.getLogger(__name__)
_markets: OrderedDict[str, Market] = OrderedDict()
_lock = threading.Lock()


class UnexpectedError(BngOptError):
    """Something that no check foresaw: a bug."""


def run_job(settings: Settings, job_id: str, own_process: bool = False) -> str:
    """Run a job, if it is still queued, and return how it stands then.

    Parameters
    ----------
    settings
        Where the store and the cache are, and how often to say that the job is worked on.
    job_id
        Which.
    own_process
        Whether the process does nothing else, so that work which doesn't stop when it should
        may be ended with it.

    Returns
    -------
    str
        The job's new state, or ``"another's"`` if others hold it.

    Raises
    ------
    StoreError
        If the store can't be reached: to begin with, or long after the work was done. The job
        is then taken up again once its desk or another finds it without a worker.
    """
    if own_process and not _is_with_dask():
        set_up_logging(settings)
    busy = settings.busy_timeout_s
    with (
        log_context(job=job_id),
        open_store(settings.database, busy_timeout_s=busy, make=False) as store,
    ):
        name, now = own_name(), store.clock()
        held = store.run(lambda session: claim(session, job_id, name, now))
        if held is None:
            return _ANOTHERS
        _log.info("Job %s begun by %s, attempt %s", job_id, name, held.attempt)
        begin = time.monotonic()
        state = _Run(store, settings, held, own_process and _is_alone()).through()
        _log.info("Job %s ended: %s, after %.1f s", job_id, state, time.monotonic() - begin)
        return state


class _Run:
    """One attempt at a job."""

    def __init__(self, store: Store, settings: Settings, held: Held, may_exit: bool) -> None:
        self._store, self._held, self._may_exit = store, held, may_exit
        self._cache = Cache(settings)
        self._pulse = Pulse(store, held, settings.heartbeat_s, self._end_overdue)

    def through(self) -> str:
        """Do the work, keep what came of it, and return the job's state."""
        with self._pulse:
            outcome = self._outcome()
            return self._keep(outcome)

    def _outcome(self) -> Outcome:
        try:
            asked = self._asked()
            with log_context(scenario=asked.digest):
                answer = work(asked, self._control())
        except BngOptError as error:
            told = self._as_time_out(error)
            _log.info("Job %s has no answer: %s", self._held.job_id, told)
            return Outcome(error=told)
        except Exception as error:
            _log.exception("Job %s failed", self._held.job_id)
            remedy = "Please report it with the job's id; the worker's log shows where."
            finding = Finding(f"Unexpected {type(error).__name__}: {error}.", remedy)
            return Outcome(error=UnexpectedError(finding))
        return Outcome(answer.result, answer.best)

    def _asked(self) -> Asked:
        payload = read_payload(self._held.kind, self._held.payload)
        return payload.asked(self._patiently(lambda: self._market(payload.market)))

    def _market(self, key: str) -> Market:
        if (market := _remembered(key)) is None:
            with self._store.read() as session:
                market = load_snapshot(session, key)
            _remember(key, market)
        return market

    def _control(self) -> Control:
        return Control(
            self._pulse.report, self._pulse.cancelled, self._pulse.time_left, self._cache
        )

    def _as_time_out(self, error: BngOptError) -> BngOptError:
        left = self._pulse.time_left()
        if left is None or left > 0 or not isinstance(error, SolverError):
            return error
        return _timed_out(self._held)

    def _keep(self, outcome: Outcome) -> str:
        now = self._store.clock()
        state = self._patiently(
            lambda: self._store.run(lambda session: finish(session, self._held, outcome, now))
        )
        return state.value if state else _ANOTHERS

    def _patiently(self, step: Callable[[], T]) -> T:
        """Do a step with the store; while it is out of reach, again and again."""
        give_up = time.monotonic() + PATIENCE_S
        for number in range(sys.maxsize):
            try:
                return step()
            except StoreError as error:
                # Only the database's own troubles pass; a damaged row stays damaged.
                passes = isinstance(error.__cause__, DBAPIError)
                if not passes or self._pulse.is_lost or time.monotonic() > give_up:
                    raise
                _log.warning("Job %s waits for the store: %s", self._held.job_id, error)
            time.sleep(_PAUSES_S[min(number, len(_PAUSES_S) - 1)])
        raise AssertionError

    def _end_overdue(self) -> None:
        if not self._may_exit:
            return
        error = _timed_out(self._held) if not self._pulse.cancelled() else stopped_early()
        with suppress(BngOptError):
            self._keep(Outcome(error=error))
        _log.warning("Job %s didn't stop; its process ends", self._held.job_id)
        os._exit(_ENDED_ON_PURPOSE)


def _remembered(key: str) -> Market | None:
    """Return the market of a snapshot, if this process had it for a job not long ago."""
    with _lock:
        market = _markets.get(key)
        if market is not None:
            _markets.move_to_end(key)
        return market


def _remember(key: str, market: Market) -> None:
    with _lock:
        _markets[key] = market
        if len(_markets) > REMEMBERED_MARKETS:
            _markets.popitem(last=False)


def _timed_out(held: Held) -> SolverError:
    message = f"The time-out of {held.timeout_s:g} s passed before there was an answer."
    return SolverError(Finding(message, "Submit it again with a longer time-out, or none."))


def _is_alone() -> bool:
    """Return whether nothing else runs in this process, and it is started anew if it ends."""
    if not _is_with_dask():
        return True
    from distributed import get_worker

    worker = get_worker()
    return worker.state.nthreads == 1 and worker.nanny is not None


def _is_with_dask() -> bool:
    """Return whether a worker of Dask runs this."""
    if "distributed" not in sys.modules:
        return False
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True
