"""Derive: whole columns out of the database, and whole tables of derived columns back in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import TABLES
from store.specs import ROW_HASH, TableSpec
from store.values import BadValueError, decode_column, encode_column

if TYPE_CHECKING:
    from store.database import Database

_FETCH_ROWS = 50_000


class ColumnStore:
    """The part of the store that derivation reads and writes."""

    _db: Database

    def read(self, table: str, columns: Sequence[str], *, live_only: bool = True) -> dict[str, list[Any]]:
        """Columns of a `tracker_*` or `derived_*` table as parallel lists, in the order of the table's key.

        A timeline comes oldest first, or in the order in which it was stored. Values are Python's: dates,
        aware instants, booleans, lists.

        Args:
            table: the name of the table.
            columns: the columns wanted.
            live_only: leave out tombstoned items and what belongs to them.
        """
        spec = _table(table)
        kinds = spec.kinds
        unknown = [name for name in columns if name not in kinds]
        if unknown:
            raise KeyError(f"the table {table} has no column {unknown[0]}{_nearest(unknown[0], kinds)}")
        names = tuple(dict.fromkeys(columns))
        order = bulk.quoted_list(spec.key, "t.")
        if table == "tracker_change":
            # SQLite keeps the entries in the order in which they came; PostgreSQL promises none.
            order = "t.rowid" if self._db.dialect == "sqlite" else 't."at", t.source, t.event_id'
        condition = _live(spec) if live_only else ""
        sql = f"SELECT {bulk.quoted_list(names, 't.')} FROM {table} AS t{condition} ORDER BY {order}"  # noqa: S608 names are ours
        found: dict[str, list[Any]] = {name: [] for name in names}
        with (
            self._db.read() as connection,
            connection.execution_options(stream_results=True).exec_driver_sql(sql) as result,
        ):
            while rows := result.fetchmany(_FETCH_ROWS):
                for name, values in zip(names, zip(*rows, strict=True), strict=True):
                    found[name].extend(decode_column(kinds[name], self._db.dialect, values))
        return found

    def replace(self, table: str, columns: Mapping[str, Sequence[Any]]) -> int:
        """Make a `derived_*` table hold exactly these rows; columns that are not given are null.

        Rows that are as they were are not written. Returns how many were written or removed.

        Raises:
            ValueError: columns of unlike length, an unknown column, or a value that cannot be stored.
        """
        spec = _table(table)
        if not table.startswith("derived_"):
            raise ValueError(f"only derived tables are replaced, not {table}")
        rows = _rows(spec, columns)
        dialect = self._db.dialect
        with self._db.write() as connection:
            before = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list((*spec.key, ROW_HASH))} FROM {table}"  # noqa: S608 names are ours
            )
            width = len(spec.key)
            key_columns = [column for column in spec.columns if column.name in spec.key]
            keys_and_hashes = list(zip(*before, strict=True)) or [()] * (width + 1)
            # A date comes back as a date from PostgreSQL and is compared as text.
            parts = [
                encode_column(column, decode_column(column.kind, dialect, values))
                for column, values in zip(key_columns, keys_and_hashes[:-1], strict=True)
            ]
            stored_keys = parts[0] if width == 1 else list(zip(*parts, strict=True))
            known = dict(zip(stored_keys, keys_and_hashes[-1], strict=True))
            written: list[bulk.Row] = []
            for key, row in zip(bulk.keys_of(spec, rows), rows, strict=True):
                if known.pop(key, None) != row[-1]:
                    written.append(row)
            removed = bulk.delete_keys(connection, dialect, spec, list(known))
            names = (*(column.name for column in spec.data), ROW_HASH)
            bulk.upsert(connection, dialect, spec, written, names)
        return len(written) + removed


def _rows(spec: TableSpec, columns: Mapping[str, Sequence[Any]]) -> list[bulk.Row]:
    kinds = spec.kinds
    for name in columns:
        if name not in kinds or name == ROW_HASH:
            raise ValueError(f"the table {spec.name} has no column {name}{_nearest(name, kinds)}")
    missing = [name for name in spec.key if name not in columns]
    if missing:
        raise ValueError(f"{spec.name}: the key column {missing[0]} is missing")
    lengths = {name: len(values) for name, values in columns.items()}
    count = lengths[spec.key[0]]
    unlike = [name for name, length in lengths.items() if length != count]
    if unlike:
        raise ValueError(f"{spec.name}: {unlike[0]} has {lengths[unlike[0]]} values, {spec.key[0]} {count}")
    try:
        rows = bulk.encode_rows(spec, columns, count)
    except BadValueError as error:
        key = " ".join(str(columns[name][error.index]) for name in spec.key)
        raise ValueError(f"{spec.name} {key}: {error.column} {error.reason}") from error
    return bulk.without_doubles(spec, rows)


def _table(name: str) -> TableSpec:
    if name not in TABLES:
        raise KeyError(f"there is no table {name}{_nearest(name, TABLES)}")
    return TABLES[name]


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (nearest: {close[0]})" if close else ""


def _live(spec: TableSpec) -> str:
    """The condition that leaves out tombstones and what belongs to them."""
    if spec.name == "tracker_item":
        return " WHERE t.deleted_at IS NULL"
    ends = ("item_id", "predecessor_id", "successor_id")
    columns = [name for name in spec.names if name in ends]
    conditions = [
        f"NOT EXISTS (SELECT 1 FROM tracker_item AS i WHERE i.item_id = t.{column}"  # noqa: S608
        " AND i.deleted_at IS NOT NULL)"
        for column in columns
    ]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
