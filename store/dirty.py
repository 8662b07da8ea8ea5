"""What has changed since the last derivation, so that the next one reads and writes only what that reaches.

Whoever stores a record marks what it is about in the same transaction. A mark holds the values that the
columns had when derivation last saw them, since what an item *was* part of has to be derived again, too.
Marks outlive a derivation that was killed, and those that are set while one runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from store import bulk, unchecked
from store.catalogue import DIRTY_TABLE, META_TABLE
from store.results import Dirty
from store.specs import Dialect, TableSpec
from store.values import decode_column, encode_column, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

Before: TypeAlias = "Mapping[str, Any] | None"

ITEM, DEPENDENCY, LIST = "item", "dependency", "list"
EVERYTHING = "everything"
BESIDE = frozenset({"changes", "former_keys", "risk", "baseline"})
"""What a mark says has changed beside an item, instead of one of its columns."""
_META = "derive"


class DirtyStore:
    """The part of the store that remembers what derivation has to look at."""

    _db: Database

    def dirty(self) -> Dirty:
        """What has changed, and on which basis the last derivation that came to its end was made."""
        with self._db.read() as connection:
            basis = _basis(connection)
            rows = connection.exec_driver_sql(
                f'SELECT what, id, "before", seq FROM {DIRTY_TABLE.name}'  # noqa: S608 names are ours
            ).fetchall()
        found = Dirty(basis=basis or None, marks={(what, one): seq for what, one, _, seq in rows})
        told = decode_column("object", self._db.dialect, [row[2] for row in rows])
        for (what, one, *_), before in zip(rows, told, strict=True):
            if what == LIST:
                found.lists.add(one)
            else:
                (found.items if what == ITEM else found.dependencies)[one] = before
        return found

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """Keep what this thread does until the end together: all of it is stored, or nothing.

        Nobody else can write to SQLite meanwhile: for what takes a moment only.
        """
        with self._db.together():
            yield

    def was_begun(self) -> bool:
        """Whether a derivation has ever begun here: from then on, whoever stores a record marks it."""
        with self._db.read() as connection:
            return is_tracking(connection)

    def begin_derive(self) -> None:
        """A derivation of everything begins: until it ends, what is derived rests on no one basis."""
        with self._db.write() as connection:
            _write_basis(connection, self._db.dialect, "")

    def end_derive(self, basis: str, dirty: Dirty) -> None:
        """A derivation ended: remember its basis, and forget the marks that it has seen."""
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        seen = [(what, one, seq) for (what, one), seq in dirty.marks.items()]
        with self._db.write() as connection:
            _write_basis(connection, self._db.dialect, basis)
            bulk.execute_many(
                connection,
                f"DELETE FROM {DIRTY_TABLE.name} WHERE what = {mark} AND id = {mark} AND seq = {mark}",  # noqa: S608
                seen,
            )


def is_tracking(connection: Connection) -> bool:
    """Whether anything was ever derived: before that, everything has to be looked at anyway."""
    return _basis(connection) is not None


def mark_items(connection: Connection, dialect: Dialect, before: Mapping[str, Before]) -> None:
    """Mark items; None says that the item was not there, else the old values of what has changed."""
    _mark(connection, dialect, ITEM, before)


def mark_dependencies(connection: Connection, dialect: Dialect, before: Mapping[str, Before]) -> None:
    """Mark dependencies with the ends that they had; None says that they were not there."""
    _mark(connection, dialect, DEPENDENCY, before)


def mark_lists(connection: Connection, dialect: Dialect, names: Iterable[str]) -> None:
    """Mark whole tables, such as the accounts or the calendars."""
    _mark(connection, dialect, LIST, dict.fromkeys(names))


def mark_everything(connection: Connection, dialect: Dialect) -> None:
    """What was done cannot be told item by item: forget all marks, and derive everything next time."""
    connection.exec_driver_sql(f"DELETE FROM {DIRTY_TABLE.name}")  # noqa: S608 names are ours
    _mark(connection, dialect, LIST, {EVERYTHING: None})
    unchecked.mark_everything(connection, dialect)


def changed_columns(
    connection: Connection, dialect: Dialect, table: TableSpec, rows: Mapping[str, bulk.Row]
) -> dict[str, dict[str, Any]]:
    """For each of these encoded rows, the stored values of the columns in which it differs.

    Args:
        connection: an open one, before the rows are written.
        dialect: of the database.
        table: has one key column.
        rows: the new rows by key; each is stored already, as something else.
    """
    names = [column.name for column in table.data]
    stored = bulk.stored(connection, dialect, table, list(rows), names)
    found: dict[str, dict[str, Any]] = {}
    if not stored:
        return found
    columns = zip(*stored.values(), strict=True)
    encoded = [
        values if dialect == "sqlite" else encode_column(one, decode_column(one.kind, dialect, values))
        for one, values in zip(table.data, columns, strict=True)
    ]
    for key, old in zip(stored, zip(*encoded, strict=True), strict=True):
        pairs = zip(names, old, rows[key], strict=False)
        found[key] = {name: before for name, before, after in pairs if before != after}
    return found


def _mark(connection: Connection, dialect: Dialect, what: str, before: Mapping[str, Before]) -> None:
    if not before or not is_tracking(connection):
        return
    keys = [(what, one) for one in before]
    known = bulk.stored(connection, dialect, DIRTY_TABLE, keys, ("before", "seq"))
    rows: list[bulk.Row] = []
    for (_, one), told in zip(keys, before.values(), strict=True):
        marked = known.get((what, one))
        seq = 1
        if marked is not None:
            earlier = decode_column("object", dialect, (marked[0],))[0]
            # What derivation saw last is what counts, not what came in between. What belongs to an item may
            # come before the item does.
            is_new = earlier is None or (told is None and BESIDE.issuperset(earlier))
            told = None if is_new else {**(told or {}), **(earlier or {})}  # noqa: PLW2901
            seq = marked[1] + 1
        rows.append((what, one, None if told is None else to_json(told), seq))
    bulk.upsert(connection, dialect, DIRTY_TABLE, rows, DIRTY_TABLE.names)


def _basis(connection: Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        f"SELECT \"value\" FROM {META_TABLE.name} WHERE name = '{_META}'"  # noqa: S608 names are ours
    ).scalar()
    return found


def _write_basis(connection: Connection, dialect: Dialect, basis: str) -> None:
    bulk.upsert(connection, dialect, META_TABLE, [(_META, basis)], META_TABLE.names)


def ends_of(
    connection: Connection, dialect: Dialect, table: TableSpec, keys: Sequence[str]
) -> dict[str, Before]:
    """The ends that these dependencies have as they are stored; None for those that are not."""
    ends = ("predecessor_id", "successor_id")
    found = bulk.stored(connection, dialect, table, keys, ends)
    return {key: dict(zip(ends, found[key], strict=True)) if key in found else None for key in keys}
