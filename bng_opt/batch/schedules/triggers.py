"""APScheduler with our own reading of cron texts.

Its own trigger counts days of the week from Monday, wants both day fields to match, and doesn't
say what happens in the hours that the clocks skip or show twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from bng_opt.batch.schedules.cron import Cron
from bng_opt.batch.schedules.times import next_time

_THREADS = 4


class CronTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires at the moments of a cron text.

    Parameters
    ----------
    cron, zone
        As of :func:`~bng_opt.batch.schedules.times.next_time`.
    """

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self._cron, self._zone = cron, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the next moment, as APScheduler asks for it."""
        return next_time(self._cron, self._zone, previous_fire_time or now)


def background_scheduler() -> BackgroundScheduler:
    """Return a scheduler in threads of its own, which fires late rather than not at all."""
    defaults: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 2}
    executors = {"default": ThreadPoolExecutor(_THREADS)}
    return BackgroundScheduler(timezone=UTC, executors=executors, job_defaults=defaults)
