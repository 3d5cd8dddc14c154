"""The app that a server such as uvicorn runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bng_opt.api import job_routes, other_routes
from bng_opt.api.description import ERRORS, TITLE, describe
from bng_opt.api.faults import add_handlers
from bng_opt.api.gate import Gate
from bng_opt.api.limits import Rates
from bng_opt.api.service import Service
from bng_opt.logs import set_up_logging
from bng_opt.settings import Settings

_SUBMISSIONS_AT_A_TIME = 4
"""So many are read at once: a workbook takes memory."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the service as an ASGI app.

    Parameters
    ----------
    settings
        Where store, executor and cache are, and the limits; those in force without.
    """
    settings = settings or Settings()
    set_up_logging(settings)
    service = Service(settings)
    app = FastAPI(
        title=TITLE,
        lifespan=_running,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=ERRORS,
    )
    app.state.service = service
    for routes in (job_routes, other_routes):
        app.include_router(routes.router)
    add_handlers(app)
    app.add_middleware(
        Gate,
        holder_of=service.holder_of,
        rates=Rates(settings.api_rate_per_minute),
        upload_mb=settings.api_upload_mb,
    )
    app.openapi = describe(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """Open store and jobs before the first request, and let go of them after the last."""
    service: Service = app.state.service
    app.state.submissions = anyio.CapacityLimiter(_SUBMISSIONS_AT_A_TIME)
    await run_in_threadpool(service.start)
    try:
        yield
    finally:
        await run_in_threadpool(service.close)
