"""Columns of a `Frame` on their way into a table: a digest of each row, and the rows that are to be written.

The digest is computed column by column on arrays, before any row exists as a Python object, so that rows that
are as they were cost next to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from store.frame_reading import typed
from store.frames import Array, Coded, Column, Frame, IntArray, Ints, taken, values_of
from store.specs import ColumnSpec, TableSpec
from store.values import encode_column

WRITE_ROWS = 4_000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_UNKNOWN = np.uint64(0x5851F42D4C957F2D)


def row_digests(table: TableSpec, frame: Frame) -> IntArray:
    """A 64-bit digest of each row over the columns that are not its key; the same in every process.

    Columns that are not there count as unknown in every row, as they are stored.
    """
    total = np.zeros(frame.count, dtype=np.uint64)
    for place, spec in enumerate(table.data):
        if spec.name in frame and spec.name not in table.key:
            # A column's place is part of what is mixed: equal values in other columns are another row.
            salt = np.uint64((place + 1) * 0xD1B54A32D192ED03 & 0xFFFFFFFFFFFFFFFF)
            digests = _digests(spec, frame.column(spec.name))
            mixed = _mix(digests ^ salt)
            total += np.where(digests == _UNKNOWN, np.uint64(0), mixed)
    return _mix(total).view(np.int64)


def digests_of_rows(table: TableSpec, rows: Sequence[Sequence[Any]]) -> list[int]:
    """The digests of rows that are encoded already, in the order of the table's data columns."""
    columns = zip(*rows, strict=True)
    frame = Frame(
        len(rows),
        {
            spec.name: encoded_as_column(spec, list(values))
            for spec, values in zip(table.data, columns, strict=True)
        },
    )
    found: list[int] = row_digests(table, frame).tolist()
    return found


def encoded_as_column(spec: ColumnSpec, values: Sequence[Any]) -> Column:
    """Values as the database takes them, as a column that `row_digests` and `rows_at` take."""
    if spec.kind in ("list", "object", "value"):
        return typed("text", values)  # JSON text that is not looked into
    return typed(spec.kind, values)


def rows_at(
    table: TableSpec, frame: Frame, digests: IntArray, rows: IntArray
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows at these positions as the database takes them, some at a time; their digest last."""
    words = {
        spec.name: _encoded_words(spec, column)
        for spec in table.data
        if spec.name in frame and isinstance(column := frame.column(spec.name), Coded)
    }
    days = _DayTexts({None: None})
    for start in range(0, len(rows), WRITE_ROWS):
        some = rows[start : start + WRITE_ROWS]
        columns: list[Any] = []
        for spec in table.data:
            if spec.name not in frame:
                continue
            column = taken(frame.column(spec.name), some)
            columns.append(_encoded(spec, column, words.get(spec.name), days))
        yield list(zip(*columns, digests[some].tolist(), strict=True))


class _DayTexts(dict[Any, Any]):
    def __missing__(self, number: int) -> str:
        text = self[number] = str(np.datetime64(number, "D"))
        return text


def _encoded_words(spec: ColumnSpec, column: Coded) -> Array:
    found = np.empty(len(column.words) + 1, dtype=object)
    if spec.kind in ("list", "object", "value") and all(isinstance(word, str) for word in column.words):
        encoded: Sequence[Any] = column.words  # JSON text already
    else:
        encoded = encode_column(spec, column.words)
    for index, word in enumerate(encoded):
        found[index] = word
    return found


def _encoded(spec: ColumnSpec, column: Column, words: Array | None, days: Mapping[Any, Any]) -> Sequence[Any]:
    match column:
        case Coded():
            words = _encoded_words(spec, column) if words is None else words
            return list(words[column.codes])
        case list():
            return encode_column(spec, column)
        case Ints():
            return values_of(column)
    if column.dtype.kind != "M":
        return encode_column(spec, values_of(column)) if column.dtype.kind == "f" else values_of(column)
    is_unknown = np.isnat(column)
    if np.datetime_data(column.dtype)[0] == "D":
        numbers: Any = column.astype(np.int64)
        if is_unknown.any():
            numbers = numbers.astype(object)
            numbers[is_unknown] = None
        return list(map(days.__getitem__, numbers.tolist()))
    texts: Any = np.char.add(np.datetime_as_string(column, unit="ms"), "Z")
    if is_unknown.any():
        texts = texts.astype(object)
        texts[is_unknown] = None
    return list(texts.tolist())


def _digests(spec: ColumnSpec, column: Column) -> Array:
    """A number for each value, from what it says: the same whether it was read or computed."""
    match column:
        case Coded():
            words = _encoded_words(spec, column)[:-1].tolist()
            return np.array([*map(_digest_of_text, words), _UNKNOWN], dtype=np.uint64)[column.codes]
        case list():
            return np.array([_digest_of_text(one) for one in encode_column(spec, column)], dtype=np.uint64)
        case Ints():
            return np.where(column.known, column.values.view(np.uint64), _UNKNOWN)
    match column.dtype.kind:
        case "M":
            numbers = column.astype(np.int64).view(np.uint64)
            return np.where(np.isnat(column), _UNKNOWN, numbers)
        case "f":
            # 0.0 and -0.0 are one number.
            return np.where(np.isnan(column), _UNKNOWN, (column + 0.0).view(np.uint64))
    return np.where(column < 0, _UNKNOWN, column.astype(np.uint64))


def _digest_of_text(text: str | None) -> int:
    if text is None:
        return int(_UNKNOWN)
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big")


def _mix(values: Array) -> Array:
    """Spread every bit over all others (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    mixed = values + _GOLDEN
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
