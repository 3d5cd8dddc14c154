"""Workers that are warm before the first job comes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bng_opt.market.store import open_store
from bng_opt.runtime.executors import LocalExecutor
from bng_opt.runtime.jobs import Desk
from bng_opt.runtime.warming import load_all
from tests.support.running import settings_in, until

SOLVER = "bng_opt.optimiser.solver"


def knows(workers: LocalExecutor, name: str) -> bool:
    """Return whether a worker has loaded a module; asking loads nothing there."""
    return workers.submit(eval, f"{name!r} in __import__('sys').modules").result()


def test_what_is_loaded_ahead_is_there() -> None:
    assert SOLVER in load_all()
    assert all(name in sys.modules for name in load_all())


@pytest.mark.slow
def test_a_desk_warms_its_workers_without_a_job(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, str(tmp_path / "store.sqlite"), workers=1)
    workers = LocalExecutor(1)
    try:
        assert not knows(workers, SOLVER)
        with open_store(settings.database) as store, Desk(store, settings, workers) as desk:
            desk.warm_up()
            until(lambda: knows(workers, SOLVER), "a warm worker")
    finally:
        workers.shutdown(wait=False)


def test_a_scheduler_out_of_reach_is_told_and_nothing_fails(tmp_path: Path) -> None:
    nobody = {"scheduler": "tcp://127.0.0.1:9"}
    settings = settings_in(tmp_path, str(tmp_path / "store.sqlite"), **nobody)
    with open_store(settings.database) as store, Desk(store, settings) as desk:
        desk.warm_up()
        until(lambda: "can't be reached" in desk.trouble, "the trouble")
