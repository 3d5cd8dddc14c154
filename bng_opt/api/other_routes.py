"""Beside the jobs: the cache, health, version, and the page that describes it all."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from bng_opt.api.access import Admin, Analyst, AnyUser, ServiceHere
from bng_opt.api.answers import Condition, DroppedAnswer, HealthAnswer, VersionAnswer
from bng_opt.api.page import POLICY, page_of
from bng_opt.errors import InputError, StoreError
from bng_opt.runtime.run import versions

router = APIRouter()


@router.delete("/cache/clear", include_in_schema=False)
def refuse_to_delete_clear(user: AnyUser) -> None:
    """Say that this path, which isn't a key's, is for POST."""
    raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)


@router.delete("/cache/{key}", tags=["cache"])
def forget(
    key: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], service: ServiceHere, user: Analyst
) -> DroppedAnswer:
    """Drop the kept plan of a scenario; `cache_key` of a submission names it."""
    return DroppedAnswer(dropped=int(service.cache.forget(key)))


@router.post("/cache/clear", tags=["cache"])
def clear(service: ServiceHere, user: Admin) -> DroppedAnswer:
    """Drop every kept plan."""
    try:
        return DroppedAnswer(dropped=service.cache.clear())
    except InputError as error:
        # Not the caller's input: the cache's folder, which is the service's own.
        raise StoreError(error.findings) from error


@router.get(
    "/health",
    tags=["service"],
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": HealthAnswer, "description": "Down."}},
)
def health(response: Response, service: ServiceHere) -> HealthAnswer:
    """Say how store, executor and cache are; needs no key."""
    found = service.health()
    if found.state is Condition.DOWN:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return found


@router.get("/version", tags=["service"])
def version(user: AnyUser) -> VersionAnswer:
    """Say which versions answer."""
    return VersionAnswer(versions=versions())


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Show what there is, on one page that needs nothing from elsewhere."""
    headers = {"Content-Security-Policy": POLICY}
    return HTMLResponse(page_of(request.app.openapi()), headers=headers)
