"""The files of a job, made from its result when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bng_opt.optimiser.plan_document import plan_from_dict
from bng_opt.output.files import plan_files
from bng_opt.output.say import to_json
from bng_opt.runtime.job import JobKind


def documents_of(kind: JobKind, result: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a job by name.

    Parameters
    ----------
    kind, result
        The job's kind, and what it gave.
    """
    if kind is JobKind.OPTIMISE:
        return plan_files(plan_from_dict(result))
    return dict(_of_more(kind, result))


def _of_more(kind: JobKind, result: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an answer that is more than one plan."""
    answer = {name: value for name, value in result.items() if name != "texts"}
    yield f"{kind.value}.json", (to_json(answer) + "\n").encode(errors="backslashreplace")
    for name, text in result["texts"].items():
        if name != "plan":
            yield f"{name}.txt", (text + "\n").encode()
    if kind is JobKind.PORTFOLIO:
        # Numbered: a site may have any name, a file may not.
        for number, plan in enumerate(result["plans"].values(), 1):
            for name, content in plan_files(plan_from_dict(plan)).items():
                yield f"site_{number}_{name}", content
    else:
        yield from plan_files(plan_from_dict(result["plan"])).items()
