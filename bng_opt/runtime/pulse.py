"""The pulse of a job that runs: tells the store how it stands, and hears whether to stop.

A thread of its own does both, so that the search waits for no store. It also ends work that
doesn't heed: its time is over, or it was cancelled, and it goes on regardless.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Mapping
from math import inf
from time import monotonic
from typing import Any

from bng_opt.errors import StoreError
from bng_opt.market.store import Store
from bng_opt.quantities import pounds, to_decimal
from bng_opt.runtime.job_rows import Held, beat, listen

LOOK_S = 0.5
"""The store is asked so often whether the job is to stop, and told what is new [s]."""
GRACE_S = 5.0
"""Work that is to stop is given so long to do so by itself [s]."""

_log = logging.getLogger(__name__)


class Pulse:
    """Watches over one job from claim to end; used in a ``with``.

    Parameters
    ----------
    store, held
        Where the job is kept, and in whose hands.
    heartbeat_s
        How often to say that it is still worked on [s].
    overdue
        Called once when the work doesn't stop though it should have.
    """

    def __init__(
        self, store: Store, held: Held, heartbeat_s: float, overdue: Callable[[], None]
    ) -> None:
        self._store, self._held = store, held
        self._every_s = heartbeat_s
        self._overdue = overdue
        self._begin = monotonic()
        self._latest: Mapping[str, Any] | None = None
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._over = threading.Event()
        # With the ids of the job that its log lines are about.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="bng-opt pulse", daemon=True
        )

    @property
    def is_lost(self) -> bool:
        """Return whether the job has gone to others: what is found here counts no more."""
        return self._lost.is_set()

    def cancelled(self) -> bool:
        """Return whether the work is to stop because nobody wants it, or wants it from us."""
        return self._cancelled.is_set() or self._lost.is_set()

    def time_left(self) -> float | None:
        """Return the seconds that the attempt may still take, None for no limit."""
        limit = self._held.timeout_s
        return None if limit is None else limit - (monotonic() - self._begin)

    def report(
        self, phase: str, elapsed_s: float, best_gbp: float | None, bound_gbp: float | None
    ) -> None:
        """Note how the work stands, for the next beat."""
        known = best_gbp is not None and bound_gbp is not None
        gap = max(0.0, best_gbp - bound_gbp) if known else None  # type: ignore[operator]
        self._latest = {
            "phase": phase,
            "elapsed_s": round(elapsed_s, 3),
            "best_gbp": best_gbp,
            "bound_gbp": bound_gbp,
            "gap_gbp": gap,
        }

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        told: Mapping[str, Any] | None = None
        told_at = monotonic()
        stop_since: float | None = None
        while not self._over.wait(LOOK_S):
            latest, now = self._latest, monotonic()
            try:
                self._listen()
                if latest is not told or now - told_at >= self._every_s:
                    self._tell(latest)
                    self._say(latest, told)
                    told, told_at = latest, now
            except StoreError as error:
                # The search goes on: the store may be back before it ends.
                _log.warning("Job %s can't be told of: %s", self._held.job_id, error)
            if not self._is_to_stop():
                continue
            stop_since = stop_since or now
            if now - stop_since >= GRACE_S:
                self._overdue()
                stop_since = inf

    def _is_to_stop(self) -> bool:
        left = self.time_left()
        return self.cancelled() or (left is not None and left <= 0)

    def _listen(self) -> None:
        with self._store.read() as session:
            heard = listen(session, self._held)
        if heard is None and not self._over.is_set():
            self._lost.set()
        elif heard:
            self._cancelled.set()

    def _say(self, latest: Mapping[str, Any] | None, told: Mapping[str, Any] | None) -> None:
        """Log each phase that the work comes to."""
        if latest is None or (told is not None and latest["phase"] == told["phase"]):
            return
        best = latest["best_gbp"]
        so_far = "no plan yet" if best is None else f"best plan {pounds(to_decimal(best))}"
        _log.info("Job %s: %s, %s", self._held.job_id, latest["phase"], so_far)

    def _tell(self, latest: Mapping[str, Any] | None) -> None:
        best = None
        if latest is not None and latest["best_gbp"] is not None:
            figures = ("bound_gbp", "gap_gbp")
            best = {"total_gbp": latest["best_gbp"], **{name: latest[name] for name in figures}}
        now = self._store.clock()
        self._store.run(lambda session: beat(session, self._held, now, latest, best))
