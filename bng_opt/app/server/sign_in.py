"""Signing in to the dashboard: by the store's users, or by a proxy's word."""

from __future__ import annotations

import json
import logging
import os
import time
from asyncio import Lock, to_thread
from collections import deque
from hmac import compare_digest
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.auth.logout import LogoutHandler
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from bng_opt.app.environment import TICKET_KEY
from bng_opt.app.identity import make_ticket
from bng_opt.app.server.peers import origin, peer_of, proxies_of
from bng_opt.errors import AccessError, BngOptError, Finding
from bng_opt.market.store import Store
from bng_opt.market.store.users import find_user, sign_in, sign_in_mark
from bng_opt.settings import Settings, SignIn

MOST_TRIES = 5
"""Wrong passwords of one name, after which it has to wait."""
MOST_FROM_ADDRESS = 30
"""Wrong passwords from one address: a whole office may share it."""
WAIT_S = 60.0
SIGNED_IN_DAYS = 1
_LONGEST_KEY = 100
_TIDY_FROM = 1000

_log = logging.getLogger(__name__)


class Tries:
    """Counts wrong passwords: who guesses has to wait.

    Parameters
    ----------
    most
        How many a key may have within :data:`WAIT_S`.
    """

    def __init__(self, most: int = MOST_TRIES) -> None:
        self._most = most
        self._failed: dict[str, deque[float]] = {}

    def must_wait(self, key: str) -> bool:
        """Return whether a key has failed too often lately."""
        return len(self._recent(key)) >= self._most

    def failed(self, key: str) -> None:
        """Note a wrong password."""
        if len(self._failed) >= _TIDY_FROM:
            self._failed = {each: self._recent(each) for each in tuple(self._failed)}
            self._failed = {each: tries for each, tries in self._failed.items() if tries}
        tries = self._recent(key)
        tries.append(time.monotonic())
        self._failed[key[:_LONGEST_KEY]] = tries

    def succeeded(self, key: str) -> None:
        """Forget what went before."""
        self._failed.pop(key[:_LONGEST_KEY], None)

    def _recent(self, key: str) -> deque[float]:
        tries = self._failed.get(key[:_LONGEST_KEY]) or deque(maxlen=self._most)
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
        self._proxies = proxies_of(self._settings.app_trusted_proxies)
        self._of_name, self._of_address = Tries(), Tries(MOST_FROM_ADDRESS)
        self._one_at_a_time = Lock()
        # "Lax": a link to a run in a message opens for who has signed in; no foreign form acts.
        self.cookie_options = {"samesite": "Lax", "expires_days": SIGNED_IN_DAYS}
        self.get_secure_cookie_kwargs = {"max_age_days": SIGNED_IN_DAYS}

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
            return self.get_user_cookie(handler)
        return super().get_user(handler)

    async def sign_in_async(self, handler: web.RequestHandler) -> User:
        """Return who signs in with what they typed.

        Raises
        ------
        AccessError
            If it doesn't fit, or they have to wait.
        """
        address = self._address(handler)
        name = "" if self.asks_token else handler.get_argument("name", "")
        key = name.strip().casefold()
        # One at a time: many at once would be let try before the first was found wrong.
        async with self._one_at_a_time:
            if self._of_address.must_wait(address) or (name and self._of_name.must_wait(key)):
                remedy = f"Wait {WAIT_S:.0f} seconds, then type it again."
                raise AccessError(Finding("Too many wrong tries.", remedy))
            try:
                user = await self._let_in(handler, name)
            except AccessError:
                self._of_address.failed(address)
                self._of_name.failed(key)
                _log.warning("A sign-in as %r from %s failed", name, address)
                raise
        self._of_address.succeeded(address)
        self._of_name.succeeded(key)
        return user

    async def _let_in(self, handler: web.RequestHandler, name: str) -> User:
        given = handler.get_argument("password", "", strip=False)
        if self.asks_token:
            if not compare_digest(given.strip().encode(), str(self.token).encode()):
                raise AccessError(Finding("The token doesn't fit.", "Type it again."))
            anonymous: User = self.generate_anonymous_user(handler)
            return anonymous
        # Hashing takes a tenth of a second: others aren't kept waiting for it.
        return _as_user((await to_thread(sign_in, self._store, name, given)).name)

    def set_login_cookie(self, handler: web.RequestHandler, user: User) -> None:
        """Set the cookie, for encrypted connections only if a proxy in between has one."""
        if peer_of(handler) in self._proxies:
            told = handler.request.headers.get("X-Forwarded-Proto", handler.request.protocol)
            handler.request.protocol = told
        super().set_login_cookie(handler, user)

    def user_to_cookie(self, user: User) -> str:
        """Return the content of a cookie, which is signed and ends with the user's password."""
        if self._settings.app_sign_in is not SignIn.USERS:
            return str(super().user_to_cookie(user))
        return json.dumps([user.username, sign_in_mark(self._store, user.username)])

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Return the user of a cookie, if they still may use the dashboard."""
        if self._settings.app_sign_in is not SignIn.USERS:
            anybody: User | None = super().user_from_cookie(cookie_value)
            return anybody
        name, mark = json.loads(cookie_value)
        return self._active(name) if mark == sign_in_mark(self._store, name) else None

    def _address(self, handler: web.RequestHandler) -> str:
        forwarded = handler.request.headers.get("X-Forwarded-For", "")
        return origin(peer_of(handler), forwarded, self._proxies)

    def _by_proxy(self, handler: web.RequestHandler) -> User | None:
        address = peer_of(handler)
        if address not in self._proxies:
            _log.warning("A request from %s is no proxy's that is trusted", address)
            return None
        return self._active(handler.request.headers.get(self._settings.app_proxy_header, ""))

    def _active(self, name: str) -> User | None:
        """Return a user of the store who may sign in: one who was shut out is out at once."""
        known = find_user(self._store, name) if name else None
        return _as_user(known.name) if known is not None and known.active else None


class TicketHandler(JupyterHandler):
    """Hands a signed-in browser what tells the kernel who acts."""

    @web.authenticated
    def get(self) -> None:
        """Return a ticket."""
        key = bytes.fromhex(os.environ[TICKET_KEY])
        self.set_header("Cache-Control", "no-store")
        self.finish({"ticket": make_ticket(key, self.current_user.username)})


def _as_user(name: str) -> User:
    return User(username=name, name=name, display_name=name)
