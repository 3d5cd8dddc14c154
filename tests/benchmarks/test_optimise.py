"""A regional market of 60 banks: reading apart, ours against bare HiGHS on the same model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.conftest import Bench
from tests.benchmarks.jobs import FEES, IN_NEED, PLAIN, Job
from tests.benchmarks.scores import Target

REGIONAL = Target("60 banks, reading apart / bare HiGHS", 2.0)
SERVED = [name for name in IN_NEED if name != "d04"]
"""d04 has lost reedbeds, which no bank of these markets sells."""


@pytest.mark.cases("name", quick=["d01", "d03"], bench=SERVED)
@pytest.mark.parametrize("wishes", [PLAIN, FEES], ids=["plain", "fees"])
def test_sixty_banks(name: str, wishes: Mapping[str, Any], workbooks: Path, bench: Bench):
    bench.race(
        Job(workbooks, name, n_banks=60, wishes=wishes),
        group="60 banks",
        case=f"{name}, {'fees and baselines' if wishes else 'no fees'}",
        targets=(REGIONAL,),
        rounds=5,
    )
