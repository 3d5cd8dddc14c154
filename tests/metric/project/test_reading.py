"""Rows of official workbooks give the workbooks' own results."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bng_opt import read_metric
from bng_opt.metric.package import open_package
from bng_opt.metric.project.entries import read_entries
from bng_opt.metric.project.layout import LAYOUTS
from bng_opt.metric.project.reading import check_results, input_sheets
from bng_opt.metric.project.results import project_result
from bng_opt.metric.sheets import Workbook
from tests.support.official import with_value, without_values

NAMES = (
    "d01_housing_arable",
    "d02_housing_grassland",
    "d03_woodland_high",
    "d04_vhigh_meadow",
    "d05_already_net_gain",
    "d06_trees_brownfield",
    "d07_surplus_and_deficit",
    "d08_with_offsite_rows",
    "d09_gpkg_cambridge",
    "d10_gpkg_wiltshire",
    "test_metric",
)
every_workbook = pytest.mark.parametrize("name", NAMES)


@cache
def content_of(folder: Path, name: str) -> bytes:
    return (folder / f"{name}.xlsx").read_bytes()


@pytest.fixture
def content(shared_workbooks, name) -> bytes:
    return content_of(shared_workbooks, name)


@every_workbook
def test_every_filled_row_is_worth_what_the_workbook_says(content):
    sheets = Workbook(open_package(content, "metric.xlsx")).read_all(input_sheets())
    rows = project_result(read_entries(sheets), 0.1).rows
    assert rows
    for row in rows:
        sheet = sheets[row.entry.layout.name]
        if row.counts:
            assert row.units == pytest.approx(sheet.value(row.entry.cell("units")), abs=1e-9)
        if row.entry.layout.off_site:
            stated = sheet.value(row.entry.cell("units_srm"))
            assert row.with_srm == pytest.approx(stated, abs=1e-9)


@every_workbook
def test_no_row_with_units_is_overlooked(content):
    sheets = Workbook(open_package(content, "metric.xlsx")).read_all(input_sheets())
    read = {(e.layout.code, e.number) for e in read_entries(sheets).rows}
    for layout in LAYOUTS.values():
        letters = layout.columns["units"]
        for number in range(layout.first, layout.last + 1):
            value = sheets[layout.name].value(cell_of(letters, number))
            if isinstance(value, float) and value:
                assert (layout.code, number) in read


@every_workbook
def test_a_workbook_that_was_calculated_agrees_with_its_rows(content):
    assert check_results(content, "metric.xlsx").differences == ()


@every_workbook
def test_a_workbook_that_was_never_calculated_gives_the_same_requirement(content):
    calculated = read_metric(content, "metric.xlsx")
    worked_out = read_metric(without_values(content), "metric.xlsx")
    assert "never calculated" in worked_out.warnings[0].message
    assert worked_out.target == calculated.target
    for ledger, position in calculated.ledgers.items():
        ours = worked_out.ledgers[ledger]
        assert ours.baseline == pytest.approx(position.baseline, abs=1e-9)
        assert ours.deficit == pytest.approx(position.deficit, abs=1e-9)
        stated, found = position.project_wide, ours.project_wide
        for habitat in stated.keys() | found.keys():
            change = stated.get(habitat, 0.0)
            assert found.get(habitat, 0.0) == pytest.approx(change, abs=1e-9)


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        ("A-1 On-Site Habitat Baseline", "Q11"),
        ("D-3 Off-Site Habitat Enhancment", "AP12"),
        ("Headline Results", "H12"),
        ("Headline Results", "H61"),
        ("Trading Summary Area Habitats", "D98"),
    ],
)
@pytest.mark.parametrize("name", ["d08_with_offsite_rows"])
def test_a_result_that_was_typed_over_is_named_by_its_cell(content, sheet, cell):
    findings = check_results(with_value(content, sheet, cell, 123.25), "metric.xlsx").differences
    assert [finding.sheet for finding in findings] == [sheet]
    assert "123.25" in findings[0].message
    if sheet != "Trading Summary Area Habitats":
        assert findings[0].cell == cell


@pytest.mark.parametrize("name", ["d05_already_net_gain"])
def test_a_text_for_years_is_counted_as_the_workbook_counts_it_and_told(content):
    sheets = Workbook(open_package(content, "metric.xlsx")).read_all(input_sheets())
    (warning,) = read_entries(sheets).warnings
    assert (warning.sheet, warning.cell) == ("A-2 On-Site Habitat Creation", "P11")


def cell_of(letters: str, number: int):
    from bng_opt.metric.cells import Cell

    return Cell.named(f"{letters}{number}")
