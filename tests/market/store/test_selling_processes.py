"""Many buyers in several processes at once: stock is sold once, on both databases."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from bng_opt.market.store import Store
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.selling import expire_stock
from bng_opt.market.store.tables import AuditRow, ReservationLineRow, ReservationRow, StockRow
from tests.support.stores import add_stock
from tests.support.traders import (
    LINES,
    buy_in_two_steps,
    buy_one_each,
    buy_plans,
    run_together,
    show,
    trade,
)

PROCESSES = 8
D = Decimal


def stock_up(store: Store, **units: str) -> None:
    with store.write() as session:
        add_stock(session, units)


def counters(store: Store) -> dict[str, tuple[Decimal, Decimal]]:
    with store.read() as session:
        return {
            row.stock_id: (row.reserved, row.sold)
            for row in session.scalars(select(StockRow).order_by(StockRow.stock_id))
        }


def test_forty_buyers_of_ten_units_buy_ten(store: Store, store_url: str, database: str) -> None:
    stock_up(store, A="10")
    counted = run_together(buy_one_each, store_url, [5] * PROCESSES)
    show(f"\n{database}: 40 buyers in {PROCESSES} processes for 10 units: {dict(counted)}")
    assert counted == Counter(sold=10, refused=30)
    assert counters(store) == {"A": (D(0), D(10))}
    with store.read() as session:
        sales = select(func.count()).select_from(AuditRow).where(AuditRow.action == "sold")
        assert session.scalar(sales) == 10
    assert check_store(store) == ()


def test_plans_of_several_lines_are_taken_whole_or_not_at_all(
    store: Store, store_url: str, database: str
) -> None:
    stock_up(store, A="30", B="25", C="28", D="26.5")
    counted = run_together(buy_plans, store_url, [False, True] * (PROCESSES // 2))
    show(f"\n{database}: plans of 4 lines in opposite orders: {dict(counted)}")
    assert counted == Counter(plans=25, refused=PROCESSES)
    assert counters(store) == {line: (D(25), D(0)) for line in LINES}
    with store.read() as session:
        per_plan = select(func.count(ReservationLineRow.stock_id)).group_by(
            ReservationLineRow.reservation_id
        )
        assert set(session.scalars(per_plan)) == {len(LINES)}
    assert check_store(store) == ()


def test_buyers_that_wait_for_each_other_all_get_through(
    store: Store, store_url: str, database: str
) -> None:
    stock_up(store, A="100", D="100")
    counted = run_together(buy_in_two_steps, store_url, [False, True, False, True])
    show(f"\n{database}: pairs in opposite orders within a transaction: {dict(counted)}")
    assert counted["pairs"] == 20
    assert counters(store) == {line: (D(20), D(0)) for line in "AD"}
    assert check_store(store) == ()


@pytest.mark.slow
def test_all_kinds_of_traffic_keep_the_books(store: Store, store_url: str, database: str) -> None:
    stock_up(store, A="12", B="9.5", C="7.0001", D="11")
    counted = run_together(trade, store_url, range(6))
    show(f"\n{database}: mixed traffic of 6 processes: {dict(counted)}")
    for action in ("reserved", "sold", "released", "cancelled", "refused"):
        assert counted[action] > 0, action
    assert check_store(store) == ()
    expire_stock(store)
    assert check_store(store) == ()
    with store.read() as session:
        made = session.scalar(select(func.count()).select_from(ReservationRow))
    assert made == counted["reserved"]
