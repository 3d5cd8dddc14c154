"""Reading a workbook, against calamine's bare reading of the sheets that matter.

Results stand in five sheets, and the first target is of those. Whether each row counts can be
seen in the eighteen input sheets alone: looking through them takes longer than the first target
allows, so it is missed, knowingly, and a second one holds the whole reading to all sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pytest
from python_calamine import CalamineWorkbook

import bng_opt
from bng_opt.metric.headline import HEADLINE
from bng_opt.metric.project.reading import input_sheets
from bng_opt.metric.trading_summary import TRADING_SHEETS
from bng_opt.metric.workbook import START
from tests.benchmarks.conftest import Bench
from tests.benchmarks.jobs import find_workbook
from tests.benchmarks.scores import Target

RESULTS = (START, HEADLINE, *TRADING_SHEETS.values())
READING = Target("reading a workbook / calamine's bare reading of five sheets", 3.0)
WHOLE = Target("reading a workbook / calamine's bare reading of all sheets that are read", 1.0)
NAMES = ("d01", "d02", "d03", "d04", "d05", "d06", "d07", "d08", "d09", "d10", "test_metric")


def read_bare(path: Path, sheets: Sequence[str]) -> float:
    """Return the seconds that calamine takes for the sheets, from the file to Python lists."""
    begin = perf_counter()
    workbook = CalamineWorkbook.from_path(path)
    rows = [workbook.get_sheet_by_name(sheet).to_python() for sheet in sheets]
    seconds = perf_counter() - begin
    assert all(rows)
    return seconds


@pytest.mark.parametrize(
    ("group", "target", "sheets"),
    [("reading", READING, RESULTS), ("whole", WHOLE, (*RESULTS, *input_sheets()))],
)
@pytest.mark.cases("name", quick=["d01"], bench=NAMES)
def test_a_workbook_is_read(
    name: str, group: str, target: Target, sheets: tuple[str, ...], workbooks: Path, bench: Bench
):
    path = find_workbook(workbooks, name)
    requirement = bench.measure(
        bng_opt.read_metric,
        group=group,
        case=name,
        targets=(target,),
        rival=lambda: read_bare(path, sheets),
        fresh=lambda: (path,),
        rounds=15,
    )
    assert requirement.source == path.name
    assert requirement.is_met == (name in ("d05", "d09", "test_metric"))
