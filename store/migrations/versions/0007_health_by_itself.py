"""The colour an item has by itself, what a project has earned of its budget, and the health of schedules."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns, create_table

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name, new in (
        ("derived_rollup", "text: own_health"),
        ("derived_project", "real: earned_value cost_performance"),
    ):
        for column in columns(new):
            op.add_column(name, column)
    create_table(
        "derived_schedule_health",
        "schedule_id",
        "text!: schedule_id\ntext: health health_declared\nint: health_gap_runs\nint!: row_hash",
    )
    for name in ("health", "health_gap_runs"):
        op.drop_column("derived_schedule", name)
