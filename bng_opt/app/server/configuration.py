"""How Voila is run for a team: what its defaults would get wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from traitlets.config import Config

from bng_opt.errors import Finding, InputError
from bng_opt.settings import PREFIX, Settings, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).resolve().parents[1] / "template"
"""The folder of our template."""
SHORTEST_TOKEN = 16
_MB = 2**20
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_OPEN = (SignIn.NONE, SignIn.JUPYTERHUB)
"""Nobody is asked who they are; the hub has asked before, and leads to this machine itself."""
_CULL_EVERY_S = 60
_EXTENSIONS = (
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
    "jupyter-leaflet",
)
"""What the page needs of all that may be installed for JupyterLab."""


def voila_configuration(settings: Settings) -> Config:
    """Return what Voila is told.

    * Messages may be as large as an upload and its wrapping; larger ones end a connection
      without a word.
    * Kernels of pages that were closed go after a while; those of open pages never.
    * A page never shows a traceback, and asks for no file of the server.
    * Kernels wait with the page drawn, so that it opens at once.
    """
    config = Config()
    config.Voila.ip = settings.app_host
    config.Voila.port = settings.app_port
    config.Voila.port_retries = 0
    config.Voila.base_url = settings.app_base_url
    config.Voila.open_browser = False
    config.Voila.token = settings.app_token.get_secret_value() if _takes_token(settings) else ""
    config.Voila.tornado_settings = {
        "websocket_max_message_size": int(settings.app_upload_mb * _MB) + _MB,
        "headers": headers(settings),
        # Where nobody signs in, a page of the web that had its name led to this machine could
        # use the dashboard: it answers to this machine's own names only.
        "allow_remote_access": settings.app_sign_in is not SignIn.NONE,
    }
    page = config.VoilaConfiguration
    page.template = "lab"
    page.theme = "light"
    page.allow_template_override = page.allow_theme_override = "NO"
    page.show_tracebacks = False
    page.strip_sources = True
    page.extension_allowlist = list(_EXTENSIONS)
    page.file_allowlist = []
    page.file_denylist = [".*"]
    page.preheat_kernel = settings.app_pool_size > 0
    page.default_pool_size = settings.app_pool_size
    page.resources = {"bng_css": styles(), "bng_sign_in": settings.app_sign_in.value}
    kernels = config.MappingKernelManager
    kernels.cull_idle_timeout = max(1, round(settings.app_idle_minutes * 60))
    kernels.cull_interval = min(_CULL_EVERY_S, kernels.cull_idle_timeout)
    kernels.cull_connected = False
    kernels.cull_busy = False
    _encrypt(config)
    return config


def _encrypt(config: Config) -> None:
    """Have what goes to and from kernels encrypted on its way through this machine, if it can."""
    import zmq
    from jupyter_client.manager import KernelManager

    if KernelManager.class_traits().get("transport_encryption") and zmq.has("curve"):
        config.KernelManager.transport_encryption = "auto"


def headers(settings: Settings) -> dict[str, str]:
    """Return the headers of every answer: no page may ask another machine for anything."""
    return {
        "Content-Security-Policy": "; ".join(_policy(settings)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "SAMEORIGIN",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _policy(settings: Settings) -> Iterator[str]:
    tiles = ""
    if settings.app_tiles_url:
        parts = urlsplit(settings.app_tiles_url)
        tiles = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}"
    yield "default-src 'self'"
    # Voila's own page starts with scripts in it, and widgets bring theirs over the connection.
    yield "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:"
    yield "style-src 'self' 'unsafe-inline'"
    yield f"img-src 'self' data: blob:{tiles}"
    yield "font-src 'self' data:"
    yield "connect-src 'self' data: blob:"
    yield "object-src 'none'"
    yield "base-uri 'self'"
    yield "form-action 'self'"
    yield "frame-ancestors 'self'"


def styles() -> str:
    """Return all style sheets of the dashboard, the shared one first."""
    paths = sorted(TEMPLATE.glob("*.css"), key=lambda path: (path.name != "app.css", path.name))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def check_settings(settings: Settings) -> None:
    """Refuse settings that would let anybody in, or nobody.

    Raises
    ------
    InputError
        With all findings.
    """
    findings = []
    mode = settings.app_sign_in
    if settings.app_host not in _THIS_MACHINE and mode in _OPEN:
        message = f"The dashboard would be open to everybody who reaches {settings.app_host}."
        remedy = f"Set {PREFIX}APP_SIGN_IN (users, token or proxy), or {PREFIX}APP_HOST=127.0.0.1."
        findings.append(Finding(message, remedy))
    if mode is SignIn.TOKEN and len(settings.app_token.get_secret_value()) < SHORTEST_TOKEN:
        message = f"The team's token has less than {SHORTEST_TOKEN} characters."
        findings.append(Finding(message, f"Set {PREFIX}APP_TOKEN to a longer secret."))
    if settings.app_tiles_url and not settings.app_tiles_url.startswith(("https://", "http://")):
        message = f'"{settings.app_tiles_url}" is no address of map tiles.'
        findings.append(Finding(message, "Give https://HOST/{z}/{x}/{y}.png, or leave it out."))
    if findings:
        raise InputError(findings)


def _takes_token(settings: Settings) -> bool:
    return settings.app_sign_in is SignIn.TOKEN
