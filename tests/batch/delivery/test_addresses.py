"""E-mail addresses: what a server takes, and nothing that could be read as more."""

from __future__ import annotations

import pytest

from bng_opt.batch.delivery.addresses import is_address, is_sender


@pytest.mark.parametrize(
    "text", ["ann@example.org", "a.b+bng@mail.example.co.uk", "owner@localhost", "o'neill@x.org"]
)
def test_an_address_is_one(text: str) -> None:
    assert is_address(text)
    assert is_sender(f"BNG desk <{text}>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@example..org",
        "ann@-example.org",
        "ann@exam ple.org",
        "ann@example.org, bob@example.org",
        "ann@example.org;bob@example.org",
        "Ann <ann@example.org>",
        "ann@example.org\n",
        "ann@example.org\r\nBcc: all@example.org",
        "ann@example.org\x00",
        '"ann bob"@example.org',
        "änn@example.org",
        "ann@exämple.org",
        "ann@[127.0.0.1]",
        "a" * 250 + "@x.org",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    assert not is_address(text)
    assert not is_sender(f"Desk <{text}>") or text.strip() != text


@pytest.mark.parametrize(
    "text", ["BNG desk", "", "Desk\nBcc: x@y.org <a@b.org>", "a@b.org c@d.org"]
)
def test_a_sender_without_one_address_is_refused(text: str) -> None:
    assert not is_sender(text)
