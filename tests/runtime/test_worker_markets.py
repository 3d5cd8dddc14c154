"""A worker reads a market once for all jobs that ask for it, and forgets the older ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bng_opt.market.store import Store
from bng_opt.market.store.tables import JobState, SnapshotRow
from bng_opt.runtime import worker
from bng_opt.runtime.jobs import Desk, Job, JobKind
from bng_opt.settings import Settings
from tests.support.questions import Question, small
from tests.support.running import settings_in
from tests.support.scenarios import AREA, NEUTRAL, Line, Scene


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    return settings_in(tmp_path, store_url)


@pytest.fixture
def desk(store: Store, settings: Settings) -> Iterator[Desk]:
    with Desk(store, settings, runs=False) as opened:
        yield opened


def on_market(price: int, need: float) -> Question:
    """Return a small question on a market of its own."""
    scene = Scene((Line(NEUTRAL, 9, price, "A"),), {}, {AREA: need})
    return replace(small(need), market=scene.market())


def submitted(desk: Desk, question: Question) -> Job:
    return desk.submit_scenario(JobKind.OPTIMISE, *question, by="Ann")


def damage_snapshots(store: Store) -> None:
    with store.write() as session:
        session.execute(sa.update(SnapshotRow).values(content=b"damaged"))


def test_the_second_job_on_a_market_does_not_read_it_again(
    desk: Desk, store: Store, settings: Settings
) -> None:
    first, second = (submitted(desk, on_market(20_001, need)) for need in (1.0, 2.0))
    assert worker.run_job(settings, first.id) == JobState.DONE
    damage_snapshots(store)
    assert worker.run_job(settings, second.id) == JobState.DONE
    assert desk.plan(second.id).total_gbp == 40_002


def test_a_market_that_was_not_asked_for_lately_is_read_again(
    desk: Desk, store: Store, settings: Settings
) -> None:
    others = range(20_003, 20_003 + worker.REMEMBERED_MARKETS)
    first = submitted(desk, on_market(20_002, 1.0))
    between = [submitted(desk, on_market(price, 1.0)) for price in others]
    again = submitted(desk, on_market(20_002, 2.0))
    states = [worker.run_job(settings, job.id) for job in (first, *between)]
    damage_snapshots(store)
    assert set(states) == {JobState.DONE}
    assert worker.run_job(settings, again.id) == JobState.FAILED
    assert desk.get(again.id).error_kind == "StoreError"
