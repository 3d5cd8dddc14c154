"""The report of a market: its sections, what it is compared with, and what it keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bng_opt.batch.content import market as market_report
from bng_opt.batch.content.kept_markets import keep_market
from bng_opt.batch.content.market import MarketReport
from bng_opt.errors import ExitStatus, InputError
from bng_opt.market import load_market, save_market
from bng_opt.resources import data_dir
from tests.support.report_pages import headings, page_of, tables
from tests.support.scenarios import NEUTRAL, Line, Scene

DEMO = data_dir() / "demo" / "market"


@pytest.fixture(scope="module", name="report")
def _report() -> MarketReport:
    return market_report.answer()


def test_the_demonstration_s_stock_is_that_of_its_file(report: MarketReport) -> None:
    market = load_market(DEMO)
    unpriced = {line.stock_id for line in market.unpriced}
    expected = sum(
        line.units
        for line in market.stock
        if line.habitat.ledger.value == "area" and line.stock_id not in unpriced
    )
    assert report.frame.outcome.result.startswith(f"{expected:,} area units, ")
    assert report.frame.outcome.exit_status is ExitStatus.DONE
    by_habitat, by_size = tables(report.stock())
    assert by_habitat.of("sum")[0][3] == f"{expected:,}"
    assert len(by_size.of("line")) == len(by_habitat.of("line"))
    assert page_of(report.stock()).img["alt"].startswith("Units for sale and prices of 33 habitats")


def test_areas_scarcity_and_what_has_no_price_have_their_sections(report: MarketReport) -> None:
    assert [table.heads[0] for table in tables(report.areas_of_sale())] == [
        "Planning authority (LPA)",
        "National Character Area (NCA)",
    ]
    assert "No seller within reach, by planning authority" in headings(report.scarcity())
    assert "DEMO-001-1" in report.unpriced().text
    assert report.frame.is_demonstration


def test_without_an_earlier_market_it_says_how_to_have_one(report: MarketReport) -> None:
    assert headings(report.changes()) == ["Changes"]
    assert "keep" in report.changes().text


def test_a_previous_market_is_compared_with_in_opening_and_section(tmp_path: Path) -> None:
    now = Scene((Line(NEUTRAL, 5, 20, "A"),)).market()
    before = Scene((Line(NEUTRAL, 8, 25, "A"),)).market()
    source, earlier = (str(save_market(m, tmp_path / n)) for m, n in ((now, "n"), (before, "b")))
    report = market_report.answer(market=source, previous=earlier)
    assert "1 stock line changed, 1 price lowered." in report.frame.outcome.result
    assert headings(report.changes())[0].startswith("Changes since folder b")
    assert before.snapshot in report.opening().text.replace("\n  ", "")
    assert not report.frame.is_demonstration


def test_each_run_leaves_its_market_for_the_next_day_s(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    source = str(save_market(Scene((Line(NEUTRAL, 5, 20, "A"),)).market(), tmp_path / "now"))
    first = market_report.answer(market=source, keep=str(kept))
    assert first.earlier is None
    assert "Folder" in first.keep(str(kept)).text
    again = market_report.answer(market=source, keep=str(kept))
    assert again.earlier is None
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    keep_market(kept, yesterday, Scene((Line(NEUTRAL, 9, 20, "A"),)).market())
    later = market_report.answer(market=source, keep=str(kept))
    assert "1 stock line changed." in later.frame.outcome.result
    assert first.keep("").html == ""


def test_an_empty_market_has_nothing_for_sale(tmp_path: Path) -> None:
    bare = Scene((Line(NEUTRAL, 0, 20, "A"),)).market()
    report = market_report.answer(market=str(save_market(bare, tmp_path / "bare")))
    assert report.frame.outcome.result == "Nothing for sale."
    assert "Nothing is for sale." in report.stock().text


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        market_report.answer(market="nowhere", areas="Atlantis", contract_size="huge")
    found = "\n".join(map(str, caught.value.findings))
    assert all(word in found for word in ("nowhere", "Atlantis", "huge"))
