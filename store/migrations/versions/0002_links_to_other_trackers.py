"""Links to other trackers: the addresses an item points to, and the ends that derivation found for them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    (addresses,) = columns("list: linked_urls")
    op.add_column("tracker_item", addresses)
    op.execute(text("UPDATE tracker_item SET linked_urls = '[]'"))
    # SQLite cannot tighten a column in place; batch mode copies the table there and alters it on PostgreSQL.
    with op.batch_alter_table("tracker_item") as table:
        table.alter_column("linked_urls", nullable=False)
    for column in columns("text: predecessor_id successor_id repeats"):
        op.add_column("derived_dependency", column)
