"""A batch of reports on two workers, against the same on one."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from time import perf_counter

import pytest

from bng_opt import save_market
from bng_opt.batch import ReportRequest, RunState, read_request, run_batch
from bng_opt.settings import Settings
from tests.benchmarks.conftest import Bench
from tests.benchmarks.scores import Target
from tests.support.command_line import FOUR_BANKS, SITE
from tests.support.tiny_report import write_manifest

TWO_WORKERS = Target("reports on two workers / on one", 0.6)
COUNT = 12
"""Forty are promised; so many show the same, in minutes: only a worker's first takes longer."""


def test_reports_on_two_workers(tmp_path: Path, bench: Bench):
    if not bench.enabled:
        pytest.skip("on purpose: make bench measures it, and the batches have tests of their own")
    request, folders = quotes(tmp_path), (tmp_path / f"out{number}" for number in count())
    states = bench.measure(
        lambda: made(request, next(folders), workers=2),
        group="reports",
        case=f"{COUNT} site quotes, two workers against one",
        targets=(TWO_WORKERS,),
        rival=lambda: timed(request, next(folders)),
    )
    assert states == {RunState.MADE}


def quotes(folder: Path) -> ReportRequest:
    """Return as many quotes, each of another need."""
    save_market(FOUR_BANKS.market(), folder / "market")
    for number in range(COUNT):
        text = f"ledger,habitat,units\narea,Net gain,{1 + number / 10}\n"
        (folder / f"need{number}.csv").write_text(text, encoding="utf-8")
    place = {"lpa": SITE[1], "nca": SITE[3]}
    rows = (
        {"name": f"Site {number}", "requirement": f"need{number}.csv", **place}
        for number in range(COUNT)
    )
    manifest = write_manifest(folder, *rows)
    return read_request("site_quote", {"market": str(folder / "market")}, manifest=manifest)


def made(request: ReportRequest, folder: Path, workers: int) -> set[RunState]:
    """Make all into a folder, and return how they stand."""
    return {
        run.state for run in run_batch(request, folder, settings=Settings(workers=workers)).runs
    }


def timed(request: ReportRequest, folder: Path) -> float:
    """Return the seconds that one worker takes."""
    begin = perf_counter()
    assert made(request, folder, workers=1) == {RunState.MADE}
    return perf_counter() - begin
