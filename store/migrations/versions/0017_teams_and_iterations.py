"""Which items count in a running iteration, and the way to the items of a team."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import create_table

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    create_table(
        "derived_iteration_item",
        "iteration_id item_id",
        "text!: iteration_id item_id\nbool: is_committed is_done\nint!: row_hash",
    )
    op.create_index("ix_derived_iteration_item_item_id", "derived_iteration_item", ["item_id"])
    holds = text("team IS NOT NULL")
    op.create_index(
        "ix_derived_item_team", "derived_item", ["team"], sqlite_where=holds, postgresql_where=holds
    )
