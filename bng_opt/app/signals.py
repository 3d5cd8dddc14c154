"""Telling others that something has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Told = TypeVar("Told")


class Signal(Generic[Told]):
    """Calls those who listen, in the order in which they came.

    >>> heard: list[str] = []
    >>> changed: Signal[str] = Signal()
    >>> changed.connect(heard.append)
    >>> changed.send("site")
    >>> heard
    ['site']
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[Told], object]] = []

    def connect(self, listener: Callable[[Told], object]) -> None:
        """Call a function with whatever is told from now on."""
        self._listeners.append(listener)

    def send(self, what: Told) -> None:
        """Tell all who listen."""
        for listener in tuple(self._listeners):
            listener(what)
