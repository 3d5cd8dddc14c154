"""The report of sensitivity: every change in figure, words and table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.batch.content import sensitivity
from bng_opt.batch.content.sensitivity import SensitivityReport
from bng_opt.errors import ExitStatus, InputError
from bng_opt.resources import data_dir
from tests.support.report_pages import headings, money, page_of, tables

PLACE = {
    "lpa": "Stratford-on-Avon",
    "nca": "Dunsmore and Feldon",
    "market": str(data_dir() / "demo" / "market"),
}
SMALL = data_dir() / "demo" / "needs" / "tanners-field.csv"


@pytest.fixture(scope="module", name="report")
def _report() -> SensitivityReport:
    return sensitivity.answer(
        requirement=str(SMALL), need=[0.5, 400], prices=[1.5], stock=[0], **PLACE
    )


def test_each_change_is_a_row_under_what_it_changes(report: SensitivityReport) -> None:
    assert report.plan is not None
    (table,) = tables(report.changes())
    assert [cells[0] for cells in table.of("group")][:2] == ["Need", "Prices"]
    assert [cells[0] for cells in table.of("line")][:4] == [
        "As it is",
        "Times 0.5",
        "Times 400",
        "Times 1.5",
    ]
    assert table.of("line")[2][1] == "impossible"
    dearer = money(table.of("line")[3][1])
    # Every line is rounded to the penny by itself.
    pennies = len(report.plan.purchases) * Decimal("0.01")
    assert abs(dearer - report.plan.units_gbp * Decimal("1.5") - report.plan.fees_gbp) <= pennies
    assert money(table.of("line")[3][2]) == dearer - report.plan.total_gbp


def test_a_change_that_leaves_nothing_lawful_says_why(report: SensitivityReport) -> None:
    assert headings(report.changes()) == ["How the cost moves", "Why there is none"]
    assert "Need: times 0.5 " in report.changes().text
    assert "times 400 no lawful purchase" in report.changes().text.replace("\n  ", " ")
    assert "Under 1 of them no lawful purchase exists." in report.frame.outcome.result
    assert report.frame.outcome.exit_status is ExitStatus.DONE


def test_the_purchase_as_it_is_stands_beside(report: SensitivityReport) -> None:
    assert headings(report.purchase()) == ["What the development needs", "The purchase as it is"]
    assert page_of(report.changes()).img["alt"].startswith("As it is the purchase costs")


def test_no_lawful_purchase_is_an_answer_here_too(tmp_path: Path) -> None:
    need = tmp_path / "need.csv"
    need.write_text("ledger,habitat,units\narea,Wetland - Blanket bog,2\n")
    report = sensitivity.answer(requirement=str(need), **PLACE)
    assert report.frame.outcome.exit_status is ExitStatus.NO_LAWFUL_PURCHASE
    assert "Blanket bog" in report.changes().text
    assert report.checks().html == ""
    assert headings(report.purchase()) == ["What the development needs"]


def test_factors_and_files_that_can_t_be_are_told_together() -> None:
    with pytest.raises(InputError) as caught:
        sensitivity.answer(requirement="nowhere.csv", prices=[0], need=["x"], **PLACE)
    found = "\n".join(map(str, caught.value.findings))
    assert all(word in found for word in ("nowhere.csv", "prices: 0", "need: 'x'"))
