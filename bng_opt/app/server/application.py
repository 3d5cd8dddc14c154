"""Voila as the dashboard's server."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from jupyter_server.log import log_request
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.ioloop import IOLoop, PeriodicCallback
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from bng_opt.app.server.configuration import TEMPLATE, styles
from bng_opt.app.server.health import HealthHandler
from bng_opt.app.server.kernels import (
    LOOK_EVERY_S,
    KernelOwners,
    close_pages_of_shut_out,
    for_owner_only,
)
from bng_opt.app.server.sign_in import StoreIdentity, TicketHandler
from bng_opt.market.store import Store
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings, SignIn

TICKETS = "bng/ticket"
_OF_KERNELS = (KernelHandler, VoilaKernelWebsocketHandler, VoilaShutdownKernelHandler)
_LEFT_OUT = (RequestInfoSocketHandler, AllowListFileHandler)
"""What would tell anybody what a page was asked for, and what serves files: we need neither."""
_WITH_NAMES = (SignIn.USERS, SignIn.PROXY)


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """The page, with the cookie without which a browser may not end its kernel on leaving."""

    async def prepare(self, *given: Any, **named: Any) -> None:
        """Set the cookie: asking for the token does."""
        await super().prepare(*given, **named)
        _ = self.xsrf_token

    def redirect_to_file(self, path: str) -> None:
        """Answer that there is no such page."""
        raise web.HTTPError(404, "There is no page %s", path)


class DashboardServer(Voila):  # type: ignore[misc]
    """Voila with our template and sign-in.

    Set ``bng_settings``, ``bng_store`` and ``bng_desk`` before it is initialised.
    """

    bng_settings: Settings
    bng_store: Store
    bng_desk: Desk | None = None
    bng_health: dict[str, bool]
    bng_health_at = float("-inf")
    on_listening: Callable[[str], None] | None = None

    def initialize(self, argv: Any = None) -> None:
        """Read the configuration that was given, and no file of the user's."""
        self.config_file_paths: list[str] = []
        self.identity_provider_class = StoreIdentity
        self.bng_owners = KernelOwners()
        super().initialize(argv)
        self.log.addFilter(_is_worth_a_line)

    def get_default_logging_config(self) -> dict[str, Any]:
        """Leave lines to the program's own log, in its form and from its level on."""
        own = {"level": "DEBUG", "propagate": True}
        loggers = {type(self).__name__: own}
        return {"version": 1, "disable_existing_loggers": False, "loggers": loggers}

    def setup_template_dirs(self) -> None:
        """Look in our template first."""
        super().setup_template_dirs()
        self.template_paths: list[str] = [str(TEMPLATE), *self.template_paths]

    def init_settings(self) -> dict[str, Any]:
        """Return tornado's settings."""
        made: dict[str, Any] = super().init_settings()
        made["cookie_secret"] = secrets.token_bytes(32)
        made["bng_app"], made["bng_styles"] = self, styles()
        # Jupyter's pages of errors need files that Voila hasn't, Voila's ask other machines.
        made["jinja2_env"] = made["voila_jinja2_env"]
        made["jinja2_env"].globals["bng_styles"] = made["bng_styles"]
        # Tornado's own would write a token of an address into the log.
        made["log_function"] = log_request
        return made

    def init_handlers(self) -> list[Any]:
        """Return the handlers, ours first."""
        own = [
            (url_path_join(self.server_url, r"/health"), HealthHandler),
            (url_path_join(self.server_url, f"/{TICKETS}"), TicketHandler),
        ]
        base = self.server_url.rstrip("/")
        identity = [
            (base + pattern, handler) for pattern, handler in self.identity_provider.get_handlers()
        ]
        voilas = (rule for rule in super().init_handlers() if rule[1] not in _LEFT_OUT)
        return [*own, *identity, *map(self._guarded, voilas)]

    def _guarded(self, rule: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a rule with our page, that keeps kernels for those whose page they serve."""
        pattern, handler, *rest = rule
        if handler is TornadoVoilaHandler:
            handler = PageHandler
        if self.has_names and handler in _OF_KERNELS:
            handler = for_owner_only(handler, self.bng_owners)
        return (pattern, handler, *rest)

    @property
    def has_names(self) -> bool:
        """Return whether each of those who use the dashboard is known by a name."""
        return self.bng_settings.app_sign_in in _WITH_NAMES

    def listen(self) -> None:
        """Listen, and say where."""
        if self.has_names:
            PeriodicCallback(self._look_at_owners, LOOK_EVERY_S * 1000).start()
        IOLoop.current().add_callback(self._tell_address)
        super().listen()

    async def _look_at_owners(self) -> None:
        await close_pages_of_shut_out(self.bng_owners, self.kernel_manager, self.bng_store)

    def _tell_address(self) -> None:
        if self.on_listening is not None:
            self.on_listening(self.display_url)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Return whether a line is news: that our notebook isn't signed is none, at each page."""
    return "is not trusted" not in str(record.msg)
