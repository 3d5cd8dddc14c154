"""Kernels of signed-in people: nobody gets at another's page, and who is shut out loses theirs."""

from __future__ import annotations

import re
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from bng_opt.app.server.kernels import KernelOwners
from bng_opt.market.store import open_store
from bng_opt.market.store.users import change_user
from tests.support.browser import Server
from tests.support.running import until
from tests.support.visitors import SECRETS, Visitor

pytestmark = pytest.mark.slow


def signed_in(server: Server, name: str) -> Visitor:
    visitor = Visitor(server)
    visitor.sign_in(name=name, password=SECRETS[name])
    return visitor


def open_page(visitor: Visitor) -> str:
    """Open a page as a browser does, and return its kernel."""
    _, page = visitor.get()
    found = re.search(r'"kernelId": "([0-9a-f-]{36})"', page)
    assert found, page[-2000:]
    assert connect(visitor, found[1]) == 101
    return found[1]


def connect(visitor: Visitor, kernel: str, **headers: str) -> int:
    """Return the status of a connection to a kernel; 101 for one that was opened."""
    asked = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Cookie": "; ".join(f"{each.name}={each.value}" for each in visitor.cookies),
    }
    address = urlsplit(f"{visitor.server.url}api/kernels/{kernel}/channels")
    with closing(HTTPConnection(address.netloc, timeout=60)) as connection:
        connection.request("GET", f"{address.path}?session_id=tests", headers={**asked, **headers})
        return connection.getresponse().status


def test_nobody_gets_at_another_s_kernel(for_users: Server) -> None:
    ada, bea, nobody = signed_in(for_users, "Ada"), signed_in(for_users, "Bea"), Visitor(for_users)
    kernel = open_page(ada)
    assert ada.get(f"api/kernels/{kernel}")[0] == 200
    for stranger in (bea, nobody):
        assert connect(stranger, kernel) == 403
        assert stranger.get(f"api/kernels/{kernel}")[0] == 403
    assert connect(ada, kernel) == 101


def test_a_page_of_another_site_cannot_connect(for_users: Server) -> None:
    ada = signed_in(for_users, "Ada")
    kernel = open_page(ada)
    assert connect(ada, kernel, Origin="https://elsewhere.example") == 403


def test_who_is_shut_out_loses_the_pages_that_are_open(for_users: Server) -> None:
    ada, bea = signed_in(for_users, "Ada"), signed_in(for_users, "Bea")
    kernels = {"Ada": open_page(ada), "Bea": open_page(bea)}
    with open_store(for_users.database) as store:
        change_user(store, "Bea", active=False, by="Ada")
    try:
        said = "A page of 'Bea', who was shut out, is closed"
        until(lambda: said in for_users.log.read_text(), "the end of Bea's page")
    finally:
        with open_store(for_users.database) as store:
            change_user(store, "Bea", active=True, by="Ada")
    assert signed_in(for_users, "Bea").get(f"api/kernels/{kernels['Bea']}")[0] == 404
    assert ada.get(f"api/kernels/{kernels['Ada']}")[0] == 200


def test_a_kernel_that_has_ended_is_nobody_s() -> None:
    owners = KernelOwners()
    for kernel in ("k1", "k2"):
        assert owners.admit(kernel, "Ann")
    owners.keep(["k2"])
    assert owners.of("Ann") == ("k2",)
    assert owners.admit("k1", "Bob")
    assert owners.names() == {"Ann", "Bob"}
