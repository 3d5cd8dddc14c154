"""Workers that have loaded what a job needs before the first one comes."""

from __future__ import annotations

from concurrent.futures import Executor

from bng_opt.settings import Settings

_NEEDED = ("bng_opt.optimiser.solver", "bng_opt.places.boundaries", "bng_opt.runtime.worker")


def warm_up(executor: Executor, settings: Settings) -> None:
    """Have the workers of an executor load what jobs need, without waiting for them."""
    from joblib import cpu_count

    for _ in range(settings.workers or int(cpu_count())):
        executor.submit(load_all)


def load_all() -> tuple[str, ...]:
    """Load the modules that a search needs, and return their names."""
    import importlib

    for name in _NEEDED:
        importlib.import_module(name)
    return _NEEDED
