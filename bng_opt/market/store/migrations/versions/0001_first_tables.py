"""The first tables: market, people, deal, log.

Revision 0001, after none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_subject", "audit_log", ["subject_kind", "subject"], unique=False)
    op.create_table(
        "banks",
        sa.Column("bank_id", sa.String(), nullable=False),
        sa.Column("bank_name", sa.String(), nullable=False),
        sa.Column("lpa", sa.String(), nullable=False),
        sa.Column("nca", sa.String(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("waterbody", sa.String(), nullable=True),
        sa.Column("operational_catchment", sa.String(), nullable=True),
        sa.Column("marine_plan_area", sa.String(), nullable=True),
        sa.Column("bgs_reference", sa.String(), nullable=False),
        sa.Column("fixed_fee_pence", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("bank_id <> ''", name=op.f("ck_banks_id_not_blank")),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_banks_point_whole")),
        sa.CheckConstraint("fixed_fee_pence >= 0", name=op.f("ck_banks_fee_not_negative")),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_banks")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("company_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_customers_name_not_blank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint(
            "name_key", "company_key", name=op.f("uq_customers_name_key_company_key")
        ),
    )
    op.create_table(
        "habitat_aliases",
        sa.Column("alias_key", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("habitat", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("alias_key <> ''", name=op.f("ck_habitat_aliases_alias_not_blank")),
        sa.PrimaryKeyConstraint("alias_key", name=op.f("pk_habitat_aliases")),
    )
    op.create_table(
        "introducers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("discount_kind", sa.String(), nullable=False),
        sa.Column("percent_e2", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(discount_kind = 'percentage') = (percent_e2 IS NOT NULL)",
            name=op.f("ck_introducers_percent_with_kind"),
        ),
        sa.CheckConstraint(
            "discount_kind IN ('inherit', 'none', 'percentage', 'next_size_up')",
            name=op.f("ck_introducers_discount_kind_known"),
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_introducers_name_not_blank")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_introducers_not_its_own_parent")),
        sa.CheckConstraint(
            "percent_e2 > 0 AND percent_e2 < 10000", name=op.f("ck_introducers_percent_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["introducers.id"], name=op.f("fk_introducers_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introducers")),
        sa.UniqueConstraint("name_key", name=op.f("uq_introducers_name_key")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("best", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("result_key", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state_known"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_jobs_attempts_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "heartbeat_at"], unique=False)
    op.create_index(
        "uq_jobs_in_flight",
        "jobs",
        ["kind", "key"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running') AND NOT cancel_requested"),
        postgresql_where=sa.text("state IN ('queued', 'running') AND NOT cancel_requested"),
    )
    op.create_table(
        "job_submitters",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_job_submitters_name_not_blank")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_submitters_job_id")),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_job_submitters")),
    )
    op.create_index(op.f("ix_job_submitters_name"), "job_submitters", ["name"], unique=False)
    op.create_table(
        "price_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lists")),
        sa.UniqueConstraint("number", name=op.f("uq_price_lists_number")),
    )
    op.create_table(
        "results",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_results")),
    )
    op.create_table(
        "snapshots",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_users_name_not_blank")),
        sa.CheckConstraint(
            "role IN ('viewer', 'analyst', 'admin')", name=op.f("ck_users_role_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_api_keys_expires_after_made")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_api_keys_name_not_blank")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)
    op.create_table(
        "price_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("price_list_id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.String(), nullable=False),
        sa.Column("habitat", sa.String(), nullable=False),
        sa.Column("contract_size", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("price_pence", sa.BigInteger(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "basis IN ('unit', 'delivered')", name=op.f("ck_price_rows_basis_known")
        ),
        sa.CheckConstraint(
            "contract_size IN ('fractional', 'small', 'medium', 'large', '*')",
            name=op.f("ck_price_rows_contract_size_known"),
        ),
        sa.CheckConstraint(
            "tier IN ('local', 'adjacent', 'far', '*')", name=op.f("ck_price_rows_tier_known")
        ),
        sa.CheckConstraint(
            "(price_pence IS NULL) = (basis IS NULL)", name=op.f("ck_price_rows_basis_with_price")
        ),
        sa.CheckConstraint("price_pence > 0", name=op.f("ck_price_rows_price_positive")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_price_rows_validity_in_order")),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.bank_id"], name=op.f("fk_price_rows_bank_id")),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_lists.id"], name=op.f("fk_price_rows_price_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_rows")),
        sa.UniqueConstraint(
            "bank_id",
            "habitat",
            "contract_size",
            "tier",
            "valid_from",
            name=op.f("uq_price_rows_bank_id_habitat_contract_size_tier_valid_from"),
        ),
    )
    op.create_index(
        op.f("ix_price_rows_price_list_id"), "price_rows", ["price_list_id"], unique=False
    )
    op.create_index(
        "ix_price_rows_validity", "price_rows", ["valid_from", "valid_to"], unique=False
    )
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("introducer_id", sa.Integer(), nullable=True),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_quotes_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["introducer_id"], ["introducers.id"], name=op.f("fk_quotes_introducer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sa.UniqueConstraint("reference", name=op.f("uq_quotes_reference")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_quotes_year_number")),
    )
    op.create_index(op.f("ix_quotes_customer_id"), "quotes", ["customer_id"], unique=False)
    op.create_table(
        "stock_lines",
        sa.Column("stock_id", sa.String(), nullable=False),
        sa.Column("bank_id", sa.String(), nullable=False),
        sa.Column("habitat", sa.String(), nullable=False),
        sa.Column("units_e4", sa.BigInteger(), nullable=False),
        sa.Column("sold_e4", sa.BigInteger(), nullable=False),
        sa.Column("reserved_e4", sa.BigInteger(), nullable=False),
        sa.Column("quoted_e4", sa.BigInteger(), nullable=False),
        sa.Column("gross_e4", sa.BigInteger(), nullable=True),
        sa.Column("baseline_habitat", sa.String(), nullable=True),
        sa.Column("baseline_e4", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("stock_id <> ''", name=op.f("ck_stock_lines_id_not_blank")),
        sa.CheckConstraint(
            "(gross_e4 IS NULL) = (baseline_e4 IS NULL)", name=op.f("ck_stock_lines_baseline_whole")
        ),
        sa.CheckConstraint(
            "baseline_habitat IS NOT NULL OR COALESCE(baseline_e4, 0) = 0",
            name=op.f("ck_stock_lines_baseline_named"),
        ),
        sa.CheckConstraint(
            "gross_e4 IS NULL OR gross_e4 > baseline_e4", name=op.f("ck_stock_lines_net_positive")
        ),
        sa.CheckConstraint(
            "quoted_e4 >= 0 AND quoted_e4 <= units_e4",
            name=op.f("ck_stock_lines_quoted_within_units"),
        ),
        sa.CheckConstraint("reserved_e4 >= 0", name=op.f("ck_stock_lines_reserved_not_negative")),
        sa.CheckConstraint(
            "sold_e4 + reserved_e4 <= units_e4", name=op.f("ck_stock_lines_never_oversold")
        ),
        sa.CheckConstraint("sold_e4 >= 0", name=op.f("ck_stock_lines_sold_not_negative")),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["banks.bank_id"], name=op.f("fk_stock_lines_bank_id")
        ),
        sa.PrimaryKeyConstraint("stock_id", name=op.f("pk_stock_lines")),
    )
    op.create_index(op.f("ix_stock_lines_bank_id"), "stock_lines", ["bank_id"], unique=False)
    op.create_index(op.f("ix_stock_lines_habitat"), "stock_lines", ["habitat"], unique=False)
    op.create_table(
        "quote_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scenario", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.String(length=64), nullable=False),
        sa.Column("contract_size", sa.String(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("net_pence", sa.BigInteger(), nullable=False),
        sa.Column("vat_pence", sa.BigInteger(), nullable=False),
        sa.Column("gross_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'sent', 'accepted', 'expired', 'withdrawn', 'superseded')",
            name=op.f("ck_quote_revisions_state_known"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_quote_revisions_approval_whole"),
        ),
        sa.CheckConstraint(
            "gross_pence = net_pence + vat_pence", name=op.f("ck_quote_revisions_gross_adds_up")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_quote_revisions_revision_positive")),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quotes.id"], name=op.f("fk_quote_revisions_quote_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot"], ["snapshots.hash"], name=op.f("fk_quote_revisions_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_revisions")),
        sa.UniqueConstraint(
            "quote_id", "revision", name=op.f("uq_quote_revisions_quote_id_revision")
        ),
    )
    op.create_index(
        op.f("ix_quote_revisions_scenario"), "quote_revisions", ["scenario"], unique=False
    )
    op.create_index(op.f("ix_quote_revisions_state"), "quote_revisions", ["state"], unique=False)
    op.create_index(
        "uq_quote_revisions_current",
        "quote_revisions",
        ["quote_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('draft', 'sent', 'accepted')"),
        postgresql_where=sa.text("state IN ('draft', 'sent', 'accepted')"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["quote_revisions.id"], name=op.f("fk_documents_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "revision_id",
            "file_name",
            "sha256",
            name=op.f("uq_documents_revision_id_file_name_sha256"),
        ),
    )
    op.create_table(
        "quote_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("stock_id", sa.String(), nullable=True),
        sa.Column("bank_id", sa.String(), nullable=True),
        sa.Column("bank_name", sa.String(), nullable=True),
        sa.Column("ledger", sa.String(), nullable=True),
        sa.Column("habitat", sa.String(), nullable=True),
        sa.Column("srm_e4", sa.BigInteger(), nullable=True),
        sa.Column("units_e4", sa.BigInteger(), nullable=True),
        sa.Column("price_e4", sa.BigInteger(), nullable=True),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("discount_pence", sa.BigInteger(), nullable=False),
        sa.Column("net_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'units' OR stock_id IS NOT NULL", name=op.f("ck_quote_lines_stock_of_units")
        ),
        sa.CheckConstraint(
            "kind IN ('units', 'outside', 'bank_fee', 'credits', 'admin_fee', 'other')",
            name=op.f("ck_quote_lines_kind_known"),
        ),
        sa.CheckConstraint(
            "net_pence = amount_pence - discount_pence", name=op.f("ck_quote_lines_net_adds_up")
        ),
        sa.CheckConstraint("units_e4 > 0", name=op.f("ck_quote_lines_units_positive")),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["banks.bank_id"], name=op.f("fk_quote_lines_bank_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["quote_revisions.id"], name=op.f("fk_quote_lines_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock_lines.stock_id"], name=op.f("fk_quote_lines_stock_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_lines")),
        sa.UniqueConstraint(
            "revision_id", "position", name=op.f("uq_quote_lines_revision_id_position")
        ),
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'sold', 'released', 'expired', 'cancelled')",
            name=op.f("ck_reservations_state_known"),
        ),
        sa.CheckConstraint(
            "expires_at > made_at", name=op.f("ck_reservations_expiry_after_making")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["quote_revisions.id"], name=op.f("fk_reservations_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_state", "reservations", ["state", "expires_at"], unique=False)
    op.create_index(
        "uq_reservations_live",
        "reservations",
        ["revision_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('held', 'sold')"),
        postgresql_where=sa.text("state IN ('held', 'sold')"),
    )
    op.create_table(
        "reservation_lines",
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.String(), nullable=False),
        sa.Column("units_e4", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units_e4 > 0", name=op.f("ck_reservation_lines_units_positive")),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_reservation_lines_reservation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock_lines.stock_id"], name=op.f("fk_reservation_lines_stock_id")
        ),
        sa.PrimaryKeyConstraint("reservation_id", "stock_id", name=op.f("pk_reservation_lines")),
    )
    op.create_index(
        op.f("ix_reservation_lines_stock_id"), "reservation_lines", ["stock_id"], unique=False
    )
