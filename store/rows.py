"""Reading for people: the rows of a view, exactly its columns, as Python values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.views import VIEWS, Column, View
from store import bulk
from store.catalogue import TRACKER_TABLES
from store.specs import ColumnSpec, Kind
from store.values import BadValueError, decode_column, encode_value
from store.views import WITH_DELETED

if TYPE_CHECKING:
    from store.database import Database

_FETCH_ROWS = 2_000
_STREAMED = {"stream_results": True}  # for the one statement: the connection may be shared


class RowStore:
    """The part of the store that reports, exports and people read."""

    _db: Database

    def rows(
        self, view: str, *, where: Mapping[str, object] = {}, deleted: bool = False
    ) -> Iterator[dict[str, object]]:
        """The rows of a view in the order of its key, each with exactly the view's columns, in order.

        Args:
            view: one of VIEWS.md.
            where: columns that must have this value; None is "unknown", a list or set is "one of".
            deleted: the tombstones too; `item` only.

        Raises:
            UsageError: there is no such view or column, or the value does not fit the column.
        """
        found = VIEWS.get(view)
        if found is None:
            raise UsageError(f"There is no view {view}.", hint=_nearest(view, VIEWS))
        if deleted and view != "item":
            raise UsageError(f"The view {view} keeps no deleted rows.", hint="Only `item` does.")
        conditions, parameters = self._conditions(found, where)
        sql = (
            f"SELECT {bulk.quoted_list(found.names)} FROM {bulk.quoted(WITH_DELETED if deleted else view)}"  # noqa: S608 names are ours
            f"{conditions} ORDER BY {bulk.quoted_list(found.key)}"
        )
        return self._stream(found, sql, tuple(parameters))

    def counts(self) -> dict[str, int]:
        """How many records of each type, findings, writes and runs are stored; tombstones apart."""
        parts = {spec.name.removeprefix("tracker_"): spec.name for spec in TRACKER_TABLES.values()}
        parts |= {"finding": "engine_finding", "write": "engine_write", "run": "engine_run"}
        queries = {name: f"SELECT count(*) FROM {table}" for name, table in parts.items()}  # noqa: S608
        queries["item"] += " WHERE deleted_at IS NULL"
        queries["item_deleted"] = "SELECT count(*) FROM tracker_item WHERE deleted_at IS NOT NULL"
        with self._db.read() as connection:
            return {
                name: int(connection.exec_driver_sql(query).scalar_one()) for name, query in queries.items()
            }

    def _conditions(self, view: View, where: Mapping[str, object]) -> tuple[str, list[Any]]:
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        conditions: list[str] = []
        parameters: list[Any] = []
        for name, value in where.items():
            column = view.column(name)
            if column is None:
                raise UsageError(
                    f"The view {view.name} has no column {name}.",
                    hint=_nearest(name, dict.fromkeys(view.names)),
                )
            if value is None:
                conditions.append(f'"{name}" IS NULL')
                continue
            wanted = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
            marks = ", ".join([mark] * len(wanted)) or "NULL"
            conditions.append(f'"{name}" IN ({marks})')
            parameters.extend(_encoded(view, column, one) for one in wanted)
        return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), parameters

    def _stream(self, view: View, sql: str, parameters: tuple[Any, ...]) -> Iterator[dict[str, object]]:
        if self._db.is_memory:
            # One connection serves reading and writing, so the caller must be free to write between two rows.
            with self._db.read() as connection:
                everything = connection.exec_driver_sql(sql, parameters).fetchall()
            yield from self._decoded(view, everything)
            return
        # A caller may stop half way: the result is closed before its transaction is.
        with (
            self._db.read() as connection,
            connection.exec_driver_sql(sql, parameters, execution_options=_STREAMED) as result,
        ):
            while some := result.fetchmany(_FETCH_ROWS):
                yield from self._decoded(view, some)

    def _decoded(self, view: View, rows: Any) -> Iterator[dict[str, object]]:
        columns = [
            decode_column(_kind(column), self._db.dialect, values)
            for column, values in zip(view.columns, zip(*rows, strict=True), strict=False)
        ]
        for row in zip(*columns, strict=True):
            yield dict(zip(view.names, row, strict=True))


def _kind(column: Column) -> Kind:
    return "text" if column.type == "wall" else column.type


def _encoded(view: View, column: Column, value: object) -> Any:
    if column.type in ("list", "object"):
        raise UsageError(f"The column {column.name} of {view.name} cannot be compared.")
    try:
        return encode_value(ColumnSpec(column.name, _kind(column)), value)
    except BadValueError as error:
        raise UsageError(f"{view.name}.{column.name} {error.reason}.") from error


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
