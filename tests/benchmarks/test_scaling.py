"""How time grows with the market, up to five times the banks of England."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest

from bng_opt.market import Market
from tests.benchmarks.conftest import Bench
from tests.benchmarks.jobs import Job
from tests.benchmarks.scores import Target

LINEAR = Target("10,000 banks / five times 2,000 banks", 1.0)
NATIONAL, LARGEST = 2_000, 10_000


@pytest.mark.cases("n_banks", quick=[30], bench=[60, 200, 500, 1000, NATIONAL])
def test_time_by_size_of_market(n_banks: int, workbooks: Path, bench: Bench):
    job = Job(workbooks, "d01", n_banks)
    bench.race(job, group="scaling", case=f"{n_banks:,} banks", rounds=3 if n_banks < 1000 else 1)


@pytest.mark.cases("n_banks", quick=[100], bench=[5_000, LARGEST])
def test_a_larger_market_takes_no_more_than_its_share(n_banks: int, workbooks: Path, bench: Bench):
    small, large = Job(workbooks, "d01", n_banks // 5), Job(workbooks, "d01", n_banks)
    shares: list[float] = []

    def prepare() -> tuple[Market]:
        market = small.fresh_market()
        begin = perf_counter()
        small.run(market)
        shares.append(5 * (perf_counter() - begin))
        return (large.fresh_market(),)

    case = f"{n_banks:,} banks"
    plan = bench.measure(large.run, group="scaling", case=case, fresh=prepare, size=n_banks)
    if n_banks == LARGEST:
        changes = {"bare": tuple(shares), "targets": (LINEAR,)}
        bench.keep_again(group="linear", case="10,000 against five times 2,000 banks", **changes)
    assert plan.status.value == "optimal"
    assert plan.is_verified
