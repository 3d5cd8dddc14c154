"""A plan's files: read again they say the same to the penny, and no cell is a formula."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bng_opt.cells import MAX_CELL_CHARACTERS, begins_formula, cell_text, guard_formula
from bng_opt.errors import BngOptError, Finding, InfeasibleError, InputError
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import FRAME_COLUMNS, Check, Plan, PlanStatus
from bng_opt.output import (
    WRITTEN,
    checks_text,
    error_json,
    error_text,
    to_json,
    write_plan,
)
from bng_opt.whole_files import prepare_folder
from tests.support.hand_plan import empty_plan, hand_plan

SHEETS = ["Summary", "Purchases", "How needs are met", "Checks", "Not chosen"]
HOSTILE = '=HYPERLINK("http://evil.example","click")'


def pence(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def rows_of(page: Worksheet) -> list[tuple[object, ...]]:
    return [tuple(cell.value for cell in row) for row in page.iter_rows(min_row=2)]


@pytest.fixture(name="plan")
def _plan() -> Plan:
    return hand_plan()


@pytest.fixture(name="hostile")
def _hostile(plan: Plan) -> Plan:
    """Return a plan whose every name tries to be a formula."""
    line = replace(plan.purchases[0], stock_id="+1", bank_id="@SUM(A1)", habitat="-2+3")
    bank = replace(plan.banks[0], bank_id="@SUM(A1)", name=HOSTILE)
    check = Check("=1+1", True, "\tfine")
    other = replace(plan.not_chosen[0], reason=HOSTILE)
    return replace(
        plan, purchases=(line,), banks=(bank,), checks=(check,), not_chosen=(other,), title=HOSTILE
    )


def test_the_four_files_are_written_and_named(plan: Plan, tmp_path: Path) -> None:
    paths = write_plan(plan, tmp_path / "new" / "out")
    assert tuple(path.name for path in paths) == WRITTEN
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == sorted(WRITTEN)


def test_writing_again_replaces_the_files(plan: Plan, tmp_path: Path) -> None:
    write_plan(empty_plan(), tmp_path)
    write_plan(plan, tmp_path)
    assert json.loads((tmp_path / "plan.json").read_text("utf-8")) == plan.as_dict()
    assert len(list(tmp_path.iterdir())) == len(WRITTEN)


def test_plan_json_is_the_plan(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    text = (tmp_path / "plan.json").read_text("utf-8")
    assert "Élan" in text
    assert json.loads(text) == plan.as_dict()


def test_report_txt_is_the_summary(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    assert (tmp_path / "report.txt").read_text("utf-8") == plan.summary() + "\n"


def test_purchases_csv_has_the_frame_to_the_penny(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    table = pd.read_csv(tmp_path / "purchases.csv", dtype=str)
    assert tuple(table.columns) == FRAME_COLUMNS
    assert [Decimal(text) for text in table["cost_gbp"]] == [p.cost_gbp for p in plan.purchases]
    assert [Decimal(text) for text in table["units"]] == [p.units for p in plan.purchases]


def test_an_empty_plan_gives_files_with_headings(tmp_path: Path) -> None:
    write_plan(empty_plan(), tmp_path)
    table = pd.read_csv(tmp_path / "purchases.csv")
    assert table.empty
    assert tuple(table.columns) == FRAME_COLUMNS
    assert load_workbook(tmp_path / "plan.xlsx").sheetnames == SHEETS


def test_no_csv_cell_begins_like_a_formula(hostile: Plan, tmp_path: Path) -> None:
    write_plan(hostile, tmp_path)
    with (tmp_path / "purchases.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["stock_id"] == "'+1"
    assert row["bank"] == f"'{HOSTILE}"
    assert row["habitat"] == "'-2+3"
    assert not any(text[:1] in tuple("=+-@") for text in row.values())


def test_no_workbook_cell_is_a_formula(hostile: Plan, tmp_path: Path) -> None:
    write_plan(hostile, tmp_path)
    book = load_workbook(tmp_path / "plan.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    texts = [cell for cell in cells if cell.data_type == "s" and begins_formula(str(cell.value))]
    assert HOSTILE in [cell.value for cell in texts]
    assert all(cell.quotePrefix for cell in texts)
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        assert not any(b"<f>" in archive.read(name) for name in sheets)


def test_the_workbook_has_the_sheets_with_a_frozen_heading(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    book = load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == SHEETS
    assert {page.freeze_panes for page in book} == {"A2"}


def test_the_workbook_s_purchases_add_up_to_its_total(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    page = load_workbook(tmp_path / "plan.xlsx")["Purchases"]
    titles = [cell.value for cell in page[1]]
    cost, first = titles.index("Cost"), titles.index("Stock line")
    rows = rows_of(page)
    bought = {line.stock_id for line in plan.purchases}
    lines = sum(pence(row[cost]) for row in rows if row[first] in bought)
    sums = {row[first]: pence(row[cost]) for row in rows if row[first] not in bought}
    assert lines == sums["Sum area"] + sums["Sum hedgerow"]
    assert sums.pop("Total") == sum(sums.values()) == plan.total_gbp
    assert page.cell(2, cost + 1).number_format == "£#,##0.00"
    assert page.cell(2, titles.index("Units") + 1).number_format == "0.0000"


def test_the_summary_sheet_states_the_cost_and_the_proof(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    facts = dict(rows_of(load_workbook(tmp_path / "plan.xlsx")["Summary"]))
    assert pence(facts["Total"]) == plan.total_gbp
    parts = ("Units", "Statutory credits", "Fees of the banks")
    assert sum(pence(facts[part]) for part in parts) == plan.total_gbp
    assert facts["Proof"] == plan.proof
    assert facts["Scenario"] == plan.scenario


def test_the_needs_sheet_has_every_use(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    rows = rows_of(load_workbook(tmp_path / "plan.xlsx")["How needs are met"])
    assert len(rows) == len(plan.uses)
    for need in needs_met(plan):
        mine = [row for row in rows if row[:3] == (need.ledger, need.target, need.rule)]
        units = sum(Decimal(str(row[6])) for row in mine)
        assert units == need.units == Decimal(str(mine[0][7])).quantize(Decimal("0.0001"))


def test_checks_and_offers_not_chosen_have_their_sheets(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path)
    book = load_workbook(tmp_path / "plan.xlsx")
    assert [row[0] for row in rows_of(book["Checks"])] == [check.rule for check in plan.checks]
    reasons = [row[-1] for row in rows_of(book["Not chosen"])]
    assert reasons == [item.reason for item in plan.not_chosen]


def test_control_characters_are_written_as_escapes(plan: Plan, tmp_path: Path) -> None:
    odd = replace(plan.banks[0], name="Ash\x07 Dell\ud800")
    write_plan(replace(plan, banks=(odd,)), tmp_path)
    page = load_workbook(tmp_path / "plan.xlsx")["Purchases"]
    assert page["C2"].value == "Ash\\x07 Dell\\xd800"


def test_a_text_too_long_for_a_cell_is_cut() -> None:
    assert len(cell_text("x" * (MAX_CELL_CHARACTERS + 5))) == MAX_CELL_CHARACTERS


@given(st.text())
def test_a_guarded_cell_never_begins_a_formula(text: str) -> None:
    assert not begins_formula(guard_formula(text))


@given(st.text(alphabet="abcdefgh é£0123456789", min_size=1))
def test_a_harmless_cell_is_left_alone(text: str) -> None:
    assert guard_formula(text) == text


def test_a_file_in_the_folder_s_place_is_refused_with_its_path(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(InputError, match="can't be made") as caught:
        write_plan(plan, tmp_path / "out")
    assert caught.value.findings[0].file == str(tmp_path / "out")


def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(InputError, match="can't be written: Permission denied"):
        prepare_folder(tmp_path)


def test_a_file_that_can_t_be_replaced_leaves_nothing_behind(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "report.txt").mkdir()
    with pytest.raises(InputError, match=r"report\.txt: The file can't be written"):
        write_plan(plan, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_a_plan_that_can_t_be_written_as_json_writes_nothing(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_plan(replace(plan, seconds={"total": float("nan")}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_json_for_the_terminal_is_ascii(plan: Plan) -> None:
    text = to_json(plan.as_dict(), ascii_only=True)
    assert text.isascii()
    assert json.loads(text) == plan.as_dict()


def test_an_error_as_text_numbers_what_where_and_what_to_do() -> None:
    error = InputError(
        [Finding("No such habitat.", "Spell it so.", file="stock.csv", row=4), Finding("B.", "C.")]
    )
    assert error_text(error).splitlines() == [
        "The input can't be used (2 findings):",
        "  1. No such habitat.",
        "     Where: stock.csv, row 4",
        "     To do: Spell it so.",
        "  2. B.",
        "     To do: C.",
    ]


def test_an_error_as_json_has_kind_status_and_findings() -> None:
    error: BngOptError = InfeasibleError(Finding("Too few units.", "Allow credits."))
    assert error_json(error) == {
        "error": {
            "kind": "InfeasibleError",
            "exit_status": 3,
            "findings": [error.findings[0].as_dict()],
        }
    }


def test_checks_as_text_say_which_rule_is_broken() -> None:
    text = checks_text([Check("stock lines exist", True, "holds"), Check("costs", False, "£1 off")])
    assert "1 of 2 rules hold: the plan is NOT lawful" in text
    assert "  BROKEN  costs: £1 off" in text
    assert "  holds   stock lines exist" in text


def test_an_unproven_plan_says_so_in_every_file(plan: Plan, tmp_path: Path) -> None:
    write_plan(replace(plan, status=PlanStatus.FEASIBLE), tmp_path)
    assert "Not proven" in (tmp_path / "report.txt").read_text("utf-8")
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["status"] == "feasible"
    facts = dict(rows_of(load_workbook(tmp_path / "plan.xlsx")["Summary"]))
    assert facts["Status"] == "feasible"
