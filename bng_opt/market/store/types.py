"""Exact figures as integers: pounds as pence, units as ten-thousandths, times in UTC.

A database's own decimals differ (SQLite has none), integers don't.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

UNIT_STEP = Decimal("0.0001")
"""Units are kept to the ten-thousandth."""
PENNY_STEP = Decimal("0.01")


class _Scaled(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of steps; what lies between two steps is refused."""

    impl = BigInteger
    cache_ok = True
    step = Decimal(1)

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the number of steps that is written."""
        if value is None:
            return None
        steps = Decimal(value) / self.step
        whole = int(steps)
        if whole != steps:
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
