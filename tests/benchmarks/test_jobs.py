"""Two hundred small jobs through the store, against plain calls in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import pytest

import bng_opt
from bng_opt.market.store import open_store
from bng_opt.runtime.jobs import Desk, JobKind, JobState
from tests.benchmarks.conftest import Bench
from tests.support.questions import Question, small
from tests.support.running import Cluster, settings_in

COUNT = 200
WAYS = {"one process": 1, "two processes": 2, "two Dask workers": 2}


@pytest.mark.parametrize("way", WAYS)
def test_two_hundred_small_jobs(way: str, tmp_path: Path, bench: Bench):
    if not bench.enabled:
        pytest.skip("on purpose: make bench measures it, and the jobs have tests of their own")
    questions = [small(number / 25) for number in range(1, COUNT + 1)]
    with desk(way, tmp_path) as opened:
        # Both workers have loaded everything before the clock runs.
        assert run(opened, [small(7.111), small(7.222)]) == {JobState.DONE}
        states = bench.measure(
            lambda: run(opened, questions),
            group="jobs",
            case=f"{COUNT} small jobs, {way}",
            rival=lambda: plainly(questions),
            rounds=3,
        )
    assert states == {JobState.DONE}


@contextmanager
def desk(way: str, folder: Path) -> Iterator[Desk]:
    """Open a desk with so many workers."""
    cluster = Cluster(folder).start(WAYS[way]) if "Dask" in way else None
    given = {"scheduler": cluster.address} if cluster else {"workers": WAYS[way]}
    settings = settings_in(folder, str(folder / "store.sqlite"), heartbeat_s=5, **given)
    try:
        with open_store(settings.database) as store, Desk(store, settings) as opened:
            yield opened
    finally:
        if cluster:
            cluster.stop()


def run(opened: Desk, questions: list[Question]) -> set[JobState]:
    """Run jobs on all questions, each searched anew, and return their states."""
    asked = [
        opened.submit_scenario(JobKind.OPTIMISE, *question, by="Ann", cache=False)
        for question in questions
    ]
    return {opened.wait(job.id).state for job in asked}


def plainly(questions: list[Question]) -> float:
    """Return the seconds that plain calls take."""
    begin = perf_counter()
    for question in questions:
        bng_opt.optimise(*question)
    return perf_counter() - begin
