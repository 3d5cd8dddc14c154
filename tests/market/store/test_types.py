"""Exact figures: what goes into the database comes out again, and nothing is rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from bng_opt.market.store import Store
from bng_opt.market.store.tables import AuditRow, BankRow, IntroducerRow, StockRow
from bng_opt.market.store.types import Percent, Pounds, Units, UtcTime
from tests.support.stores import add_stock

DIALECT = sqlite.dialect()
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(("kind", "decimals"), [(Pounds(), 2), (Units(), 4), (Percent(), 2)])
@given(data=st.data())
def test_each_figure_comes_back_as_it_went_in(kind: Pounds, decimals: int, data) -> None:
    steps = data.draw(st.integers(-(2**63) + 1, 2**63 - 1))
    value = Decimal(steps).scaleb(-decimals)
    assert kind.process_bind_param(value, DIALECT) == steps
    assert kind.process_result_value(steps, DIALECT) == value


@pytest.mark.parametrize("kind", [Pounds(), Units(), Percent()])
@pytest.mark.parametrize(
    "value",
    ["0.00001", "1.00000000000000000000000000000000001", "NaN", "Infinity", "-Infinity", "1E+30"],
)
def test_what_can_not_be_kept_is_refused(kind: Pounds, value: str) -> None:
    with pytest.raises(ValueError, match=r"multiple of|can't be kept"):
        kind.process_bind_param(Decimal(value), DIALECT)


def test_a_float_is_refused_unless_it_is_exact() -> None:
    with pytest.raises(ValueError, match="multiple of"):
        Units().process_bind_param(0.1, DIALECT)
    assert Units().process_bind_param(0.5, DIALECT) == 5000


def test_nothing_stays_nothing() -> None:
    for kind in (Pounds(), Units(), UtcTime()):
        assert kind.process_bind_param(None, DIALECT) is None
        assert kind.process_result_value(None, DIALECT) is None


def test_a_time_without_its_zone_is_refused() -> None:
    for dialect in (DIALECT, postgresql.dialect()):
        with pytest.raises(ValueError, match="no time zone"):
            UtcTime().process_bind_param(NOON.replace(tzinfo=None), dialect)


class TestInTheDatabase:
    def test_money_and_units_are_whole_numbers_there(self, store: Store) -> None:
        with store.write() as session:
            add_stock(session, {"S1": "12.3456"})
            session.get_one(BankRow, "B1").fixed_fee = Decimal("1234.56")
        with store.read() as session:
            raw = "SELECT units_e4, fixed_fee_pence FROM stock_lines NATURAL JOIN banks"
            assert session.execute(text(raw)).one() == (123_456, 123_456)
            found = select(StockRow.units, BankRow.fixed_fee).join(BankRow)
            assert session.execute(found).one() == (Decimal("12.3456"), Decimal("1234.56"))

    def test_sums_and_differences_stay_exact(self, store: Store) -> None:
        with store.write() as session:
            add_stock(session, {f"S{number}": "0.1" for number in range(10)})
        with store.read() as session:
            total = func.sum(StockRow.units, type_=StockRow.units.type)
            assert session.scalar(select(total)) == Decimal(1)
            left = StockRow.units - StockRow.sold - Decimal("0.0999")
            assert session.scalar(select(left).limit(1)) == Decimal("0.0001")
            assert session.scalar(select(Decimal("0.3") - StockRow.units).limit(1)) == Decimal(
                "0.2"
            )
            assert session.scalar(select(func.sum(left + StockRow.units))) == Decimal("1.001")

    def test_a_difference_is_compared_in_units(self, store: Store) -> None:
        with store.write() as session:
            add_stock(session, {"S1": "1"})
        with store.read() as session:
            left = StockRow.units - StockRow.sold - StockRow.reserved
            for wanted, enough in (("1", True), ("1.0001", False), ("2", False)):
                found = select(StockRow.stock_id).where(left >= Decimal(wanted))
                assert (session.scalar(found) is not None) is enough

    def test_a_figure_between_two_steps_is_not_written(self, store: Store) -> None:
        with pytest.raises(StatementError, match="multiple of"), store.write() as session:
            add_stock(session, {"S1": "0.00005"})
        with store.read() as session:
            assert session.scalars(select(StockRow.stock_id)).all() == []

    def test_percentages_keep_two_decimals(self, store: Store) -> None:
        introducer = IntroducerRow(
            name="A",
            name_key="a",
            discount_kind="percentage",
            percent=Decimal("12.75"),
            made_at=NOON,
            made_by="Ann",
        )
        with store.write() as session:
            session.add(introducer)
        with store.read() as session:
            assert session.scalar(select(IntroducerRow.percent)) == Decimal("12.75")

    def test_a_moment_comes_back_in_utc_to_the_microsecond(self, store: Store) -> None:
        with store.write() as session:
            session.add(
                AuditRow(at=NOON, who="Ann", action="a", subject_kind="k", subject="s", details={})
            )
        with store.read() as session:
            at = session.scalar(select(AuditRow.at))
            assert at == NOON
            assert at is not None
            assert at.tzinfo is UTC
            earlier = NOON.astimezone(UTC) - timedelta(microseconds=1)
            found = select(AuditRow.id).where(AuditRow.at > earlier, AuditRow.at <= NOON)
            assert session.scalar(found) is not None
