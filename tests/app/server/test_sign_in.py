"""Signing in to a real server, by each of the ways; no browser is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

from bng_opt.app.server.sign_in import MOST_TRIES, Tries
from bng_opt.market.store import open_store
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user, change_user
from tests.support.browser import Server, serving

pytestmark = pytest.mark.slow
SECRETS = {"Ada": "a long sentence of Ada", "Bea": "a long sentence of Bea"}
TOKEN = "the-team-s-long-token"


class Visitor:
    """One who asks the server for pages and keeps its cookies."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str = "", **headers: str) -> tuple[int, str]:
        """Return status and text of a page, where redirections lead."""
        return self._ask(Request(self.server.url + path, headers=headers))

    def sign_in(self, **fields: str) -> tuple[int, str]:
        """Fill in the sign-in page."""
        _, page = self.get("login")
        token = re.search(r'name="_xsrf"[^>]*value="([^"]+)"', page)
        data = urlencode({**fields, "_xsrf": token[1] if token else ""}).encode()
        address = self.server.url + "login"
        return self._ask(Request(address, data=data, headers={"Referer": address}))

    def has_ticket(self, **headers: str) -> bool:
        """Return whether the server gives a ticket."""
        status, text = self.get("bng/ticket", **headers)
        return status == 200 and text.startswith('{"ticket"')

    def _ask(self, request: Request) -> tuple[int, str]:
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


@pytest.fixture(scope="module")
def for_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server to which the store's users sign in."""
    folder = tmp_path_factory.mktemp("users")
    settings = {"app_sign_in": "users", "app_pool_size": "0", "app_base_url": "/bng/"}
    with serving(folder, with_users(folder), **settings) as server:
        yield server


def test_nobody_sees_the_dashboard_or_a_kernel_without_signing_in(for_users: Server) -> None:
    visitor = Visitor(for_users)
    _, page = visitor.get()
    assert "<h1>Sign in</h1>" in page
    assert "bng-tickets" not in page
    assert not visitor.has_ticket()
    for path in (
        "api/kernels",
        "voila/api/kernels",
        "api/contents",
        "files/store.sqlite",
        "api/kernels/x/channels",
    ):
        status, text = visitor.get(path)
        assert status in (403, 404) or "<h1>Sign in</h1>" in text, path


def test_a_user_signs_in_and_out(for_users: Server) -> None:
    visitor = Visitor(for_users)
    status, page = visitor.sign_in(name="Bea", password=SECRETS["Bea"])
    assert status == 200
    assert 'data-bng-tickets="/bng/bng/ticket"' in page
    status, text = visitor.get("bng/ticket")
    assert status == 200
    assert json.loads(text)["ticket"].count(".") == 2
    visitor.get("logout")
    assert not visitor.has_ticket()


def test_a_wrong_password_is_refused_in_words(for_users: Server) -> None:
    status, page = Visitor(for_users).sign_in(name="Ada", password="<script>wrong</script>")
    assert status == 401
    assert 'role="alert"' in page
    assert "<script>wrong" not in page


def test_one_who_was_shut_out_is_out_at_once(for_users: Server) -> None:
    visitor = Visitor(for_users)
    visitor.sign_in(name="Bea", password=SECRETS["Bea"])
    assert visitor.has_ticket()
    with open_store(for_users.database) as store:
        change_user(store, "Bea", active=False, by="Ada")
    try:
        assert not visitor.has_ticket()
    finally:
        with open_store(for_users.database) as store:
            change_user(store, "Bea", active=True, by="Ada")


def test_who_guesses_has_to_wait(for_users: Server) -> None:
    visitor = Visitor(for_users)
    answers = [
        visitor.sign_in(name="Eve", password=f"guess {number}")[1]
        for number in range(MOST_TRIES + 2)
    ]
    assert "Too many wrong tries" in answers[-1]


def test_answers_forbid_other_machines_and_frames(for_users: Server) -> None:
    with build_opener().open(for_users.url + "login") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy.startswith("default-src 'self'")
    assert "frame-ancestors 'self'" in policy


def test_health_answers_anybody_without_details(for_users: Server) -> None:
    status, text = Visitor(for_users).get("health")
    assert status == 200
    told = json.loads(text)
    assert (told["state"], told["store"], told["jobs"]) == ("ok", "ok", "ok")
    assert str(for_users.database) not in text


def test_a_proxy_s_word_is_believed_only_of_a_trusted_proxy(tmp_path: Path) -> None:
    settings = {"app_sign_in": "proxy", "app_pool_size": "0", "app_proxy_header": "X-Remote-User"}
    database = with_users(tmp_path)
    with serving(tmp_path, database, app_trusted_proxies="127.0.0.1", **settings) as server:
        visitor = Visitor(server)
        assert visitor.has_ticket(**{"X-Remote-User": "Bea"})
        assert not visitor.has_ticket(**{"X-Remote-User": "Eve"})
        assert not visitor.has_ticket()
    with serving(tmp_path, database, app_trusted_proxies="10.0.0.1", **settings) as server:
        assert not Visitor(server).has_ticket(**{"X-Remote-User": "Bea"})
        forwarded = {"X-Remote-User": "Bea", "X-Forwarded-For": "10.0.0.1", "X-Real-Ip": "10.0.0.1"}
        assert not Visitor(server).has_ticket(**forwarded)


def test_a_team_signs_in_with_its_token(tmp_path: Path) -> None:
    settings = {"app_sign_in": "token", "app_token": TOKEN, "app_pool_size": "0"}
    with serving(tmp_path, with_users(tmp_path), **settings) as server:
        visitor = Visitor(server)
        assert "Your team's token" in visitor.get()[1]
        assert visitor.sign_in(password="something else")[0] == 401
        status, page = visitor.sign_in(password=TOKEN)
        assert (status, "Skip to the content" in page) == (200, True)
        assert TOKEN not in server.log.read_text()


def test_tries_are_forgotten_with_the_right_password() -> None:
    tries = Tries()
    for _ in range(MOST_TRIES):
        tries.failed("ann")
    assert tries.must_wait("ann")
    assert not tries.must_wait("bob")
    tries.succeeded("ann")
    assert not tries.must_wait("ann")
