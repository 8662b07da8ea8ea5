"""Accounts of one directory: the id there joins the accounts of one human over several trackers."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in columns("text: directory_id"):
        op.add_column("tracker_identity", column)
