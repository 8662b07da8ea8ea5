"""What has changed since the last derivation, and the ways from a change to what it reaches."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import create_table

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    create_table("engine_dirty", "what id", "text!: what id\nobject: before\nint!: seq")
    for table, column in (
        ("tracker_item", "parent_id"),
        ("tracker_item", "schedule_id"),
        ("tracker_item", "owner_id"),
        ("derived_twin", "a_id"),
        ("derived_twin", "b_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    for end in ("predecessor_id", "successor_id"):
        condition = text(f"{end} IS NOT NULL")
        op.create_index(
            f"ix_derived_dependency_{end}",
            "derived_dependency",
            [end],
            sqlite_where=condition,
            postgresql_where=condition,
        )
