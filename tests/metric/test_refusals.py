"""What can't be read whole is refused: what is wrong, where, and what to do."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from bng_opt.errors import InputError
from bng_opt.metric import package, sheets
from bng_opt.metric.workbook import read_metric
from bng_opt.reference import Ledger
from tests.support.metric_workbook import (
    MadeMetric,
    edit_part,
    make_metric,
    make_workbook,
    replace_part,
    to_bytes,
)
from tests.support.official import part_of, without_values

AREA = "Trading Summary Area Habitats"
HEADLINE = "Headline Results"
HEADLINE_PART = "xl/worksheets/sheet5.xml"
HEDGEROW_PART = "xl/worksheets/sheet8.xml"
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
LOSSES = {"Lowland meadows": -2.0, "Cereal crops": -3.0, "Native hedgerow": -1.0}


@pytest.fixture(scope="module")
def sound() -> bytes:
    return make_metric(on_site=LOSSES)


def refusal(data, *words: str) -> InputError:
    """Return the error of a file; each of its findings says what to do."""
    with pytest.raises(InputError) as caught:
        read_metric(data)
    for finding in caught.value.findings:
        assert finding.file
        assert finding.message
        assert finding.remedy
    text = str(caught.value)
    for word in words:
        assert word in text
    return caught.value


def spoilt(change: Callable, **what) -> bytes:
    workbook = make_workbook(MadeMetric(**({"on_site": LOSSES} | what)))
    change(workbook)
    return to_bytes(workbook)


def zipped(members: dict[str, bytes], **options) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **options) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return data.getvalue()


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return {name: source.read(name) for name in source.namelist()}


# --- the file


def test_a_file_that_is_absent_is_refused(tmp_path):
    error = refusal(tmp_path / "none.xlsx", "There is no file")
    assert error.findings[0].file == "none.xlsx"


def test_a_folder_is_refused(tmp_path):
    refusal(tmp_path, "is a folder")


def test_a_name_no_system_can_hold_is_refused():
    refusal("a\x00b.xlsx")
    refusal("x" * 5000 + ".xlsx")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Sheet1,1,2\n", "not a zip package"),
        (b"<html></html>", "not a zip package"),
        (COMPOUND, "old .xls"),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "password"),
        (zipped({"readme.txt": b"hello"}), "not an Excel workbook"),
        (zipped({"word/document.xml": b"<x/>"}), "not an Excel workbook"),
        (zipped({"xl/workbook.bin": b"\x83"}), ".xlsb"),
        (
            zipped({"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"}),
            "OpenDocument",
        ),
    ],
)
def test_other_files_are_named_for_what_they_are(data, words):
    refusal(data, words)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_a_file_cut_short_is_refused(sound, share):
    refusal(sound[: int(len(sound) * share)])


def test_a_file_larger_than_any_metric_is_refused(monkeypatch, tmp_path, sound):
    monkeypatch.setattr(package, "MAX_FILE_BYTES", 1000)
    path = tmp_path / "big.xlsx"
    path.write_bytes(sound)
    refusal(path, "larger than")
    refusal(sound, "larger than")
    refusal(io.BytesIO(sound), "larger than")


# --- the package


def test_a_package_that_would_inflate_beyond_measure_is_refused_unread(sound):
    refusal(zipped(members_of(sound) | {"xl/media/x.bin": bytes(20 * 2**20)}), "times")


def test_a_bomb_of_many_members_is_refused_unread(sound):
    many = {f"xl/x{n}.xml": b"" for n in range(package.MAX_MEMBERS)}
    refusal(zipped(members_of(sound) | many), "members")


def test_a_part_that_lies_about_its_size_is_refused(sound):
    # The declared size of the sheet in the central directory, made small.
    content = members_of(sound)[HEADLINE_PART]
    size = len(content).to_bytes(4, "little")
    start = sound.rindex(HEADLINE_PART.encode()) - 22
    assert sound[start : start + 4] == size
    refusal(sound[:start] + (100).to_bytes(4, "little") + sound[start + 4 :], "damaged")


def test_a_large_part_is_refused_while_it_is_read(sound):
    filler = b"".join(b"<!-- %d -->" % n for n in range(700_000))
    refusal(edit_part(sound, HEADLINE_PART, b"</sheetData>", b"</sheetData>" + filler), "larger")


def test_a_member_stated_twice_is_refused(sound):
    data = io.BytesIO(sound)
    with zipfile.ZipFile(data, "a") as target, pytest.warns(UserWarning, match="Duplicate"):
        target.writestr("xl/workbook.xml", b"<workbook/>")
    refusal(data.getvalue(), "xl/workbook.xml twice")


def test_an_encrypted_member_is_refused(sound):
    start = sound.rindex(HEADLINE_PART.encode()) - 46
    marked = bytearray(sound)
    marked[start + 8] |= 1
    refusal(bytes(marked), "encrypted")


def test_an_unusual_way_of_packing_is_refused(sound):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_LZMA) as target:
        for name, content in members_of(sound).items():
            target.writestr(name, content)
    refusal(data.getvalue(), "Excel doesn't use")


def test_names_that_climb_out_of_the_package_harm_nothing(sound):
    climbing = zipped(members_of(sound) | {"../../etc/passwd": b"x", "/abs": b"y"})
    assert read_metric(climbing, "x") == read_metric(sound, "x")


@pytest.mark.parametrize(
    "part",
    ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", HEADLINE_PART],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_document_types_are_refused(sound, part, encoding):
    content = members_of(sound)[part].decode("utf-8")
    head, _, body = content.rpartition("?>")
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    head = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding != "utf-8" else head
    evil = f"{head}?>{entity}{body}" if head.endswith('"') else f"{head}{entity}{body}"
    words = "entities" if encoding == "utf-8" else "UTF-8"
    refusal(replace_part(sound, part, evil.encode(encoding)), words)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", HEADLINE_PART])
@pytest.mark.parametrize("content", [b"", b"<", b"\xff\xfe\x00", b"<a><b></a>", b"plain", None])
def test_parts_that_are_no_xml_are_refused(sound, part, content):
    refusal(replace_part(sound, part, content))


def test_a_cell_far_away_is_refused_without_reserving_memory(sound):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    error = refusal(edit_part(sound, HEADLINE_PART, b"</sheetData>", far), "spread over")
    assert error.findings[0].cell == "XFD1048576"


@pytest.mark.parametrize(
    "cell",
    [
        b"<c><v>1</v></c>",
        b'<c t="n"><v>1</v></c>',
        b'<x:c r="XFD1048576"><v>1</v></x:c>',
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<c t=">" r="XFD1048576"><v>1</v></c>',
        b'<c r="A1" r="XFD1048576"><v>1</v></c>',
        b'<c\nr="XFD1048576"><v>1</v></c>',
        b'<<c r="A1"/>c r="XFD1048576"><v>1</v></c>',
        b'<c r="H8"><v>1</v></c>',
        b'<c r="AAAA1"><v>1</v></c>',
        b'<c r="A99999999"><v>1</v></c>',
    ],
)
def test_cells_that_hide_where_they_are_are_refused(sound, cell):
    row = b'<row r="200">' + cell + b"</row></sheetData>"
    refusal(edit_part(sound, HEADLINE_PART, b"</sheetData>", row))


class Panic(BaseException):
    """What a panic of the Rust parser looks like from Python."""


@pytest.mark.parametrize("module", ["pyo3_runtime", "builtins"])
def test_a_panic_of_the_parser_is_an_input_error_and_nothing_else_is(sound, monkeypatch, module):
    monkeypatch.setattr(Panic, "__module__", module)

    def panic(*_):
        raise Panic

    monkeypatch.setattr(sheets, "CalamineWorkbook", SimpleNamespace(from_filelike=panic))
    with pytest.raises(InputError if module == "pyo3_runtime" else Panic):
        read_metric(sound)


# --- the workbook


def test_a_workbook_that_is_no_metric_is_refused():
    def rename(workbook):
        for name in workbook.sheetnames[1:]:
            del workbook[name]
        workbook.worksheets[0].title = "Sheet1"

    refusal(spoilt(rename), "not a statutory metric", "'Headline Results'")


@pytest.mark.parametrize("name", ["Main Menu", "Results", HEADLINE, AREA, "Start"])
def test_a_missing_sheet_is_named(name):
    error = refusal(spoilt(lambda workbook: workbook.remove(workbook[name])), "is missing")
    assert [finding.sheet for finding in error.findings] == [name]


def test_a_renamed_sheet_is_missing_and_the_nearest_name_is_offered():
    def rename(workbook):
        workbook[AREA].title = "Trading Summary Habitats"

    refusal(spoilt(rename), "'Trading Summary Habitats': was it renamed?")


@pytest.mark.parametrize("sheet", ["A-1 Site Habitat Baseline", "Trading Summary"])
def test_metric_3_is_refused(sheet):
    refusal(spoilt(lambda workbook: workbook.create_sheet(sheet)), "3.x")


@pytest.mark.parametrize("version", [4.0, 4, 3.1, 5.0, "4.1", "v4", None, True])
def test_other_versions_are_refused(version):
    error = refusal(make_metric(version=version))
    assert error.findings[0].cell == "D8"


def test_the_draft_of_4_1_is_refused():
    def draft(workbook):
        workbook["Start"]["D19"] = "Version control:"

    refusal(spoilt(draft), "draft")


# --- the cells


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "blank"),
        (" ", "blank"),
        ("Check Data ⚠", "Check Data"),
        ("Error ▲", "Error"),
        ("#REF!", "#REF!"),
        ("12.5", "12.5"),
        ("1,234.5", "1,234.5"),
        ("N/A", "N/A"),
        (True, "True"),
    ],
)
@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        (HEADLINE, "H8"),
        (HEADLINE, "H14"),
        (HEADLINE, "H38"),
        (HEADLINE, "F61"),
        (HEADLINE, "H63"),
        (HEADLINE, "D62"),
        (AREA, "F14"),
        (AREA, "D125"),
        ("Trading Summary WaterC's", "D42"),
        ("Start", "F22"),
    ],
)
def test_what_is_no_number_in_a_number_cell_is_refused_by_name(sheet, cell, value, words):
    def spoil(workbook):
        workbook[sheet][cell] = value

    error = refusal(spoilt(spoil), words)
    assert (sheet, cell) in {(finding.sheet, finding.cell) for finding in error.findings}
    assert len(error.findings) == 1


@pytest.mark.parametrize("number", [b"NaN", b"inf", b"-inf", b"1e999", b"0x10", b""])
def test_a_number_that_is_none_is_refused(number):
    data = make_metric(on_site=LOSSES, baseline={Ledger.AREA: 77.25})
    refusal(edit_part(data, HEADLINE_PART, b"<v>77.25</v>", b"<v>" + number + b"</v>"))


def test_error_values_of_excel_are_seen_though_calamine_leaves_them_blank():
    data = make_metric(on_site=LOSSES, baseline={Ledger.AREA: 77.25})
    evil = edit_part(
        data, HEADLINE_PART, b'<c r="H8" t="n"><v>77.25</v>', b'<c r="H8" t="e"><v>#REF!</v>'
    )
    error = refusal(evil, "#REF!")
    assert error.findings[0].cell == "H8"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("H8", 0.0), ("H12", 99.0), ("H16", 0.0), ("H20", 3.0), ("H24", 3.0), ("H28", 3.0),
        ("H32", 3.0), ("H37", 0.0), ("H41", 1.0), ("H47", 0.0), ("H51", 0.3), ("D61", 0.0),
        ("E61", 0.0), ("F61", 0.0), ("H61", 0.0), ("H62", 0.5), ("H63", 0.01), ("H38", 5.0),
    ],
)  # fmt: skip
def test_a_headline_that_was_typed_over_is_refused_by_cell(cell, value):
    def spoil(workbook):
        workbook[HEADLINE][cell] = value

    error = refusal(spoilt(spoil, baseline={Ledger.AREA: 20.0}))
    assert HEADLINE in {finding.sheet for finding in error.findings}


def test_not_applicable_is_refused_where_it_does_not_apply():
    def spoil(workbook):
        workbook[HEADLINE]["H32"] = "N/A"

    refusal(spoilt(spoil, off_site={"Other neutral grassland": 2.0}), "N/A", "H32")


def test_trading_rows_that_do_not_add_up_to_the_headline_are_refused():
    def spoil(workbook):
        sheet = workbook[AREA]
        for cell in ("D94", "F94", "D116", "F116"):
            sheet[cell] = sheet[cell].value + 5.0

    error = refusal(spoilt(spoil), "add up to")
    assert {finding.cell for finding in error.findings} == {"H37"}


@pytest.mark.parametrize("cell", ["F14", "F33", "D33", "E33"])
def test_rows_and_totals_of_a_trading_sheet_must_agree(cell):
    def spoil(workbook):
        workbook[AREA][cell] = 7.0

    refusal(spoilt(spoil), f"'{AREA}'!{cell}")


def test_all_findings_come_at_once():
    def spoil(workbook):
        workbook[HEADLINE]["H8"] = "Check Data ⚠"
        workbook[HEADLINE]["H62"] = 99.0
        workbook[AREA]["F14"] = None
        workbook["Trading Summary Hedgerows"]["C44"] = "x"

    error = refusal(spoilt(spoil))
    cells = {finding.cell for finding in error.findings}
    assert cells == {"H8", "H62", "F14", "C44"}


def test_many_bad_cells_of_a_kind_are_one_finding():
    def spoil(workbook):
        for row in range(125, 163):
            workbook[AREA][f"E{row}"] = "#REF!"

    (finding,) = refusal(spoilt(spoil), "37 more down to E162").findings
    assert finding.cell == "E125"


# --- the labels


@pytest.mark.parametrize(
    ("sheet", "cell", "label"),
    [
        (HEADLINE, "B8", "Baseline"),
        (HEADLINE, "F13", "Area units"),
        (HEADLINE, "H60", None),
        (HEADLINE, "B62", "Habitat units"),
        (HEADLINE, "B55", None),
        (AREA, "B12", None),
        (AREA, "B11", "Other Distinctiveness"),
        (AREA, "D12", "Change"),
        (AREA, "B14", "Grassland - Lowland meadow"),
        (AREA, "B14", "Grassland - Lowland dry acid grassland"),
        (AREA, "B60", None),
        (AREA, "B89", "Cropland - Cereal crops"),
        (AREA, "B3", None),
        (AREA, "B6", "Higher"),
        (AREA, "G6", "Maybe"),
        (HEADLINE, "F55", None),
        ("Start", "D22", "Target"),
    ],
)
def test_a_label_that_is_not_as_it_should_be_is_refused(sheet, cell, label):
    def spoil(workbook):
        workbook[sheet][cell] = label

    error = refusal(spoilt(spoil))
    assert sheet in {finding.sheet for finding in error.findings}


def test_a_label_that_stands_twice_is_refused():
    def spoil(workbook):
        workbook[HEADLINE]["B80"] = "On-site baseline"

    refusal(spoilt(spoil), "stands in B8, B80")


def test_an_unknown_habitat_offers_the_nearest():
    def spoil(workbook):
        workbook[AREA]["B14"] = "Grassland - Lowland meadow"

    refusal(spoilt(spoil), '"Grassland - Lowland meadows"', "B14")


# --- never calculated


def test_a_workbook_that_was_never_calculated_says_so_and_nothing_else():
    def spoil(workbook):
        for row in (8, 12, 16, 37):
            workbook[HEADLINE][f"H{row}"] = "=1+1"
        for row in range(13, 33):
            workbook[AREA][f"B{row}"] = "='G-2'!A1"
            workbook[AREA][f"F{row}"] = "=1+1"

    error = refusal(spoilt(spoil), "never calculated", "open it in Excel")
    assert {finding.sheet for finding in error.findings} == {HEADLINE, AREA}


def test_an_official_workbook_stripped_of_a_value_and_of_its_rows_was_never_calculated(
    shared_workbooks,
):
    data = (shared_workbooks / "d01_housing_arable.xlsx").read_bytes()
    name = b'name="A-2 On-Site Habitat Creation"'
    new = b'name="Another sheet"'
    renamed = edit_part(without_values(data), "xl/workbook.xml", name, new)
    error = refusal(renamed, "never calculated")
    assert HEADLINE in {finding.sheet for finding in error.findings}


# --- cost

HOSTILE = """
import re, sys, time
from contextlib import suppress
from bng_opt.errors import InputError
from bng_opt.metric.workbook import read_metric
def cost(work):
    start = time.process_time()
    with suppress(InputError):
        work()
    return time.process_time() - start
plain = cost(lambda: re.findall(b"<c ([^<>]*)", b'<c r="A1">' * 800_000))
hostile = cost(lambda: read_metric(sys.argv[1]))
# Not ru_maxrss: a child begins with the peak of the process that made it.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(hostile / plain, int(peak.split()[1]) / 1024)
"""
MOST_SCANS = 10
"""So many times the cost of looking once at every cell of the largest part; 10 take 1 to 2 s."""


def with_row(data: bytes, cells: bytes) -> bytes:
    """Return a headline with more cells, and unreadable so that it is refused in any case."""
    row = b"<row>" + cells + b"</row></sheetData>"
    data = edit_part(data, HEADLINE_PART, b"</sheetData>", row)
    return edit_part(data, HEADLINE_PART, b"On-site baseline", b"x")


def many_cells(sound: bytes) -> bytes:
    columns = (b"M", b"N", b"O", b"P")
    places = ((column, n) for n in range(300, 60_000) for column in columns)
    return with_row(sound, b"".join(b'<c r="%s%d"><v>1</v></c>' % place for place in places))


def many_labels(sound: bytes) -> bytes:
    text = b'<c r="M%d" t="inlineStr"><is><t>Habitat group</t></is></c>'
    return with_row(sound, b"".join(text % n for n in range(300, 90_000)))


def many_errors(sound: bytes) -> bytes:
    error = b'<c r="M%d" t="e"><v>#REF!</v></c>'
    return with_row(sound, b"".join(error % n for n in range(300, 150_000)))


def many_formulas(sound: bytes) -> bytes:
    formula = b'<c r="M%d"><f>1+1</f></c>'
    return with_row(sound, b"".join(formula % n for n in range(300, 200_000)))


def wide_grid(sound: bytes) -> bytes:
    return with_row(sound, b'<c r="BHA1200"><v>1</v></c>')


def open_tags(sound: bytes) -> bytes:
    return with_row(sound, b"<a:b " * 1_500_000)


def open_cells(sound: bytes) -> bytes:
    return with_row(sound, b"".join(b"<c %x" % (n * 7919) for n in range(700_000)))


def open_values(sound: bytes) -> bytes:
    values = b"".join(b"<v %x" % (n * 7919) for n in range(700_000))
    return with_row(sound, b'<c r="M300" t="e"><f>1</f>' + values)


def long_labels(sound: bytes) -> bytes:
    labels = b"".join(b"%x" % (n * 7919) for n in range(1_000_000))
    cell = b'<c r="B55" t="inlineStr"><is><t>' + labels + b"</t></is></c>"
    return edit_part(sound, HEDGEROW_PART, b"</sheetData>", b"<row>" + cell + b"</row></sheetData>")


def unknown_habitats(sound: bytes) -> bytes:
    cells = b"".join(
        b'<c r="B%d" t="inlineStr"><is><t>Habitat %x</t></is></c>' % (n, n * 7919)
        for n in range(55, 18_000)
    )
    return edit_part(
        sound, HEDGEROW_PART, b"</sheetData>", b"<row>" + cells + b"</row></sheetData>"
    )


def many_sheets(sound: bytes) -> bytes:
    sheets = b"".join(b'<sheet name="Start%x" id="r1"/>' % (n * 7919) for n in range(20_000))
    return edit_part(sound, "xl/workbook.xml", b"</sheets>", sheets + b"</sheets>")


def huge_strings(sound: bytes) -> bytes:
    strings = b"<sst>" + b"".join(b"<si><t>%d</t></si>" % n for n in range(350_000)) + b"</sst>"
    data = replace_part(sound, "xl/sharedStrings.xml", strings)
    relation = b'<Relationship Id="r99" Type="x/sharedStrings" Target="sharedStrings.xml"/>'
    end = b"</Relationships>"
    return with_row(edit_part(data, "xl/_rels/workbook.xml.rels", end, relation + end), b"")


MAKERS = [
    many_cells,
    many_labels,
    many_errors,
    many_formulas,
    wide_grid,
    open_tags,
    open_cells,
    open_values,
    long_labels,
    unknown_habitats,
    many_sheets,
    huge_strings,
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_hostile_file_costs_little(tmp_path, sound, make):
    scans, megabytes = cost_of(tmp_path / "hostile.xlsx", make(sound))
    assert scans < MOST_SCANS
    assert megabytes < 500


@pytest.mark.parametrize(
    "row",
    [
        b' r="F%d"',
        b'<c r="F%d"><v>1</v></c>',
        b'<row r="%d"',
        b'<row r="%d"><c r="F%d"><v>1</v></c></row>',
        b'<row r="11"><c r="F11"><v>%d</v></c></row>',
        b'<c r="F11"><v>%d</v></c>',
    ],
)
def test_a_hostile_input_sheet_costs_little(tmp_path, shared_workbooks, row):
    data = (shared_workbooks / "d01_housing_arable.xlsx").read_bytes()
    part = part_of(data, "A-1 On-Site Habitat Baseline")
    rows = (row % ((n,) * row.count(b"%d")) for n in range(11, 150_000))
    first = b'<row r="11"><c r="A11"><v>1</v></c>'
    rows = b"".join([first, *rows, b"</row>"])
    sheet = b"<worksheet><sheetData>%s</sheetData></worksheet>" % rows
    scans, megabytes = cost_of(tmp_path / "hostile.xlsx", replace_part(data, part, sheet))
    assert scans < MOST_SCANS
    assert megabytes < 500


def cost_of(path, data: bytes) -> tuple[float, float]:
    """Return what reading a file costs, in scans of a large part and megabytes."""
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE, str(path)], capture_output=True, text=True, check=True
    )
    scans, megabytes = map(float, done.stdout.split())
    return scans, megabytes
