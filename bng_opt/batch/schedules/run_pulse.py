"""The pulse of a run: says to the store that it is worked on, and hears if others have it."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from functools import partial

from bng_opt.batch.schedules.claims import beat
from bng_opt.batch.schedules.runs import ScheduledRun
from bng_opt.errors import StoreError
from bng_opt.market.store import Store

_log = logging.getLogger(__name__)


class RunPulse:
    """Beats from a thread of its own while it is entered.

    Parameters
    ----------
    store, run
        Where the run is kept, and as whose it is held.
    every_s
        How often to beat [s].
    lost
        Called once when the run has gone to others: what is made here counts no more.
    """

    def __init__(
        self, store: Store, run: ScheduledRun, every_s: float, lost: Callable[[], None]
    ) -> None:
        self._store, self._run, self._every_s, self._lost = store, run, every_s, lost
        self._over = threading.Event()
        # With the ids that its log lines are about.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._beat,), name="bng-opt run pulse", daemon=True
        )

    def __enter__(self) -> RunPulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                held = self._store.run(partial(beat, run=self._run, now=self._store.clock()))
            except StoreError as error:
                # The report goes on: the store may be back before it is done.
                _log.warning("It can't be said that the run goes on: %s", error)
                continue
            if not held and not self._over.is_set():
                _log.error("The run was taken over: this process was silent for too long")
                self._lost()
                return
