"""What the service answers, as its OpenAPI shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bng_opt.errors import Finding
from bng_opt.runtime.jobs import Job, JobKind, JobState


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class FindingAnswer(Answer):
    """One thing that is wrong, where, and what to do about it."""

    message: str
    remedy: str
    file: str | None = None
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None

    @classmethod
    def of(cls, finding: Finding) -> FindingAnswer:
        """Return the answer for a finding."""
        return cls(**vars(finding))


class ErrorContent(Answer):
    """What went wrong."""

    kind: str
    findings: list[FindingAnswer]
    request: str = Field(description="The request's id, which the service's log has too.")


class ErrorAnswer(Answer):
    """The answer to a request that failed."""

    error: ErrorContent


class JobError(Answer):
    """Why a job failed."""

    kind: str
    findings: list[FindingAnswer]


class JobAnswer(Answer):
    """A job as it stands."""

    id: str
    kind: JobKind
    state: JobState
    submitted_by: str
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    timeout_s: float | None
    cancel_requested: bool
    progress: dict[str, Any] | None = Field(
        description="`phase`, `elapsed_s` [s], `best_gbp`, `bound_gbp`, `gap_gbp` [GBP]."
    )
    best: dict[str, Any] | None = Field(description="The best plan so far, in figures.")
    error: JobError | None
    has_result: bool

    @classmethod
    def of(cls, job: Job) -> JobAnswer:
        """Return the answer for a job; which machine works at it is nobody's business."""
        same = cls.model_fields.keys() - {"error", "has_result"}
        findings = [FindingAnswer.of(finding) for finding in job.error]
        return cls(
            **{name: getattr(job, name) for name in same - {"progress", "best"}},
            progress=_plain(job.progress),
            best=_plain(job.best),
            error=JobError(kind=job.error_kind, findings=findings) if findings else None,
            has_result=job.has_result,
        )


class Submitted(JobAnswer):
    """A job as it was taken on."""

    cache_key: str = Field(description="Under which the cache keeps its plan.")


class JobsAnswer(Answer):
    """Jobs, the newest first."""

    jobs: list[JobAnswer]


class DocumentAnswer(Answer):
    """A file of a job."""

    name: str
    media_type: str
    bytes: int


class DocumentsAnswer(Answer):
    """The files of a job."""

    documents: list[DocumentAnswer]


class DroppedAnswer(Answer):
    """How many kept plans were dropped."""

    dropped: int


class Condition(StrEnum):
    """How a part of the service is, or the whole."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class PartAnswer(Answer):
    """How a part of the service is."""

    state: Condition
    message: str = ""
    remedy: str = ""


class HealthAnswer(Answer):
    """How the service is: `down` if jobs can't be done, `degraded` if they take longer."""

    state: Condition
    store: PartAnswer
    executor: PartAnswer
    cache: PartAnswer


class VersionAnswer(Answer):
    """What answers: versions of the package, the rules and the solvers."""

    versions: dict[str, str]


def _plain(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if content is None else dict(content)
