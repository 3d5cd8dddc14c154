"""A client of the service: submit, wait, fetch; its errors are the package's own.

It needs neither solver nor store, only the extra ``online``.

>>> with Client("https://bng.example.org", key) as client:  # doctest: +SKIP
...     job = client.submit("metric.xlsx", site={"postcode": "LS1 4AP"})
...     client.wait(job.id, timeout_s=600)
...     client.download(job.id, "out")
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType, TracebackType
from typing import Any
from urllib.parse import quote

from bng_opt.client_answers import (
    LONGEST_PAUSE_S,
    RefusedError,
    RemoteJob,
    ServiceError,
    field,
    inside,
    job_of,
    out_of_reach,
    read,
    refusal,
    retry_after_s,
)
from bng_opt.errors import Finding, InputError
from bng_opt.whole_files import prepare_folder, write_whole

__all__ = ["Client", "RefusedError", "RemoteJob", "ServiceError"]

_FIRST_PAUSE_S = 0.2
_GROWTH = 1.6
_KEY = re.compile(r"[!-~]+")
_PASSING = (429, 502, 503, 504)
"""Statuses that may be another one a moment later."""


class Client:
    """A connection to the service.

    Parameters
    ----------
    url
        Where it is, as ``https://bng.example.org``.
    key
        An API key (``bng-opt user key add``).
    timeout_s
        How long to wait for an answer [s].
    retries
        How often a request is sent again that changes nothing, or the same when repeated,
        if the service is busy or out of reach.

    Raises
    ------
    InputError
        If the extra ``online`` isn't installed, or the URL is none.
    """

    def __init__(self, url: str, key: str, *, timeout_s: float = 60.0, retries: int = 4) -> None:
        self._web = _httpx2()
        self._retries = retries
        if not url.startswith(("http://", "https://")) or not _KEY.fullmatch(key.strip()):
            finding = Finding(
                "The service's URL or the API key can't be.",
                "Give a URL such as https://bng.example.org, and the key as it was printed.",
            )
            raise InputError(finding)
        self._http = self._web.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key.strip()}", "Accept": "application/json, */*"},
            timeout=timeout_s,
            follow_redirects=False,
        )

    def submit(
        self,
        source: str | os.PathLike[str] | Mapping[str, Any] | list[Mapping[str, Any]],
        *,
        site: Mapping[str, Any],
        market: str | Mapping[str, list[Mapping[str, Any]]] = "store",
        policy: Mapping[str, Any] | None = None,
        kind: str = "optimise",
        timeout_s: float | None = None,
        cache: bool = True,
    ) -> RemoteJob:
        """Submit a job and return it at once.

        Parameters
        ----------
        source
            The path of a metric workbook; or the rows of a requirement table (``ledger``,
            ``habitat``, ``units``); or a requirement's document
            (:func:`bng_opt.runtime.scenario_document.requirement_to_dict`).
        site
            ``lpa`` and ``nca`` (lists of names), ``postcode``, ``point`` (``lat``, ``lon``)
            or ``grid_reference``; waters and overrides beside it.
        market
            ``"store"`` for the service's own, or the rows of ``banks``, ``stock`` and
            ``pricing``.
        policy
            Wishes, by the names of :class:`bng_opt.Policy`.
        kind
            ``"optimise"``, ``"alternatives"`` or ``"report"``.
        timeout_s
            The job ends with its best plan then [s].
        cache
            Whether a kept plan may be the answer.

        Raises
        ------
        RefusedError
            With every finding of the service.
        ServiceError
            If it can't be reached; whether the job was taken on is then unknown, and to
            submit it again is safe: the same work is one job.
        """
        options: dict[str, Any] = {
            "kind": kind,
            "site": site,
            "market": market,
            "policy": policy or {},
            "cache": cache,
        }
        if timeout_s is not None:
            options["timeout_s"] = timeout_s
        if isinstance(source, (Mapping, list)):
            return job_of(self._json("POST", "/jobs", json={**options, "requirement": source}))
        path = Path(source)
        try:
            content = path.read_bytes()
        except OSError as error:
            finding = Finding(f"It can't be read: {error.strerror}.", "Give a workbook.", str(path))
            raise InputError(finding) from None
        files = {"workbook": (path.name, content, "application/octet-stream")}
        return job_of(
            self._json("POST", "/jobs", files=files, data={"options": json.dumps(options)})
        )

    def job(self, job_id: str) -> RemoteJob:
        """Return a job as it stands."""
        return job_of(self._json("GET", _path(job_id)))

    def jobs(self) -> tuple[RemoteJob, ...]:
        """Return one's own jobs, the newest first; all for an admin."""
        return tuple(map(job_of, field(self._json("GET", "/jobs"), "jobs", list)))

    def wait(
        self,
        job_id: str,
        timeout_s: float | None = None,
        on_look: Callable[[RemoteJob], None] | None = None,
    ) -> RemoteJob:
        """Return a job once it is finished, or as it stands when the time is over.

        Parameters
        ----------
        timeout_s
            How long to wait [s]; None for as long as it takes.
        on_look
            Called with the job whenever it was looked at.
        """
        give_up = None if timeout_s is None else time.monotonic() + timeout_s
        for pause_s in _pauses():
            job = self.job(job_id)
            if on_look is not None:
                on_look(job)
            left_s = pause_s if give_up is None else give_up - time.monotonic()
            if job.is_finished or left_s <= 0:
                return job
            time.sleep(min(pause_s, left_s))
        raise AssertionError("pauses never end")

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask a job to stop and return how it stands."""
        return job_of(self._json("DELETE", _path(job_id)))

    def result(self, job_id: str) -> dict[str, Any]:
        """Return what a job gave; of an optimisation the plan, as ``plan.json`` has it.

        :func:`bng_opt.optimiser.plan_document.plan_from_dict` makes a plan of it.
        """
        return self._json("GET", f"{_path(job_id)}/result")

    def documents(self, job_id: str) -> tuple[str, ...]:
        """Return the names of a job's files."""
        listed = field(self._json("GET", f"{_path(job_id)}/documents"), "documents", list)
        return tuple(field(each, "name", str) for each in listed)

    def download(self, job_id: str, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write a job's files into a folder, each complete or not at all.

        Raises
        ------
        ServiceError
            If the service names a file outside the folder.
        InputError
            If a file can't be written.
        """
        top = prepare_folder(folder)
        written = []
        for name in self.documents(job_id):
            target = prepare_folder((top / inside(name)).parent) / PurePosixPath(name).name
            write_whole(target, self._content(f"{_path(job_id)}/documents/{quote(name)}"))
            written.append(target)
        return tuple(written)

    def forget(self, cache_key: str) -> int:
        """Drop the plan that the service keeps under a key; return how many there were."""
        return int(field(self._json("DELETE", f"/cache/{_quoted(cache_key)}"), "dropped", int))

    def clear_cache(self) -> int:
        """Drop every plan that the service keeps (admins only); return how many there were."""
        return int(field(self._json("POST", "/cache/clear"), "dropped", int))

    def health(self) -> dict[str, Any]:
        """Return how the service is, whether well or not: ``state``, and each part's."""
        response = self._sent("GET", "/health", again=True, well=(200, 503))
        return read(response)

    def versions(self) -> dict[str, str]:
        """Return which versions answer."""
        return dict(field(self._json("GET", "/version"), "versions", dict))

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _json(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        return read(self._sent(method, path, again=method in ("GET", "DELETE"), **content))

    def _content(self, path: str) -> bytes:
        return bytes(self._sent("GET", path, again=True).content)

    def _sent(
        self, method: str, path: str, *, again: bool, well: tuple[int, ...] = (), **content: Any
    ) -> Any:
        """Return the answer to a request; sent again, where that may help and can't harm."""
        attempts = self._retries if again else 0
        for pause_s in _pauses():
            try:
                response = self._http.request(method, path, **content)
            except self._web.TransportError as error:
                if attempts == 0:
                    raise out_of_reach(error, str(self._http.base_url)) from error
            else:
                if response.status_code in well or response.is_success:
                    return response
                passing = response.status_code in _PASSING
                if attempts == 0 or not passing:
                    raise refusal(response)
                pause_s = max(pause_s, retry_after_s(response))
            attempts -= 1
            time.sleep(pause_s)
        raise AssertionError("pauses never end")


def _pauses() -> Iterator[float]:
    """Yield ever longer pauses, each a little different, so that many clients don't march [s]."""
    pause_s = _FIRST_PAUSE_S
    while True:
        yield pause_s * random.uniform(0.75, 1.25)  # noqa: S311  # no secret
        pause_s = min(pause_s * _GROWTH, LONGEST_PAUSE_S)


def _httpx2() -> ModuleType:
    try:
        import httpx2
    except ModuleNotFoundError:
        remedy = "Install the extra online: pip install 'bng-opt[online]'."
        raise InputError(Finding("httpx2 isn't installed.", remedy)) from None
    return httpx2


def _path(job_id: str) -> str:
    return f"/jobs/{_quoted(job_id)}"


def _quoted(name: str) -> str:
    return quote(name, safe="")
