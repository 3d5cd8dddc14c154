"""A plan found in the cache, against the search that it saves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from bng_opt.optimiser.scenario import Scenario
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.cache_entry import read_entry
from tests.benchmarks.conftest import Bench
from tests.benchmarks.jobs import Job, site
from tests.benchmarks.scores import Target

HIT = Target("a kept plan found again in a process / its search", 0.1)
FIRST_HIT = Target("a kept plan found first in a process / its search", 0.1)


def forget_nothing() -> tuple[()]:
    return ()


def forget_what_was_read() -> tuple[()]:
    read_entry.cache_clear()
    return ()


@pytest.mark.parametrize(
    ("fresh", "target"),
    [(forget_nothing, HIT), (forget_what_was_read, FIRST_HIT)],
    ids=["again", "first"],
)
@pytest.mark.cases("name", quick=["d01"], bench=["d01", "d02", "d03", "d06", "d07"])
def test_a_plan_is_found(
    name: str, fresh: Callable[[], tuple[()]], target: Target, workbooks: Path, bench: Bench
):
    job = Job(workbooks, name, n_banks=60)
    scenario = Scenario(job.requirement, job.market, site(), job.policy)
    cache = Cache()
    cache.keep(scenario, job.run(job.market))

    def search() -> float:
        begin = perf_counter()
        job.run(job.market)
        return perf_counter() - begin

    # The hash is made already, as it is of every market that was loaded.
    assert scenario.question
    plan = bench.measure(
        lambda: cache.find(scenario),
        group="cache",
        case=f"{name}, {'again' if target is HIT else 'first'}",
        targets=(target,),
        rival=search,
        fresh=fresh,
        rounds=20,
        size=60,
    )
    assert plan is not None
    assert plan.cached
