"""The result in a real browser: sorting, filtering, choosing, the map and the address."""

from __future__ import annotations

import pytest

import bng_opt
from bng_opt.quantities import pounds
from tests.app.browser.test_morning import library_plan
from tests.support.browser import PATIENCE_S, Morning, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def purchases(morning: Morning):
    """Go to the result and return its table of purchases."""
    morning.to_result()
    table = morning.page.locator(".bng-sort-table", has_text="Purchases").first
    table.locator("tbody tr").first.wait_for(timeout=PATIENCE_S * 1000)
    return table


def sums(table) -> dict[str, list[str]]:
    """Return the last rows: what stands in each, by its title."""
    found = {}
    for line in table.locator("tfoot tr").all():
        cells = line.locator("td").all_inner_texts()
        found[line.locator("th").inner_text()] = [cell for cell in cells if cell.strip()]
    return found


def of(plan: bng_opt.Plan, ledger: str) -> str:
    return pounds(sum(line.cost_gbp for line in plan.purchases if line.ledger == ledger))


def test_sums_follow_the_filter_and_those_of_everything_stay(morning: Morning, server: Server):
    plan, table = library_plan(server), purchases(morning)
    assert sums(table)["Total"] == [pounds(plan.units_gbp)], "units of two ledgers never add up"
    assert sums(table)["Total: area"][-1] == of(plan, "area")
    morning.page.get_by_label("Ledger", exact=True).select_option("hedgerow")
    lines = [line for line in plan.purchases if line.ledger == "hedgerow"]
    shown = sums(table)
    units = f"{sum(line.units for line in lines):.2f}"
    assert shown[f"These {len(lines)}"][0] == units
    assert shown[f"These {len(lines)}"][-1] == of(plan, "hedgerow")
    assert shown[f"All {len(plan.purchases)}"] == [pounds(plan.units_gbp)]
    morning.see(f"{len(lines)} of {len(plan.purchases)} rows")
    morning.press("Show all rows")
    assert table.locator("tbody tr").count() == len(plan.purchases)


def test_sorting_and_choosing_by_keyboard_keeps_the_keyboard_where_it_was(morning: Morning):
    table, page = purchases(morning), morning.page
    header = table.get_by_role("button", name="Units bought", exact=True)
    header.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    heading = table.locator('th[aria-sort="descending"]')
    assert heading.inner_text().startswith("Units bought")
    units = [float(text) for text in table.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert units == sorted(units, reverse=True)
    table.locator(".bng-choose").nth(1).focus()
    page.keyboard.press("Enter")
    table.locator("tr.bng-chosen").first.wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('tr.bng-chosen')")
    assert page.evaluate("document.activeElement.className").endswith("bng-choose")


def test_a_bank_that_is_chosen_on_the_map_is_marked_in_the_tables(morning: Morning, server: Server):
    plan, table = library_plan(server), purchases(morning)
    bank = max(plan.banks, key=lambda line: line.units)
    marker = morning.page.locator(f'.bng-purchases .leaflet-marker-icon[title^="{bank.name}"]')
    marker.first.wait_for(timeout=PATIENCE_S * 1000)
    assert marker.first.get_attribute("tabindex") is None, "the tables are the keyboard's way"
    # It may lie beyond the map's edge.
    marker.first.dispatch_event("click")
    table.locator("tr.bng-chosen").first.wait_for(timeout=PATIENCE_S * 1000)
    marked = {text.strip() for text in table.locator("tr.bng-chosen th").all_inner_texts()}
    assert marked == {bank.name}
    morning.see("is marked.")
    morning.shoot("10-chosen-bank")


def test_the_address_in_the_field_opens_the_same_result(morning: Morning, new_page, server: Server):
    purchases(morning)
    address = morning.page.get_by_label("Address of this result").input_value()
    assert address == morning.page.url
    other = Morning(new_page(width=390), server).open(address.removeprefix(server.url))
    other.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    assert other.page.locator(".bng-total").inner_text() == (
        morning.page.locator(".bng-total").inner_text()
    )
    other.page.locator(".bng-sort-table tbody tr").first.wait_for(timeout=PATIENCE_S * 1000)
    assert other.page.evaluate("document.documentElement.scrollWidth") <= 390
    other.shoot("14-result-narrow")
