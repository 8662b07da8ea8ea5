"""How much later work may end before it moves what waits for it."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for column in columns("int: free_float_wd"):
        op.add_column("derived_item", column)
