"""Tables of the market: banks, stock, price lists, habitat aliases, snapshots."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bng_opt.market.records import ANY, ContractSize, PriceBasis, Tier
from bng_opt.market.store.tables.base import Table, holds, one_of
from bng_opt.market.store.types import Pounds, Units, UtcTime
from bng_opt.quantities import ZERO
from bng_opt.reference.multipliers import Intervention


class BankRow(Table):
    """A habitat bank; one that is withdrawn stays, as old quotes name it."""

    __tablename__ = "banks"
    __table_args__ = (
        holds("id_not_blank", "bank_id <> ''"),
        holds("point_whole", "(lat IS NULL) = (lon IS NULL)"),
        holds("fee_not_negative", "fixed_fee_pence >= 0"),
    )

    bank_id: Mapped[str] = mapped_column(primary_key=True)
    bank_name: Mapped[str]
    lpa: Mapped[str]
    nca: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    postcode: Mapped[str] = mapped_column(default="")
    waterbody: Mapped[str | None]
    operational_catchment: Mapped[str | None]
    marine_plan_area: Mapped[str | None]
    bgs_reference: Mapped[str] = mapped_column(default="")
    fixed_fee: Mapped[Decimal] = mapped_column("fixed_fee_pence", Pounds, default=ZERO)
    active: Mapped[bool] = mapped_column(default=True)


class StockRow(Table):
    """Units of one habitat that one bank sells.

    ``units`` is the whole stock; free is what is left of it after ``sold`` and ``reserved``.
    ``quoted`` stands in quotes made elsewhere, as the bank's own list says.
    """

    __tablename__ = "stock_lines"
    __table_args__ = (
        holds("id_not_blank", "stock_id <> ''"),
        holds("sold_not_negative", "sold_e4 >= 0"),
        holds("reserved_not_negative", "reserved_e4 >= 0"),
        holds("never_oversold", "sold_e4 + reserved_e4 <= units_e4"),
        holds("quoted_within_units", "quoted_e4 >= 0 AND quoted_e4 <= units_e4"),
        holds("baseline_whole", "(gross_e4 IS NULL) = (baseline_e4 IS NULL)"),
        holds("baseline_named", "baseline_habitat IS NOT NULL OR COALESCE(baseline_e4, 0) = 0"),
        holds("net_positive", "gross_e4 IS NULL OR gross_e4 > baseline_e4"),
    )

    stock_id: Mapped[str] = mapped_column(primary_key=True)
    bank_id: Mapped[str] = mapped_column(ForeignKey("banks.bank_id"), index=True)
    habitat: Mapped[str] = mapped_column(index=True)
    units: Mapped[Decimal] = mapped_column("units_e4", Units)
    sold: Mapped[Decimal] = mapped_column("sold_e4", Units, default=ZERO)
    reserved: Mapped[Decimal] = mapped_column("reserved_e4", Units, default=ZERO)
    quoted: Mapped[Decimal] = mapped_column("quoted_e4", Units, default=ZERO)
    gross_units: Mapped[Decimal | None] = mapped_column("gross_e4", Units)
    baseline_habitat: Mapped[str | None]
    baseline_units: Mapped[Decimal | None] = mapped_column("baseline_e4", Units)
    active: Mapped[bool] = mapped_column(default=True)


class ParcelRow(Table):
    """What a stock line is on the ground, as the table ``parcels`` spells it."""

    __tablename__ = "parcels"
    __table_args__ = (
        one_of("works", [kind.value for kind in Intervention]),
        holds("baseline_of_enhancement", "works <> 'enhancement' OR baseline_habitat <> ''"),
    )

    stock_id: Mapped[str] = mapped_column(ForeignKey("stock_lines.stock_id"), primary_key=True)
    works: Mapped[str]
    size: Mapped[str]
    condition: Mapped[str]
    significance: Mapped[str] = mapped_column(default="")
    advance: Mapped[str] = mapped_column(default="")
    delay: Mapped[str] = mapped_column(default="")
    encroachment: Mapped[str] = mapped_column(default="")
    riparian: Mapped[str] = mapped_column(default="")
    baseline_habitat: Mapped[str] = mapped_column(default="")
    baseline_condition: Mapped[str] = mapped_column(default="")
    baseline_significance: Mapped[str] = mapped_column(default="")
    baseline_encroachment: Mapped[str] = mapped_column(default="")
    baseline_riparian: Mapped[str] = mapped_column(default="")


class PriceListRow(Table):
    """A version of the market as it was imported."""

    __tablename__ = "price_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    source: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(UtcTime)
    imported_by: Mapped[str]


class PriceRowRow(Table):
    """A price of one bank, and when it holds: from ``valid_from`` to before ``valid_to``.

    Without a price the row says that what it covers is not sold.
    """

    __tablename__ = "price_rows"
    __table_args__ = (
        UniqueConstraint("bank_id", "habitat", "contract_size", "tier", "valid_from"),
        one_of("contract_size", [*(size.value for size in ContractSize), ANY]),
        one_of("tier", [*(tier.value for tier in Tier), ANY]),
        one_of("basis", [basis.value for basis in PriceBasis]),
        holds("price_positive", "price_pence > 0"),
        holds("basis_with_price", "(price_pence IS NULL) = (basis IS NULL)"),
        holds("validity_in_order", "valid_to > valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price_list_id: Mapped[int] = mapped_column(ForeignKey("price_lists.id"), index=True)
    bank_id: Mapped[str] = mapped_column(ForeignKey("banks.bank_id"))
    habitat: Mapped[str]
    contract_size: Mapped[str]
    tier: Mapped[str]
    price: Mapped[Decimal | None] = mapped_column("price_pence", Pounds)
    basis: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


Index("ix_price_rows_validity", PriceRowRow.valid_from, PriceRowRow.valid_to)


class HabitatAliasRow(Table):
    """How somebody else spells a habitat of the statutory metric."""

    __tablename__ = "habitat_aliases"
    __table_args__ = (holds("alias_not_blank", "alias_key <> ''"),)

    alias_key: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str]
    habitat: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str]


class SnapshotRow(Table):
    """A market as a scenario saw it: its three tables, compressed, under their hash."""

    __tablename__ = "snapshots"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)
