"""What the service stands on: store, jobs and cache, opened when they can be."""

from __future__ import annotations

import logging
import threading
import time

from bng_opt.api.answers import Condition, HealthAnswer, PartAnswer
from bng_opt.errors import BngOptError, StoreError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.api_keys import KeyHolder, holder_of
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings

_HEALTH_HOLDS_S = 2.0
"""Anybody may ask, so an answer is given again for so long [s]."""
_FINE = PartAnswer(state=Condition.OK)
_ASK = "The service's administrator finds more in its log, and with: bng-opt doctor"
_log = logging.getLogger(__name__)


class Service:
    """Store, jobs and cache of one process.

    A store that is out of reach when the service starts is opened once it is there again.

    Parameters
    ----------
    settings
        Where everything is.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cache = Cache(settings)
        self._opening = threading.Lock()
        self._opened: tuple[Store, Desk] | None = None
        self._looking = threading.Lock()
        self._looked_at = -_HEALTH_HOLDS_S
        self._health: HealthAnswer | None = None

    def start(self) -> None:
        """Open the store and take up jobs that were left; if it can't be, say so in the log."""
        try:
            self._open()
        except StoreError as error:
            _log.warning("The service starts without its store: %s", error)

    def close(self) -> None:
        """Let go of everything; unfinished jobs stay in the store, for whoever comes next."""
        with self._opening:
            if self._opened is not None:
                store, desk = self._opened
                self._opened = None
                desk.close()
                store.close()

    @property
    def store(self) -> Store:
        """Return the store.

        Raises
        ------
        StoreError
            If it can't be opened.
        """
        return self._open()[0]

    @property
    def desk(self) -> Desk:
        """Return where jobs are handed in.

        Raises
        ------
        StoreError
            If the store can't be opened.
        """
        return self._open()[1]

    def holder_of(self, key: str) -> KeyHolder:
        """Return who acts by a key (:func:`bng_opt.market.store.api_keys.holder_of`)."""
        return holder_of(self.store, key)

    def health(self) -> HealthAnswer:
        """Return how store, executor and cache are; details are for the log alone."""
        with self._looking:
            now = time.monotonic()
            if self._health is None or now - self._looked_at >= _HEALTH_HOLDS_S:
                self._health, self._looked_at = self._look(), now
            return self._health

    def _open(self) -> tuple[Store, Desk]:
        with self._opening:
            if self._opened is None:
                settings = self.settings
                store = open_store(settings.database, busy_timeout_s=settings.busy_timeout_s)
                desk = Desk(store, settings)
                try:
                    desk.recover()
                except BaseException:
                    desk.close()
                    store.close()
                    raise
                self._opened = store, desk
            return self._opened

    def _look(self) -> HealthAnswer:
        store, cache = self._look_at_store(), self._look_at_cache()
        executor = self._look_at_executor(store)
        down = Condition.DOWN in (store.state, executor.state)
        fine = all(part.state is Condition.OK for part in (store, executor, cache))
        whole = Condition.DOWN if down else Condition.OK if fine else Condition.DEGRADED
        return HealthAnswer(state=whole, store=store, executor=executor, cache=cache)

    def _look_at_store(self) -> PartAnswer:
        try:
            with self.store.write():
                return _FINE
        except StoreError as error:
            _log.warning("The store can't be used: %s", error)
            return _part(Condition.DOWN, "The store can't be used.")

    def _look_at_executor(self, store: PartAnswer) -> PartAnswer:
        if store.state is Condition.DOWN:
            return _part(Condition.DOWN, "Jobs wait for the store.")
        trouble = self.desk.look()
        if not trouble:
            return _FINE
        _log.warning("Jobs can't be run: %s", trouble)
        return _part(Condition.DOWN, "Jobs are kept, and wait for workers.")

    def _look_at_cache(self) -> PartAnswer:
        try:
            trouble = self.cache.info().trouble
        except (BngOptError, OSError) as error:
            trouble = str(error)
        if not trouble:
            return _FINE
        _log.warning("The cache can't be used: %s", trouble)
        return _part(Condition.DEGRADED, "Plans aren't kept: each is searched for anew.")


def _part(state: Condition, message: str) -> PartAnswer:
    return PartAnswer(state=state, message=message, remedy=_ASK)
