"""Errors as the service answers them: a status, a kind, and every finding with its remedy."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from bng_opt.errors import (
    AccessError,
    BngOptError,
    Finding,
    InfeasibleError,
    InputError,
    SchedulerError,
    StockError,
    StoreError,
)

_log = logging.getLogger(__name__)

_STATUS_OF: Mapping[type[BngOptError], HTTPStatus] = {
    AccessError: HTTPStatus.FORBIDDEN,
    StockError: HTTPStatus.CONFLICT,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InfeasibleError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_RETRY_S = 5
"""When to ask again of a store that is busy or out of reach [s]."""
_REMEDIES = {
    HTTPStatus.NOT_FOUND: "GET /docs lists what there is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "GET /docs lists what may be done where.",
}
_MOST_FINDINGS = 100


class HttpError(BngOptError):
    """A request that can't be answered, with its status.

    Parameters
    ----------
    status
        The status of the answer; its words are the error's kind.
    findings
        What is wrong, and what to do.
    headers
        Headers of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        findings: Finding | Iterable[Finding],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(findings)
        self.status = status
        self.headers = dict(headers or {})


def not_found(what: str) -> HttpError:
    """Return the error of something that isn't there, or not for this caller."""
    return HttpError(HTTPStatus.NOT_FOUND, Finding(f"There is no such {what}.", "See GET /jobs."))


def bad_request(message: str, remedy: str) -> HttpError:
    """Return the error of a request that doesn't fit its form."""
    return HttpError(HTTPStatus.BAD_REQUEST, Finding(message, remedy))


_NEW_NAMES = {
    "REQUEST_ENTITY_TOO_LARGE": "CONTENT_TOO_LARGE",
    "UNPROCESSABLE_ENTITY": "UNPROCESSABLE_CONTENT",
}
"""What Python 3.13 calls them: an error's kind doesn't hang on the server's Python."""


def kind_of(status: HTTPStatus) -> str:
    """Return an error's kind by its status.

    Examples
    --------
    >>> kind_of(HTTPStatus.NOT_FOUND), kind_of(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    ('NotFound', 'UnsupportedMediaType')
    """
    name = _NEW_NAMES.get(status.name, status.name)
    return "".join(word.capitalize() for word in name.split("_"))


def answer(error: BngOptError, request_id: str) -> JSONResponse:
    """Return the answer to a request that failed for a reason the caller may know."""
    if isinstance(error, HttpError):
        return _response(
            error.status, kind_of(error.status), error.findings, request_id, error.headers
        )
    if isinstance(error, (StoreError, SchedulerError)):
        return unavailable(error, request_id)
    for kind, status in _STATUS_OF.items():
        if isinstance(error, kind):
            return _response(status, type(error).__name__, error.findings, request_id)
    return bug(error, request_id)


def unavailable(error: BngOptError, request_id: str) -> JSONResponse:
    """Log why the service can't answer now, which names its own files, and return that it can't."""
    _log.warning("Request %s can't be answered: %s", request_id, error)
    finding = Finding(
        "The service can't do this for the moment.",
        f"Ask again in {_RETRY_S} s; GET /health says how it is.",
    )
    headers = {"Retry-After": str(_RETRY_S)}
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _response(status, type(error).__name__, (finding,), request_id, headers)


def bug(error: BaseException, request_id: str) -> JSONResponse:
    """Log an error that nobody foresaw, and return an answer that only says where it is logged."""
    _log.error("Request %s failed.", request_id, exc_info=error)
    finding = Finding(
        "The service failed on this request.", f"Report it with its id, {request_id}."
    )
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _response(status, kind_of(status), (finding,), request_id)


def _response(
    status: HTTPStatus,
    kind: str,
    findings: tuple[Finding, ...],
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    shown = [finding.as_dict() for finding in findings[:_MOST_FINDINGS]]
    if len(findings) > _MOST_FINDINGS:
        left = Finding(
            f"{len(findings) - _MOST_FINDINGS} more findings aren't shown.",
            "Mend these first, then ask again.",
        )
        shown.append(left.as_dict())
    content = {"error": {"kind": kind, "findings": shown, "request": request_id}}
    return _Json(content, status, dict(headers or {}))


class _Json(JSONResponse):
    """JSON that holds any text: half a surrogate pair, from a caller's own, is replaced."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of the answer."""
        import json

        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def add_handlers(app: FastAPI) -> None:
    """Let an app answer every error in this form."""
    app.add_exception_handler(BngOptError, _of_package)
    app.add_exception_handler(RequestValidationError, _of_form)
    app.add_exception_handler(HTTPException, _of_routing)


def id_of(request: Request) -> str:
    """Return the id of a request."""
    return str(request.scope["state"]["request_id"])


async def _of_package(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, BngOptError):
        raise error
    return answer(error, id_of(request))


async def _of_form(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    status = HTTPStatus.BAD_REQUEST
    found = tuple(finding_of(problem) for problem in error.errors())
    return _response(status, kind_of(status), found, id_of(request))


async def _of_routing(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    message = str(error.detail).rstrip(".")
    finding = Finding(f"{message}.", _REMEDIES.get(status, "See GET /docs."))
    return _response(status, kind_of(status), (finding,), id_of(request), headers)


def _allowed(request: Request) -> list[str]:
    """Return every method of a path: each route by itself knows only its own."""
    path = request.scope["path"]
    described = request.app.openapi()["paths"]
    # A path of its own, such as /cache/clear, is no /cache/{key}.
    matching = [path] if path in described else _templates_of(path, described)
    return sorted({method.upper() for each in matching for method in described[each]})


def _templates_of(path: str, templates: Iterable[str]) -> list[str]:
    return [template for template in templates if compile_path(template)[0].match(path)]


def finding_of(problem: Mapping[str, Any]) -> Finding:
    """Return what doesn't fit the form of a request, with its place in it."""
    place = ".".join(str(part)[:60] for part in problem["loc"]) or "body"
    return Finding(f"{place[:200]}: {problem['msg'][:300]}.", "See GET /docs for the form.")
