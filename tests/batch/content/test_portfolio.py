"""The report of a portfolio: three ways to share one stock, and who wants the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.batch.content import portfolio
from bng_opt.batch.content.portfolio import PortfolioReport
from bng_opt.errors import ExitStatus
from tests.batch.content.conftest import Desk
from tests.support.report_pages import headings, money, page_of, tables


@pytest.fixture(name="report")
def _report(desk: Desk) -> PortfolioReport:
    return portfolio.answer(manifest=desk.manifest(Any="any", Meadow="meadow"), market=desk.market)


def test_each_site_s_cost_stands_beside_its_cost_alone(report: PortfolioReport) -> None:
    (table,) = tables(report.sites())
    rows = {cells[0]: cells[2:] for cells in table.of("line")}
    assert rows["Any"] == ["£275.00", "£200.00", "£75.00", "37.50%"]
    assert rows["Meadow"] == ["£150.00", "£150.00", "£0.00", "0.00%"]
    assert table.of("total")[0][2:] == ["£425.00", "£350.00", "£75.00", "21.43%"]
    assert "1 stock line would be oversold" in report.sites().text


def test_the_three_ways_are_compared_site_by_site(report: PortfolioReport) -> None:
    ways, costs = tables(report.ways())
    rows = {cells[0]: cells[1:] for cells in ways.of("line")}
    assert rows["Least joint cost"][:2] == ["£425.00", "2 of 2"]
    assert rows["First come, first served"] == ["£200.00", "1 of 2", "0.00%"]
    by_site = {cells[0]: cells[1:] for cells in costs.of("line")}
    assert by_site["Meadow"] == ["£150.00", "£150.00", "goes without", "£150.00"]
    assert page_of(report.ways()).img["alt"].startswith("Least joint cost: £425.00")


def test_the_stock_that_several_want_is_named_with_who_gets_it(report: PortfolioReport) -> None:
    (line,) = tables(report.stock())[0].of("line")
    assert line[0] == "Bank A (A-001)"
    assert line[2:] == ["2.00", "2.00", "Any 0.50; Meadow 1.50"]


def test_banks_and_checks_add_up(report: PortfolioReport) -> None:
    (banks,) = tables(report.banks())
    assert money(banks.of("total")[0][-1]) == Decimal(425)
    assert "rules were recomputed for the sites one by one, and all hold." in (
        report.checks().text.replace("\n", " ")
    )
    assert headings(report.checks())[0] == "Proof and checks"


def test_nobody_contends_for_what_is_enough_for_all(desk: Desk) -> None:
    report = portfolio.answer(manifest=desk.manifest(Meadow="meadow"), market=desk.market)
    assert "None: the sites' own purchases fit beside each other." in report.stock().text
    assert report.left_out().html == ""


def test_a_site_that_can_t_be_served_is_left_out_and_told(desk: Desk) -> None:
    manifest = desk.manifest(Any="any", Bog="bog")
    report = portfolio.answer(manifest=manifest, market=desk.market)
    assert report.frame.outcome.exit_status is ExitStatus.NO_LAWFUL_PURCHASE
    assert "Blanket bog" in report.left_out().text
    assert tables(report.ways())[0].of("line")[0][2] == "1 of 2"


def test_none_that_can_be_served_is_still_a_report(desk: Desk) -> None:
    report = portfolio.answer(manifest=desk.manifest(Bog="bog"), market=desk.market)
    assert report.frame.outcome.result.startswith("Buy for 0 of 1 site")
    sections = (report.sites, report.ways, report.stock, report.banks, report.checks)
    assert all(isinstance(section().text, str) for section in sections)
    assert "Blanket bog" in report.left_out().text
