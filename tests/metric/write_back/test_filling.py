"""A purchase filled into the off-site sheets: free rows only, and nothing else changed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bng_opt import read_metric
from bng_opt.errors import InputError
from bng_opt.metric.project.layout import Part, layout_of
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState
from bng_opt.metric.write_back import Works, fill_in
from bng_opt.metric.write_back.works import SEALED_SURFACE
from bng_opt.reference import Ledger
from bng_opt.resources import data_dir
from tests.support.official import rewritten, with_value

NEUTRAL = HabitatState.named("Grassland - Other neutral grassland", "Moderate")
CEREAL = HabitatState.named("Cropland - Cereal crops", "Condition Assessment N/A")
MODIFIED = HabitatState.named("Grassland - Modified grassland", "Poor")
HEDGE = HabitatState.named("Native hedgerow", "Moderate")
DITCH = HabitatState.named(
    "Ditches", "Moderate", encroachment="No Encroachment",
    riparian="No Encroachment/No Encroachment",
)  # fmt: skip
CREATED = Works("L1", "BGS-1", "within", Creation(2.0, NEUTRAL), Baseline(2.0, CEREAL))
ENHANCED = Works("L2", "BGS-2", "neighbouring", Enhancement(3.0, MODIFIED, NEUTRAL))
PLANTED = Works("L3", "BGS-1", "within", Creation(0.5, HEDGE))
DUG = Works("L4", "BGS-3", "outside", Creation(0.25, DITCH))
D1, D2, D3 = (
    layout_of(Ledger.AREA, part, off_site=True)
    for part in (Part.BASELINE, Part.CREATION, Part.ENHANCEMENT)
)


@pytest.fixture(scope="module")
def metric(shared_workbooks: Path) -> bytes:
    return (shared_workbooks / "d02_housing_grassland.xlsx").read_bytes()


@pytest.fixture(scope="module")
def with_off_site_rows(shared_workbooks: Path) -> bytes:
    return (shared_workbooks / "d08_with_offsite_rows.xlsx").read_bytes()


def values_of(data: bytes, sheet: str, row: int, layout) -> dict[str, object]:
    table = openpyxl.load_workbook(io.BytesIO(data), read_only=True)[sheet]
    (cells,) = table.iter_rows(min_row=row, max_row=row)
    by_letter = {cell.coordinate.rstrip("0123456789"): cell.value for cell in cells if cell.value}
    return {
        name: by_letter[letters] for name, letters in layout.columns.items() if letters in by_letter
    }


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_a_creation_takes_a_row_of_what_is_lost_and_one_of_what_is_made(metric):
    filled = fill_in(metric, [CREATED])
    lost = values_of(filled.data, D1.name, D1.first, D1)
    made = values_of(filled.data, D2.name, D2.first, D2)
    assert (lost["habitat"], lost["size"]) == ("Cereal crops", pytest.approx(2.0))
    assert (made["habitat"], made["size"]) == ("Other neutral grassland", pytest.approx(2.0))
    assert made["site"] == lost["site"] == "BGS-1"
    assert made["baseline"] == lost["ref"], "which baseline row it takes the place of"
    assert "inside LPA boundary or NCA" in str(made["spatial"])


def test_what_is_always_irreplaceable_is_said_to_be(metric):
    bog = [HabitatState.named("Wetland - Blanket bog", each) for each in ("Poor", "Good")]
    filled = fill_in(metric, [ENHANCED, Works("L9", "BGS-9", "within", Enhancement(2.0, *bog))])
    rows = [values_of(filled.data, D1.name, D1.first + n, D1) for n in (0, 1)]
    assert [row["irreplaceable"] for row in rows] == ["No", "Yes"]


def test_a_bank_can_t_build_on_what_is_irreplaceable(metric):
    bog = HabitatState.named("Wetland - Blanket bog", "Poor")
    with pytest.raises(InputError) as refused:
        fill_in(
            metric, [Works("L9", "BGS-9", "within", Creation(2.0, NEUTRAL), Baseline(2.0, bog))]
        )
    assert "Irreplaceable habitat is lost" in refused.value.findings[0].message


def test_an_enhancement_stands_in_the_row_that_the_workbook_gives_it(with_off_site_rows):
    filled = fill_in(with_off_site_rows, [CREATED, ENHANCED])
    rows = [entry for entry in filled.added if entry.layout is D3]
    assert [entry.number for entry in rows] == [D3.first + 1], "one was enhanced before"
    last = max(entry.number for entry in filled.added if entry.layout is D1)
    lost = values_of(filled.data, D1.name, last, D1)
    assert lost["enhanced"] == pytest.approx(3.0)


def test_land_of_which_nothing_is_stated_is_sealed_surface(metric):
    bare = Works("L1", "BGS-1", "within", Creation(2.0, NEUTRAL))
    filled = fill_in(metric, [bare])
    lost = values_of(filled.data, D1.name, D1.first, D1)
    assert SEALED_SURFACE.endswith(str(lost["habitat"]))


def test_all_three_ledgers_are_written(metric):
    filled = fill_in(metric, [CREATED, ENHANCED, PLANTED, DUG])
    assert {entry.layout.ledger for entry in filled.added} == set(Ledger)
    before = read_metric(metric, "metric.xlsx")
    after = filled.project.ledgers
    for ledger in Ledger:
        assert after[ledger].deficit < before.ledgers[ledger].deficit or not after[ledger].deficit


def test_nothing_that_stands_there_is_overwritten(with_off_site_rows):
    filled = fill_in(with_off_site_rows, [CREATED])
    for layout in (D1, D3):
        old = values_of(with_off_site_rows, layout.name, layout.first, layout)
        assert values_of(filled.data, layout.name, layout.first, layout) == old
    written = [each.cell.row + 1 for each in filled.written if each.sheet == D1.name]
    assert set(written) == {D1.first + 1}


def test_every_other_part_stays_byte_for_byte(metric):
    before, after = parts_of(metric), parts_of(fill_in(metric, [CREATED]).data)
    changed = {name for name in before if before[name] != after.get(name)}
    assert not [name for name in changed if "drawing" in name or "media" in name]
    assert not [name for name in changed if name in ("xl/styles.xml", "xl/sharedStrings.xml")]
    assert set(before) - set(after) <= {"xl/calcChain.xml"}
    for kept in (b"<dataValidation ", b"x14:dataValidation ", b"<sheetProtection", b"<cfRule "):
        counts = [sum(p.count(kept) for p in parts.values()) for parts in (before, after)]
        assert counts[0] == counts[1], kept


def test_formulas_are_kept_and_their_results_left_to_be_calculated(metric):
    filled = fill_in(metric, [CREATED]).data
    before, after = parts_of(metric), parts_of(filled)
    sheets = [name for name in before if name.startswith("xl/worksheets/sheet")]
    for name in sheets:
        assert abs(before[name].count(b"<f") - after[name].count(b"<f")) <= len(CREATED.line) * 40
        assert b"</f><v>" not in after[name]
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_macros_are_kept(metric):
    def with_macro(name: str, content: bytes) -> bytes:
        if name != "[Content_Types].xml":
            return content
        kind = b'ContentType="application/vnd.ms-office.vbaProject"'
        part = b'<Override PartName="/xl/vbaProject.bin" %s/>' % kind
        return content.replace(b"</Types>", part + b"</Types>")

    buffer = io.BytesIO(rewritten(metric, with_macro))
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macros")
    after = parts_of(fill_in(buffer.getvalue(), [CREATED], "metric.xlsm").data)
    assert after["xl/vbaProject.bin"] == b"macros"
    assert b"vbaProject.bin" in after["[Content_Types].xml"]


def test_text_is_text_even_if_it_looks_like_markup(metric):
    odd = Works("<L&1>", "BGS-\"1\" & 'co'", "within", Creation(1.0, NEUTRAL))
    made = values_of(fill_in(metric, [odd]).data, D2.name, D2.first, D2)
    assert (made["habitat_ref"], made["site"]) == (odd.line, odd.site)


def test_a_purchase_written_twice_is_read_from_the_first(metric):
    once = fill_in(metric, [CREATED])
    twice = fill_in(once.data, [Works("L9", "BGS-9", "outside", Creation(1.0, NEUTRAL))])
    assert {e.number for e in twice.added if e.layout is D2} == {D2.first + 1}


@pytest.mark.parametrize(
    ("works", "words"),
    [
        ([Works("L1", " ", "within", Creation(1.0, NEUTRAL))], "has no reference"),
        ([CREATED, Works("L2", "BGS-1", "outside", Creation(1.0, NEUTRAL))],
         "several spatial risk categories"),
        ([Works("L1", "BGS-1", "within", Creation(1.0, NEUTRAL), Baseline(1.0, HEDGE))],
         "of two ledgers"),
        ([Works("L1", "BGS-1", "within", Creation(-1.0, NEUTRAL))], "L1: "),
    ],
)  # fmt: skip
def test_what_the_workbook_would_refuse_is_refused(metric, works, words):
    with pytest.raises(InputError, match=words):
        fill_in(metric, works)


def test_a_sheet_without_a_free_row_is_said(metric):
    many = [Works(f"L{n}", f"BGS-{n % 50}", "within", Creation(0.1, NEUTRAL)) for n in range(250)]
    with pytest.raises(InputError, match="no free row left"):
        fill_in(metric, many)


def test_more_gain_sites_than_the_workbook_lists_are_refused(metric):
    many = [Works(f"L{n}", f"BGS-{n}", "within", Creation(0.1, HEDGE)) for n in range(102)]
    with pytest.raises(InputError, match="101 gain sites"):
        fill_in(metric, many)


def test_a_file_that_is_no_metric_is_refused():
    with pytest.raises(InputError):
        fill_in(b"PK nothing", [CREATED], "metric.xlsx")


def test_a_workbook_of_results_alone_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="has results only") as caught:
        fill_in(data_dir() / "demo" / "metric.xlsx", [CREATED])
    assert len(caught.value.findings) == 1


def test_a_result_typed_over_does_not_change_what_is_predicted(metric):
    spoilt = with_value(metric, "Headline Results", "H61", 0.0)
    honest, misled = fill_in(metric, [CREATED]), fill_in(spoilt, [CREATED])
    assert (
        misled.project.ledgers[Ledger.AREA].deficit == honest.project.ledgers[Ledger.AREA].deficit
    )
