"""What a signal's handler sets, and others wait for."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue


class Told:
    """Set once the process is told something; it may be set by a signal's handler.

    The lock of a :class:`threading.Event` may be held by the very thread that a signal
    interrupts while it waits: a handler that sets the event would wait for itself. A simple
    queue's ``put`` is made for handlers.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Note that it was told, and wake who waits."""
        self._is_set = True
        self._wake.put(None)

    def is_set(self) -> bool:
        """Return whether it was told."""
        return self._is_set

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is told or the time is over [s]; return whether it was told.

        One thread waits at a time.
        """
        if not self._is_set:
            with suppress(Empty):
                self._wake.get(timeout=timeout_s)
        return self._is_set
