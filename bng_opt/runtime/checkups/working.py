"""Checkups of what works for us: processes of this machine, or the workers of a scheduler."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

from bng_opt.errors import Finding
from bng_opt.quantities import counted
from bng_opt.runtime.checkups.kinds import Found, absent, failed, failed_by, fine
from bng_opt.runtime.executors import DaskExecutor, make_executor
from bng_opt.runtime.run import versions
from bng_opt.settings import Settings

_ANSWER_S = 30.0
"""A process starts and answers within seconds; a worker that is busy takes longer [s]."""
_ADD_WORKERS = "Start workers: dask worker {address}"
_SAME = "Give scheduler, workers and this machine the same versions of Python and bng-opt."


def look_at_executor(settings: Settings) -> Found:
    """See whether a job would be worked at: hand one question over and get its answer."""
    executor = make_executor(settings)
    try:
        if isinstance(executor, DaskExecutor) and not executor.n_workers:
            return failed(
                f"The scheduler {executor.address} has no workers: jobs wait.",
                _ADD_WORKERS.format(address=executor.address),
            )
        answer = executor.submit(os.getpid)
        try:
            process = answer.result(_ANSWER_S)
        except TimeoutError:
            answer.cancel()
            message = f"No process answered within {_ANSWER_S:g} s."
            return failed(message, "See whether they are busy, or the machine is out of memory.")
    finally:
        executor.shutdown(wait=False)
    where = f"of {settings.scheduler}" if settings.scheduler else "of this machine"
    return fine(f"A process {where} answers (number {process}).")


def look_at_scheduler(settings: Settings) -> Found:
    """See whether the scheduler that is set has workers, and all are of the same versions."""
    if not settings.scheduler:
        return absent("None is set: jobs run on this machine.")
    executor = DaskExecutor(settings)
    try:
        theirs = executor.on_every_worker(own_versions)
    finally:
        executor.shutdown(wait=False)
    if not theirs:
        return failed(
            f"{settings.scheduler} answers, and has no workers: jobs wait.",
            _ADD_WORKERS.format(address=settings.scheduler),
        )
    ours = own_versions()
    findings = [_differing(name, each, ours) for name, each in sorted(theirs.items())]
    if found := [each for each in findings if each is not None]:
        return failed_by(found)
    return fine(
        f"{settings.scheduler} answers; {counted(len(theirs), 'worker')}, all of our versions."
    )


def own_versions() -> dict[str, str]:
    """Return the versions that have to be the same on all machines that share jobs."""
    from importlib.metadata import version

    python = ".".join(platform.python_version_tuple()[:2])
    return {**versions(), "python": python, "distributed": version("distributed")}


def _differing(
    worker: str, theirs: Mapping[str, str] | BaseException, ours: Mapping[str, str]
) -> Finding | None:
    """Return what differs between a worker's versions and ours, None if nothing does."""
    if isinstance(theirs, BaseException):
        message = f"Worker {worker} can't say its versions: {type(theirs).__name__}: {theirs}."
        return Finding(message, _SAME)
    names = sorted(ours.keys() | theirs.keys())
    differing = [
        f"{name} {theirs.get(name, 'missing')} (here {ours.get(name, 'missing')})"
        for name in names
        if ours.get(name) != theirs.get(name)
    ]
    if not differing:
        return None
    return Finding(f"Worker {worker} has {', '.join(differing)}.", _SAME)
