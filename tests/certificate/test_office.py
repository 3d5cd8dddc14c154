"""Recalculating in LibreOffice: what is said where it can't be, and results put back."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from bng_opt.certificate import office
from bng_opt.certificate.stored_results import with_results
from bng_opt.errors import InputError, OfficeError
from bng_opt.metric.write_back.package_edits import calculated_on_load
from tests.support.official import part_of, rewritten, without_values


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a program take LibreOffice's place."""
    if sys.platform == "win32":
        pytest.skip("a script can't take a program's place on Windows")

    def put(script: str) -> None:
        path = tmp_path / "bin" / "soffice"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")

    return put


def test_nothing_to_calculate_starts_nothing():
    assert office.recalculated([]) == []


def test_its_absence_is_said_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "_FOLDERS", ())
    with pytest.raises(OfficeError, match="isn't installed") as caught:
        office.recalculated([b"x"])
    assert "libreoffice-calc" in caught.value.findings[0].remedy


def test_a_program_that_makes_no_file_is_quoted(program):
    program("echo 'no such filter' >&2")
    with pytest.raises(OfficeError, match=r"didn't calculate workbook_0\.xlsx: no such filter"):
        office.recalculated([b"x"])


def test_a_program_that_hangs_is_ended(program):
    program("sleep 60")
    with pytest.raises(OfficeError, match="didn't end within"):
        office.recalculated([b"x"], timeout_s=0.5)


def test_results_are_put_back_formula_by_formula(shared_workbooks):
    whole = (shared_workbooks / "d03_woodland_high.xlsx").read_bytes()
    sheet = part_of(whole, "Headline Results")
    bare = without_values(whole)
    again = with_results(bare, whole)

    def cells_of(data: bytes) -> bytes:
        found = []
        rewritten(data, lambda name, c: found.append(c) or c if name == sheet else c)
        return found[0]

    assert b"</f><v>" not in cells_of(bare)
    # An error of the other program isn't taken over: all others are.
    assert cells_of(again).count(b"</f><v>") >= 0.98 * cells_of(whole).count(b"</f><v>")


def test_results_of_something_else_are_refused(shared_workbooks):
    whole = (shared_workbooks / "d03_woodland_high.xlsx").read_bytes()
    with pytest.raises(InputError):
        with_results(whole, b"not a workbook")


@pytest.mark.parametrize(
    "part",
    [
        b"<workbook></workbook>",
        b'<workbook><calcPr calcId="1"/></workbook>',
        b'<workbook><calcPr calcId="1" fullCalcOnLoad="0"/></workbook>',
        b'<workbook><calcPr fullCalcOnLoad="1"/></workbook>',
    ],
)
def test_excel_is_told_to_calculate_on_opening(part):
    assert calculated_on_load(part).count(b'fullCalcOnLoad="1"') == 1
    assert b'fullCalcOnLoad="0"' not in calculated_on_load(part)
