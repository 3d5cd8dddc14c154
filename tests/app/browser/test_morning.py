"""A broker's morning in a real browser, from the workbook to the quote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import bng_opt
from bng_opt.market.store import open_store
from bng_opt.market.store.snapshots import read_market
from bng_opt.quantities import pounds
from bng_opt.resources import data_dir
from tests.support.browser import PATIENCE_S, Morning, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def library_plan(server: Server) -> bng_opt.Plan:
    """Return the plan that the library makes of what the browser enters."""
    with open_store(server.database) as store:
        market = read_market(store)
    requirement = bng_opt.read_metric(data_dir() / "demo" / "metric.xlsx")
    return bng_opt.optimise(requirement, market, bng_opt.Site.from_postcode("CV37 6QW"))


def test_from_workbook_to_downloaded_quote(morning: Morning, server: Server, tmp_path: Path):
    plan = library_plan(server)
    morning.shoot("01-metric-empty")
    morning.upload(data_dir() / "demo" / "metric.xlsx")
    morning.see("was read.")
    morning.shoot("02-metric")
    morning.find_site()
    morning.shoot("03-site")
    morning.take_market()
    morning.shoot("04-market")
    morning.press("Next: Optimise")
    morning.shoot("05-optimise")
    morning.press("Start the search")
    morning.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    assert morning.page.locator(".bng-total").inner_text() == pounds(plan.total_gbp)
    purchases = morning.page.locator(".bng-sort-table", has_text="Purchases").first
    assert pounds(plan.units_gbp) in purchases.locator("tfoot").inner_text()
    morning.shoot("06-result")
    with morning.page.expect_download() as download:
        morning.press("Download: Plan as JSON")
    written = json.loads(Path(download.value.path()).read_text())
    assert written["cost"]["total_gbp"] == float(plan.total_gbp)
    assert {line["stock_id"]: line["units"] for line in written["purchases"]} == {
        line.stock_id: float(line.units) for line in plan.purchases
    }
    morning.to_quote("Jo Client")
    morning.shoot("07-quote")
    morning.press("Keep as a draft")
    morning.see("is kept as a draft")
    morning.press("Make the documents")
    first = morning.page.locator("button", has_text="Download BNG").first
    with morning.page.expect_download() as download:
        first.click(timeout=PATIENCE_S * 1000)
    assert re.fullmatch(r"BNG-\d{4}-\d{5}-.*\.html", download.value.suggested_filename)
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert pounds(plan.total_gbp + 500) in text
    morning.shoot("08-quote-kept")


def test_a_bad_workbook_is_told_and_the_earlier_need_stays(morning: Morning, tmp_path: Path):
    morning.give_metric()
    bad = tmp_path / "holiday.xlsx"
    bad.write_bytes(b"PK\x03\x04 this is no workbook")
    morning.upload(bad)
    morning.see("This needs mending")
    morning.shoot("09-bad-workbook")
    morning.see("What is needed")
    assert morning.button("Next: Site").is_enabled()


def test_a_reload_loses_nothing_and_a_run_opens_by_its_address(morning: Morning, new_page, server):
    morning.to_result()
    total = morning.page.locator(".bng-total").inner_text()
    address = morning.page.url
    assert "run=" in address
    morning.page.reload()
    morning.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    assert morning.page.locator(".bng-total").inner_text() == total
    other = Morning(new_page(), server).open("?" + address.partition("?")[2])
    other.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    assert other.page.locator(".bng-total").inner_text() == total


def test_what_was_entered_before_a_search_survives_a_reload(morning: Morning):
    morning.give_metric()
    morning.find_site()
    morning.page.reload()
    morning.page.wait_for_selector("text=Known by", timeout=PATIENCE_S * 1000)
    morning.press("Back")
    morning.see("What is needed")


def test_going_back_and_changing_something_says_that_the_result_is_older(morning: Morning):
    morning.to_result()
    morning.page.get_by_role("button", name=re.compile("Site")).first.click()
    morning.fill("Postcode", "LS1 4AP")
    morning.press("Find the postcode")
    morning.see("Leeds")
    morning.page.get_by_role("button", name=re.compile("Result")).first.click()
    morning.see("This result is of an earlier search")


def test_alternatives_are_found_beside_the_result(morning: Morning):
    morning.to_result()
    morning.press("Look for alternatives")
    morning.see("Cost against the number of banks")
    morning.shoot("11-alternatives")


def test_the_history_opens_and_compares(morning: Morning):
    morning.to_result()
    morning.press("History")
    morning.see("Every search and every quote is kept")
    runs = morning.page.locator(".bng-entry", has_text="Proven")
    runs.first.get_by_role("button", name="Compare").click()
    morning.shoot("12-history")
    runs.first.get_by_role("button", name="Open").click()
    morning.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)


def test_the_last_stock_goes_to_one_of_two(morning: Morning, new_page, server: Server):
    second = Morning(new_page(), server).open()
    for broker in (morning, second):
        broker.to_result()
        broker.to_quote("Client of " + ("one" if broker is morning else "two"))
    morning.press("Keep and reserve its stock")
    morning.see("its stock is reserved")
    second.press("Keep and reserve its stock")
    second.see("The market has changed since this was worked out")
    second.shoot("13-stock-gone")
    second.press("Work the quote out")
    second.see("Not the purchase of the result")
    morning.page.locator("button", has_text="Give the stock back").click()
    morning.see("no longer reserved")


def test_the_whole_way_to_a_result_by_keyboard_alone(morning: Morning):
    page = morning.page
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.className") == "bng-skip"
    _tab_to(page, "Use the example")
    page.keyboard.press("Enter")
    morning.see("What is needed")
    _tab_to(page, "Next: Site")
    page.keyboard.press("Enter")
    morning.see("Say where the development is")
    _tab_to(page, "", label="Postcode")
    page.keyboard.type("CV37 6QW")
    _tab_to(page, "Find the postcode")
    page.keyboard.press("Enter")
    morning.see("Known by")
    _tab_to(page, "Next: Market")
    page.keyboard.press("Enter")
    morning.see("Who sells what is needed")
    _tab_to(page, "Next: Optimise")
    page.keyboard.press("Enter")
    _tab_to(page, "Start the search")
    page.keyboard.press("Enter")
    page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)


def _tab_to(page, text: str, *, label: str = "", most: int = 150) -> None:
    """Press Tab until the button of a text, or the field of a label, has the focus."""
    page.wait_for_timeout(600)
    for _ in range(most):
        found = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.innerText || '', [...(e.labels || [])].map(l => l.innerText).join(' ')] }"
        )
        if (text and found[0].strip() == text) or (label and label in found[1]):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {text or label!r}")
