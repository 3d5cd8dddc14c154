"""Traders are killed a hundred times in the middle of it: nothing is lost, nothing doubled."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import select, text

from bng_opt.market.store import Store
from bng_opt.market.store.checks import check_stock, check_store
from bng_opt.market.store.selling import expire_stock
from bng_opt.market.store.tables import AuditRow, ReservationRow
from tests.support.stores import add_stock
from tests.support.traders import BEGAN, OVER, show, start_victim

KILLS = 100
AT_ONCE = 4
LONGEST_LIFE_S = 0.12
LONGEST_PAUSE_S = 0.003
PATIENCE_S = 60.0


@dataclass
class Count:
    """What happened to those who were killed."""

    kills: int = 0
    inside_a_transaction: int = 0
    acknowledged: list[str] = field(default_factory=list)

    def add(self, said: list[str]) -> None:
        self.kills += 1
        marks = [word for word in said if word in (BEGAN, OVER)]
        self.inside_a_transaction += marks[-1] == BEGAN
        self.acknowledged += [word for word in said if word not in (BEGAN, OVER)]


def all_said(pipe: Connection) -> list[str]:
    """Return what a process said until it died."""
    said = []
    try:
        while True:
            said.append(pipe.recv())
    except (EOFError, OSError):
        return said


def kill_some(url: str, chance: random.Random, count: Count) -> None:
    """Start traders, and kill each at a moment of its own."""
    victims = [start_victim(url, chance.randrange(10**9), LONGEST_PAUSE_S) for _ in range(AT_ONCE)]
    for _, pipe in victims:
        assert pipe.poll(PATIENCE_S), "a trader never began"
    for process, pipe in victims:
        time.sleep(chance.uniform(0, LONGEST_LIFE_S))
        process.kill()
        process.join(PATIENCE_S)
        assert process.exitcode == -9
        count.add(all_said(pipe))


def wait_for_the_server(store: Store) -> None:
    """Wait until a server has noticed that its clients are dead."""
    if store.is_sqlite:
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        with store.read() as session:
            if session.execute(others).scalar_one() == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server still works for clients that are dead")


def changes_in(store: Store) -> list[str]:
    with store.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [f"{row.action} {row.subject}" for row in rows]


@pytest.mark.slow
def test_a_hundred_kills_lose_and_double_nothing(
    store: Store, store_url: str, database: str
) -> None:
    with store.write() as session:
        add_stock(session, {"A": "40", "B": "35.5", "C": "50.0001", "D": "45"})
    chance, count = random.Random(2026), Count()
    for _ in range(KILLS // AT_ONCE):
        kill_some(store_url, chance, count)
        with store.read() as session:
            assert list(check_stock(session)) == []
    wait_for_the_server(store)
    kept = changes_in(store)
    unsaid = Counter(kept) - Counter(count.acknowledged)
    show(
        f"\n{database}: {count.kills} kills, {count.inside_a_transaction} of them inside a "
        f"transaction; {len(count.acknowledged)} changes acknowledged, {len(kept)} in the store "
        f"({unsaid.total()} kept but their maker died before saying so): "
        f"{dict(Counter(word.split()[0] for word in kept))}"
    )
    assert count.kills == KILLS
    assert count.inside_a_transaction > KILLS // 4
    assert Counter(count.acknowledged) - Counter(kept) == Counter(), "a change was lost"
    assert max(Counter(kept).values()) == 1, "a change was made twice"
    assert unsaid.total() <= KILLS + kept_expiries(unsaid)
    check_the_books(store, kept)


def kept_expiries(changes: Counter[str]) -> int:
    """Return how many are expiries: one transaction may make several, and says none."""
    return sum(number for change, number in changes.items() if change.startswith("expired"))


def check_the_books(store: Store, kept: list[str]) -> None:
    """See that state, log and counters tell the same, and that stock can be sold again."""
    assert check_store(store) == ()
    last = dict(reversed(change.split()) for change in kept)
    states = {"reserved": "held"}
    with store.read() as session:
        found = {str(row.id): row.state for row in session.scalars(select(ReservationRow))}
    assert found == {number: states.get(action, action) for number, action in last.items()}
    assert {change.split()[0] for change in kept} >= {"reserved", "sold", "released"}
    expire_stock(store)
    assert check_store(store) == ()
