"""What stock lines are on the ground.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WORDS = (
    "works size condition significance advance delay encroachment riparian baseline_habitat "
    "baseline_condition baseline_significance baseline_encroachment baseline_riparian"
).split()


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "parcels",
        sa.Column("stock_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.CheckConstraint(
            "works IN ('creation', 'enhancement')", name=op.f("ck_parcels_works_known")
        ),
        sa.CheckConstraint(
            "works <> 'enhancement' OR baseline_habitat <> ''",
            name=op.f("ck_parcels_baseline_of_enhancement"),
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock_lines.stock_id"], name=op.f("fk_parcels_stock_id")
        ),
        sa.PrimaryKeyConstraint("stock_id", name=op.f("pk_parcels")),
    )
