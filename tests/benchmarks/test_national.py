"""The market of all England: 2,000 banks and 12,000 stock lines, in time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import bng_opt
from tests.benchmarks.conftest import Bench
from tests.benchmarks.jobs import Job, find_workbook, national_pairs
from tests.benchmarks.scores import Score, Target

NATIONAL = Target("2,000 banks / bare HiGHS on the unreduced model", 0.25, middle=True)
NEVER_SLOWER = Target("2,000 banks, each / bare HiGHS on the unreduced model", 1.0)
MEMORY = Target("2,000 banks, peak memory of the whole job [MB]", 400.0)
MOST_MB = 600.0
"""What the whole job may take, the machine's own Python and libraries included [MB]."""

# A child's ru_maxrss begins at the size of the process that started it, so Linux's own
# peak of this process's memory is asked first.
JOB = """
import json, pathlib, resource, sys

def peak_mb():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        words = status.read_text().split()
        return int(words[words.index("VmHWM:") + 1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)

import bng_opt
workbook, folder = sys.argv[1:]
started = peak_mb()
market = bng_opt.load_market(folder)
loaded = peak_mb()
site = bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
plan = bng_opt.optimise(bng_opt.read_metric(workbook), market, site)
print(json.dumps({"total": str(plan.total_gbp), "status": plan.status.value,
                  "started": started, "loaded": loaded, "whole": peak_mb()}))
"""


@pytest.mark.cases(
    ("n_banks", "name", "seed"),
    quick=[(120, "d10", 0)],
    bench=[(2000, name, seed) for name, seed in national_pairs()],
)
def test_the_national_market(n_banks: int, name: str, seed: int, workbooks: Path, bench: Bench):
    bench.race(
        Job(workbooks, name, n_banks, seed),
        group=f"{n_banks:,} banks",
        case=f"{name}, seed {seed}",
        targets=(NATIONAL, NEVER_SLOWER),
    )


@pytest.mark.cases("n_banks", quick=[60], bench=[2000])
def test_the_memory_of_the_whole_job(n_banks: int, workbooks: Path, tmp_path: Path, bench: Bench):
    job = Job(workbooks, "d01", n_banks)
    bng_opt.save_market(job.market, tmp_path / "market")
    paths = find_workbook(workbooks, "d01"), tmp_path / "market"
    command = [sys.executable, "-c", JOB, *map(str, paths)]

    def run() -> dict[str, str | float]:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return dict(json.loads(done.stdout))

    said = bench.measure(run, group=f"{n_banks:,} banks", case="whole job, new process", rounds=1)
    for moment in ("started", "loaded", "whole"):
        bench.keep(
            Score(
                f"{n_banks:,} banks",
                f"peak memory, {moment}",
                (float(said[moment]),),
                targets=(MEMORY,) if moment == "whole" else (),
                unit="MB",
            )
        )
    assert said["status"] == "optimal"
    assert float(said["total"]) == float(job.plan().total_gbp)
    assert float(said["whole"]) < MOST_MB
