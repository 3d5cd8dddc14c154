"""The OpenAPI description: what FastAPI finds by itself, and the two bodies of a submission."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from bng_opt import __version__
from bng_opt.api.answers import ErrorAnswer
from bng_opt.api.bodies import JSON, MULTIPART, OPTIONS, WORKBOOK
from bng_opt.api.forms import EXAMPLE, Options, ScenarioForm
from bng_opt.api.gate import OPEN_PATHS

TITLE = "bng_opt"
_TEXT = """\
The cheapest lawful purchase of English biodiversity units, proven.

A job is submitted, looked at until it is done, and its result and documents fetched. A body \
that doesn't fit its form is answered with 400; one that fits but can't be used (an unknown \
place, a damaged workbook) with 422. Every error lists all its findings, each with a remedy.

Send an API key of the store (bng-opt user key add) as Authorization: Bearer KEY or X-API-Key. \
A viewer looks, an analyst submits and cancels their own jobs, an admin does everything."""

_REASONS = {
    HTTPStatus.BAD_REQUEST: "The request doesn't fit its form.",
    HTTPStatus.UNAUTHORIZED: "There is no valid API key.",
    HTTPStatus.FORBIDDEN: "The key's user may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This can't be done here.",
    HTTPStatus.REQUEST_TIMEOUT: "The request stopped halfway.",
    HTTPStatus.CONFLICT: "Not as things stand.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of another kind.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request fits its form but can't be used.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or too many unfinished jobs.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed; its log has the request's id.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The store is busy or out of reach.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    int(status): {"model": ErrorAnswer, "description": reason}
    for status, reason in _REASONS.items()
}
"""What every operation may answer beside its own."""

_REF = "#/components/schemas/{model}"


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what describes an app, made once."""
    made: list[dict[str, Any]] = []

    def described() -> dict[str, Any]:
        if not made:
            made.append(_description(app))
        return made[0]

    return described


def _description(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=TITLE, version=__version__, description=_TEXT, routes=app.routes)
    components = found["components"]
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for form in (Options, ScenarioForm):
        schema = form.model_json_schema(ref_template=_REF)
        components["schemas"] |= schema.pop("$defs", {})
        components["schemas"][form.__name__] = schema
    for path, methods in found["paths"].items():
        for operation in methods.values():
            operation["security"] = [] if path in OPEN_PATHS else [{"bearer": []}, {"key": []}]
    found["paths"]["/jobs"]["post"]["requestBody"] = _submission()
    return found


def _submission() -> dict[str, Any]:
    upload = {
        "type": "object",
        "required": [WORKBOOK, OPTIONS],
        "additionalProperties": False,
        "properties": {
            WORKBOOK: {
                "type": "string",
                "format": "binary",
                "description": "A statutory metric workbook, .xlsx or .xlsm.",
            },
            OPTIONS: {
                "type": "string",
                "format": "json-options",
                "contentMediaType": JSON,
                "contentSchema": {"$ref": _REF.format(model=Options.__name__)},
            },
        },
    }
    scenario = {"$ref": _REF.format(model=ScenarioForm.__name__)}
    return {
        "required": True,
        "content": {JSON: {"schema": scenario, "example": EXAMPLE}, MULTIPART: {"schema": upload}},
    }
