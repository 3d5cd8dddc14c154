"""Voila as the dashboard's server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from jupyter_server.utils import url_path_join
from voila.app import Voila

from bng_opt.app.server.configuration import TEMPLATE, styles
from bng_opt.app.server.health import HealthHandler
from bng_opt.app.server.sign_in import StoreIdentity, TicketHandler
from bng_opt.market.store import Store
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings

TICKETS = "bng/ticket"


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
        super().initialize(argv)

    def setup_template_dirs(self) -> None:
        """Look in our template first."""
        super().setup_template_dirs()
        self.template_paths: list[str] = [str(TEMPLATE), *self.template_paths]

    def init_settings(self) -> dict[str, Any]:
        """Return tornado's settings."""
        made: dict[str, Any] = super().init_settings()
        made["cookie_secret"] = secrets.token_bytes(32)
        made["bng_app"], made["bng_styles"] = self, styles()
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
        return [*own, *identity, *super().init_handlers()]

    def listen(self) -> None:
        """Listen, and say where."""
        from tornado.ioloop import IOLoop

        if self.on_listening is not None:
            IOLoop.current().add_callback(lambda: self.on_listening(self.display_url))  # type: ignore[misc]
        super().listen()
