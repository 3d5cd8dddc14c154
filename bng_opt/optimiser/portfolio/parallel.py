"""Run one function over many sites through joblib, whatever its backend.

``joblib.parallel_config(backend="dask")`` sends the same batches to a cluster; results come
back in order, so that the number of workers changes nothing but the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCHES_PER_WORKER = 4
"""Few enough to send the common arguments seldom, enough to keep the workers evenly busy."""


def map_in_batches(
    function: Callable[..., Result],
    items: Sequence[Item],
    common: tuple[Any, ...],
    n_jobs: int | None,
) -> list[Result]:
    """Return ``function(item, *common)`` for each item, in order.

    Parameters
    ----------
    function
        A function of a module, without side effects.
    n_jobs
        As joblib has it: None takes what ``joblib.parallel_config`` says, 1 without.
    """
    from joblib import Parallel, delayed, effective_n_jobs

    workers = effective_n_jobs(n_jobs)
    if workers == 1 or len(items) < 2:
        return _run_batch(function, items, common)
    count = min(len(items), BATCHES_PER_WORKER * workers)
    batches = [items[number::count] for number in range(count)]
    answers = Parallel(n_jobs=n_jobs)(
        delayed(_run_batch)(function, batch, common) for batch in batches
    )
    results: list[Any] = [None] * len(items)
    for number, answer in enumerate(answers):
        results[number::count] = answer
    return results


def _run_batch(
    function: Callable[..., Result], items: Sequence[Item], common: tuple[Any, ...]
) -> list[Result]:
    return [function(item, *common) for item in items]
