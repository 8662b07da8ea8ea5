"""What was said about a date, and when: a row per item and day of a change, or a week later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import SNAPSHOT_TABLE
from store.values import decode_column

if TYPE_CHECKING:
    from store.database import Database


class SnapshotStore:
    """The part of the store that remembers what was forecast."""

    _db: Database

    def date_snapshots(self, since: date, until: date) -> dict[str, list[Any]]:
        """The snapshots of a time of all items, by item and day; each column of the table is a list.

        Args:
            since: the first day.
            until: the last day.
        """
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        days = (since.isoformat(), until.isoformat()) if dialect == "sqlite" else (since, until)
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list(SNAPSHOT_TABLE.names)} FROM {SNAPSHOT_TABLE.name}"  # noqa: S608 names are ours
                f" WHERE day BETWEEN {mark} AND {mark} ORDER BY item_id, day",
                days,
            ).fetchall()
        columns = list(zip(*rows, strict=True)) or [()] * len(SNAPSHOT_TABLE.names)
        return {
            column.name: list(decode_column(column.kind, dialect, values))
            for column, values in zip(SNAPSHOT_TABLE.columns, columns, strict=True)
        }

    def keep_date_snapshots(self, columns: Mapping[str, Sequence[Any]]) -> int:
        """Keep snapshots; of an item and day that are there already the new one counts.

        Args:
            columns: `item_id`, `day`, `finish` and `forecast`, as parallel lists.

        Returns:
            How many rows were new or said something else.
        """
        dialect = self._db.dialect
        rows = bulk.encode_rows(SNAPSHOT_TABLE, columns, len(columns["item_id"]))
        with self._db.write() as connection:
            return bulk.overwrite_different(
                connection,
                dialect,
                SNAPSHOT_TABLE,
                bulk.without_doubles(SNAPSHOT_TABLE, rows),
                SNAPSHOT_TABLE.names,
            )
