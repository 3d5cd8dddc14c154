"""A server to which people sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Server, serving
from tests.support.visitors import with_users


@pytest.fixture(scope="session")
def for_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server to which the store's users sign in."""
    folder = tmp_path_factory.mktemp("users")
    settings = {"app_sign_in": "users", "app_pool_size": "0", "app_base_url": "/bng/"}
    with serving(folder, with_users(folder), **settings) as server:
        yield server
