"""What jobs are about, in words to be shown and searched.

Revision 0004, after 0003.
"""

from __future__ import annotations

import json
import unicodedata
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JOBS = sa.table(
    "jobs",
    sa.column("id", sa.String()),
    sa.column("payload", sa.LargeBinary()),
    sa.column("submitted_by", sa.String()),
    sa.column("title", sa.String()),
    sa.column("search_key", sa.String()),
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    # The default is for the rows that are there; new ones state both.
    for name in ("title", "search_key"):
        op.add_column("jobs", sa.Column(name, sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    ids = connection.scalars(sa.select(_JOBS.c.id)).all()
    for job_id in ids:
        row = connection.execute(
            sa.select(_JOBS.c.payload, _JOBS.c.submitted_by).where(_JOBS.c.id == job_id)
        ).one()
        title = _title(row.payload)
        key = " ".join(unicodedata.normalize("NFKC", f"{title} {row.submitted_by}").split())
        values = {"title": title, "search_key": key.casefold()}
        connection.execute(sa.update(_JOBS).where(_JOBS.c.id == job_id).values(**values))


def _title(payload: bytes) -> str:
    """Return project and place; empty where what was asked can't be read any more."""
    try:
        sites = json.loads(zlib.decompress(payload))["scenarios"]
        need, site = sites[0]["inputs"]["requirement"], sites[0]["inputs"]["site"]
        words = (need["project"] or need["source"], *site["lpas"])
    except (zlib.error, ValueError, LookupError, TypeError):
        return ""
    more = f" and {len(sites) - 1} more" if len(sites) > 1 else ""
    return ", ".join(filter(None, words)) + more
