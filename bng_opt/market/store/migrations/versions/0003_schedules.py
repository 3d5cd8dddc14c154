"""Schedules, their runs, and what is handed over.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("timing", sa.String(), nullable=False),
        sa.Column("seen_to", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_schedules_name_not_blank")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "scheduled_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("to_owner", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')",
            name=op.f("ck_scheduled_runs_state_known"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_scheduled_runs_attempts_not_negative")),
        sa.CheckConstraint("missed >= 0", name=op.f("ck_scheduled_runs_missed_not_negative")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)",
            name=op.f("ck_scheduled_runs_finish_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedules.name"], name=op.f("fk_scheduled_runs_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_runs")),
        sa.UniqueConstraint(
            "schedule", "planned_at", name=op.f("uq_scheduled_runs_schedule_planned_at")
        ),
    )
    op.create_index(
        "uq_scheduled_runs_open",
        "scheduled_runs",
        ["schedule"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('folder', 'email', 'owner')", name=op.f("ck_deliveries_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'done', 'failed')", name=op.f("ck_deliveries_state_known")
        ),
        sa.CheckConstraint("target <> ''", name=op.f("ck_deliveries_target_not_blank")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_deliveries_attempts_not_negative")),
        sa.CheckConstraint(
            "(state = 'due') = (finished_at IS NULL)", name=op.f("ck_deliveries_finish_whole")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["scheduled_runs.id"], name=op.f("fk_deliveries_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "run_id", "kind", "target", "about",
            name=op.f("uq_deliveries_run_id_kind_target_about"),
        ),
    )  # fmt: skip
    op.create_index("ix_deliveries_state", "deliveries", ["state", "due_at"], unique=False)
