"""How Alembic reaches the store: over the connection that the caller has open."""

from __future__ import annotations

from alembic import context

from bng_opt.market.store.migrate import VERSION_TABLE
from bng_opt.market.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table=VERSION_TABLE,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
