"""Rows into tables at driver speed: our own SQL, tuples, no dictionaries, no ORM (facts/performance.md §B).

SQLite takes `executemany`. PostgreSQL takes COPY into a temporary table and one INSERT … SELECT … ON CONFLICT
from there; a few rows go by `executemany`, where COPY's fixed cost would be the larger part.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import compress
from typing import TYPE_CHECKING, Any

import msgspec

from store.catalogue import TABLES
from store.specs import Dialect, TableSpec
from store.values import encode_column, row_hashes

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = tuple[Any, ...]
_COPY_FROM_ROWS = 200  # below this, executemany is as quick (measured 2026-11-24)


def quoted(name: str) -> str:
    """An identifier in double quotes, which both databases read alike."""
    return f'"{name}"'


def quoted_list(names: Iterable[str], prefix: str = "") -> str:
    """Identifiers in double quotes, separated by commas."""
    return ", ".join(f'{prefix}"{name}"' for name in names)


def encode_rows(table: TableSpec, columns: Mapping[str, Sequence[Any]], count: int) -> list[Row]:
    """Encode the data columns of a table into rows; a column that is not given is null.

    Rows of tables that carry a hash end with it.

    Raises:
        BadValueError: a value cannot be stored.
    """
    empty: Sequence[Any] = (None,) * count
    encoded = [encode_column(column, columns.get(column.name, empty)) for column in table.data]
    rows: list[Row] = list(zip(*encoded, strict=True))
    if table.has_hash:
        return [(*row, row_hash) for row, row_hash in zip(rows, row_hashes(rows), strict=True)]
    return rows


def structs_as_columns(table: TableSpec, structs: Sequence[msgspec.Struct]) -> dict[str, Sequence[Any]]:
    """The fields of structs, column by column, under the names of the table's data columns."""
    # A column at a time: no tuple for each struct, which the garbage collector would have to look through.
    return {column.name: list(map(operator.attrgetter(column.name), structs)) for column in table.data}


def last_of_each(keys: Sequence[Any]) -> Iterator[bool]:
    """For each key, whether no later one equals it: of records that come twice in a page, the last counts."""
    last = {key: index for index, key in enumerate(keys)}
    return (last[key] == index for index, key in enumerate(keys))


def keys_of(table: TableSpec, rows: Sequence[Row]) -> list[Any]:
    """The key of each encoded row: a scalar where the key is one column, else a tuple."""
    names = [column.name for column in table.data]
    return list(map(operator.itemgetter(*(names.index(name) for name in table.key)), rows))


def without_doubles(table: TableSpec, rows: list[Row]) -> list[Row]:
    """The rows with unlike keys, the last of equal ones."""
    keys = keys_of(table, rows)
    if len(set(keys)) == len(keys):
        return rows
    return list(compress(rows, last_of_each(keys)))


def upsert(
    connection: Connection,
    dialect: Dialect,
    table: TableSpec,
    rows: Sequence[Row],
    names: Sequence[str],
    *,
    nulled: Sequence[str] = (),
) -> int:
    """Insert rows or overwrite those of equal key. Returns how many rows were written.

    `nulled` are further columns, which become null.
    """
    more = "".join(f', "{name}" = NULL' for name in nulled)
    return _insert(connection, dialect, table, rows, tuple(names), overwrite=True, condition=more)


def insert_ignore(
    connection: Connection, dialect: Dialect, table: TableSpec, rows: Sequence[Row], names: Sequence[str]
) -> int:
    """Insert the rows whose key is new and leave the others alone. Returns how many were inserted."""
    return _insert(connection, dialect, table, rows, tuple(names), overwrite=False)


def overwrite_different(
    connection: Connection, dialect: Dialect, table: TableSpec, rows: Sequence[Row], names: Sequence[str]
) -> int:
    """Overwrite the stored rows of these keys that say something else. Returns how many did.

    No two of the rows may have one key.
    """
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    others = [name for name in names if name not in table.key]
    condition = " WHERE " + " OR ".join(
        f'{table.name}."{name}" {differs} excluded."{name}"' for name in others
    )
    return _insert(connection, dialect, table, rows, tuple(names), overwrite=True, condition=condition)


def stored(
    connection: Connection, dialect: Dialect, table: TableSpec, keys: Sequence[Any], wanted: Sequence[str]
) -> dict[Any, Row]:
    """The wanted columns of the rows that are stored under these keys, by key."""
    if not keys:
        return {}
    width = len(table.key)
    columns = quoted_list((*table.key, *wanted), "t.")
    if dialect == "sqlite":
        if width == 1:
            matches = f't."{table.key[0]}" = j.value'
        else:
            matches = " AND ".join(
                f"t.\"{name}\" = json_extract(j.value, '$[{place}]')" for place, name in enumerate(table.key)
            )
        # CROSS JOIN fixes the order: each key is looked up in the index, never the other way round.
        sql = f"SELECT {columns} FROM json_each(?) AS j CROSS JOIN {table.name} AS t WHERE {matches}"  # noqa: S608 names are ours
        parameters: Row = (msgspec.json.encode(keys).decode(),)
    else:
        parts = [keys] if width == 1 else list(zip(*keys, strict=True))
        arrays = ", ".join("%s::text[]" for _ in parts)
        names = ", ".join(f"k{place}" for place in range(width))
        matches = " AND ".join(f't."{name}" = j.k{place}' for place, name in enumerate(table.key))
        sql = f"SELECT {columns} FROM unnest({arrays}) AS j({names}) JOIN {table.name} AS t ON {matches}"  # noqa: S608 names are ours
        parameters = tuple(list(part) for part in parts)
    answer = connection.exec_driver_sql(sql, parameters).fetchall()
    if width == 1:
        return {row[0]: tuple(row[1:]) for row in answer}
    return {tuple(row[:width]): tuple(row[width:]) for row in answer}


def one_of(dialect: Dialect, column: str, values: Iterable[str]) -> tuple[str, Any]:
    """The condition that a column of text has one of these values, and its one parameter."""
    if dialect == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(list(values)).decode()  # noqa: S608
    return f"{column} = ANY(%s)", list(values)


def insert_new(
    connection: Connection, dialect: Dialect, table: TableSpec, rows: Sequence[Row], names: Sequence[str]
) -> None:
    """Insert rows of which none is stored yet: without the look for those that are."""
    if dialect == "sqlite":
        marks = ", ".join("?" * len(names))
        execute_many(connection, f"INSERT INTO {table.name} ({quoted_list(names)}) VALUES ({marks})", rows)  # noqa: S608
        return
    _copy_into(connection.connection.cursor(), table.name, rows, names)


def delete_keys(connection: Connection, dialect: Dialect, table: TableSpec, keys: Sequence[Any]) -> int:
    """Delete the rows under these keys. Returns how many there were."""
    if not keys:
        return 0
    mark = "?" if dialect == "sqlite" else "%s"
    condition = " AND ".join(f'"{name}" = {mark}' for name in table.key)
    rows = [key if isinstance(key, tuple) else (key,) for key in keys]
    return execute_many(connection, f"DELETE FROM {table.name} WHERE {condition}", rows)  # noqa: S608 names are ours


def _insert(
    connection: Connection,
    dialect: Dialect,
    table: TableSpec,
    rows: Sequence[Row],
    names: tuple[str, ...],
    *,
    overwrite: bool,
    condition: str = "",
) -> int:
    if not rows:
        return 0
    if dialect == "sqlite" or len(rows) < _COPY_FROM_ROWS:
        sql = _insert_sql(dialect, table.name, names, overwrite=overwrite) + condition
        return execute_many(connection, sql, rows)
    return _copy(connection, table, rows, names, overwrite=overwrite, condition=condition)


def execute_many(connection: Connection, sql: str, rows: Sequence[Row]) -> int:
    """One statement for many rows of parameters. Returns how many rows of the table it touched."""
    if not rows:
        return 0
    result = connection.exec_driver_sql(sql, list(rows), execution_options={"preserve_rowcount": True})
    return max(0, result.rowcount)


def _copy(
    connection: Connection,
    table: TableSpec,
    rows: Sequence[Row],
    names: tuple[str, ...],
    *,
    overwrite: bool,
    condition: str,
) -> int:
    staging = f"staging_{table.name}"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} (LIKE {table.name} INCLUDING DEFAULTS)"
        " ON COMMIT DELETE ROWS"
    )
    cursor: Any = connection.connection.cursor()
    with cursor:
        _copy_into(cursor, staging, rows, names)
        cursor.execute(_copy_sql(table.name, names, overwrite=overwrite) + condition)
        written = max(0, int(cursor.rowcount))
        cursor.execute(f"TRUNCATE {staging}")
    return written


def _copy_into(cursor: Any, table: str, rows: Sequence[Row], names: Sequence[str]) -> None:
    with cursor.copy(f"COPY {table} ({quoted_list(names)}) FROM STDIN") as copy:
        write: Callable[[Row], None] = copy.write_row
        for row in rows:
            write(row)


@cache
def _insert_sql(dialect: Dialect, table: str, names: tuple[str, ...], *, overwrite: bool) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(names))
    return (
        f"INSERT INTO {table} ({quoted_list(names)}) VALUES ({marks}) "  # noqa: S608 names are ours
        + _on_conflict(TABLES[table], names, overwrite=overwrite)
    )


@cache
def _copy_sql(table: str, names: tuple[str, ...], *, overwrite: bool) -> str:
    columns = quoted_list(names)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM staging_{table} "  # noqa: S608 names are ours
        + _on_conflict(TABLES[table], names, overwrite=overwrite)
    )


def _on_conflict(table: TableSpec, names: tuple[str, ...], *, overwrite: bool) -> str:
    others = [name for name in names if name not in table.key]
    if not overwrite or not others:
        return f"ON CONFLICT ({quoted_list(table.key)}) DO NOTHING"
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    return f"ON CONFLICT ({quoted_list(table.key)}) DO UPDATE SET {updates}"
