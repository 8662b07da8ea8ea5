"""Whether a schedule has levels, and where the timeline of an item has a gap."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for table, new in (("derived_schedule", "bool: has_levels"), ("derived_item", "text: history_gap")):
        for column in columns(new):
            op.add_column(table, column)
