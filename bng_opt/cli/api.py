"""The command ``bng-opt api``: run the service."""

from __future__ import annotations

from typing import Annotated

import typer

from bng_opt.cli.store import StoreOption, settings_of
from bng_opt.errors import ExitStatus, Finding, InputError

_SHUT_DOWN_S = 20
"""So long an answer that has begun may take once the service is to end [s]."""


def api(
    host: Annotated[
        str | None,
        typer.Option("--host", help="Listen here; BNG_OPT_API_HOST otherwise.", metavar="HOST"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", help="And on this port; BNG_OPT_API_PORT.", metavar="PORT"),
    ] = None,
    store: StoreOption = None,
) -> int:
    """Run the service on the store's jobs until it is told to end; unfinished jobs are kept.

    Users need API keys: bng-opt user key add. Beyond this machine put a proxy with TLS
    before it.
    """
    from bng_opt.api import create_app

    settings = settings_of(store)
    app = create_app(settings)
    try:
        import uvicorn
    except ModuleNotFoundError:
        remedy = "Install the extra api: pip install 'bng-opt[api]'."
        raise InputError(Finding("uvicorn isn't installed.", remedy)) from None
    uvicorn.run(
        app,
        host=host or settings.api_host,
        port=settings.api_port if port is None else port,
        server_header=False,
        # As JSON the server's own lines are to be JSON too.
        log_config=None if settings.log_format == "json" else uvicorn.config.LOGGING_CONFIG,
        timeout_graceful_shutdown=_SHUT_DOWN_S,
    )
    return ExitStatus.DONE
