"""Rows of a query into a `Frame`, chunk by chunk, at the speed of the driver.

No row is ever an object of SQLAlchemy, and no list of all rows exists at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from store.frames import Array, Coded, CodeIndex, Column, Frame, Ints
from store.specs import Dialect, Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Few enough for their values to stay in the processor's cache: 50,000 at once took half as long again and
# 100 MB (measured 2026-11-29).
_FETCH_ROWS = 4_000
_INSTANT = "U23"  # YYYY-MM-DDTHH:MM:SS.mmm, without the Z that numpy does not read
_NAT = np.iinfo(np.int64).min
_NOT_A_TIME = "NaT"

Row = tuple[Any, ...]


def select_list(
    columns: Sequence[str],
    kinds: Mapping[str, Kind],
    dialect: Dialect,
    blank: tuple[Sequence[str], str, Sequence[str]] | None = None,
) -> str:
    """The columns of a SELECT, each in the form that `read_frame` expects; see `ColumnStore.frame`."""
    found: list[str] = []
    for name in columns:
        one = _expression(f't."{name}"', kinds[name], dialect)
        if blank is not None and name in blank[0]:
            values = ", ".join(f"'{value}'" for value in blank[2])
            one = f'CASE WHEN t."{blank[1]}" IN ({values}) THEN {one} END'
        found.append(one)
    return ", ".join(found)


def _expression(name: str, kind: Kind, dialect: Dialect) -> str:
    if dialect == "sqlite":
        return name
    match kind:
        case "date":
            return f"({name} - DATE '1970-01-01')"
        case "instant":
            return f"(extract(epoch FROM {name}) * 1000)::bigint"
        case "list" | "object" | "value":
            return f"{name}::text"
    return name


def fetch(connection: Connection, sql: str, parameters: Row = ()) -> Iterator[list[Row]]:
    """The rows of a query in chunks, straight from the driver."""
    driver: Any = connection.connection
    is_postgresql = connection.dialect.name == "postgresql"
    # A named cursor stays on the server: without one the whole answer would be fetched at once.
    cursor = driver.driver_connection.cursor(name="frame") if is_postgresql else driver.cursor()
    with closing(cursor):
        cursor.execute(sql, parameters or (None if is_postgresql else ()))
        while rows := cursor.fetchmany(_FETCH_ROWS):
            yield rows


def read_frame(
    connection: Connection,
    sql: str,
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    *,
    texts: Sequence[str] = (),
    places: Mapping[str, Mapping[str, int]] = {},
    parameters: Row = (),
) -> Frame:
    """A query's answer as a frame.

    Args:
        connection: an open one.
        sql: selects `select_list(names, …)`.
        names: what the columns are called.
        kinds: of each column.
        texts: columns of text that hardly repeat, which are kept as lists of str.
        places: columns of text that are kept as positions: from a text to its position.
        parameters: of the query.
    """
    makers: list[Any] = [
        _Places(places[name]) if name in places else _Texts() if name in texts else _MAKERS[kinds[name]]()
        for name in names
    ]
    count = 0
    for rows in fetch(connection, sql, parameters):
        count += len(rows)
        for maker, values in zip(makers, zip(*rows, strict=True), strict=True):
            maker.add(values)
    return Frame(count, {name: maker.column() for name, maker in zip(names, makers, strict=True)})


def typed(kind: Kind, values: Sequence[Any]) -> Column:
    """A column of values as the database takes them (`encode_column`) as an array."""
    maker = _MAKERS[kind]()
    maker.add(values)
    column: Column = maker.column()
    return column


class _Arrays:
    """A column that grows chunk by chunk."""

    dtype: Any = np.float64

    def __init__(self) -> None:
        self._chunks: list[Array] = []

    def add(self, values: Sequence[Any]) -> None:
        self._chunks.append(self.array(values))

    def array(self, values: Sequence[Any]) -> Array:
        return np.array(values, dtype=np.float64)  # None becomes NaN

    def column(self) -> Column:
        return _joined(self._chunks, self.dtype)


class _DayNumbers(dict[Any, int]):
    """From a date as the database gives it to its number; there are few in any portfolio."""

    def __missing__(self, value: Any) -> int:
        number = value if isinstance(value, int) else date.fromisoformat(value).toordinal() - 719163
        self[value] = number
        return number


class _Days(_Arrays):
    dtype = "datetime64[D]"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = _DayNumbers({None: _NAT})

    def array(self, values: Sequence[Any]) -> Array:
        numbers = np.fromiter(map(self._numbers.__getitem__, values), dtype=np.int64, count=len(values))
        return numbers.view("datetime64[D]")


class _Instants(_Arrays):
    dtype = "datetime64[ms]"

    def array(self, values: Sequence[Any]) -> Array:
        if any(isinstance(value, str) for value in values):
            return np.array([value or _NOT_A_TIME for value in values], dtype=_INSTANT).astype(self.dtype)
        numbers = np.array([_NAT if value is None else value for value in values], dtype=np.int64)
        return numbers.view(self.dtype)


class _Flags(_Arrays):
    dtype = np.int8

    def array(self, values: Sequence[Any]) -> Array:
        if None in values:
            values = [-1 if value is None else value for value in values]
        return np.array(values, dtype=np.int8)


class _Numbers(_Arrays):
    def __init__(self) -> None:
        super().__init__()
        self._known: list[Array] = []

    def array(self, values: Sequence[Any]) -> Array:
        if None not in values:
            self._known.append(np.ones(len(values), dtype=bool))
            return np.array(values, dtype=np.int64)
        self._known.append(np.array([value is not None for value in values], dtype=bool))
        return np.array([value or 0 for value in values], dtype=np.int64)

    def column(self) -> Column:
        return Ints(_joined(self._chunks, np.int64), _joined(self._known, bool))


class _Codes:
    def __init__(self) -> None:
        self._index = CodeIndex()
        self._chunks: list[Array] = []

    def add(self, values: Sequence[Any]) -> None:
        codes = map(self._index.__getitem__, values)
        self._chunks.append(np.fromiter(codes, dtype=np.int32, count=len(values)))

    def column(self) -> Column:
        return Coded(_joined(self._chunks, np.int32), self.words())

    def words(self) -> list[Any]:
        return self._index.words()


class _Lists(_Codes):
    def words(self) -> list[Any]:
        return [_hashable(msgspec.json.decode(word)) for word in self._index.words()]


class _Places(_Arrays):
    dtype = np.int64

    def __init__(self, position: Mapping[str, int]) -> None:
        super().__init__()
        self._position = position

    def array(self, values: Sequence[Any]) -> Array:
        found = map(self._position.get, values, repeat(-1))
        return np.fromiter(found, dtype=np.int64, count=len(values))


class _Texts:
    def __init__(self) -> None:
        self._values: list[str | None] = []

    def add(self, values: Sequence[Any]) -> None:
        self._values.extend(values)

    def column(self) -> Column:
        return self._values


def _joined(chunks: list[Array], dtype: Any) -> Array:
    """The chunks as one array; they are given up at once, so that no table is held twice."""
    found = np.concatenate(chunks) if chunks else np.empty(0, dtype=dtype)
    chunks.clear()
    return found


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


_MAKERS: Mapping[Kind, Callable[[], Any]] = {
    "text": _Codes,
    "int": _Numbers,
    "real": _Arrays,
    "bool": _Flags,
    "date": _Days,
    "instant": _Instants,
    "list": _Lists,
    "object": _Codes,
    "value": _Codes,
}
