"""Tables of people: customers, introducers with their terms, users with roles and API keys."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bng_opt.market.store.tables.base import Table, holds, one_of
from bng_opt.market.store.types import Percent, UtcTime


class Role(StrEnum):
    """What a user may do; each may what those before may."""

    VIEWER = "viewer"
    """Look."""
    ANALYST = "analyst"
    """Import markets, quote, reserve and sell."""
    ADMIN = "admin"
    """Approve quotes; manage users and introducers."""

    def may(self, needed: Role) -> bool:
        """Return whether this role may do what needs another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class DiscountKind(StrEnum):
    """An introducer's terms."""

    INHERIT = "inherit"
    """Those of the parent account; none without a parent."""
    NONE = "none"
    PERCENTAGE = "percentage"
    """So much per cent off the units; never off fees."""
    NEXT_SIZE_UP = "next_size_up"
    """Units at the price of the next larger contract size that has one."""


class CustomerRow(Table):
    """Who buys."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("name_key", "company_key"),
        holds("name_not_blank", "name <> ''"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    company: Mapped[str] = mapped_column(default="")
    company_key: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]


class IntroducerRow(Table):
    """Who brings customers, on which terms; a child account may inherit its parent's."""

    __tablename__ = "introducers"
    __table_args__ = (
        one_of("discount_kind", DiscountKind),
        holds("name_not_blank", "name <> ''"),
        holds("percent_with_kind", "(discount_kind = 'percentage') = (percent_e2 IS NOT NULL)"),
        holds("percent_in_range", "percent_e2 > 0 AND percent_e2 < 10000"),
        holds("not_its_own_parent", "parent_id <> id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("introducers.id"))
    discount_kind: Mapped[str] = mapped_column(default=DiscountKind.NONE.value)
    percent: Mapped[Decimal | None] = mapped_column("percent_e2", Percent)
    email: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]


class UserRow(Table):
    """Who may sign in; the password is kept as an argon2 hash only."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", Role), holds("name_not_blank", "name <> ''"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]


class ApiKeyRow(Table):
    """A key by which a program acts as a user; only a hash of it is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        holds("name_not_blank", "name <> ''"),
        holds("expires_after_made", "expires_at > made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
