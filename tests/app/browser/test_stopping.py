"""A search that takes long: it goes on without its page, and is stopped in the middle."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bng_opt.market.store import open_store
from bng_opt.runtime.job import Job, JobKind, JobState
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.browser import PATIENCE_S, Morning, Server
from tests.support.questions import endless

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def asked(server: Server, seed: int) -> str:
    """Hand in a search that takes far longer than a test, and return its run."""
    with open_store(server.database) as store, Desk(store, Settings(), runs=False) as desk:
        return desk.submit_scenario(JobKind.OPTIMISE, *endless(seed), by="Ann").id


def standing(server: Server, run_id: str) -> Job:
    with open_store(server.database) as store, Desk(store, Settings(), runs=False) as desk:
        return desk.get(run_id)


def test_closing_the_tab_stops_nothing_and_the_best_is_kept(
    morning: Morning, new_page: Callable[..., object], server: Server
) -> None:
    run_id = asked(server, 7)
    morning.open(f"?run={run_id}")
    morning.see("Best purchase so far")
    morning.see("at most £")
    morning.shoot("15-searching")
    morning.page.close()
    later = Morning(new_page(), server).open(f"?run={run_id}")
    later.see("Best purchase so far")
    assert standing(server, run_id).state is JobState.RUNNING
    later.press("Stop and keep the best")
    later.page.wait_for_selector(".bng-total", timeout=PATIENCE_S * 1000)
    later.see("stopped before the proof")
    later.shoot("16-stopped-in-the-middle")
    best = standing(server, run_id).best
    assert later.page.locator(".bng-total").inner_text() == f"£{best['total_gbp']:,.2f}"


def test_what_is_discarded_leaves_the_page_as_it_was_before(
    morning: Morning, server: Server
) -> None:
    run_id = asked(server, 8)
    morning.open(f"?run={run_id}")
    morning.see("Best purchase so far")
    morning.press("Stop and discard")
    morning.page.wait_for_function("!location.search.includes('run=')", timeout=PATIENCE_S * 1000)
    assert morning.button("Start the search").is_enabled()
    until_over = PATIENCE_S
    while not standing(server, run_id).is_finished and until_over > 0:
        morning.page.wait_for_timeout(200)
        until_over -= 0.2
    assert standing(server, run_id).state is JobState.CANCELLED
