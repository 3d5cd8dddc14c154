"""What the service answers, read with care: jobs, and its errors as the package's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bng_opt import errors
from bng_opt.errors import BngOptError, Finding

LONGEST_PAUSE_S = 10.0
"""Nobody is asked less often than this, whatever they say [s]."""
_FINISHED = ("done", "failed", "cancelled")


class ServiceError(BngOptError):
    """The service can't be reached, or its answer can't be read."""

    exit_status = errors.ExitStatus.BAD_INPUT


class RefusedError(BngOptError):
    """The service has refused a request; its findings say why.

    Attributes
    ----------
    kind
        What the service calls the error.
    status
        The status of its answer.
    request
        The request's id, which the service's log has too.
    """

    exit_status = errors.ExitStatus.BAD_INPUT

    def __init__(self, findings: list[Finding], kind: str, status: int, request: str) -> None:
        super().__init__(findings)
        self.kind, self.status, self.request = kind, status, request


@dataclass(frozen=True)
class RemoteJob:
    """A job as the service showed it.

    Attributes
    ----------
    progress, best
        How the search stands, and the best plan so far, in figures [s, GBP].
    findings
        Why it failed.
    """

    id: str
    kind: str
    state: str
    submitted_by: str
    has_result: bool
    progress: Mapping[str, Any] | None = None
    best: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    cache_key: str | None = None

    @property
    def is_finished(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.state in _FINISHED


def read(response: Any) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises
    ------
    ServiceError
        If there is none.
    """
    try:
        content = response.json()
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _unreadable(response)
    return content


def job_of(content: Any) -> RemoteJob:
    """Return the job of an answer."""
    error = content.get("error") if isinstance(content, dict) else None
    return RemoteJob(
        field(content, "id", str),
        field(content, "kind", str),
        field(content, "state", str),
        field(content, "submitted_by", str),
        field(content, "has_result", bool),
        content.get("progress"),
        content.get("best"),
        tuple(_findings(error)) if isinstance(error, dict) else (),
        content.get("cache_key"),
    )


def field(content: Any, name: str, kind: type) -> Any:
    """Return a field of an answer.

    Raises
    ------
    ServiceError
        If it isn't there, or of another kind.
    """
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, kind):
        remedy = "Check the URL, and that client and service are of the same version."
        raise ServiceError(Finding(f"The service's answer has no {name}.", remedy))
    return value


def _findings(error: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings of an error, as far as they can be read."""
    listed = error.get("findings")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            places = {name: each.get(name) for name in ("file", "sheet", "cell", "row", "column")}
            message, remedy = str(each.get("message", "")), str(each.get("remedy", ""))
            yield Finding(message, remedy, **places)


def refusal(response: Any) -> BngOptError:
    """Return the error that the service answered, of the package's own class if it has one."""
    try:
        error = response.json()["error"]
        findings = list(_findings(error))
        kind, request = str(error["kind"]), str(error.get("request", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _unreadable(response)
    if not findings:
        return _unreadable(response)
    own = getattr(errors, kind, None)
    if isinstance(own, type) and issubclass(own, BngOptError):
        return own(findings)
    return RefusedError(findings, kind, response.status_code, request)


def _unreadable(response: Any) -> ServiceError:
    message = f"The answer can't be read (status {response.status_code})."
    return ServiceError(Finding(message, "Check that the URL is that of a bng_opt service."))


def out_of_reach(error: Exception, url: str) -> ServiceError:
    """Return the error of a service that didn't answer."""
    reason = str(error) or type(error).__name__
    finding = Finding(
        f"The service at {url} can't be reached ({reason}).",
        "Check the URL and that the service runs: bng-opt api.",
    )
    return ServiceError(finding)


def inside(name: str) -> PurePosixPath:
    """Return the path of a file below a folder, refusing one that would lead out of it."""
    path = PurePosixPath(name)
    odd = any(part in ("..", ".") or "\\" in part or ":" in part for part in path.parts)
    if not path.parts or path.is_absolute() or odd or "\0" in name:
        remedy = "Don't trust this service; ask its administrator."
        raise ServiceError(Finding(f"The service names a file {name!r}.", remedy))
    return path


def retry_after_s(response: Any) -> float:
    """Return how long an answer asks to wait, within reason [s]."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_PAUSE_S) if text.isdecimal() else 0.0
