"""Who approved that a critical finding is muted; the events of one finding; what rules have not seen yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.kinds import columns, create_table

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for column in columns("text: muted_approver subject_id"):
        op.add_column("engine_finding", column)
    op.create_index("ix_engine_finding_subject_id", "engine_finding", ["subject_id"])
    for name, names, where in (
        ("release", ["release_id", "state", "deleted_at"], "release_id IS NOT NULL"),
        ("risk", ["item_id"], "kind = 'risk'"),
    ):
        op.create_index(
            f"ix_tracker_item_{name}",
            "tracker_item",
            names,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    create_table("engine_unchecked", "what id", "text!: what id")
    op.create_index("ix_engine_event_subject", "engine_event", ["subject"])
