"""Forgets items that have been gone from their tracker for longer than people want to keep them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from portfolio.intents import COMMENT
from portfolio.records import SourceId
from store import bulk
from store.catalogue import NOTE_TABLE
from store.dirty import mark_everything
from store.specs import Dialect
from store.values import decode_column

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

_GONE = "SELECT item_id FROM tracker_item WHERE source = {mark} AND deleted_at < {mark}"
# The item itself comes last: the others ask it whether it is gone. A write whose outcome is not known stays,
# and so does a finding that is not over.
_PARTS = (
    ("tracker_change", "item_id IN ({gone})"),
    ("tracker_risk", "item_id IN ({gone})"),
    ("tracker_baseline", "item_id IN ({gone})"),
    ("tracker_dependency", "predecessor_id IN ({gone})"),
    ("tracker_dependency", "successor_id IN ({gone})"),
    ("engine_finding", "item_id IN ({gone}) AND state = 'resolved'"),
    ("engine_write", "item_id IN ({gone}) AND state NOT IN ('sending', 'unknown')"),
    ("engine_slot", "item_id IN ({gone})"),
    ("engine_date_snapshot", "item_id IN ({gone})"),
    ("engine_failed_write", "item_id IN ({gone})"),
    ("engine_event", "item_id IN ({gone})"),
    ("engine_seen", "item_id IN ({gone})"),
    ("engine_forecast", "item_id IN ({gone})"),
    ("tracker_item", "item_id IN ({gone})"),
)


class RetentionStore:
    """The part of the store that forgets what is gone."""

    _db: Database

    def forget_gone(self, source: SourceId, before: datetime) -> int:
        """Delete the items of a source that were gone before an instant, with everything about them.

        Returns:
            How many items there were.
        """
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        gone = _GONE.replace("{mark}", mark)
        text = f"{before.isoformat(timespec='milliseconds').replace('+00:00', '')}Z"
        count = 0
        with self._db.write() as connection:
            marked = connection.exec_driver_sql(
                f"SELECT 1 FROM engine_dirty WHERE what = 'item' AND id IN ({gone}) LIMIT 1",  # noqa: S608
                (source, text),
            ).first()
            if marked is not None:
                # Derivation has not seen yet that they are gone, and will not find what they were part of.
                mark_everything(connection, self._db.dialect)
            said = _said(connection, self._db.dialect, f"item_id IN ({gone})", (source, text))
            for table, condition in _PARTS:
                count = connection.exec_driver_sql(
                    f"DELETE FROM {table} WHERE {condition.replace('{gone}', gone)}",  # noqa: S608 names are ours
                    (source, text),
                ).rowcount
            if said:
                said -= _said(connection, self._db.dialect, "1 = 1", ())
                keys = [(digest,) for digest in sorted(said)]
                bulk.delete_keys(connection, self._db.dialect, NOTE_TABLE, keys)
        return count


def _said(connection: Connection, dialect: Dialect, condition: str, parameters: tuple[str, ...]) -> set[str]:
    """The digests of the comments that writes under this condition made, or found there."""
    rows = connection.exec_driver_sql(
        f"SELECT before, after FROM engine_write WHERE slot = '{COMMENT}' AND {condition}",  # noqa: S608 names are ours
        parameters,
    ).fetchall()
    values = decode_column("value", dialect, [value for row in rows for value in row])
    return {str(value) for value in values if value is not None}
