"""Float that the network across trackers gives, beside a plan's own."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for column in columns("bool: is_critical\ntext: float_source"):
        op.add_column("derived_item", column)
