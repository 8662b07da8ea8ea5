"""Who approved that a critical finding is muted; the events of one finding."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for column in columns("text: muted_approver"):
        op.add_column("engine_finding", column)
    op.create_index("ix_engine_event_subject", "engine_event", ["subject"])
