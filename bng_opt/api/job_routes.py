"""Jobs: submit, look at, cancel; their results and documents."""

from __future__ import annotations

import logging
import mimetypes
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import anyio
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from bng_opt.api.access import Analyst, AnyUser, ServiceHere, may_cancel
from bng_opt.api.answers import (
    DocumentAnswer,
    DocumentsAnswer,
    JobAnswer,
    JobsAnswer,
    Submitted,
)
from bng_opt.api.bodies import Body, received
from bng_opt.api.faults import HttpError, not_found
from bng_opt.api.forms import Options, ScenarioForm
from bng_opt.api.inputs import read_form, read_inputs
from bng_opt.api.service import Service
from bng_opt.errors import Finding, InputError
from bng_opt.logs import log_context
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import User
from bng_opt.optimiser.scenario import Scenario
from bng_opt.runtime.cache_entry import key_of
from bng_opt.runtime.jobs import Job, JobState

_log = logging.getLogger(__name__)

_RETRY_S = 30
_MOST_LISTED = 500

router = APIRouter(tags=["jobs"])


@router.post("/jobs", status_code=HTTPStatus.ACCEPTED)
async def submit(
    request: Request, response: Response, service: ServiceHere, user: Analyst
) -> Submitted:
    """Take on a job: a scenario as JSON, or a metric workbook with its options.

    Work that is under way already is answered with the job that does it.
    """
    async with received(request) as body:
        limiter = request.app.state.submissions
        answer = await anyio.to_thread.run_sync(_submit, service, user, body, limiter=limiter)
    response.headers["Location"] = f"/jobs/{answer.id}"
    return answer


@router.get("/jobs")
def list_jobs(
    service: ServiceHere,
    user: AnyUser,
    state: JobState | None = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 100,
) -> JobsAnswer:
    """List one's own jobs, the newest first; an admin sees everybody's."""
    by = None if user.role.may(Role.ADMIN) else user.name
    found = service.desk.find(state=state, by=by, limit=limit)
    return JobsAnswer(jobs=[JobAnswer.of(job) for job in found])


@router.get("/jobs/{job_id}")
def show(job_id: UUID, service: ServiceHere, user: AnyUser) -> JobAnswer:
    """Show a job, by whoever submitted it: the same work is one job for all."""
    return JobAnswer.of(_job(service, job_id))


@router.delete("/jobs/{job_id}")
def cancel(job_id: UUID, service: ServiceHere, user: Analyst) -> JobAnswer:
    """Ask a job to stop; a finished one stays as it is.

    Where several submitted the same work, one of them only leaves the job.
    """
    job = _job(service, job_id)
    may_cancel(user, service.desk.submitters(job.id))
    return JobAnswer.of(service.desk.cancel(str(job_id), by=user.name))


@router.get("/jobs/{job_id}/result", response_model=dict[str, Any])
def result(job_id: UUID, service: ServiceHere, user: AnyUser) -> Response:
    """Return what a job gave; of an optimisation the plan, as `plan.json` has it."""
    job = _with_result(service, job_id)
    return JSONResponse(dict(service.desk.result(job.id)))


@router.get("/jobs/{job_id}/documents")
def list_documents(job_id: UUID, service: ServiceHere, user: AnyUser) -> DocumentsAnswer:
    """List the files of a job that has a result."""
    job = _with_result(service, job_id)
    return DocumentsAnswer(
        documents=[
            DocumentAnswer(name=name, media_type=_media_type(name), bytes=len(content))
            for name, content in service.desk.documents(job.id).items()
        ]
    )


@router.get(
    "/jobs/{job_id}/documents/{name:path}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {"*/*": {}}}},
)
def document(job_id: UUID, name: str, service: ServiceHere, user: AnyUser) -> Response:
    """Download a file of a job."""
    job = _with_result(service, job_id)
    content = service.desk.documents(job.id).get(name)
    if content is None:
        raise not_found("document")
    last = quote(name.rpartition("/")[2], safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{last}"}
    return Response(content, media_type=_media_type(name), headers=headers)


def _submit(service: Service, user: User, body: Body) -> Submitted:
    form: Options = read_form(ScenarioForm if body.upload is None else Options, body.form)
    _refuse_too_many(service, user)
    found = read_inputs(form, service.store, body.upload)
    job = service.desk.submit_scenario(
        form.kind,
        found.requirement,
        found.market,
        found.site,
        found.policy,
        by=user.name,
        timeout_s=form.timeout_s,
        cache=form.cache,
    )
    with log_context(job=job.id):
        _log.info("The job is taken on.")
    scenario = Scenario(found.requirement, found.market, found.site, found.policy)
    return Submitted(**dict(JobAnswer.of(job)), cache_key=key_of(scenario))


def _refuse_too_many(service: Service, user: User) -> None:
    most = service.settings.api_max_queued
    open_jobs = sum(
        len(service.desk.find(state=state, by=user.name, limit=most))
        for state in (JobState.QUEUED, JobState.RUNNING)
    )
    if open_jobs >= most:
        finding = Finding(
            f"You have {open_jobs} unfinished jobs; at most {most} are taken on.",
            "Wait until some are done, or cancel some.",
        )
        raise HttpError(HTTPStatus.TOO_MANY_REQUESTS, finding, {"Retry-After": str(_RETRY_S)})


def _job(service: Service, job_id: UUID) -> Job:
    try:
        return service.desk.get(str(job_id))
    except InputError:
        raise not_found("job") from None


def _with_result(service: Service, job_id: UUID) -> Job:
    job = _job(service, job_id)
    if job.has_result:
        return job
    if job.error:
        raise HttpError(HTTPStatus.CONFLICT, job.error)
    finding = Finding(
        f"The job is {job.state.value}: it has no result.", "GET /jobs/{id} shows it."
    )
    raise HttpError(HTTPStatus.CONFLICT, finding)


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
