"""What a signal's handler sets: it wakes who waits, wherever the wait stands."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from bng_opt.runtime.told import Told

LONG_S = 60.0


@pytest.fixture
def told() -> Iterator[Told]:
    """Return one that SIGUSR1 sets."""
    told = Told()
    earlier = signal.signal(signal.SIGUSR1, lambda *_: told.set())
    yield told
    signal.signal(signal.SIGUSR1, earlier)


def test_nobody_told_it(told: Told) -> None:
    assert not told.wait(0.01)
    assert not told.is_set()


def test_a_signal_wakes_who_waits(told: Told) -> None:
    timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGUSR1])
    timer.start()
    assert told.wait(LONG_S)
    timer.join()


def test_once_told_it_waits_no_more(told: Told) -> None:
    os.kill(os.getpid(), signal.SIGUSR1)
    assert all(told.wait(LONG_S) for _ in range(3))


def test_signals_that_come_one_upon_another_never_lock_it(told: Told) -> None:
    over = threading.Event()

    def shower() -> None:
        while not over.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)

    rain = threading.Thread(target=shower)
    rain.start()
    try:
        for _ in range(2000):
            told.wait(0.0001)
            told.is_set()
    finally:
        over.set()
        rain.join()
    assert told.is_set()
