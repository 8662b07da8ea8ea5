"""Alembic's entry.

Runs revisions on the connection that `store.schema.upgrade` has open, in its transaction.
"""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
# SQLite alters a table by copying it (batch mode); PostgreSQL does it in place.
context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
