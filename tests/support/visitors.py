"""People who ask a server of the dashboard for pages, without a browser."""

from __future__ import annotations

import re
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from bng_opt.market.store import open_store
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user
from tests.support.browser import Server

SECRETS = {"Ada": "a long sentence of Ada", "Bea": "a long sentence of Bea"}


class Visitor:
    """One who asks the server for pages and keeps its cookies."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._jar = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self._jar))

    @property
    def cookies(self) -> list[Cookie]:
        """Return the cookies that the server gave."""
        return list(self._jar)

    def get(self, path: str = "", **headers: str) -> tuple[int, str]:
        """Return status and text of a page, where redirections lead."""
        return self.ask(Request(self.server.url + path, headers=headers))

    def sign_in(self, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
        """Fill in the sign-in page."""
        _, page = self.get("login")
        token = re.search(r'name="_xsrf"[^>]*value="([^"]+)"', page)
        data = urlencode({**fields, "_xsrf": token[1] if token else ""}).encode()
        address = self.server.url + "login"
        return self.ask(
            Request(address, data=data, headers={"Referer": address, **(headers or {})})
        )

    def has_ticket(self, **headers: str) -> bool:
        """Return whether the server gives a ticket."""
        status, text = self.get("bng/ticket", **headers)
        return status == 200 and text.startswith('{"ticket"')

    def ask(self, request: Request) -> tuple[int, str]:
        """Return status and text of any request."""
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()


def with_users(folder: Path) -> Path:
    """Return a store with an admin and an analyst."""
    database = folder / "store.sqlite"
    with open_store(database) as store:
        add_user(store, "Ada", Role.ADMIN, SECRETS["Ada"], by="installer")
        add_user(store, "Bea", Role.ANALYST, SECRETS["Bea"], by="Ada")
    return database
