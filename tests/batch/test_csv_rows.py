"""CSV files that people wrote: rows by column name, everything wrong at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.batch.csv_rows import CsvRows, read_csv_rows


def read(folder: Path, content: str | bytes) -> CsvRows:
    path = folder / "runs.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv_rows(path, ("name", "a", "b"), (("name",), ("a", "b")))


def test_rows_come_by_column_name_whatever_their_case_order_and_blanks(tmp_path: Path) -> None:
    found = read(tmp_path, "\ufeff B ,NAME,,a\n,,,\n2, x ,,1\n3,y\n")
    assert not found.findings
    assert [(row.number, dict(row.cells)) for row in found.rows] == [
        (3, {"b": "2", "name": "x", "a": "1"}),
        (4, {"b": "3", "name": "y", "a": ""}),
    ]


def test_all_that_is_wrong_with_the_header_is_said_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, "c,name,name\n1,2,3\n")
    assert found.rows == ()
    assert [(each.row, each.column) for each in found.findings] == [(1, "c"), (1, "name"), (1, "a")]
    assert "There is no column a or b." in found.findings[2].message


def test_a_row_with_more_cells_than_the_header_says_so_itself(tmp_path: Path) -> None:
    found = read(tmp_path, "name,a\nx,1,2\ny,1\n")
    assert [len(row.findings) for row in found.rows] == [1, 0]
    assert found.rows[0].findings[0].row == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,a\n\xff\xfe,1\n", "not in UTF-8"),
        ('name,a\n"x,1\n', "can't be read"),
        ("", "There is no column name"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: str | bytes, words: str) -> None:
    found = read(tmp_path, content)
    assert words in found.findings[0].message
    assert found.findings[0].file == str(tmp_path / "runs.csv")


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    found = read_csv_rows(tmp_path / "none.csv", ("name",), ())
    assert "No such file" in found.findings[0].message
