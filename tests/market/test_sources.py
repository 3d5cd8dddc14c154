"""Where markets come from: folders, workbooks, DataFrames, and what can be wrong with each."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from bng_opt.errors import InputError
from bng_opt.market import load_market, workbooks
from bng_opt.market.schema import SCHEMAS


def findings_of(source):
    with pytest.raises(InputError) as caught:
        load_market(source)
    return caught.value.findings


def frames_of(tables):
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}


def workbook_of(tables, path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_sheet("Read me")["A1"] = "about"
    for name, rows in tables.items():
        sheet = book.create_sheet(name.title())
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([_typed(text) for text in row.values()])
    book.save(path)
    return path


def _typed(text):
    try:
        return float(text)
    except ValueError:
        return text or None


def edit(path, sheet, **cells):
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book[sheet][address] = value
    book.save(path)
    return path


def test_the_three_kinds_of_source_read_the_same(tables, write, tmp_path):
    folder = load_market(write(tables))
    assert load_market(str(tmp_path)) == folder
    assert load_market(workbook_of(tables, tmp_path / "market.xlsx")) == folder
    assert load_market(frames_of(tables)) == folder


def test_what_is_no_market_source_says_what_is(tmp_path):
    assert "folder with banks.csv" in findings_of(tmp_path / "none")[0].remedy
    other = tmp_path / "market.txt"
    other.write_text("hello")
    assert "DataFrames" in findings_of(other)[0].remedy


def test_missing_files_are_named_all_at_once(tmp_path):
    assert [f.file for f in findings_of(tmp_path)] == ["banks.csv", "stock.csv", "pricing.csv"]


def test_a_missing_table_is_the_only_finding(tables):
    frames = frames_of(tables)
    del frames["banks"]
    assert [f.file for f in findings_of(frames)] == ["banks"]
    frames["banks"] = [1, 2]
    assert "is a list" in findings_of(frames)[0].message


def test_missing_and_repeated_columns_are_findings(tables, write):
    folder = write(tables)
    stock = folder / "stock.csv"
    stock.write_text("stock_id,bank_id,Bank ID,units\nS1,B1,B1,2\n")
    found = [(f.row, f.column) for f in findings_of(folder)]
    assert found == [(1, "bank_id"), (1, "habitat")]


def test_another_separator_is_recognised(tables, write):
    folder = write(tables)
    (folder / "stock.csv").write_text("stock_id;bank_id;habitat;units\nS1;B1;Ditches;2\n")
    assert "save it with commas" in findings_of(folder)[0].remedy


def test_unknown_columns_are_ignored_with_a_warning(tables):
    frames = frames_of(tables)
    frames["banks"]["fixed fee"] = "9"
    frames["stock"][""] = ["note", "", ""]
    warnings = load_market(frames).warnings
    assert [(w.file, w.column) for w in warnings] == [("banks", "fixed fee"), ("stock", None)]
    assert "fixed_fee_gbp" in warnings[0].remedy


def test_an_empty_table_is_a_warning(tables):
    frames = frames_of(tables)
    frames["pricing"] = frames["pricing"].head(0)
    market = load_market(frames)
    assert market.warnings[0].file == "pricing"
    assert len(market.unpriced) == 3


def test_utf_8_is_read_with_and_without_its_mark_and_nothing_else_is(tables, write):
    tables["banks"][0]["bank_name"] = "Müller's Bank"
    folder = write(tables)
    plain = load_market(folder)
    banks = folder / "banks.csv"
    text = banks.read_text("utf-8")
    banks.write_text(text, encoding="utf-8-sig")
    assert load_market(folder) == plain
    for encoding, row in (("cp1252", 2), ("utf-16", 1)):
        banks.write_text(text, encoding=encoding)
        finding = findings_of(folder)[0]
        assert (finding.file, finding.row) == ("banks.csv", row)
        assert "CSV UTF-8" in finding.remedy


def test_ragged_rows_and_open_quotes_are_findings(tables, write):
    folder = write(tables)
    head = "stock_id,bank_id,habitat,units\n"
    (folder / "stock.csv").write_text(f"{head}S1,B1,Ditches\n\nS2,B1,Ditches,1,234\n")
    assert [(f.row, f.column) for f in findings_of(folder)] == [(2, None), (4, None)]
    (folder / "stock.csv").write_text(f'{head}S1,B1,Ditches,1\nS2,B1,"Ditches,1\n')
    assert "quote" in findings_of(folder)[0].remedy


def test_blank_rows_and_trailing_blank_cells_do_not_matter(tables, write):
    folder = write(tables)
    plain = load_market(folder)
    stock = folder / "stock.csv"
    lines = stock.read_text().splitlines()
    stock.write_text("\n".join([lines[0], ",,,,,,,", *(f"{line},," for line in lines[1:]), "", ""]))
    assert load_market(folder) == plain


def test_rows_are_numbered_as_in_the_file(tables, write):
    folder = write(tables)
    (folder / "stock.csv").write_text("stock_id,bank_id,habitat,units\n\n\nS1,B1,Ditches,x\n")
    assert findings_of(folder)[0].row == 4


def test_whole_numbers_as_ids_lose_what_spreadsheets_add(tables, tmp_path):
    for rows in tables.values():
        for row in rows:
            row["bank_id"] = row["bank_id"].removeprefix("B")
    market = load_market(workbook_of(tables, tmp_path / "market.xlsx"))
    assert [bank.bank_id for bank in market.banks] == ["1", "2", "3"]
    frames = frames_of(tables)
    frames["stock"]["bank_id"] = frames["stock"]["bank_id"].astype(float)
    assert load_market(frames) == market


def test_missing_values_of_dataframes_are_blank(tables):
    frames = frames_of(tables)
    frames["pricing"]["price"] = pd.to_numeric(frames["pricing"]["price"])
    frames["pricing"].loc[0, "price"] = float("nan")
    frames["stock"]["quoted_units"] = pd.array([None, None, 0.1], dtype="Float64")
    market = load_market(frames)
    assert len(market.blank_prices) == 1
    assert float(market.stock[2].quoted_units) == 0.1
    frames["pricing"].loc[0, "price"] = float("inf")
    assert findings_of(frames)[0].column == "price"


@pytest.mark.parametrize("value", [datetime.date(2026, 3, 1), True])
def test_dates_and_truth_values_are_findings(tables, tmp_path, value):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    found = findings_of(edit(path, "Stock", A2=value, D2=value))
    assert [(f.file, f.sheet, f.row, f.column) for f in found] == [
        ("market.xlsx", "stock", 2, "stock_id"),
        ("market.xlsx", "stock", 2, "units"),
    ]


def test_a_missing_sheet_is_a_finding(tables, tmp_path):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    book = openpyxl.load_workbook(path)
    book["Stock"].title = "Lines"
    book.save(path)
    assert "sheet stock is missing" in findings_of(path)[0].message


def test_error_values_and_formulas_never_calculated_are_not_blanks(tables, tmp_path):
    path = edit(
        workbook_of(tables, tmp_path / "market.xlsx"), "Banks", L2="=1+1", L3="#REF!", E2="#N/A"
    )
    found = [f for f in findings_of(path) if f.cell]
    assert sorted(f.cell for f in found) == ["E2", "L2", "L3"]
    assert all(f.sheet == "Banks" and f.remedy for f in found)


def test_calculated_formulas_are_read_by_their_values(tables, tmp_path):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    plain = load_market(path)
    rewrite(path, lambda xml: xml.replace(b"<v>27000</v>", b"<f>20000+7000</f><v>27000</v>"))
    assert load_market(path) == plain


def rewrite(path, change):
    """Change the XML of every sheet."""
    with zipfile.ZipFile(path) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, content in parts.items():
            package.writestr(part, change(content) if "worksheets" in part else content)


def test_a_stray_cell_far_off_is_refused_before_it_is_read(tables, tmp_path):
    path = edit(workbook_of(tables, tmp_path / "market.xlsx"), "Pricing", XFD1048576="x")
    assert "XFD1048576" in findings_of(path)[0].message


def test_a_zip_bomb_is_refused(tables, tmp_path):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    rewrite(path, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * 20_000_000))
    assert "unpacks to far more" in findings_of(path)[0].message


def test_a_part_that_understates_its_size_is_refused(tables, tmp_path):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    size = zipfile.ZipFile(path).getinfo("xl/worksheets/sheet1.xml").file_size
    raw = path.read_bytes()
    # The central directory states sizes too: make both understate.
    path.write_bytes(raw.replace(size.to_bytes(4, "little"), (size - 9).to_bytes(4, "little")))
    assert "damaged" in findings_of(path)[0].message


def test_an_oversized_file_is_refused(tables, tmp_path, monkeypatch):
    path = workbook_of(tables, tmp_path / "market.xlsx")
    monkeypatch.setattr(workbooks, "MAX_PACKED_BYTES", 100)
    assert "more than" in findings_of(path)[0].message


@pytest.mark.parametrize("content", [b"", b"hello", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100])
def test_what_only_bears_the_name_of_a_workbook_is_refused(tmp_path, content):
    path = tmp_path / "market.xlsx"
    path.write_bytes(content)
    assert "can't be opened" in findings_of(path)[0].message


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("a.txt", "a")
    path = tmp_path / "market.xlsx"
    path.write_bytes(stream.getvalue())
    assert "isn't a workbook" in findings_of(path)[0].message


def test_every_column_has_a_meaning():
    assert all(column.meaning for schema in SCHEMAS for column in schema.columns)
