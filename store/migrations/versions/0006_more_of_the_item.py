"""What trackers show of an item: severity, its column on the board, since when it is blocked, whose it is."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import columns

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name, new in (
        ("tracker_item", "text: severity board_column"),
        ("derived_item", "instant: blocked_since\ntext: team"),
    ):
        for column in columns(new):
            op.add_column(name, column)
    (areas,) = columns("list: team_areas")
    op.add_column("tracker_schedule", areas)
    op.execute(text("UPDATE tracker_schedule SET team_areas = '[]'"))
    # SQLite cannot tighten a column in place; batch mode copies the table there and alters it on PostgreSQL.
    with op.batch_alter_table("tracker_schedule") as table:
        table.alter_column("team_areas", nullable=False)
