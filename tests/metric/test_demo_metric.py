"""The demonstration's metric: made again part for part, and worth demonstrating."""

from __future__ import annotations

import io
import runpy
import zipfile

import pytest
from openpyxl import load_workbook

from bng_opt.metric.workbook import read_metric
from bng_opt.reference import Distinctiveness, Ledger


@pytest.fixture(scope="module")
def path(repository):
    return repository / "data" / "demo" / "metric.xlsx"


def parts(package):
    """Return every part of a workbook; how a zlib packs them is its own affair."""
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_making_it_again_gives_the_same_parts(repository, path):
    script = runpy.run_path(str(repository / "data" / "make_demo_metric.py"))
    made = script["to_bytes"](script["make_workbook"](script["BROOK_FARM"]))
    assert parts(io.BytesIO(made)) == parts(path)


def test_it_says_that_it_is_a_demonstration_and_whose_layout_it_is(path):
    sheet = load_workbook(io.BytesIO(path.read_bytes()))["Introduction"]
    text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    for words in ("results typed in", "Crown copyright", "Open Government Licence v3.0"):
        assert words in text


def test_it_owes_units_in_every_ledger_and_of_every_usual_kind(path):
    requirement = read_metric(path)
    assert requirement.project == "Land at Brook Farm (demonstration)"
    assert requirement.warnings == ()
    for position in requirement.ledgers.values():
        assert position.settlement.shortfalls
        assert position.net_gain_extra > 0
    area = requirement.ledgers[Ledger.AREA].settlement
    assert [s.account.band for s in area.shortfalls] == [
        Distinctiveness.HIGH,
        Distinctiveness.MEDIUM,
        Distinctiveness.MEDIUM,
        Distinctiveness.LOW,
    ]
    assert area.uses
