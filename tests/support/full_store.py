"""A store with something of everything that a team keeps, made by the package's own means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect, text

from bng_opt.market.store import Store
from bng_opt.market.store.aliases import add_alias
from bng_opt.market.store.api_keys import add_key
from bng_opt.market.store.introducers import Introducer, keep_introducer
from bng_opt.market.store.tables import (
    DeliveryKind,
    DeliveryRow,
    DocumentRow,
    ParcelRow,
    ScheduledRunRow,
    ScheduledRunState,
    ScheduleRow,
    StockRow,
)
from bng_opt.runtime.job import JobKind
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.command_line import FOUR_BANKS
from tests.support.questions import small
from tests.support.quoting import APPROVER, PASSWORD, make_approver, open_book, quote

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
NEVER_EMPTY = (
    "api_keys audit_log banks counters customers deliveries documents habitat_aliases introducers "
    "job_submitters jobs parcels price_lists price_rows quote_lines quote_revisions quotes "
    "reservation_lines reservations results scheduled_runs schedules snapshots stock_lines users"
).split()
"""The tables that hold something once a store is filled."""


@dataclass(frozen=True)
class Filled:
    """What a filled store can be asked for."""

    quote: str
    job_id: str
    api_key: str
    user: str = APPROVER
    password: str = PASSWORD


def fill(store: Store, settings: Settings) -> Filled:
    """Fill a store: market, people, a reserved quote, a finished job, a schedule with its run."""
    make_approver(store)
    keep_introducer(store, Introducer("Ivy"), by=APPROVER)
    add_alias(store, "my grassland", "Grassland - Other neutral grassland", by=APPROVER)
    _, key = add_key(store, APPROVER, "scripts", days=30, by=APPROVER)
    reference = quote(open_book(store, FOUR_BANKS), FOUR_BANKS, reserve=True)
    with Desk(store, settings) as desk:
        job = desk.submit_scenario(JobKind.OPTIMISE, *small(2.0), by=APPROVER)
        desk.wait(job.id, 240.0)
    with store.write() as session:
        stock_id = session.query(StockRow.stock_id).order_by(StockRow.stock_id).first()[0]  # type: ignore[index]
        session.add(ParcelRow(stock_id=stock_id, works="creation", size="1", condition="Good"))
        session.add(ScheduleRow(name="monday", timing="0 7 * * mon UTC", seen_to=NOW))
        session.flush()
        run = ScheduledRunRow(
            schedule="monday",
            planned_at=NOW,
            state=ScheduledRunState.DONE.value,
            started_at=NOW,
            heartbeat_at=NOW,
            finished_at=NOW,
            folder="reports-out",
        )
        session.add(run)
        session.flush()
        session.add(
            DeliveryRow(
                run_id=run.id, kind=DeliveryKind.EMAIL.value, target="ann@example.org", due_at=NOW
            )
        )
        session.add(
            DocumentRow(
                revision_id=1,
                kind="report",
                file_name="report.html",
                media_type="text/html",
                sha256="0" * 64,
                content=b"\x00\xff" * 500,
                made_at=NOW,
                made_by=APPROVER,
            )
        )
    return Filled(reference, job.id, key)


def all_rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, in an order of their own."""
    with store.connection() as connection:
        quote_name = connection.dialect.identifier_preparer.quote
        found = {}
        for name in sorted(inspect(connection).get_table_names()):
            rows = connection.execute(text(f"SELECT * FROM {quote_name(name)}"))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found
