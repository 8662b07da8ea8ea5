"""What the network across trackers says: float beside a plan's own, dates, and the ends of its groups."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns, create_table

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for column in columns(
        """
        text: float_source
        date: network_start network_finish
        bool: is_waiting
        text: network_group
        date: network_last network_promise
        bool: plan_is_critical
        text: plan_driver_id
        """
    ):
        op.add_column("derived_item", column)
    create_table(
        "derived_network_end", "network_group", "text!: network_group\ndate: last promise\nint!: row_hash"
    )
