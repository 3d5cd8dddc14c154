"""The page's link: what the browser is told, and what is believed of what it says."""

from __future__ import annotations

from typing import Any

import pytest

from bng_opt.app.link import LONGEST_DRAFT, Arrival, PageLink


@pytest.fixture
def arrivals() -> list[Arrival]:
    """Return the arrivals that the link told of."""
    return []


@pytest.fixture
def link(arrivals: list[Arrival], monkeypatch: pytest.MonkeyPatch) -> PageLink:
    """Return a link whose messages are kept in ``link.sent``."""
    made = PageLink(on_arrival=arrivals.append)
    made.sent = []

    def send(content: Any, buffers: Any = None) -> None:
        made.sent.append((content, buffers))

    monkeypatch.setattr(made, "send", send)
    return made


def hear(link: PageLink, content: dict[str, Any]) -> None:
    link._handle_custom_msg(content, [])


def test_a_browser_arrives_once(link: PageLink, arrivals: list[Arrival]) -> None:
    hear(link, {"arrival": {"query": "?run=abc&x=1", "draft": "{}", "ticket": "t"}})
    hear(link, {"arrival": {"query": "?run=other"}})
    assert arrivals == [Arrival({"run": "abc", "x": "1"}, "{}", "t")]


def test_a_ping_is_answered(link: PageLink) -> None:
    hear(link, {"ping": True})
    assert link.sent == [({"do": "pong"}, None)]


def test_a_draft_is_sent_when_it_has_changed_and_is_not_too_long(link: PageLink) -> None:
    for text in ("a", "a", "b", "x" * (LONGEST_DRAFT + 1)):
        link.keep_draft(text)
    assert [content["text"] for content, _ in link.sent] == ["a", "b"]


def test_an_empty_parameter_is_left_out_of_the_address(link: PageLink) -> None:
    link.set_query(run="abc", page="")
    assert link.sent[0][0] == {"do": "query", "parameters": {"run": "abc"}}


def test_a_file_goes_as_bytes(link: PageLink) -> None:
    link.download("plan.json", b"{}", "application/json")
    content, buffers = link.sent[0]
    assert content == {"do": "download", "name": "plan.json", "mime": "application/json"}
    assert buffers == [b"{}"]
