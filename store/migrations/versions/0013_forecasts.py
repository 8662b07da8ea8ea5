"""Forecasts as they were shown, to be scored when the work is done, and what was learned of finished work."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import create_table

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    create_table(
        "engine_forecast",
        "item_id as_of",
        """
        text!: item_id
        date!: as_of
        text!: class
        text: forecast_method
        date: predicted due p50 p80
        int: forecast_references
        real: late_chance
        """,
    )
    op.create_index("ix_engine_forecast_as_of", "engine_forecast", ["as_of"])
    create_table("engine_reference", "family class", "text!: family class\nobject!: detail")
