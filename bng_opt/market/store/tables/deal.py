"""Tables of the deal: quotes with revisions, lines, reservations and documents."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bng_opt.market.store.tables.base import Table, holds, one_of
from bng_opt.market.store.types import Pounds, UnitPrice, Units, UtcTime
from bng_opt.quantities import ZERO


class QuoteState(StrEnum):
    """Where a revision of a quote stands."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class LineKind(StrEnum):
    """What a line of a quote is for."""

    UNITS = "units"
    """Units of a stock line of the market."""
    OUTSIDE = "outside"
    """Units from outside the market, entered by hand."""
    BANK_FEE = "bank_fee"
    CREDITS = "credits"
    ADMIN_FEE = "admin_fee"
    OTHER = "other"
    """A charge by hand that is no units."""


class ReservationState(StrEnum):
    """Where a reservation stands."""

    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    """A sale that was called off: its stock is free again."""


class CounterRow(Table):
    """The last number given, by what is numbered: taken in the transaction that uses it."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class QuoteRow(Table):
    """A quote: its reference, and for whom."""

    __tablename__ = "quotes"
    __table_args__ = (UniqueConstraint("year", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    number: Mapped[int]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    introducer_id: Mapped[int | None] = mapped_column(ForeignKey("introducers.id"))
    project: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]


class RevisionRow(Table):
    """One revision of a quote, with all that made it and its totals.

    ``inputs`` and ``plan`` are documents: requirement, site, policy and terms, and the
    verified plan; with the snapshot of the market they make the scenario again.
    """

    __tablename__ = "quote_revisions"
    __table_args__ = (
        UniqueConstraint("quote_id", "revision"),
        one_of("state", QuoteState),
        holds("revision_positive", "revision >= 1"),
        holds("gross_adds_up", "gross_pence = net_pence + vat_pence"),
        holds("approval_whole", "(approved_by IS NULL) = (approved_at IS NULL)"),
        Index(
            "uq_quote_revisions_current",
            "quote_id",
            unique=True,
            sqlite_where=text("state IN ('draft', 'sent', 'accepted')"),
            postgresql_where=text("state IN ('draft', 'sent', 'accepted')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quotes.id"))
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(default=QuoteState.DRAFT.value, index=True)
    reason: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    valid_until: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    scenario: Mapped[str] = mapped_column(String(64), index=True)
    snapshot: Mapped[str] = mapped_column(ForeignKey("snapshots.hash"))
    contract_size: Mapped[str]
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    net: Mapped[Decimal] = mapped_column("net_pence", Pounds)
    vat: Mapped[Decimal] = mapped_column("vat_pence", Pounds)
    gross: Mapped[Decimal] = mapped_column("gross_pence", Pounds)


class QuoteLineRow(Table):
    """A line of a revision: what is printed, and nothing else is in the totals."""

    __tablename__ = "quote_lines"
    __table_args__ = (
        UniqueConstraint("revision_id", "position"),
        one_of("kind", LineKind),
        holds("net_adds_up", "net_pence = amount_pence - discount_pence"),
        holds("units_positive", "units_e4 > 0"),
        holds("stock_of_units", "kind <> 'units' OR stock_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("quote_revisions.id"))
    position: Mapped[int]
    kind: Mapped[str]
    description: Mapped[str]
    stock_id: Mapped[str | None] = mapped_column(ForeignKey("stock_lines.stock_id"))
    bank_id: Mapped[str | None] = mapped_column(ForeignKey("banks.bank_id"))
    bank_name: Mapped[str | None]
    ledger: Mapped[str | None]
    habitat: Mapped[str | None]
    srm: Mapped[Decimal | None] = mapped_column("srm_e4", Units)
    units: Mapped[Decimal | None] = mapped_column("units_e4", Units)
    price: Mapped[Decimal | None] = mapped_column("price_e4", UnitPrice)
    amount: Mapped[Decimal] = mapped_column("amount_pence", Pounds)
    discount: Mapped[Decimal] = mapped_column("discount_pence", Pounds, default=ZERO)
    net: Mapped[Decimal] = mapped_column("net_pence", Pounds)


class ReservationRow(Table):
    """Stock set aside, for a revision of a quote or for a stated purpose."""

    __tablename__ = "reservations"
    __table_args__ = (
        one_of("state", ReservationState),
        holds("expiry_after_making", "expires_at > made_at"),
        Index(
            "uq_reservations_live",
            "revision_id",
            unique=True,
            sqlite_where=text("state IN ('held', 'sold')"),
            postgresql_where=text("state IN ('held', 'sold')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("quote_revisions.id"))
    purpose: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=ReservationState.HELD.value)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)


Index("ix_reservations_state", ReservationRow.state, ReservationRow.expires_at)


class ReservationLineRow(Table):
    """Units of one stock line in a reservation."""

    __tablename__ = "reservation_lines"
    __table_args__ = (holds("units_positive", "units_e4 > 0"),)

    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), primary_key=True)
    stock_id: Mapped[str] = mapped_column(
        ForeignKey("stock_lines.stock_id"), primary_key=True, index=True
    )
    units: Mapped[Decimal] = mapped_column("units_e4", Units)


class DocumentRow(Table):
    """A document as it was handed over."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("revision_id", "file_name", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("quote_revisions.id"))
    kind: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]
