"""Columns of a table as compact arrays: a million rows without a million Python objects per column.

A date is a `datetime64[D]`, an instant a `datetime64[ms]` (the precision of the store), a number a float with
NaN for unknown, a whole number an `Ints`, a flag an int8 (-1 unknown); repeating text and lists are `Coded`,
and only text that is unlike in every row is a list of str. The same code serves ten rows and ten million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
DayArray: TypeAlias = npt.NDArray[np.datetime64]
IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

NO_DAY = np.datetime64("NaT", "D")
NO_INSTANT = np.datetime64("NaT", "ms")
UNKNOWN_FLAG = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coded:
    """Values that repeat: row → code → word. A code of -1 is unknown.

    Words of a list column are tuples; words that no row has may be there.
    """

    codes: npt.NDArray[np.int32]
    words: list[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def of(self, values: Sequence[Any] | Array) -> Array:
        """One value per word, spread over the rows; unknown rows get the value behind the last word.

        Args:
            values: as many as there are words, and one more.
        """
        return np.asarray(values)[self.codes]

    def is_one_of(self, words: Iterable[Any]) -> BoolArray:
        """Where the row's word is one of these."""
        wanted = set(words)
        flags = np.array([*(word in wanted for word in self.words), False], dtype=bool)
        return flags[self.codes]

    def mapped(self, make: Any) -> Coded:
        """The same rows with other words: `make` is called once for each word; None becomes unknown."""
        return Coded(self.codes, [make(word) for word in self.words]).compact()

    def compact(self) -> Coded:
        """The same values with each word once and none that is None."""
        codes: dict[Any, int] = {}
        order = [-1 if word is None else codes.setdefault(word, len(codes)) for word in self.words]
        return Coded(np.array([*order, -1], dtype=np.int32)[self.codes], list(codes))

    def at(self, row: int) -> Any:
        """The value of one row."""
        code = int(self.codes[row])
        return None if code < 0 else self.words[code]


@dataclass(frozen=True, slots=True)
class Ints:
    """Whole numbers, and which of them are known; what is not known is stored as 0."""

    values: IntArray
    known: BoolArray

    def __len__(self) -> int:
        return len(self.values)


Column: TypeAlias = "Array | Coded | Ints | list[str | None]"


class Frame:
    """Parallel columns of one table, in the order of its key."""

    def __init__(self, count: int, columns: Mapping[str, Column] | None = None) -> None:
        self.count = count
        self._columns: dict[str, Column] = {}
        for name, column in (columns or {}).items():
            self.put(name, column)

    def __len__(self) -> int:
        return self.count

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are there."""
        return tuple(self._columns)

    def put(self, name: str, column: Column) -> None:
        """Add or replace a column.

        Raises:
            ValueError: it has another length than the others.
        """
        if len(column) != self.count:
            raise ValueError(f"{name} has {len(column)} rows, the others {self.count}")
        self._columns[name] = column

    def drop(self, *names: str) -> None:
        """Forget columns that nobody will read again."""
        for name in names:
            self._columns.pop(name, None)

    def column(self, name: str) -> Column:
        """A column as it is kept."""
        return self._columns[name]

    def dates(self, name: str) -> DayArray:
        """A column of dates; NaT is unknown."""
        return self._array(name)

    def instants(self, name: str) -> DayArray:
        """A column of instants in UTC, to the millisecond; NaT is unknown."""
        return self._array(name)

    def numbers(self, name: str) -> FloatArray:
        """A column of numbers; NaN is unknown."""
        return self._array(name)

    def flags(self, name: str) -> BoolArray:
        """Where a flag is known to be set."""
        return np.asarray(self._array(name) == 1, dtype=bool)

    def integers(self, name: str) -> Ints:
        """A column of whole numbers."""
        found = self._columns[name]
        if not isinstance(found, Ints):
            raise _unlike(name, "whole numbers")
        return found

    def codes(self, name: str) -> Coded:
        """A column of repeating texts or lists."""
        found = self._columns[name]
        if not isinstance(found, Coded):
            raise _unlike(name, "coded")
        return found

    def texts(self, name: str) -> list[str | None]:
        """A column of texts, each in its own right; a coded one is written out."""
        found = self._columns[name]
        return found if isinstance(found, list) else values_of(found)

    def places(self, name: str) -> IntArray:
        """A column of ids that was read as positions; -1 for an id that has none."""
        return self._array(name)

    def keys(self, name: str) -> list[str]:
        """A column of texts that are never unknown, such as ids."""
        return self.texts(name)  # type: ignore[return-value] # the table forbids null there

    def values(self, name: str) -> list[Any]:
        """A column as Python values, None for unknown: for a few rows, and for tests."""
        return values_of(self._columns[name])

    def take(self, rows: Array) -> Frame:
        """The rows at these positions, or where a mask holds, of every column."""
        count = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        return Frame(count, {name: taken(column, rows) for name, column in self._columns.items()})

    def overlay(self, rows: IntArray, other: Frame) -> None:
        """Put the rows of another frame at these positions, column by column, where both have the column."""
        for name in other.names:
            if name in self._columns:
                self._columns[name] = _overlaid(self._columns[name], rows, other.column(name))

    def _array(self, name: str) -> Array:
        found = self._columns[name]
        if not isinstance(found, np.ndarray):
            raise _unlike(name, "an array")
        return found


def _unlike(name: str, wanted: str) -> TypeError:
    return TypeError(f"the column {name} is not {wanted}")


def as_instants(values: Sequence[datetime | None]) -> DayArray:
    """Aware instants as an array, to the millisecond; None becomes NaT."""
    return np.array(
        [None if value is None else value.astimezone(UTC).replace(tzinfo=None) for value in values],
        dtype="datetime64[ms]",
    )


def coded(values: Iterable[Any]) -> Coded:
    """Code a column of Python values; they must be hashable."""
    index = CodeIndex()
    codes = np.fromiter(map(index.__getitem__, values), dtype=np.int32)
    return Coded(codes, index.words())


def constant(word: Any, count: int) -> Coded:
    """The same value in every row."""
    return Coded(np.full(count, -1 if word is None else 0, dtype=np.int32), [] if word is None else [word])


def ints_where(values: IntArray, known: BoolArray) -> Ints:
    """Whole numbers of which only some are known."""
    return Ints(np.where(known, values, 0), known)


class CodeIndex(dict[Any, int]):
    """From a word to its code; a new word gets the next one. None is -1."""

    def __init__(self) -> None:
        super().__init__({None: -1})

    def __missing__(self, word: Any) -> int:
        code = self[word] = len(self) - 1
        return code

    def words(self) -> list[Any]:
        """The words in the order of their codes."""
        found = list(self)
        return found[1:]


def taken(column: Column, rows: Array) -> Column:
    """The rows of a column at these positions, or where a mask holds."""
    match column:
        case Coded():
            return Coded(column.codes[rows], column.words)
        case Ints():
            return Ints(column.values[rows], column.known[rows])
        case list():
            positions = np.flatnonzero(rows) if rows.dtype == bool else rows
            return [column[row] for row in positions.tolist()]
    return column[rows]


def _overlaid(column: Column, rows: IntArray, other: Column) -> Column:
    match column:
        case Coded():
            index = CodeIndex()
            for word in column.words:
                index[word]
            codes = column.codes.copy()
            new = other if isinstance(other, Coded) else coded(values_of(other))
            translated = np.array([*(index[word] for word in new.words), -1], dtype=np.int32)
            codes[rows] = translated[new.codes]
            return Coded(codes, index.words())
        case Ints():
            if not isinstance(other, Ints):
                raise TypeError("whole numbers take whole numbers")
            values, known = column.values.copy(), column.known.copy()
            values[rows], known[rows] = other.values, other.known
            return Ints(values, known)
        case list():
            found = list(column)
            for row, value in zip(rows.tolist(), values_of(other), strict=True):
                found[row] = value
            return found
    array = column.copy()
    array[rows] = other
    return array


def values_of(column: Column) -> list[Any]:
    """A column as Python values: dates, aware instants, numbers, booleans, text; None for unknown."""
    match column:
        case list():
            return column
        case Coded():
            return list(_objects([*column.words, None])[column.codes])
        case Ints():
            return _with_none(column.values, column.known)
    if column.dtype.kind == "M":
        known = ~np.isnat(column)
        numbers = column.astype(np.int64).tolist()
        if np.datetime_data(column.dtype)[0] == "D":
            # 719163 is the proleptic ordinal of 1970-01-01.
            return [
                date.fromordinal(number + 719163) if ok else None
                for number, ok in zip(numbers, known.tolist(), strict=True)
            ]
        return [
            _EPOCH + timedelta(milliseconds=number) if ok else None
            for number, ok in zip(numbers, known.tolist(), strict=True)
        ]
    if column.dtype.kind == "f":
        return _with_none(column, ~np.isnan(column))
    if column.dtype == np.int8:
        return list(_objects([False, True, None])[column])
    return list(column.tolist())


def _objects(values: Sequence[Any]) -> Array:
    """An array of Python objects, lists and tuples among them."""
    found = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        found[index] = value
    return found


def _with_none(values: Array, known: BoolArray) -> list[Any]:
    if known.all():
        return list(values.tolist())
    found = values.astype(object)
    found[~known] = None
    return list(found)
