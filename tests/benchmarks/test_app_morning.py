"""From the click on Start to the result on the page, on 120 banks whose answer is known.

Beside it the same search made anew: showing what is known should take less than finding it.
The worker, the queue in the store and the page's own looks are all in it; the browser isn't.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest

import bng_opt
from bng_opt.app.services import Services
from bng_opt.app.state.session import Session
from bng_opt.app.views.page import Page
from bng_opt.app.views.shell import Shell
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.places import Site
from bng_opt.resources import data_dir
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.jobs import Desk
from tests.benchmarks.conftest import Bench
from tests.benchmarks.scores import Target
from tests.support.market_factory import make_market
from tests.support.pages import RecordingLink
from tests.support.running import PATIENCE_S, settings_in

BANKS = 120
KNOWN = Target("click to a known result, against its search", 1.0, middle=True)


@dataclass(frozen=True)
class Shown:
    """What a click took, in parts: queueing, until the worker had it, its work, and the rest."""

    seconds: dict[str, float]


class Morning:
    """A page that is ready to search."""

    def __init__(self, services: Services) -> None:
        self.session = Session(services)
        self.session.metric.take(bng_opt.read_metric(data_dir() / "demo" / "metric.xlsx"))
        self.session.site.take(Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"))
        self.session.market.take_newest()
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        Shell(Page(self.session, RecordingLink()))  # type: ignore[arg-type]
        self.click()

    def click(self) -> Shown:
        """Start the search and wait until the page shows its result."""
        session = self.session
        session.go("optimise")
        begin = perf_counter()
        session.optimise.start()
        queued = perf_counter()

        async def until_shown() -> None:
            while session.current != "result":
                await asyncio.sleep(0.005)

        self._loop.run_until_complete(asyncio.wait_for(until_shown(), PATIENCE_S))
        end = perf_counter()
        job = session.optimise.job
        taken = (job.started_at - job.submitted_at).total_seconds()
        worked = (job.finished_at - job.started_at).total_seconds()
        rest = end - queued - taken - worked
        parts = {"queue": queued - begin, "taken up": taken, "work": worked, "page": rest}
        return Shown(parts)

    def search(self) -> float:
        """Return the seconds that the same search takes when nothing is known."""
        session = self.session
        begin = perf_counter()
        bng_opt.optimise(
            session.metric.requirement,
            session.market.market,
            session.site.site,
            session.optimise.policy,
        )
        return perf_counter() - begin

    def close(self) -> None:
        """End the page's tasks."""
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        asyncio.set_event_loop(None)
        self._loop.close()


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    settings = settings_in(tmp_path, str(tmp_path / "store.sqlite"), heartbeat_s=5, workers=1)
    with open_store(settings.database) as store, Desk(store, settings) as desk:
        import_market(store, make_market(BANKS, fees=True, baselines=True), by="Ann")
        opened = Morning(Services(settings, store, desk, Cache(settings), "Ann"))
        yield opened
        opened.close()


def test_a_known_result_is_shown_sooner_than_it_is_found(morning: Morning, bench: Bench) -> None:
    shown = bench.measure(
        morning.click,
        group="app",
        case=f"click to result, {BANKS} cached banks",
        rival=morning.search,
        targets=(KNOWN,),
        rounds=7,
        size=BANKS,
    )
    assert set(shown.seconds) == {"queue", "taken up", "work", "page"}
    job = morning.session.optimise.job
    assert morning.session.services.desk.plan(job.id).cached
