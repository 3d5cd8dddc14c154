"""Reading a workbook, against calamine's bare reading of the sheets that matter.

Results stand in five sheets; whether each row counts can be seen in the eighteen input sheets
alone, of which only the filled rows are read.
"""

from __future__ import annotations

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

SHEETS = (START, HEADLINE, *TRADING_SHEETS.values(), *input_sheets())
READING = Target("reading a workbook / calamine's bare reading of the same sheets", 1.0)
NAMES = ("d01", "d02", "d03", "d04", "d05", "d06", "d07", "d08", "d09", "d10", "test_metric")


def read_bare(path: Path) -> float:
    """Return the seconds that calamine takes for the sheets, from the file to Python lists."""
    begin = perf_counter()
    workbook = CalamineWorkbook.from_path(path)
    rows = [workbook.get_sheet_by_name(sheet).to_python() for sheet in SHEETS]
    seconds = perf_counter() - begin
    assert all(rows)
    return seconds


@pytest.mark.cases("name", quick=["d01"], bench=NAMES)
def test_a_workbook_is_read(name: str, workbooks: Path, bench: Bench):
    path = find_workbook(workbooks, name)
    requirement = bench.measure(
        bng_opt.read_metric,
        group="reading",
        case=name,
        targets=(READING,),
        rival=lambda: read_bare(path),
        fresh=lambda: (path,),
        rounds=15,
    )
    assert requirement.source == path.name
    assert requirement.is_met == (name in ("d05", "d09", "test_metric"))
