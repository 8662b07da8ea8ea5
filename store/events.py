"""What each run changed: findings that opened or were resolved, items that came, went or became late.

A run's events are kept for 400 days; how each item stood after the last check is kept for the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import EVENT_TABLE, SEEN_TABLE
from store.results import RunEvent
from store.specs import Dialect
from store.values import decode_column

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

KEPT_FOR = timedelta(days=400)
_NAMES = bulk.quoted_list(EVENT_TABLE.names, "e.")
# Every item whose standing differs from what the last check saw. Late: not over, and its day has passed.
_CHANGED = """
SELECT t.item_id, t.key, t.title, {gone} AS is_gone, {late} AS is_late, s.is_gone, s.is_late
FROM tracker_item AS t
LEFT JOIN derived_item AS d ON d.item_id = t.item_id
LEFT JOIN engine_seen AS s ON s.item_id = t.item_id
WHERE {among}(s.item_id IS NULL OR s.is_gone <> {gone} OR s.is_late <> {late})
ORDER BY t.item_id
"""


class EventStore:
    """The part of the store that remembers what runs changed."""

    _db: Database

    def record_run_events(
        self,
        run_id: str,
        *,
        today: date,
        now: datetime,
        among: Collection[str] | None = None,
    ) -> int:
        """Look what became of the items since the last check. What became of findings is stored with them.

        The first check of a store sees every item for the first time, which is no news.

        Args:
            run_id: the run that checked.
            today: items whose effective due date lies before it are late.
            now: events of runs that are older than 400 days go.
            among: the items that may have changed since the last check; None is any.

        Returns:
            How many events there were.
        """
        dialect = self._db.dialect
        with self._db.write() as connection:
            is_first = connection.exec_driver_sql("SELECT 1 FROM engine_seen LIMIT 1").first() is None
            condition, given = ("", ()) if among is None else _among(dialect, among)
            rows = connection.exec_driver_sql(_changed_sql(today, condition), given).fetchall()
            events: list[RunEvent] = []
            for row in [] if is_first else rows:
                events += _item_events(run_id, row)
            seen = [(row[0], bool(row[3]), bool(row[4])) for row in rows]
            names = SEEN_TABLE.names
            columns = dict(zip(names, zip(*seen, strict=True), strict=True)) if seen else {}
            bulk.upsert(
                connection, dialect, SEEN_TABLE, bulk.encode_rows(SEEN_TABLE, columns, len(seen)), names
            )
            keep_events(connection, dialect, events)
            mark = "?" if dialect == "sqlite" else "%s"
            # A run's id begins with its instant.
            connection.exec_driver_sql(
                f"DELETE FROM engine_event WHERE run_id < {mark}",  # noqa: S608 names are ours
                (f"{now - KEPT_FOR:%Y%m%dT%H%M%S}",),
            )
        return len(events)

    def run_events(self, after: str, until: str) -> list[RunEvent]:
        """The events of the runs after one run, up to and including another, in their order."""
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        began = f"SELECT started_at FROM engine_run WHERE run_id = {mark}"  # noqa: S608 names are ours
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {_NAMES} FROM engine_event AS e JOIN engine_run AS r ON r.run_id = e.run_id"  # noqa: S608
                f" WHERE r.started_at > ({began}) AND r.started_at <= ({began})"
                " ORDER BY r.started_at, e.run_id, e.what, e.subject",
                (after, until),
            ).fetchall()
        columns: list[Sequence[Any]] = [
            decode_column(column.kind, dialect, values)
            for column, values in zip(EVENT_TABLE.columns, zip(*rows, strict=True), strict=False)
        ]
        return [
            RunEvent(**dict(zip(EVENT_TABLE.names, row, strict=True))) for row in zip(*columns, strict=True)
        ]

    def events_of(self, subject: str) -> list[tuple[datetime, RunEvent]]:
        """What became of one finding or item, with the instants of the runs, oldest first."""
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT r.started_at, {_NAMES} FROM engine_event AS e"  # noqa: S608 names are ours
                f" JOIN engine_run AS r ON r.run_id = e.run_id WHERE e.subject = {mark}"
                " ORDER BY r.started_at, e.run_id, e.what",
                (subject,),
            ).fetchall()
        instants = decode_column("instant", dialect, [row[0] for row in rows])
        columns: list[Sequence[Any]] = [
            decode_column(column.kind, dialect, values)
            for column, values in zip(
                EVENT_TABLE.columns, zip(*(row[1:] for row in rows), strict=True), strict=False
            )
        ]
        return [
            (at, RunEvent(**dict(zip(EVENT_TABLE.names, row, strict=True))))
            for at, row in zip(instants, zip(*columns, strict=True), strict=True)
        ]


def keep_events(connection: Connection, dialect: Dialect, events: Sequence[RunEvent]) -> None:
    """Store events, in the transaction of what they tell."""
    if not events:
        return
    rows = bulk.encode_rows(EVENT_TABLE, bulk.structs_as_columns(EVENT_TABLE, events), len(events))
    bulk.upsert(connection, dialect, EVENT_TABLE, bulk.without_doubles(EVENT_TABLE, rows), EVENT_TABLE.names)


def _among(dialect: Dialect, items: Collection[str]) -> tuple[str, tuple[Any, ...]]:
    condition, given = bulk.one_of(dialect, "t.item_id", items)
    return f"{condition} AND ", (given,)


def _changed_sql(today: date, condition: str) -> str:
    gone = "(t.deleted_at IS NOT NULL)"
    late = (
        "(t.deleted_at IS NULL AND t.state NOT IN ('done', 'removed') AND d.effective_due IS NOT NULL"
        f" AND d.effective_due < '{today.isoformat()}')"
    )
    return _CHANGED.format(gone=gone, late=late, among=condition)


def _item_events(run_id: str, row: Any) -> list[RunEvent]:
    item, key, title, is_gone, is_late, was_gone, was_late = row
    found: list[str] = []
    if was_gone is None:
        found += [] if is_gone else ["new"]
    elif bool(is_gone) != bool(was_gone):
        found.append("gone" if is_gone else "back")
    if not is_gone and bool(is_late) != bool(was_late):
        found.append("late" if is_late else "no longer late")
    return [
        RunEvent(run_id=run_id, what=what, subject=item, item_id=item, key=key, title=title) for what in found
    ]
