"""Processes that reserve, sell and give back stock of one store at the same time.

They are forked from a process that has loaded everything already, so that starting a
hundred of them takes seconds; each opens the store by itself.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

import psycopg  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - loaded before the forks
from sqlalchemy import event

from bng_opt.errors import StockError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.reservations import reserve
from bng_opt.market.store.selling import (
    cancel_sale,
    expire_stock,
    release_stock,
    reserve_stock,
    sell_stock,
)

LINES = ("A", "B", "C", "D")
BEGAN, OVER = "began", "over"
_LONG = timedelta(hours=1)
_PATIENCE_S = 120.0

Work = Callable[..., Counter[str]]


def context() -> ForkServerContext:
    """Return the way to start processes, with this module loaded beforehand."""
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload([__name__])
    return chosen


def run_together(work: Work, url: str, arguments: Iterable[Any]) -> Counter[str]:
    """Run work in one process for each argument, all at once; add up what each counted.

    ``work(store, argument)`` is called when all have opened the store.
    """
    arguments = list(arguments)
    processes = context()
    start = processes.Barrier(len(arguments))
    pipes, started = [], []
    for argument in arguments:
        receive, send = processes.Pipe(duplex=False)
        started.append(processes.Process(target=_work, args=(work, url, argument, start, send)))
        started[-1].start()
        send.close()
        pipes.append(receive)
    try:
        return _added_up(pipes)
    finally:
        for process in started:
            process.join(_PATIENCE_S)
            process.kill()


def _added_up(pipes: Iterable[Connection]) -> Counter[str]:
    total: Counter[str] = Counter()
    for pipe in pipes:
        if not pipe.poll(_PATIENCE_S):
            raise TimeoutError("a process said nothing")
        counted = pipe.recv()
        if isinstance(counted, str):
            raise AssertionError(f"a process failed: {counted}")
        total += counted
    return total


def _work(work: Work, url: str, argument: Any, start: Any, send: Connection) -> None:
    try:
        with open_store(url) as store:
            start.wait(_PATIENCE_S)
            send.send(work(store, argument))
    except BaseException as error:
        send.send(f"{type(error).__name__}: {error}")


def buy_one_each(store: Store, buyers: int) -> Counter[str]:
    """Let buyers in as many threads each reserve one unit of A and buy it."""
    counted: Counter[str] = Counter()

    def buy() -> None:
        try:
            number = reserve_stock(store, {"A": Decimal(1)}, by="a buyer")
            sell_stock(store, number, by="a buyer")
            counted["sold"] += 1
        except StockError:
            counted["refused"] += 1
        except BaseException as error:
            counted[f"{type(error).__name__}: {error}"] += 1

    threads = [threading.Thread(target=buy) for _ in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counted


def buy_plans(store: Store, backwards: bool) -> Counter[str]:
    """Buy one unit of every line, again and again, in one order or the other."""
    order = LINES[::-1] if backwards else LINES
    counted: Counter[str] = Counter()
    while counted["refused"] == 0:
        try:
            reserve_stock(store, {line: Decimal(1) for line in order}, by="a buyer")
            counted["plans"] += 1
        except StockError:
            counted["refused"] += 1
    return counted


def buy_in_two_steps(store: Store, backwards: bool) -> Counter[str]:
    """Take A and D one after the other in one transaction, in one order or the other."""
    counted: Counter[str] = Counter()
    first, second = ("D", "A") if backwards else ("A", "D")

    def both(session: Any) -> None:
        counted["tried"] += 1
        now = store.clock()
        for line in (first, second):
            reserve(session, {line: Decimal(1)}, now=now, by="a buyer", expires_at=now + _LONG)

    for _ in range(5):
        store.run(both)
        counted["pairs"] += 1
    return counted


def trade(store: Store, seed: int, said: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Do a hundred things to the stock, at random; say what was kept."""
    chance, counted, trader = random.Random(seed), Counter[str](), Trader(store, said)
    for _ in range(100):
        counted[trader.do_something(chance)] += 1
    return counted


class Trader:
    """Reserves, sells and gives back stock at random, and says what was kept.

    Parameters
    ----------
    said
        Told of each change after its transaction: ``"sold 12"``.
    """

    def __init__(self, store: Store, said: Callable[[str], None]) -> None:
        self.store = store
        self.said = said
        self.held: list[int] = []
        self.sold: list[int] = []

    def do_something(self, chance: random.Random) -> str:
        """Do one thing; return what came of it."""
        what = chance.choices(("reserve", "sell", "release", "cancel", "expire"), (5, 4, 1, 1, 1))
        try:
            return str(getattr(self, what[0])(chance))
        except StockError:
            return "refused"

    def reserve(self, chance: random.Random) -> str:
        lines = chance.sample(LINES, chance.randint(1, 3))
        wanted = {line: Decimal(chance.randint(1, 30_000)).scaleb(-4) for line in lines}
        hold = chance.choice((timedelta(milliseconds=5), _LONG))
        self.held.append(reserve_stock(self.store, wanted, by="a trader", hold=hold))
        return self._say("reserved", self.held[-1])

    def sell(self, chance: random.Random) -> str:
        if not self.held:
            return "nothing"
        number = self.held.pop(chance.randrange(len(self.held)))
        sell_stock(self.store, number, by="a trader")
        self.sold.append(number)
        return self._say("sold", number)

    def release(self, chance: random.Random) -> str:
        if not self.held:
            return "nothing"
        number = self.held.pop(chance.randrange(len(self.held)))
        release_stock(self.store, number, by="a trader")
        return self._say("released", number)

    def cancel(self, chance: random.Random) -> str:
        if not self.sold:
            return "nothing"
        number = self.sold.pop(chance.randrange(len(self.sold)))
        cancel_sale(self.store, number, by="a trader")
        return self._say("cancelled", number)

    def expire(self, chance: random.Random) -> str:
        expired = expire_stock(self.store)
        for number in expired:
            self._say("expired", number)
        return "expired" if expired else "nothing"

    def _say(self, action: str, number: int) -> str:
        self.said(f"{action} {number}")
        return action


def show(text: str) -> None:
    """Write figures that pytest shows with -s."""
    sys.stdout.write(f"{text}\n")


def start_victim(
    url: str, seed: int, longest_pause_s: float
) -> tuple[ForkServerProcess, Connection]:
    """Start a trader that never ends, and the pipe on which it says what was kept.

    It pauses between the statements of its transactions, so that most deaths fall into one;
    it says when one begins and when it is over.
    """
    receive, send = context().Pipe(duplex=False)
    process = context().Process(target=_trade_until_killed, args=(url, seed, longest_pause_s, send))
    process.start()
    send.close()
    return process, receive


def _trade_until_killed(url: str, seed: int, longest_pause_s: float, send: Connection) -> None:
    chance = random.Random(seed)

    def say(what: str) -> None:
        send.send(what)

    def pause(*_: object) -> None:
        time.sleep(chance.uniform(0, longest_pause_s))

    with open_store(url) as store:
        event.listen(store.engine, "begin", lambda _: say(BEGAN))
        event.listen(store.engine, "before_cursor_execute", pause)
        event.listen(store.engine, "commit", pause)
        trader = Trader(store, say)
        while True:
            trader.do_something(chance)
            say(OVER)
