"""Few banks allowed, fees, and banks that lose Medium habitat themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.optimiser.policy import Policy
from tests.benchmarks.conftest import BARE_LIMIT_S, Bench
from tests.benchmarks.jobs import Job
from tests.benchmarks.scores import Target

HARD = Target("200 banks, fees, Medium baselines, at most 3 banks / bare HiGHS", 0.25, middle=True)
SEEDS = range(3)
MEDIUM = {"fees": True, "baselines": "medium"}


@pytest.mark.cases(
    ("n_banks", "name", "seed"),
    quick=[(40, "d07", 0)],
    bench=[(200, name, seed) for name in ("d04", "d07") for seed in SEEDS],
)
def test_at_most_three_banks(n_banks: int, name: str, seed: int, workbooks: Path, bench: Bench):
    policy = Policy(max_banks=3, time_limit_s=BARE_LIMIT_S)
    bench.race(
        Job(workbooks, name, n_banks, seed, MEDIUM, policy),
        group="hard",
        case=f"{name}, seed {seed}",
        targets=(HARD,),
    )
