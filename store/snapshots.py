"""What was said about a date, and when: a row per item and day of a change, or a week later."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import SNAPSHOT_TABLE
from store.values import decode_column

if TYPE_CHECKING:
    from store.database import Database
    from store.frames import Frame


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

    def snapshot_frame(
        self, since: date, until: date, *, places: Mapping[str, int], among: Collection[str] | None = None
    ) -> Frame:
        """The snapshots of a time, and of each item the last one before it: what stood when it began.

        Args:
            since: the first day.
            until: the last day.
            places: from an item to its position, which stands in the place of `item_id`; -1 for any other.
            among: of these items only; None is all of them.

        Returns:
            `item_id`, `day`, `finish` and `forecast`; of each item by day.
        """
        from store.frame_reading import read_frame, select_list

        dialect, kinds, names = self._db.dialect, SNAPSHOT_TABLE.kinds, SNAPSHOT_TABLE.names
        mark = "?" if dialect == "sqlite" else "%s"
        first, last = (since.isoformat(), until.isoformat()) if dialect == "sqlite" else (since, until)
        whose = ""
        values: tuple[Any, ...] = ()
        if among is not None:
            condition, ids = bulk.one_of(dialect, "t.item_id", among)
            whose, values = f" AND {condition}", (ids,)
        columns, name = select_list(names, kinds, dialect), SNAPSHOT_TABLE.name
        before = (
            f"SELECT item_id, max(day) AS day FROM {name} AS t WHERE day < {mark}{whose} GROUP BY item_id"  # noqa: S608 names are ours
        )
        sql = (
            f"SELECT {columns} FROM {name} AS t"  # noqa: S608 names are ours
            f" JOIN ({before}) AS b ON b.item_id = t.item_id AND b.day = t.day"
            f" UNION ALL SELECT {columns} FROM {name} AS t WHERE day BETWEEN {mark} AND {mark}{whose}"
            " ORDER BY 1, 2"
        )
        with self._db.read() as connection:
            return read_frame(
                connection,
                sql,
                names,
                kinds,
                places={"item_id": places},
                parameters=(first, *values, first, last, *values),
            )

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
