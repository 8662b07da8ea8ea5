"""What a table is, without a database: names and kinds of its columns, its key, its indexes.

Everything else is made from these: the SQLAlchemy tables (`store/tables.py`), the bulk statements
(`store/bulk.py`) and the conversion of values (`store/values.py`). The columns of `tracker_*` tables come
from the records themselves, so they cannot drift.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec

from portfolio.views import VIEWS

# `value` is a field value of a tracker (text or number) whose type must survive: JSON of its own.
Kind: TypeAlias = Literal["text", "int", "real", "bool", "date", "instant", "list", "object", "value"]
Dialect: TypeAlias = Literal["sqlite", "postgresql"]

_SCALARS: Mapping[object, Kind] = {
    str: "text",
    int: "int",
    float: "real",
    bool: "bool",
    date: "date",
    datetime: "instant",
}
ROW_HASH = "row_hash"


class ColumnSpec(msgspec.Struct, frozen=True):
    """One column: its name, its kind, and whether it may hold null."""

    name: str
    kind: Kind
    nullable: bool = True


class TableSpec(msgspec.Struct, frozen=True):
    """One table. Columns stand in the order of its rows, bookkeeping last."""

    name: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    partial_indexes: Mapping[str, tuple[tuple[str, ...], str]] = {}  # name → columns, condition

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column."""
        return {column.name: column.kind for column in self.columns}

    @property
    def data(self) -> tuple[ColumnSpec, ...]:
        """The columns that a row's hash covers: all but bookkeeping."""
        return tuple(column for column in self.columns if column.name not in BOOKKEEPING)

    @property
    def has_hash(self) -> bool:
        """True where unchanged rows are recognised by their hash."""
        return ROW_HASH in self.names


BOOKKEEPING = frozenset({"deleted_at", "deleted_because", ROW_HASH, "changed_run"})
HASH_COLUMN = ColumnSpec(ROW_HASH, "int", nullable=False)
RUN_COLUMN = ColumnSpec("changed_run", "text")


def columns_of_struct(struct: type[msgspec.Struct], key: Sequence[str] = ()) -> tuple[ColumnSpec, ...]:
    """The columns that hold a struct, from its fields and their type hints."""
    return tuple(
        _column_of_hint(field.name, field.type, is_key=field.name in key)
        for field in msgspec.structs.fields(struct)
    )


def columns_of_view(view: str, names: Sequence[str] | None = None) -> tuple[ColumnSpec, ...]:
    """Nullable columns of the kinds that a view gives them; all of its columns, or those named."""
    known = VIEWS[view]
    if names is None:
        names = known.names
    found: list[ColumnSpec] = []
    for name in names:
        column = known.column(name)
        if column is None:
            raise KeyError(f"the view {view} has no column {name}")
        kind: Kind = "text" if column.type == "wall" else column.type
        found.append(ColumnSpec(name, kind))
    return tuple(found)


def ordinal_columns(columns: Sequence[str]) -> tuple[ColumnSpec, ...]:
    """The hidden working-day numbers of date and instant columns."""
    return tuple(ColumnSpec(f"{name}_ord", "int") for name in columns)


def dated_columns(view: str, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """The columns of a view that have an ordinal; of those named, where names are given."""
    return tuple(
        column.name
        for column in VIEWS[view].columns
        if column.has_ordinal and (names is None or column.name in names)
    )


def _column_of_hint(name: str, hint: Any, *, is_key: bool) -> ColumnSpec:
    options = [hint]
    if get_origin(hint) in (Union, types.UnionType):
        options = list(get_args(hint))
    is_optional = types.NoneType in options
    options = [option for option in options if option is not types.NoneType]
    return ColumnSpec(name, _kind_of_hint(options), nullable=is_optional and not is_key)


def _kind_of_hint(options: list[Any]) -> Kind:
    if len(options) > 1:
        return "value"
    option = options[0]
    if option in _SCALARS:
        return _SCALARS[option]
    origin = get_origin(option) or option
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "object"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return "list"
    raise TypeError(f"no column kind for {option!r}")
