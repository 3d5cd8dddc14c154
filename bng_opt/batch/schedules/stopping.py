"""Being told to end: work that can be gone on with later ends at once, the rest is finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from bng_opt.runtime.told import Told


class StopAsked(KeyboardInterrupt):
    """The process is told to end, or has lost what it works on."""


class Stopping:
    """Heeds SIGTERM and Ctrl-C while it is entered, in the main thread.

    Attributes
    ----------
    told
        Set once it is told to end.
    """

    def __init__(self) -> None:
        self.told = Told()
        self._breaks_off = False
        self._earlier: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._earlier[number] = signal.signal(number, self._heed)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    @contextmanager
    def can_break_off(self) -> Iterator[Callable[[], None]]:
        """Let what is done inside be broken off; yield what does so from another thread.

        Raises
        ------
        StopAsked
            Wherever the work stands when the process is told to end, or was told before.
        """
        self._breaks_off = True
        try:
            if self.told.is_set():
                raise StopAsked
            yield _break_off
        finally:
            self._breaks_off = False

    def _heed(self, number: int, frame: FrameType | None) -> None:
        self.told.set()
        if self._breaks_off:
            # Once: what cleans up after it isn't to be broken off.
            self._breaks_off = False
            raise StopAsked


def _break_off() -> None:
    """Tell the main thread, as a signal from outside would."""
    main = threading.main_thread().ident
    if main is None:
        raise RuntimeError("the main thread hasn't begun")
    signal.pthread_kill(main, signal.SIGTERM)
