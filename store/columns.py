"""Derive: whole columns out of the database, and whole tables of derived columns back in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import TABLES
from store.specs import ROW_HASH, TableSpec
from store.values import BadValueError, decode_column

if TYPE_CHECKING:
    from store.database import Database
    from store.frames import Frame

_FETCH_ROWS = 50_000
_STREAMED = {"stream_results": True}  # for the one statement: the connection may be shared


class ColumnStore:
    """The part of the store that derivation reads and writes."""

    _db: Database

    def read(self, table: str, columns: Sequence[str], *, live_only: bool = True) -> dict[str, list[Any]]:
        """Columns of a `tracker_*` or `derived_*` table as parallel lists, in the order of the table's key.

        A timeline comes oldest first, or in the order in which it was stored. Values are Python's: dates,
        aware instants, booleans, lists. For whole tables of a large portfolio, see `frame`.

        Args:
            table: the name of the table.
            columns: the columns wanted.
            live_only: leave out tombstoned items and what belongs to them.
        """
        spec, names = _wanted(table, columns)
        kinds = spec.kinds
        condition = f" WHERE {live}" if live_only and (live := _live(spec)) else ""
        sql = (
            f"SELECT {bulk.quoted_list(names, 't.')} FROM {table} AS t{condition}"  # noqa: S608 names are ours
            f" ORDER BY {self._order(spec)}"
        )
        found: dict[str, list[Any]] = {name: [] for name in names}
        with (
            self._db.read() as connection,
            connection.exec_driver_sql(sql, execution_options=_STREAMED) as result,
        ):
            while rows := result.fetchmany(_FETCH_ROWS):
                for name, values in zip(names, zip(*rows, strict=True), strict=True):
                    found[name].extend(decode_column(kinds[name], self._db.dialect, values))
        return found

    def frame(
        self,
        table: str,
        columns: Sequence[str],
        *,
        texts: Sequence[str] = (),
        places: Mapping[str, Mapping[str, int]] = {},
        blank: tuple[Sequence[str], str, Sequence[str]] | None = None,
        among: tuple[str, Collection[str]] | None = None,
        only: tuple[str, str] | None = None,
        live_only: bool = True,
    ) -> Frame:
        """Columns of a table as compact arrays, in the same order as `read` gives them.

        Args:
            table: the name of the table.
            columns: the columns wanted.
            texts: those of them whose values are unlike in every row: they are kept as lists of str, all
                other text is coded.
            places: columns of ids, each with the position of every id: they are kept as positions.
            blank: columns that are wanted only where another column has one of these values, which are names
                in the code; they come as unknown elsewhere.
            among: a column and the values it may have; other rows are left out.
            only: a column and its one value, a name in the code; other rows are left out.
            live_only: leave out tombstoned items and what belongs to them.
        """
        from store.frame_reading import read_frame, select_list

        spec, names = _wanted(table, columns)
        conditions = [live] if live_only and (live := _live(spec)) else []
        if only is not None:
            conditions.append(f"t.\"{only[0]}\" = '{only[1]}'")
        parameters: tuple[Any, ...] = ()
        if among is not None:
            condition, values = bulk.one_of(self._db.dialect, f't."{among[0]}"', among[1])
            conditions.append(condition)
            parameters = (values,)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql = (
            f"SELECT {select_list(names, spec.kinds, self._db.dialect, blank)} FROM {table} AS t{where}"  # noqa: S608 names are ours
            f" ORDER BY {self._order(spec)}"
        )
        with self._db.read() as connection:
            return read_frame(
                connection, sql, names, spec.kinds, texts=texts, places=places, parameters=parameters
            )

    def replace(
        self,
        table: str,
        columns: Mapping[str, Sequence[Any]] | Frame,
        *,
        within: Collection[Any] | None = None,
    ) -> int:
        """Make a `derived_*` table hold exactly these rows; columns that are not given are null.

        Rows that are as they were are not written. Returns how many were written or removed.

        Args:
            table: the name of the table.
            columns: the rows, as lists or as a frame.
            within: the keys that the rows are about: stored rows under other keys stay as they are. None is
                all keys there can be.

        Raises:
            ValueError: columns of unlike length, an unknown column, or a value that cannot be stored.
        """
        from store.frames import Frame
        from store.replacing import as_frame, replace_rows

        spec = _table(table)
        if not table.startswith("derived_"):
            raise ValueError(f"only derived tables are replaced, not {table}")
        named = columns.names if isinstance(columns, Frame) else tuple(columns)
        _refuse_columns(spec, named)
        frame = columns if isinstance(columns, Frame) else as_frame(spec, columns)
        with self._db.write() as connection:
            try:
                return replace_rows(connection, self._db.dialect, spec, frame, within)
            except BadValueError as error:
                raise ValueError(f"{table}: {error}") from error

    def has_linked_ends(self) -> bool:
        """Whether any dependency leads to an address."""
        with self._db.read() as connection:
            return any(
                connection.exec_driver_sql(
                    f"SELECT 1 FROM tracker_dependency WHERE {end} >= 'url:' AND {end} < 'url;' LIMIT 1"  # noqa: S608
                ).first()
                for end in ("predecessor_id", "successor_id")
            )

    def has_rows(self, table: str) -> bool:
        """Whether a table has any row."""
        with self._db.read() as connection:
            sql = f"SELECT 1 FROM {_table(table).name} LIMIT 1"  # noqa: S608 names are ours
            return connection.exec_driver_sql(sql).first() is not None

    def connected(self, items: Collection[str], *, at_most: int) -> set[str]:
        """Items with all that dependencies, containment and confirmed twins connect them with.

        Dependencies on addresses lead where the last derivation found them to lead.

        Args:
            items: ids; they need not be there any more.
            at_most: when more are found, the search ends with some of them.
        """
        from store.connected import connected

        if not items:
            return set()
        with self._db.read() as connection:
            return connected(connection, self._db.dialect, items, at_most)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self._db.read() as connection:
            sql = f"SELECT count(*) FROM {_table(table).name}"  # noqa: S608 names are ours
            return int(connection.exec_driver_sql(sql).scalar_one())

    def _order(self, spec: TableSpec) -> str:
        if spec.name == "tracker_change":
            # SQLite keeps the entries in the order in which they came; PostgreSQL promises none.
            return "t.rowid" if self._db.dialect == "sqlite" else 't."at", t.source, t.event_id'
        return bulk.quoted_list(spec.key, "t.")


def _wanted(table: str, columns: Sequence[str]) -> tuple[TableSpec, tuple[str, ...]]:
    spec = _table(table)
    unknown = [name for name in columns if name not in spec.kinds]
    if unknown:
        raise KeyError(f"the table {table} has no column {unknown[0]}{_nearest(unknown[0], spec.kinds)}")
    return spec, tuple(dict.fromkeys(columns))


def _refuse_columns(spec: TableSpec, names: Sequence[str]) -> None:
    kinds = spec.kinds
    for name in names:
        if name not in kinds or name == ROW_HASH:
            raise ValueError(f"the table {spec.name} has no column {name}{_nearest(name, kinds)}")
    missing = [name for name in spec.key if name not in names]
    if missing:
        raise ValueError(f"{spec.name}: the key column {missing[0]} is missing")


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
        return "t.deleted_at IS NULL"
    ends = ("item_id", "predecessor_id", "successor_id")
    return " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM tracker_item AS i WHERE i.item_id = t.{column}"  # noqa: S608
        " AND i.deleted_at IS NOT NULL)"
        for column in spec.names
        if column in ends
    )
