"""What was said about dates, and when; why a schedule check says nothing; the logic of trackers' projects."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns, create_table

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    create_table(
        "engine_date_snapshot",
        "item_id day",
        """
        text!: item_id
        date!: day
        date: finish forecast
        """,
    )
    for name, new in (("derived_schedule_check", "text: reason"), ("derived_schedule", "bool: has_logic")):
        for column in columns(new):
            op.add_column(name, column)
