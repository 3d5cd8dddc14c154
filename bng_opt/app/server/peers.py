"""Who is at the other end of a request, where a proxy may stand between."""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler


def peer_of(handler: RequestHandler) -> str:
    """Return the address that a connection comes from, whatever headers claim."""
    context: Any = getattr(handler.request.connection, "context", None)
    return str(getattr(context, "_orig_remote_ip", None) or handler.request.remote_ip)


def proxies_of(listed: str) -> frozenset[str]:
    """Return the addresses of the proxies that are believed.

    >>> sorted(proxies_of("127.0.0.1, ::1"))
    ['127.0.0.1', '::1']
    """
    return frozenset(part.strip() for part in listed.split(",") if part.strip())


def origin(peer: str, forwarded: str, proxies: frozenset[str]) -> str:
    """Return who asks: beyond proxies that are believed, whom the last of them names.

    Parameters
    ----------
    peer
        Where the connection comes from.
    forwarded
        The header ``X-Forwarded-For``: each proxy adds whom it heard, so what stands left of a
        stranger's word may be invented.
    proxies
        Who is believed.

    >>> origin("127.0.0.1", "1.1.1.1, 7.7.7.7", frozenset({"127.0.0.1"}))
    '7.7.7.7'
    >>> origin("9.9.9.9", "1.1.1.1", frozenset({"127.0.0.1"}))
    '9.9.9.9'
    """
    heard = [part.strip() for part in forwarded.split(",") if part.strip()]
    while peer in proxies and heard:
        peer = heard.pop()
    return peer
