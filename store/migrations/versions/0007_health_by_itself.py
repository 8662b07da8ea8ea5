"""The colour an item has by itself, and what a project has earned of its budget."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name, new in (
        ("derived_rollup", "text: own_health"),
        ("derived_project", "real: earned_value cost_performance"),
    ):
        for column in columns(new):
            op.add_column(name, column)
