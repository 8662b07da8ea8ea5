"""Forecasts as they were shown, so that they can be scored and learned from when the work is done."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import create_table

revision = "0007"
down_revision = "0006"


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
