"""Starting the dashboard's server, and ending it without losing a job."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import ExitStack

from bng_opt.app.environment import TICKET_KEY, WORKED_ELSEWHERE
from bng_opt.app.server.application import DashboardServer
from bng_opt.app.server.configuration import check_settings, voila_configuration
from bng_opt.errors import Finding, InputError
from bng_opt.logs import set_up_logging
from bng_opt.market.store import open_store
from bng_opt.resources import notebooks_dir
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import PREFIX, Settings

NOTEBOOK = "app.ipynb"

_log = logging.getLogger(__name__)


def serve(
    settings: Settings,
    *,
    works: bool = True,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serve the dashboard until the process is told to end.

    Parameters
    ----------
    settings
        Where the store is, where to listen, how people sign in.
    works
        Whether jobs are worked here too; otherwise others do (``bng-opt job work``).
    on_listening
        Called with the address once the server listens.

    Raises
    ------
    InputError
        If the settings can't be, or the port is taken.
    StoreError
        If the store can't be opened.
    """
    check_settings(settings)
    _refuse_taken(settings)
    with ExitStack() as stack:
        store = stack.enter_context(
            open_store(settings.database, busy_timeout_s=settings.busy_timeout_s)
        )
        desk = None
        if works:
            desk = stack.enter_context(Desk(store, settings))
            desk.recover()
            desk.warm_up()
        _prepare_environment(settings)
        server = DashboardServer(config=voila_configuration(settings))
        server.bng_settings, server.bng_store, server.bng_desk = settings, store, desk
        server.on_listening = on_listening
        server.notebook_path = str(notebooks_dir() / NOTEBOOK)
        server.initialize([])
        set_up_logging(settings)
        server.start()


def _prepare_environment(settings: Settings) -> None:
    """Tell the kernels what they have to know; they have the server's environment."""
    os.environ[TICKET_KEY] = secrets.token_hex(32)
    os.environ[WORKED_ELSEWHERE] = "1"
    os.environ[f"{PREFIX}DATABASE"] = settings.database


def _refuse_taken(settings: Settings) -> None:
    if not settings.app_port:
        return
    family = socket.AF_INET6 if ":" in settings.app_host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.app_host, settings.app_port))
        except OSError as error:
            place = f"{settings.app_host}:{settings.app_port}"
            remedy = f"Choose another with --port or {PREFIX}APP_PORT, or end what uses it."
            message = f"The dashboard can't listen on {place} ({error.strerror})."
            raise InputError(Finding(message, remedy)) from None
