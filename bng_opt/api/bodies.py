"""Take in the body of a submission: JSON, or a workbook in a temporary file with its options."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from bng_opt.api.faults import HttpError, bad_request
from bng_opt.api.inputs import Upload, label_of
from bng_opt.errors import Finding

JSON, MULTIPART = "application/json", "multipart/form-data"
WORKBOOK, OPTIONS = "workbook", "options"
MOST_JSON_BYTES = 20_000_000
"""Twice the whole English market."""
_PARTS = f"Send one file called {WORKBOOK}, and one field called {OPTIONS} with JSON."


@dataclass(frozen=True)
class Body:
    """What was sent: the JSON of its form, and the workbook if there is one."""

    form: bytes
    upload: Upload | None = None


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Body]:
    """Yield the body of a submission; an upload's temporary file is gone afterwards.

    Raises
    ------
    HttpError
        If it is of another kind, too large, or lacks a part.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise _unsupported("A packed body isn't read.", "Send it without Content-Encoding.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    try:
        if kind == JSON:
            yield Body(await _read_json(request))
        elif kind == MULTIPART:
            async with request.form(
                max_files=1, max_fields=1, max_part_size=MOST_JSON_BYTES
            ) as parts:
                yield _of_parts(parts)
        else:
            raise _unsupported(
                "The body's content type isn't read.", f"Send {JSON} or {MULTIPART}."
            )
    except OSError as error:
        finding = Finding("The upload can't be kept for the moment.", "Try again later.")
        raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, finding) from error


async def _read_json(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_JSON_BYTES:
            finding = Finding(
                f"The JSON has more than {MOST_JSON_BYTES // 1_000_000} MB.",
                "Put a large market into the store, and send the requirement alone.",
            )
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, finding)
    return bytes(content)


def _of_parts(parts: FormData) -> Body:
    found = dict(parts.multi_items())
    workbook, options = found.get(WORKBOOK), found.get(OPTIONS)
    if len(found) != 2 or not isinstance(workbook, UploadFile) or not isinstance(options, str):
        raise bad_request("The body's parts aren't those of an upload.", _PARTS)
    return Body(
        options.encode("utf-8", "replace"), Upload(label_of(workbook.filename), workbook.file)
    )


def _unsupported(message: str, remedy: str) -> HttpError:
    return HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Finding(message, remedy))
