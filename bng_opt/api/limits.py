"""How often a caller may ask: a token bucket each, in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

_MOST_BUCKETS = 10_000
"""So many callers are told apart at once; those that have asked least lately are forgotten."""
_SECONDS_PER_MINUTE = 60.0


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """Token buckets by caller.

    Parameters
    ----------
    per_minute
        How many requests a bucket lets through in the long run, and as many at once [1/min].
    clock
        Tells the time, which never goes back [s].

    Examples
    --------
    >>> rates = Rates(2, clock=lambda: 0.0)
    >>> [rates.wait_s("ann") for _ in range(3)], rates.wait_s("bob")
    ([0, 0, 30], 0)
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / _SECONDS_PER_MINUTE
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait_s(self, caller: str) -> int:
        """Take a token and return 0; if there is none, return how long to wait [whole s]."""
        bucket = self._filled(caller)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return max(1, math.ceil((1 - bucket.tokens) / self._per_second))

    def _filled(self, caller: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.pop(caller, None) or _Bucket(self._most, now)
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        # Put back last, so that the first is who has been silent longest.
        self._buckets[caller] = bucket
        while len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return bucket
