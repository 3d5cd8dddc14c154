"""Who asks, where proxies may stand between and headers may be invented."""

from __future__ import annotations

import pytest

from bng_opt.app.server.peers import origin

PROXIES = frozenset({"127.0.0.1", "10.0.0.1"})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("9.9.9.9", "", "9.9.9.9"),
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "7.7.7.7", "7.7.7.7"),
        ("127.0.0.1", "1.1.1.1, 7.7.7.7", "7.7.7.7"),
        ("127.0.0.1", "1.1.1.1, 7.7.7.7, 10.0.0.1", "7.7.7.7"),
        ("127.0.0.1", " , ", "127.0.0.1"),
    ],
    ids=["direct", "invented", "from the proxy itself", "one proxy", "an invented first hop",
         "two proxies", "an empty header"],
)  # fmt: skip
def test_only_proxies_are_believed(peer: str, forwarded: str, expected: str) -> None:
    assert origin(peer, forwarded, PROXIES) == expected
