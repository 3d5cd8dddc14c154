"""For everybody: axe finds nothing serious at any step, wide or narrow, and the page fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from bng_opt.resources import data_dir
from tests.support.browser import PATIENCE_S, Morning, Server, serious_findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STEPS = ("metric", "site", "market", "optimise", "result", "alternatives", "quote", "history")


def walk(morning: Morning) -> Iterator[str]:
    """Go through every step, and yield where it is."""
    morning.upload(data_dir() / "demo" / "metric.xlsx")
    morning.see("was read.")
    yield "metric"
    morning.find_site()
    yield "site"
    morning.take_market()
    yield "market"
    morning.press("Next: Optimise")
    for words in ("wishes about banks", "finer settings"):
        morning.page.get_by_role("button", name=words).click()
    yield "optimise"
    morning.press("Start the search")
    morning.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    morning.page.wait_for_selector(".bng-purchases .leaflet-container", timeout=PATIENCE_S * 1000)
    yield "result"
    morning.press("Look for alternatives")
    morning.see("Cost against the number of banks")
    yield "alternatives"
    morning.to_quote("Jo Client")
    yield "quote"
    morning.press("History")
    morning.see("Every search and every quote is kept")
    yield "history"


@pytest.mark.parametrize("width", [1280, 390])
def test_every_step_is_for_everybody(
    new_page: Callable[..., object], server: Server, width: int
) -> None:
    morning = Morning(new_page(width), server).open()
    found, wide, seen = {}, {}, []
    for name in walk(morning):
        seen.append(name)
        morning.shoot(f"{width}-{len(seen)}-{name}")
        found |= {f"{name}: {key}": value for key, value in serious_findings(morning.page).items()}
        sideways = morning.page.evaluate("document.documentElement.scrollWidth")
        if sideways > width:
            wide[name] = sideways
    assert tuple(seen) == STEPS
    assert found == {}, json.dumps(found, indent=1)
    assert wide == {}, "the page scrolls sideways"


def test_the_page_says_what_it_is_and_in_which_language(morning: Morning) -> None:
    page = morning.page
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    assert page.title().startswith("Biodiversity units")
