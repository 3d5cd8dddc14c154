"""Signing in to the dashboard: by the store's users, or by a proxy's word."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.auth.logout import LogoutHandler
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from bng_opt.app.environment import TICKET_KEY
from bng_opt.app.identity import make_ticket
from bng_opt.errors import AccessError, BngOptError, Finding
from bng_opt.market.store import Store
from bng_opt.market.store.users import find_user, sign_in
from bng_opt.settings import Settings, SignIn

MOST_TRIES = 5
"""Wrong passwords of one name, or from one address, after which it has to wait."""
WAIT_S = 60.0

_log = logging.getLogger(__name__)


class Tries:
    """Counts wrong passwords: who guesses has to wait."""

    def __init__(self) -> None:
        self._failed: dict[str, deque[float]] = {}

    def must_wait(self, *keys: str) -> bool:
        """Return whether any of the keys has failed too often lately."""
        return any(len(self._recent(key)) >= MOST_TRIES for key in keys)

    def failed(self, *keys: str) -> None:
        """Note a wrong password."""
        for key in keys:
            self._recent(key).append(time.monotonic())

    def succeeded(self, *keys: str) -> None:
        """Forget what went before."""
        for key in keys:
            self._failed.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        tries = self._failed.setdefault(key, deque(maxlen=MOST_TRIES))
        while tries and time.monotonic() - tries[0] > WAIT_S:
            tries.popleft()
        return tries


class SignInPage(LoginFormHandler):
    """The page on which users sign in."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Show the page again: Jupyter's own page of errors needs files that Voila hasn't."""
        self._render(f"That didn't work ({status_code}). Type it again.")

    def _render(self, message: Any = None) -> None:
        page = self.settings["voila_jinja2_env"].get_template("sign_in.html")
        provider = self.identity_provider
        self.write(
            page.render(
                base_url=self.base_url,
                styles=self.settings["bng_styles"],
                message=message or "",
                asks_token=getattr(provider, "asks_token", False),
                name=self.get_argument("name", ""),
                next=self.get_argument("next", ""),
                xsrf=self.xsrf_form_html(),
            )
        )

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in, or say why not."""
        provider: Any = self.identity_provider
        try:
            user = await provider.sign_in_async(self)
        except BngOptError as error:
            self.set_status(401)
            self._render(" ".join(f"{each.message} {each.remedy}" for each in error.findings))
            return
        self.identity_provider.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=self.base_url))  # type: ignore[no-untyped-call]


class SignOut(LogoutHandler):
    """Signing out: the cookie goes, and the sign-in page comes."""

    @allow_unauthenticated
    def get(self) -> None:
        """Sign out."""
        self.identity_provider.clear_login_cookie(self)
        self.redirect(self.base_url + "login")


class StoreIdentity(IdentityProvider):
    """Who uses the dashboard, by the store's users or the proxy before it."""

    def __init__(self, **options: Any) -> None:
        options["login_handler_class"] = SignInPage
        options["logout_handler_class"] = SignOut
        super().__init__(**options)
        app: Any = self.parent
        self._settings: Settings = app.bng_settings
        self._store: Store = app.bng_store
        self._tries = Tries()
        self.cookie_options = {"samesite": "Strict", "expires_days": 1}

    @property
    def auth_enabled(self) -> bool:
        """Return whether people have to sign in."""
        return self._settings.app_sign_in not in (SignIn.NONE, SignIn.JUPYTERHUB)

    @property
    def asks_token(self) -> bool:
        """Return whether the sign-in page asks for the team's token."""
        return self._settings.app_sign_in is SignIn.TOKEN

    def get_user(self, handler: web.RequestHandler) -> Any:
        """Return who makes a request; None if they have to sign in."""
        mode = self._settings.app_sign_in
        if mode is SignIn.PROXY:
            return self._by_proxy(handler)
        if mode is SignIn.USERS:
            return self._by_cookie(handler)
        return super().get_user(handler)

    async def sign_in_async(self, handler: web.RequestHandler) -> User:
        """Return who signs in with what they typed.

        Raises
        ------
        AccessError
            If it doesn't fit, or they have to wait.
        """
        from asyncio import to_thread

        address = str(handler.request.remote_ip)
        if self.asks_token:
            self._refuse_guesses(address)
            if not self._is_token(handler.get_argument("password", "")):
                self._tries.failed(address)
                raise AccessError(Finding("The token doesn't fit.", "Type it again."))
            self._tries.succeeded(address)
            anonymous: User = self.generate_anonymous_user(handler)
            return anonymous
        name = handler.get_argument("name", "")
        keys = (address, name.casefold())
        self._refuse_guesses(*keys)
        try:
            # Hashing takes a tenth of a second: others aren't kept waiting for it.
            user = await to_thread(
                sign_in, self._store, name, handler.get_argument("password", "", strip=False)
            )
        except AccessError:
            self._tries.failed(*keys)
            _log.warning("A sign-in as %r from %s failed", name, address)
            raise
        self._tries.succeeded(*keys)
        return _as_user(user.name)

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Return the user of a cookie, if they still may use the dashboard."""
        user: User | None = super().user_from_cookie(cookie_value)
        return user

    def _refuse_guesses(self, *keys: str) -> None:
        if self._tries.must_wait(*keys):
            remedy = f"Wait {WAIT_S:.0f} seconds, then type it again."
            raise AccessError(Finding("Too many wrong tries.", remedy))

    def _is_token(self, given: str) -> bool:
        from hmac import compare_digest

        return compare_digest(given.encode(), str(self.token).encode())

    def _by_proxy(self, handler: web.RequestHandler) -> User | None:
        trusted = {part.strip() for part in self._settings.app_trusted_proxies.split(",")}
        # What the connection comes from, whatever headers claim.
        peer = getattr(handler.request.connection, "context", None)
        address = getattr(peer, "_orig_remote_ip", None) or handler.request.remote_ip
        if address not in trusted:
            _log.warning("A request from %s is no proxy's that is trusted", address)
            return None
        name = handler.request.headers.get(self._settings.app_proxy_header, "")
        return self._active(name)

    def _by_cookie(self, handler: web.RequestHandler) -> User | None:
        user: Any = self.get_user_cookie(handler)
        return None if user is None else self._active(user.username)

    def _active(self, name: str) -> User | None:
        """Return a user of the store who may sign in: one who was shut out is out at once."""
        known = find_user(self._store, name) if name else None
        return _as_user(known.name) if known is not None and known.active else None


class TicketHandler(JupyterHandler):
    """Hands a signed-in browser what tells the kernel who acts."""

    @web.authenticated
    def get(self) -> None:
        """Return a ticket."""
        import os

        key = bytes.fromhex(os.environ[TICKET_KEY])
        self.set_header("Cache-Control", "no-store")
        self.finish({"ticket": make_ticket(key, self.current_user.username)})


def _as_user(name: str) -> User:
    return User(username=name, name=name, display_name=name)
