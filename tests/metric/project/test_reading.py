"""Rows of official workbooks give the workbooks' own results."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bng_opt import read_metric
from bng_opt.errors import InputError
from bng_opt.metric.package import open_package
from bng_opt.metric.project.entries import read_entries
from bng_opt.metric.project.layout import LAYOUTS
from bng_opt.metric.project.reading import check_results, input_sheets, read_rows
from bng_opt.metric.project.results import project_result
from bng_opt.metric.sheets import Workbook
from tests.support.official import rewritten, with_text, with_value, without_values

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


@every_workbook
def test_the_filled_rows_alone_are_read_as_the_whole_sheets_are(content):
    workbook = Workbook(open_package(content, "metric.xlsx"))
    whole = read_entries(workbook.read_all(input_sheets()))
    assert read_entries(read_rows(workbook)) == whole


def test_a_sheet_whose_rows_are_written_otherwise_is_read_whole(content_of_one):
    spaced = rewritten(
        content_of_one,
        lambda name, xml: (
            xml.replace(b"<row r=", b"<row  r=") if name.startswith("xl/worksheets/") else xml
        ),
    )
    assert spaced != content_of_one
    first, second = (Workbook(open_package(each, "m.xlsx")) for each in (content_of_one, spaced))
    assert read_entries(read_rows(second)) == read_entries(read_rows(first))


class TestIrreplaceable:
    """What the metric asks of baseline rows, and leaves out where the answer can't be."""

    SHEET = "A-1 On-Site Habitat Baseline"

    def refused(self, content: bytes, **cells: str) -> list[str]:
        for cell, text in cells.items():
            content = with_text(content, self.SHEET, cell, text)
        with pytest.raises(InputError) as refused:
            check_results(content, "metric.xlsx")
        assert {finding.sheet for finding in refused.value.findings} == {self.SHEET}
        return [finding.message for finding in refused.value.findings]

    def test_one_that_always_is_can_t_be_said_not_to_be(self, content_of_one):
        (said,) = self.refused(content_of_one, F11="Limestone pavement", **_LIMESTONE)
        assert "Limestone pavement" in said
        assert "takes Yes" in said

    def test_one_that_never_is_can_t_be_said_to_be(self, content_of_one):
        said = self.refused(content_of_one, G11="Yes")
        assert any("takes No" in each for each in said)

    def test_no_answer_is_refused_as_the_workbook_does(self, content_of_one):
        (said,) = self.refused(content_of_one, G11=" ")
        assert "has no answer" in said
        assert "takes No" in said


_LIMESTONE = {"E11": "Sparsely vegetated land", "K11": "Good"}


@pytest.fixture
def content_of_one(shared_workbooks) -> bytes:
    return content_of(shared_workbooks, "d01_housing_arable")


class TestUncounted:
    """Rows that the workbook's sums pass over."""

    def warnings(self, content: bytes, sheet: str, cell: str, text: str):
        content = with_text(content, sheet, cell, text)
        return [
            w for w in read_metric(content, "m.xlsx").warnings if "counts no units" in w.message
        ]

    def test_of_what_is_lost_the_need_is_too_small(self, content_of_one):
        sheet = "A-1 On-Site Habitat Baseline"
        (warning,) = self.warnings(content_of_one, sheet, "Q11", "Check Data ▲")
        assert (warning.sheet, warning.cell) == (sheet, "Q11")
        assert "Check Data ▲" in warning.message
        assert "missing from this need" in warning.remedy

    def test_of_what_is_created_more_would_be_bought(self, content_of_one):
        sheet = "A-2 On-Site Habitat Creation"
        (warning,) = self.warnings(content_of_one, sheet, "Y11", "")
        assert "blank" in warning.message
        assert "more would be bought" in warning.remedy

    def test_a_loss_that_nothing_makes_good(self, content_of_one):
        sheet = "A-1 On-Site Habitat Baseline"
        (warning,) = self.warnings(content_of_one, sheet, "Q11", "Any Loss Unacceptable ⚠")
        assert "bespoke" in warning.remedy

    @every_workbook
    def test_in_the_official_workbooks_every_row_with_a_gain_site_counts(self, content, name):
        told = [w.cell for w in read_metric(content).warnings if "counts no units" in w.message]
        assert told == (["Z12"] if name == "test_metric" else [])

    def test_the_check_says_to_mend_the_row(self, content_of_one):
        sheet = "A-1 On-Site Habitat Baseline"
        (found,) = check_results(
            with_text(content_of_one, sheet, "Q11", "Check Data ▲")
        ).differences
        assert "the metric marks" in found.remedy


def cell_of(letters: str, number: int):
    from bng_opt.metric.cells import Cell

    return Cell.named(f"{letters}{number}")
