"""Rollups over trackers: what is the same on every side of a piece of work stands beside the item's own."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    new = "date: rollup_p80\nint: rollup_slip_wd rollup_items\ntext: rollup_slip_pair\nbool: is_rolled_up"
    for column in columns(new):
        op.add_column("derived_rollup", column)
