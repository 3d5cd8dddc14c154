"""How the dashboard's server is, for whatever looks after it."""

from __future__ import annotations

import time
from asyncio import to_thread
from typing import Any

from tornado.web import RequestHandler

from bng_opt import __version__
from bng_opt.errors import StoreError

_HOLDS_S = 2.0
"""Anybody may ask, so an answer is given again for so long [s]."""


class HealthHandler(RequestHandler):
    """Answers whether the store and the jobs can be used; details are for the log alone."""

    async def get(self) -> None:
        """Return 200 and what is fine, or 503."""
        app: Any = self.settings["bng_app"]
        now = time.monotonic()
        if now - app.bng_health_at > _HOLDS_S:
            app.bng_health, app.bng_health_at = await to_thread(_look, app), now
        fine = all(app.bng_health.values())
        self.set_status(200 if fine else 503)
        state = {name: "ok" if good else "down" for name, good in app.bng_health.items()}
        self.finish({"state": "ok" if fine else "down", **state, "version": __version__})


def _look(app: Any) -> dict[str, bool]:
    try:
        with app.bng_store.read():
            store = True
    except StoreError as error:
        app.log.warning("The store can't be used: %s", error)
        store = False
    trouble = "" if app.bng_desk is None else app.bng_desk.look()
    if trouble:
        app.log.warning("Jobs can't be run: %s", trouble)
    return {"store": store, "jobs": not trouble}
