"""The service that carries out schedules until it is told to end.

APScheduler wakes it at each time of each schedule. Every few seconds it looks for what is left
over as well: runs that were missed, handed back or lost, and deliveries to be tried again. What
is to be done is decided by the store alone, so two services on one store do each thing once.
Every run has a process of its own: one that fails, or fills the memory, stops no other, and one
whose service is killed goes on to its end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from time import monotonic

from bng_opt.batch.schedules.carrying_out import carry_out
from bng_opt.batch.schedules.claims import BEATS_TO_BE_LOST, Claimant, is_called_for, see
from bng_opt.batch.schedules.handing_over import hand_over
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.stopping import Stopping
from bng_opt.batch.schedules.triggers import CronTrigger, background_scheduler
from bng_opt.errors import BngOptError, StoreError
from bng_opt.health import give_sign, take_sign_away
from bng_opt.logs import set_up_logging
from bng_opt.market.store import Store, open_store
from bng_opt.runtime.hands import own_name
from bng_opt.settings import Settings

_LOOK_S = 5.0
"""So often it is looked for what is left over [s]; with quicker heartbeats, as often as those."""
_AT_A_TIME = 2
"""Runs at a time: each uses as many processes as the settings allow."""
_TO_HAND_BACK_S = 20.0
"""Runs that don't hand back in this time are killed, and taken over later [s]."""

_log = logging.getLogger(__name__)


class Service:
    """Carries out schedules while it is entered.

    Parameters
    ----------
    store, settings
        Where their state is kept; how reports are made and e-mail is sent.
    schedules
        Which.
    """

    def __init__(self, store: Store, settings: Settings, schedules: tuple[Schedule, ...]) -> None:
        self._store, self._settings, self._schedules = store, settings, schedules
        self._scheduler = background_scheduler()
        self._every_s = min(_LOOK_S, settings.heartbeat_s)
        self._runs: dict[str, BaseProcess] = {}
        self._lock = threading.Lock()
        self._name = own_name()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=[do], name=do.__name__, daemon=True)
            for do in (self._look_and_say, self._hand_over)
        ]
        self._blind_until = 0.0
        self._troubles: dict[str, str] = {}

    def __enter__(self) -> Service:
        now = self._store.clock()
        for schedule in self._schedules:
            self._store.run(partial(see, schedule=schedule, now=now))
            self._scheduler.add_job(
                self._look, CronTrigger(schedule.cron, schedule.zone), name=schedule.name
            )
        self._scheduler.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._scheduler.shutdown(wait=True)
        for thread in self._threads:
            thread.join()
        for process in self._runs.values():
            process.terminate()
        give_up = monotonic() + _TO_HAND_BACK_S
        for name, process in self._runs.items():
            process.join(max(0.0, give_up - monotonic()))
            if process.exitcode is None:
                _log.error("%s didn't hand its run back, and is killed", name)
                process.kill()
                process.join()
        take_sign_away(self._settings)

    def _repeat(self, do: Callable[[], None]) -> None:
        """Do something now and every few seconds: the life of a thread."""
        while not self._closing.is_set():
            do()
            self._closing.wait(self._every_s)

    def _look_and_say(self) -> None:
        self._look()
        trouble = "; ".join(f"{what}: {why}" for what, why in self._troubles.items() if why)
        with self._told("There is no sign of life"):
            give_sign(self._settings, trouble)

    def _look(self) -> None:
        """Begin what there is to do."""
        with self._lock, self._told("The schedules wait"):
            self._reap()
            for schedule in self._schedules:
                if self._closing.is_set() or len(self._runs) >= _AT_A_TIME:
                    return
                if schedule.name not in self._runs and self._is_called_for(schedule):
                    self._begin(schedule)

    def _hand_over(self) -> None:
        with self._told("Deliveries wait"):
            hand_over(self._store, self._settings)

    def _is_called_for(self, schedule: Schedule) -> bool:
        who = Claimant(self._name, self._settings, self._heeds_silence)
        with self._store.read() as session:
            return is_called_for(session, schedule, who, self._store.clock())

    @property
    def _heeds_silence(self) -> bool:
        return monotonic() >= self._blind_until

    def _begin(self, schedule: Schedule) -> None:
        process = get_context("spawn").Process(
            target=_run, args=(self._settings, schedule, self._heeds_silence), name=schedule.name
        )
        process.start()
        self._runs[schedule.name] = process

    def _reap(self) -> None:
        for name, process in [*self._runs.items()]:
            if process.exitcode is None:
                continue
            process.join()
            if process.exitcode:
                _log.error("The process of %s ended with %s", name, process.exitcode)
            del self._runs[name]

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Go on whatever is done inside comes to, and log what went wrong."""
        try:
            yield
        except BngOptError as error:
            self._note(what, error)
        except Exception:
            _log.exception("%s", what)
        else:
            self._note(what, None)

    def _note(self, what: str, error: BngOptError | None) -> None:
        """Log trouble once, until it is another or over."""
        text = "" if error is None else str(error)
        if text and text != self._troubles.get(what):
            _log.warning("%s: %s", what, text)
        elif not text and self._troubles.get(what):
            _log.warning("%s no more", what)
        self._troubles[what] = text
        if isinstance(error, StoreError):
            # Others couldn't say that they live either: they are given time to.
            silence = BEATS_TO_BE_LOST * self._settings.heartbeat_s
            self._blind_until = monotonic() + silence


def _run(settings: Settings, schedule: Schedule, heeds_silence: bool) -> None:
    """Carry out a schedule; the life of a process."""
    set_up_logging(settings)
    wait = settings.busy_timeout_s
    with Stopping() as stopping, open_store(settings.database, busy_timeout_s=wait) as store:
        carry_out(store, settings, schedule, stopping, heeds_silence=heeds_silence)
