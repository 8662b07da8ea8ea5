"""What a critical path to the minute needs: hours of calendars, calendars of tasks, elapsed time."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name, new in (
        ("tracker_calendar", "object: hours"),
        ("tracker_schedule", "text: start_at\nbool: is_from_finish"),
        ("tracker_item", "int: elapsed_minutes remaining_minutes\nbool: is_manual\ntext: calendar_id"),
        ("tracker_dependency", "int: lag_elapsed_minutes"),
        (
            "derived_item",
            """
            text: early_start_at early_finish_at late_start_at late_finish_at
            int: total_float_minutes free_float_minutes
            bool: is_critical
            """,
        ),
    ):
        for column in columns(new):
            op.add_column(name, column)
