"""A derived table made to hold exactly the rows of a frame, of which only those that differ are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from store import bulk, unchecked
from store.frame_reading import fetch, read_frame, select_list
from store.frame_writing import encoded_as_column, row_digests, rows_at
from store.frames import BoolArray, Frame, IntArray, values_of
from store.specs import ROW_HASH, Dialect, TableSpec
from store.values import BadValueError, encode_column

if TYPE_CHECKING:
    from sqlalchemy import Connection

Keys = list[Any]


def as_frame(spec: TableSpec, columns: Mapping[str, Sequence[Any]]) -> Frame:
    """Columns of Python values as a frame; of rows with equal keys the last counts.

    Raises:
        ValueError: columns of unlike length, or a value that cannot be stored; names its row.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    count = lengths[spec.key[0]]
    unlike = [name for name, length in lengths.items() if length != count]
    if unlike:
        raise ValueError(f"{spec.name}: {unlike[0]} has {lengths[unlike[0]]} values, {spec.key[0]} {count}")
    frame = Frame(count)
    for one in spec.data:
        if one.name not in columns:
            continue
        try:
            encoded = encode_column(one, columns[one.name])
        except BadValueError as error:
            key = " ".join(str(columns[name][error.index]) for name in spec.key)
            raise ValueError(f"{spec.name} {key}: {error.column} {error.reason}") from error
        is_text_key = one.kind == "text" and one.name in spec.key
        frame.put(one.name, list(encoded) if is_text_key else encoded_as_column(one, encoded))
    keys = _keys(spec, frame)
    if len(set(keys)) < len(keys):
        return frame.take(np.fromiter(bulk.last_of_each(keys), dtype=bool, count=len(keys)))
    return frame


def replace_rows(
    connection: Connection,
    dialect: Dialect,
    spec: TableSpec,
    frame: Frame,
    within: Collection[Any] | None,
) -> int:
    """Write the rows that differ and remove those that are not in the frame; see `ColumnStore.replace`."""
    keys = _keys(spec, frame)
    digests = row_digests(spec, frame)
    if within is None:
        stored = _all_stored(connection, dialect, spec)
    else:
        stored = iter([_stored_under(connection, dialect, spec, [*keys, *set(within).difference(keys)])])
    differs, removed, is_new = _compared(keys, digests, stored)
    count = bulk.delete_keys(connection, dialect, spec, _encoded_keys(spec, removed))
    names = (*(column.name for column in spec.data if column.name in frame), ROW_HASH)
    others = tuple(column.name for column in spec.data if column.name not in frame)
    rows = np.flatnonzero(differs)
    changed = [*removed, *(keys[row] for row in rows.tolist())]
    unchecked.mark_derived(connection, dialect, spec.name, changed)
    for some in rows_at(spec, frame, digests, rows):
        if is_new and within is None:
            bulk.insert_new(connection, dialect, spec, some, names)
        else:
            bulk.upsert(connection, dialect, spec, some, names, nulled=others)
    return len(rows) + count


def _keys(spec: TableSpec, frame: Frame) -> Keys:
    columns = [values_of(frame.column(name)) for name in spec.key]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def _encoded_keys(spec: TableSpec, keys: Keys) -> Keys:
    """Keys as the database takes them: text is as it is."""
    kinds = spec.kinds
    if not keys or all(kinds[name] == "text" for name in spec.key):
        return keys
    columns = [keys] if len(spec.key) == 1 else list(zip(*keys, strict=True))
    specs = [column for name in spec.key for column in spec.columns if column.name == name]
    encoded = [encode_column(column, values) for column, values in zip(specs, columns, strict=True)]
    return list(zip(*encoded, strict=True))


def _all_stored(connection: Connection, dialect: Dialect, spec: TableSpec) -> Iterator[tuple[Keys, IntArray]]:
    names = (*spec.key, ROW_HASH)
    sql = f"SELECT {select_list(names, spec.kinds, dialect)} FROM {spec.name} AS t"  # noqa: S608 names are ours
    if all(spec.kinds[name] == "text" for name in spec.key):
        for rows in fetch(connection, sql):
            *keys, digests = zip(*rows, strict=True)
            found = list(keys[0]) if len(keys) == 1 else list(zip(*keys, strict=True))
            yield found, np.array(digests, dtype=np.int64)
        return
    frame = read_frame(connection, sql, names, spec.kinds)
    yield _keys(spec, frame), frame.integers(ROW_HASH).values


def _stored_under(
    connection: Connection, dialect: Dialect, spec: TableSpec, keys: Keys
) -> tuple[Keys, IntArray]:
    found = bulk.stored(connection, dialect, spec, keys, (ROW_HASH,))
    return list(found), np.array([row[0] for row in found.values()], dtype=np.int64)


def _compared(
    keys: Keys, digests: IntArray, stored: Iterator[tuple[Keys, IntArray]]
) -> tuple[BoolArray, Keys, bool]:
    """Which rows are not stored as they are, the keys that have no row any more, and whether none is stored.

    Stored rows usually come in the order of the new ones, and then whole chunks are compared at once.
    """
    differs = np.ones(len(keys), dtype=bool)
    removed: Keys = []
    position: dict[Any, int] = {}
    here = 0
    is_new = True
    for stored_keys, stored_digests in stored:
        is_new = is_new and not stored_keys
        stop = here + len(stored_keys)
        if keys[here:stop] == stored_keys:
            differs[here:stop] = digests[here:stop] != stored_digests
            here = stop
            continue
        position = position or {key: index for index, key in enumerate(keys)}
        rows = np.fromiter((position.get(key, -1) for key in stored_keys), np.int64, len(stored_keys))
        is_there = rows >= 0
        there = rows[is_there]
        differs[there] = digests[there] != stored_digests[is_there]
        removed.extend(key for key, row in zip(stored_keys, rows.tolist(), strict=True) if row < 0)
        here = int(rows.max(initial=here - 1)) + 1
    return differs, removed, is_new
