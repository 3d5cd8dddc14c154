"""What every request passes first: its id, its size, who asks and how often.

A request is refused before its body is read; the body is counted while it comes in.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bng_opt.api.faults import HttpError, answer, bug
from bng_opt.api.limits import Rates
from bng_opt.errors import AccessError, BngOptError, Finding
from bng_opt.logs import log_context
from bng_opt.market.store.api_keys import KeyHolder

OPEN_PATHS = frozenset({"/health", "/docs", "/openapi.json"})
"""What is answered without a key: nothing there is secret."""
REQUEST_ID = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SILENCE_S = 30.0
"""A body that stops coming for so long is given up [s]."""
_BYTES_PER_MB = 1_000_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_log = logging.getLogger(__name__)


class Gate:
    """Middleware that lets in who may ask.

    Parameters
    ----------
    app
        What answers those who are let in.
    holder_of
        Returns who acts by a key; asked in a thread, as it looks into the store.
    rates
        How often one may ask.
    upload_mb
        The largest body [MB].
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        holder_of: Callable[[str], KeyHolder],
        rates: Rates,
        upload_mb: float,
    ) -> None:
        self._app = app
        self._holder_of = holder_of
        self._rates = rates
        self._most_bytes = int(upload_mb * _BYTES_PER_MB)
        self._upload_mb = upload_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(Headers(scope=scope))
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, "holder": None}
        with log_context(request=request_id):
            await self._let_in(scope, receive, _Sending(send, request_id), request_id)

    async def _let_in(
        self, scope: Scope, receive: Receive, sending: _Sending, request_id: str
    ) -> None:
        try:
            holder = await self._check(scope)
            with log_context(user=holder.user.name if holder else None):
                await self._app(scope, self._counted(receive), sending)
        except ClientDisconnect:
            _log.info("Request %s was broken off by its sender.", request_id)
        except BngOptError as error:
            await sending.answer_with(answer(error, request_id), scope, receive)
        except Exception as error:
            await sending.answer_with(bug(error, request_id), scope, receive)

    async def _check(self, scope: Scope) -> KeyHolder | None:
        """Return who asks; None where anybody may."""
        headers = Headers(scope=scope)
        holder = None
        try:
            if scope["path"] not in OPEN_PATHS:
                holder = await self._holder(headers)
        except HttpError:
            self._take_token(_address(scope))
            raise
        self._take_token(holder.prefix if holder else _address(scope))
        scope["state"]["holder"] = holder
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._most_bytes:
            raise self._too_large()
        return holder

    async def _holder(self, headers: Headers) -> KeyHolder:
        key = _key(headers)
        if not key:
            raise _unauthorised("No API key is given.", "Send one: Authorization: Bearer KEY.")
        try:
            return await run_in_threadpool(self._holder_of, key)
        except AccessError as error:
            (finding,) = error.findings
            raise _unauthorised(finding.message, finding.remedy) from None

    def _take_token(self, caller: str) -> None:
        wait_s = self._rates.wait_s(caller)
        if wait_s:
            raise HttpError(
                HTTPStatus.TOO_MANY_REQUESTS,
                Finding("Too many requests.", f"Ask again in {wait_s} s, then less often."),
                {"Retry-After": str(wait_s)},
            )

    def _counted(self, receive: Receive) -> Receive:
        """Return a receive that refuses a body once it is too large, or stops coming."""
        size, complete = 0, False

        async def counted() -> Message:
            nonlocal size, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), _SILENCE_S)
            except TimeoutError:
                finding = Finding("The request stopped halfway.", "Send it again.")
                raise HttpError(HTTPStatus.REQUEST_TIMEOUT, finding) from None
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if size > self._most_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> HttpError:
        finding = Finding(
            f"The request has more than {self._upload_mb:g} MB.",
            "A metric workbook has about 4 MB; BNG_OPT_API_UPLOAD_MB sets the limit.",
        )
        return HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, finding)


class _Sending:
    """Sends an answer with the headers that all have, and knows whether it has begun."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, REQUEST_ID: self._request_id}.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def answer_with(self, response: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Send an error's answer; if another has begun, only breaking off can tell."""
        if self._begun:
            _log.error("Request %s broke off in its answer.", self._request_id)
            raise RuntimeError("the answer had begun")
        await response(scope, receive, self)


def _id_of(headers: Headers) -> str:
    """Return the caller's own id, if it may stand in a log; else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _ID.fullmatch(given) else secrets.token_hex(8)


def _key(headers: Headers) -> str:
    """Return the key that is given, of two the bearer's; empty without one."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = bearer if scheme.casefold() == "bearer" else headers.get("x-api-key", "")
    return given.strip()


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return f"address {client[0]}" if client else "no address"


def _unauthorised(message: str, remedy: str) -> HttpError:
    headers = {"WWW-Authenticate": "Bearer"}
    return HttpError(HTTPStatus.UNAUTHORIZED, Finding(message, remedy), headers)
