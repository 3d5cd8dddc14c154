"""Reserving, selling and giving back stock, one buyer at a time, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bng_opt.errors import InputError, StockError
from bng_opt.market.store import Store
from bng_opt.market.store.audit import history
from bng_opt.market.store.reservations import (
    BY_ITSELF,
    cancel,
    expire_due,
    lines_of,
    live_units,
    release,
    reserve,
    sell,
)
from bng_opt.market.store.selling import (
    cancel_sale,
    expire_stock,
    release_stock,
    reserve_stock,
    sell_stock,
)
from bng_opt.market.store.tables import (
    AuditRow,
    BankRow,
    ReservationLineRow,
    ReservationRow,
    StockRow,
)
from tests.market.store.test_tables import FIRST, begin
from tests.support.stores import add_stock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
D = Decimal
HABITAT = "Grassland - Other neutral grassland"


@pytest.fixture
def stocked(store: Store) -> Store:
    """Return a store with 10 units of A, 2.5 of B and 0.0001 of C."""
    with store.write() as session:
        add_stock(session, {"A": "10", "B": "2.5", "C": "0.0001"})
    return store


def hold(
    store: Store,
    lines: Mapping[str, str],
    *,
    at: datetime = NOON,
    until: datetime = NOON + HOUR,
    revision_id: int | None = None,
) -> int:
    asked = {stock_id: D(units) for stock_id, units in lines.items()}
    return store.run(
        lambda session: reserve(
            session, asked, now=at, by="Ann", expires_at=until, revision_id=revision_id
        )
    )


Change = Callable[..., None]


def change(store: Store, what: Change, number: int, at: datetime = NOON) -> None:
    store.run(lambda session: what(session, number, now=at, by="Ann"))


def counters(store: Store, stock_id: str = "A") -> tuple[str, str]:
    """Return what is reserved and sold of a line."""
    with store.read() as session:
        row = session.get_one(StockRow, stock_id)
        return f"{row.reserved.normalize():f}", f"{row.sold.normalize():f}"


def state(store: Store, number: int) -> str:
    with store.read() as session:
        return session.get_one(ReservationRow, number).state


def audit(store: Store, number: int) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(row.action, row.who) for row in history(session, "reservation", str(number))]


class TestReserving:
    def test_it_takes_each_line_and_says_what_it_took(self, stocked: Store) -> None:
        number = hold(stocked, {"B": "2.5", "A": "3.0001"})
        assert counters(stocked, "A") == ("3.0001", "0")
        assert counters(stocked, "B") == ("2.5", "0")
        with stocked.read() as session:
            row = session.get_one(ReservationRow, number)
            assert (row.state, row.made_at, row.made_by) == ("held", NOON, "Ann")
            assert row.expires_at == NOON + HOUR
            assert lines_of(session, number) == {"A": D("3.0001"), "B": D("2.5")}
            (entry,) = history(session, "reservation", str(number))
        assert (entry.action, entry.who, entry.at) == ("reserved", "Ann", NOON)
        assert entry.details["lines"] == {"A": "3.0001", "B": "2.50"}

    def test_the_last_ten_thousandth_can_be_had_once(self, stocked: Store) -> None:
        hold(stocked, {"C": "0.0001"})
        with pytest.raises(StockError, match=r"0\.0001 units wanted, 0\.00 free"):
            hold(stocked, {"C": "0.0001"})

    def test_a_conflict_names_every_line_and_takes_none(self, stocked: Store) -> None:
        hold(stocked, {"A": "9.5"})
        with stocked.write() as session:
            add_stock(session, {"D": "1"}, bank_id="B2")
            add_stock(session, {"E": "1"})
            session.get_one(BankRow, "B2").active = False
            session.get_one(StockRow, "E").active = False
        wanted = {"A": "0.5001", "B": "1", "C": "0.0002", "D": "1", "E": "1", "X": "1"}
        with pytest.raises(StockError) as error:
            hold(stocked, wanted)
        assert [finding.message for finding in error.value.findings] == [
            f"Stock line A ({HABITAT}, Bank B1): 0.5001 units wanted, 0.50 free.",
            f"Stock line C ({HABITAT}, Bank B1): 0.0002 units wanted, 0.0001 free.",
            f"Stock line D ({HABITAT}, Bank B2) is no longer for sale.",
            f"Stock line E ({HABITAT}, Bank B1) is no longer for sale.",
            "There is no stock line X in the store.",
        ]
        assert all("bng-opt quote revise" in one.remedy for one in error.value.findings)
        assert counters(stocked, "A") == ("9.5", "0")
        assert counters(stocked, "B") == ("0", "0")

    def test_a_caller_that_carries_on_after_a_conflict_keeps_nothing_of_it(
        self, stocked: Store
    ) -> None:
        with stocked.write() as session:
            with pytest.raises(StockError):
                reserve(
                    session,
                    {"A": D(1), "B": D(3)},
                    now=NOON,
                    by="Ann",
                    expires_at=NOON + HOUR,
                )
            other = reserve(session, {"A": D(2)}, now=NOON, by="Ann", expires_at=NOON + HOUR)
        assert counters(stocked, "A") == ("2", "0")
        with stocked.read() as session:
            assert session.scalars(select(ReservationRow.id)).all() == [other]

    def test_it_is_undone_with_the_transaction_of_its_caller(self, stocked: Store) -> None:
        def reserve_and_fail(session: Session) -> None:
            reserve(session, {"A": D(1)}, now=NOON, by="Ann", expires_at=NOON + HOUR)
            raise RuntimeError("after it")

        with pytest.raises(RuntimeError, match="after it"):
            stocked.run(reserve_and_fail)
        assert counters(stocked) == ("0", "0")
        with stocked.read() as session:
            assert session.scalars(select(AuditRow.id)).all() == []

    @pytest.mark.parametrize(
        "units", ["0", "-1", "0.00005", "1.00001", "NaN", "Infinity", "1E+30", "1000000000.0001"]
    )
    def test_units_that_can_not_be_are_refused(self, stocked: Store, units: str) -> None:
        with pytest.raises(InputError) as error:
            hold(stocked, {"A": units, "B": units})
        messages = [one.message for one in error.value.findings]
        assert messages == [
            f"{D(units)} units of stock line {line} can't be reserved." for line in "AB"
        ]

    def test_what_can_not_be_is_said_at_once(self, stocked: Store) -> None:
        with pytest.raises(InputError) as error:
            hold(stocked, {}, until=NOON)
        assert len(error.value.findings) == 2

    def test_more_than_there_ever_was_is_a_shortage(self, stocked: Store) -> None:
        with pytest.raises(StockError, match="1000000000"):
            hold(stocked, {"A": "1000000000"})

    def test_what_the_session_holds_is_fresh_afterwards(self, stocked: Store) -> None:
        with stocked.write() as session:
            row = session.get_one(StockRow, "A")
            number = reserve(session, {"A": D(4)}, now=NOON, by="Ann", expires_at=NOON + HOUR)
            assert row.reserved == 4
            sell(session, number, now=NOON, by="Ann")
            assert (row.reserved, row.sold) == (0, 4)
            assert session.get_one(ReservationRow, number).state == "sold"


class TestRevisions:
    @pytest.fixture
    def quoted(self, store: Store) -> Store:
        """Return a store with a quote's revision that holds nothing, and stock line S1."""
        with store.write() as session:
            begin(session)
            session.flush()
            session.execute(delete(ReservationLineRow))
            session.execute(delete(ReservationRow))
        return store

    def test_a_revision_holds_stock_once(self, quoted: Store) -> None:
        number = hold(quoted, {"S1": "1"}, revision_id=FIRST)
        with pytest.raises(StockError, match=f"reservation {number}"):
            hold(quoted, {"S1": "1"}, revision_id=FIRST)
        change(quoted, sell, number)
        with pytest.raises(StockError, match=f"reservation {number}"):
            hold(quoted, {"S1": "1"}, revision_id=FIRST)
        change(quoted, cancel, number)
        hold(quoted, {"S1": "1"}, revision_id=FIRST)
        assert counters(quoted, "S1") == ("1", "0")

    def test_one_whose_time_is_over_makes_room_for_the_next(self, quoted: Store) -> None:
        with quoted.write() as session:
            add_stock(session, {"S9": "1"})
        old = hold(quoted, {"S1": "1"}, revision_id=FIRST)
        hold(quoted, {"S9": "1"}, at=NOON + HOUR, until=NOON + 2 * HOUR, revision_id=FIRST)
        assert state(quoted, old) == "expired"
        assert counters(quoted, "S1") == ("0", "0")


class TestSelling:
    def test_a_sale_moves_units_from_reserved_to_sold(self, stocked: Store) -> None:
        number = hold(stocked, {"A": "3", "B": "1"})
        change(stocked, sell, number)
        assert counters(stocked, "A") == ("0", "3")
        assert counters(stocked, "B") == ("0", "1")
        assert audit(stocked, number) == [("reserved", "Ann"), ("sold", "Ann")]

    def test_release_and_cancelling_give_stock_back(self, stocked: Store) -> None:
        held, sold = hold(stocked, {"A": "3"}), hold(stocked, {"A": "4"})
        change(stocked, sell, sold)
        change(stocked, release, held)
        assert counters(stocked) == ("0", "4")
        change(stocked, cancel, sold)
        assert counters(stocked) == ("0", "0")
        assert [state(stocked, one) for one in (held, sold)] == ["released", "cancelled"]
        assert audit(stocked, sold)[-1] == ("cancelled", "Ann")

    def test_what_is_over_is_refused_and_changes_nothing(self, stocked: Store) -> None:
        sold, released, cancelled = (hold(stocked, {"A": "1"}) for _ in range(3))
        change(stocked, sell, sold)
        change(stocked, release, released)
        change(stocked, sell, cancelled)
        change(stocked, cancel, cancelled)
        before = counters(stocked)
        refused = [
            (sell, sold, "is sold, not held"),
            (release, sold, "is sold, not held"),
            (sell, released, "is released, not held"),
            (release, released, "is released, not held"),
            (cancel, released, "is released, not sold"),
            (sell, cancelled, "is cancelled, not held"),
            (cancel, cancelled, "is cancelled, not sold"),
        ]
        for what, number, words in refused:
            with pytest.raises(StockError, match=words):
                change(stocked, what, number)
        assert counters(stocked) == before == ("0", "1")

    def test_one_that_never_was_is_refused(self, stocked: Store) -> None:
        for what in (sell, release, cancel):
            with pytest.raises(InputError, match="no reservation 77"):
                change(stocked, what, 77)


class TestExpiry:
    MOMENT = timedelta(microseconds=1)

    def test_it_holds_until_just_before_and_is_over_exactly_then(self, stocked: Store) -> None:
        number = hold(stocked, {"A": "10"})
        end = NOON + HOUR
        with stocked.read() as session:
            assert live_units(session, end - self.MOMENT) == {"A": D(10)}
            assert live_units(session, end) == {}
        with pytest.raises(StockError, match=r"10\.00 units wanted, 0\.00 free"):
            hold(stocked, {"A": "10"}, at=end - self.MOMENT, until=end + HOUR)
        with pytest.raises(StockError, match="expired at 2026-01-05 13:00:00"):
            change(stocked, sell, number, at=end)
        assert counters(stocked) == ("10", "0")
        hold(stocked, {"A": "10"}, at=end, until=end + HOUR)
        assert state(stocked, number) == "expired"
        assert counters(stocked) == ("10", "0")
        assert audit(stocked, number)[-1] == ("expired", BY_ITSELF)

    def test_it_can_be_sold_to_the_last_moment(self, stocked: Store) -> None:
        number = hold(stocked, {"A": "10"})
        change(stocked, sell, number, at=NOON + HOUR - self.MOMENT)
        assert state(stocked, number) == "sold"

    def test_reserving_ends_only_what_is_in_its_way(self, stocked: Store) -> None:
        both, other = hold(stocked, {"A": "1", "C": "0.0001"}), hold(stocked, {"B": "1"})
        later = NOON + 2 * HOUR
        hold(stocked, {"A": "10"}, at=later, until=later + HOUR)
        assert [state(stocked, one) for one in (both, other)] == ["expired", "held"]
        assert counters(stocked, "C") == ("0", "0")
        assert counters(stocked, "B") == ("1", "0")

    def test_all_that_is_due_can_be_ended_at_once(self, stocked: Store) -> None:
        due = [hold(stocked, {"A": "1", "B": "0.5"}) for _ in range(2)]
        sold, alive = hold(stocked, {"A": "1"}), hold(stocked, {"A": "1"}, until=NOON + 3 * HOUR)
        change(stocked, sell, sold)
        assert stocked.run(lambda session: expire_due(session, NOON + HOUR)) == tuple(due)
        assert stocked.run(lambda session: expire_due(session, NOON + HOUR)) == ()
        assert counters(stocked, "A") == ("1", "1")
        assert counters(stocked, "B") == ("0", "0")
        assert state(stocked, alive) == "held"

    def test_one_whose_time_is_over_may_still_be_released(self, stocked: Store) -> None:
        number = hold(stocked, {"A": "1"})
        change(stocked, release, number, at=NOON + 2 * HOUR)
        assert counters(stocked) == ("0", "0")


def test_live_units_add_up_what_is_held_and_leave_sales_out(stocked: Store) -> None:
    hold(stocked, {"A": "1.5", "B": "1"})
    hold(stocked, {"A": "0.0001"}, until=NOON + 2 * HOUR)
    change(stocked, sell, hold(stocked, {"A": "4"}))
    with stocked.read() as session:
        assert live_units(session, NOON) == {"A": D("1.5001"), "B": D(1)}
        assert live_units(session, NOON + HOUR) == {"A": D("0.0001")}


def test_a_whole_store_offers_the_same(stocked: Store) -> None:
    kept, given_back = (reserve_stock(stocked, {"A": D(1)}, by="Ann") for _ in range(2))
    sell_stock(stocked, kept, by="Bob")
    release_stock(stocked, given_back, by="Bob")
    assert counters(stocked) == ("0", "1")
    cancel_sale(stocked, kept, by="Bob")
    brief = reserve_stock(stocked, {"A": D(1)}, by="Ann", hold=timedelta(microseconds=1))
    assert expire_stock(stocked) == (brief,)
    assert counters(stocked) == ("0", "0")
    assert audit(stocked, kept) == [("reserved", "Ann"), ("sold", "Bob"), ("cancelled", "Bob")]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "sell", "release", "cancel", "expire"]),
        st.integers(0, 5),
        st.integers(1, 60_000),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=STEPS)
def test_whatever_is_done_the_counters_are_the_sums_of_the_reservations(
    stocked: Store, steps: list[tuple[str, int, int]]
) -> None:
    with stocked.write() as session:
        session.execute(delete(ReservationLineRow))
        session.execute(delete(ReservationRow))
        session.execute(update(StockRow).values(reserved=D(0), sold=D(0)))
    model: list[list[object]] = []
    now = NOON
    for what, which, amount in steps:
        now += HOUR / 4
        units = D(amount).scaleb(-4)
        with stocked.write() as session:
            step(session, model, (what, which, units), now)
        expected = {
            kind: sum((m[1] for m in model if m[0] == kind), D(0)) for kind in ("held", "sold")
        }
        with stocked.read() as session:
            row = session.get_one(StockRow, "A")
            assert (row.reserved, row.sold) == (expected["held"], expected["sold"])


def step(
    session: Session, model: list[list[object]], what: tuple[str, int, Decimal], now: datetime
) -> None:
    """Do one thing to the store and to the model, a list of [state, units, end, number]."""
    name, which, units = what
    ends = {"sell": (sell, "held", "sold"), "release": (release, "held", "released")}
    ends["cancel"] = (cancel, "sold", "cancelled")
    due = [one for one in model if one[0] == "held" and one[2] <= now]
    if name in ("reserve", "expire"):
        for one in due:
            one[0] = "expired"
    if name == "expire":
        assert expire_due(session, now) == tuple(one[3] for one in due)
    elif name == "reserve":
        taken = sum((one[1] for one in model if one[0] in ("held", "sold")), D(0))
        try:
            number = reserve(session, {"A": units}, now=now, by="Ann", expires_at=now + HOUR)
        except StockError:
            assert taken + units > 10
            # The expiry is undone with it: the next to come writes it down.
            for one in due:
                one[0] = "held"
        else:
            assert taken + units <= 10
            model.append(["held", units, now + HOUR, number])
    elif which < len(model):
        function, start, end = ends[name]
        one = model[which]
        possible = one[0] == start and not (name == "sell" and one[2] <= now)
        if possible:
            function(session, one[3], now=now, by="Ann")
            one[0] = end
        else:
            with pytest.raises(StockError):
                function(session, one[3], now=now, by="Ann")
