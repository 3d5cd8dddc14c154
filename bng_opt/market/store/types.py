"""Exact figures as integers: pounds as pence, units as ten-thousandths, times in UTC.

A database's own decimals differ (SQLite has none), integers don't.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Dialect, type_coerce
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator

UNIT_STEP = Decimal("0.0001")
"""Units are kept to the ten-thousandth."""
MOST_UNITS = Decimal(1_000_000_000)
"""More than England has hectares, and far from what a counter of 64 bits can hold."""
PENNY_STEP = Decimal("0.01")
_MOST_STEPS = 2**63 - 1
"""What an integer of 64 bits holds."""


class _Comparator(TypeDecorator.Comparator[Decimal]):
    """Keeps sums and differences what they are sums of, not the integers of the database."""

    def operate(self, op: OperatorType, *other: Any, **options: Any) -> ColumnElement[Any]:
        """Return the operation on a figure."""
        return self._kept(op, super().operate(op, *other, **options))

    def reverse_operate(self, op: OperatorType, other: Any, **options: Any) -> ColumnElement[Any]:
        """Return the operation on a plain value and a figure."""
        return self._kept(op, super().reverse_operate(op, other, **options))

    def _kept(self, op: OperatorType, result: ColumnElement[Any]) -> ColumnElement[Any]:
        if op in (operators.add, operators.sub):
            return type_coerce(result, self.type)
        return result


class _Scaled(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of steps; what lies between two steps is refused."""

    comparator_factory = _Comparator

    impl = BigInteger
    cache_ok = True
    step = Decimal(1)

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the number of steps that is written."""
        if value is None:
            return None
        number = Decimal(value)
        if not (number.is_finite() and abs(number) <= _MOST_STEPS * self.step):
            raise ValueError(f"{value} can't be kept: it is too large or no number")
        whole = int(number / self.step)
        # Compared as they are: a quotient is rounded where a number has very many digits.
        if whole * self.step != number:
            raise ValueError(f"{value} is no multiple of {self.step}")
        return whole

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the decimal of a number of steps."""
        return None if value is None else int(value) * self.step


class Pounds(_Scaled):
    """Money as whole pence [GBP]."""

    cache_ok = True
    step = PENNY_STEP


class Units(_Scaled):
    """Biodiversity units as whole ten-thousandths [units]."""

    cache_ok = True
    step = UNIT_STEP


class UnitPrice(_Scaled):
    """Pounds per unit as whole ten-thousandths: a penny's price after the multiplier is exact."""

    cache_ok = True
    step = Decimal("0.0001")


class Percent(_Scaled):
    """A percentage as whole hundredths of one per cent [%]."""

    cache_ok = True
    step = Decimal("0.01")


class UtcTime(TypeDecorator[datetime]):
    """A moment, always with its time zone, kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as it is written, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment, with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
