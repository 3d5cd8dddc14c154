"""Signing in to a real server, by each of the ways; no browser is needed."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import build_opener

import pytest

from bng_opt.app.server.sign_in import MOST_TRIES, Tries
from bng_opt.market.store import open_store
from bng_opt.market.store.users import change_user
from tests.support.browser import Server, serving
from tests.support.visitors import SECRETS, Visitor, with_users

pytestmark = pytest.mark.slow
TOKEN = "the-team-s-long-token"


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


def test_a_sign_in_ends_with_the_password(for_users: Server) -> None:
    visitor = Visitor(for_users)
    visitor.sign_in(name="Bea", password=SECRETS["Bea"])
    assert visitor.has_ticket()
    with open_store(for_users.database) as store:
        change_user(store, "Bea", password="another long sentence", by="Ada")
    try:
        assert not visitor.has_ticket()
    finally:
        with open_store(for_users.database) as store:
            change_user(store, "Bea", password=SECRETS["Bea"], by="Ada")


def test_who_guesses_has_to_wait_and_others_at_the_same_address_need_not(
    for_users: Server,
) -> None:
    visitor = Visitor(for_users)
    answers = [
        visitor.sign_in(name="Eve", password=f"guess {number}")[1]
        for number in range(MOST_TRIES + 1)
    ]
    assert "Too many wrong tries" not in answers[MOST_TRIES - 1]
    assert "Too many wrong tries" in answers[-1]
    assert visitor.sign_in(name="Bea", password=SECRETS["Bea"])[0] == 200


def test_a_sign_in_s_cookie_is_for_the_server_alone(for_users: Server) -> None:
    plain, encrypted = Visitor(for_users), Visitor(for_users)
    plain.sign_in(name="Bea", password=SECRETS["Bea"])
    (cookie,) = [each for each in plain.cookies if each.name.startswith("username")]
    assert (cookie.secure, cookie.path) == (False, "/bng/")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    # A proxy on this machine ended the encrypted connection.
    encrypted.sign_in({"X-Forwarded-Proto": "https"}, name="Bea", password=SECRETS["Bea"])
    assert [each.secure for each in encrypted.cookies if each.name.startswith("username")] == [True]


@pytest.mark.parametrize("path", ["nonsense", "voila/files/store.sqlite", "voila/query/1-2-3-4-5"])
def test_there_is_nothing_but_the_dashboard(for_users: Server, path: str) -> None:
    visitor = Visitor(for_users)
    visitor.sign_in(name="Bea", password=SECRETS["Bea"])
    status, page = visitor.get(path)
    assert status == 404
    assert "There is no such page" in page
    assert "//" not in page.replace("http://www.w3.org", "").partition("<body")[2]


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
