"""What was seen to change at releases, iterations and plans, whose trackers tell no history of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.records import AnyRecord, Iteration, Release, Schedule
from store import bulk
from store.catalogue import CONTAINER_TABLE, table_of
from store.results import ContainerChange
from store.specs import Dialect
from store.values import decode_column, encode_column

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Record → what it is called, and its dates that are watched.
WATCHED: Mapping[type[AnyRecord], tuple[str, tuple[str, ...]]] = {
    Release: ("release", ("date",)),
    Iteration: ("iteration", ("start", "end")),
    Schedule: ("schedule", ("baseline_at",)),
}


def remember_changes(
    connection: Connection,
    dialect: Dialect,
    record: type[AnyRecord],
    rows: Sequence[bulk.Row],
    known: Mapping[Any, bulk.Row],
    *,
    now: datetime,
) -> None:
    """Store the dates of these containers that are others than before, in the transaction that changes them.

    Args:
        connection: of the transaction.
        dialect: of the database.
        record: the type of the rows; one of `WATCHED`.
        rows: the encoded rows that are about to be written.
        known: what is stored now, by key: the hash of the row, then the watched columns.
        now: the instant of the run.
    """
    kind, names = WATCHED[record]
    table = table_of(record)
    places = {column.name: place for place, column in enumerate(table.data)}
    columns = {column.name: column for column in table.columns}
    changes: list[ContainerChange] = []
    for key, row in zip(bulk.keys_of(table, list(rows)), rows, strict=True):
        before = known.get(key)
        for place, name in enumerate(names, 1):
            after = row[places[name]]
            was = None
            if before is not None:
                column = columns[name]
                was = encode_column(column, decode_column(column.kind, dialect, (before[place],)))[0]
                if was == after:
                    continue
            changes.append(
                ContainerChange(
                    source=row[places["source"]],
                    # Twice in one run, with two values: two changes.
                    event_id=f"{kind}/{key}.{name}.{now.isoformat()}.{after or ''}",
                    kind=kind,
                    container_id=key,
                    at=now,
                    field=name,
                    before=was,
                    after=after,
                    is_first=before is None,
                )
            )
    _insert(connection, dialect, changes)


def _insert(connection: Connection, dialect: Dialect, changes: Sequence[msgspec.Struct]) -> None:
    if changes:
        rows = bulk.encode_rows(
            CONTAINER_TABLE, bulk.structs_as_columns(CONTAINER_TABLE, changes), len(changes)
        )
        rows = bulk.without_doubles(CONTAINER_TABLE, rows)
        bulk.insert_ignore(connection, dialect, CONTAINER_TABLE, rows, CONTAINER_TABLE.names)
