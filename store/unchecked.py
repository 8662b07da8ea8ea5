"""What has changed since the rules last ran, so that the next check looks at that alone.

Whoever writes a row that a rule can see marks it in the same transaction: pages mark what they store, the
derivation and the rollup what they change. `sync/check.py` reads the marks and forgets them when it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from store import bulk
from store.catalogue import META_TABLE, UNCHECKED_TABLE
from store.specs import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

ITEM, DEPENDENCY, EVERYTHING = "item", "dependency", "everything"
MOST = 20_000
"""With more marks than this a check of everything is as quick."""
_META = "check"
# What a change in a derived table means for the rules. Others are small, and always looked at whole.
_SEEN_AS: Mapping[str, str] = {
    "derived_item": ITEM,
    "derived_item_ordinal": ITEM,
    "derived_rollup": ITEM,
    "derived_risk": ITEM,
    "derived_dependency": DEPENDENCY,
    "derived_workday": EVERYTHING,
    "derived_today": EVERYTHING,
}


class Unchecked(msgspec.Struct, kw_only=True):
    """What has changed since the last check that came to its end.

    Attributes:
        basis: on what that check was made; None where there was none.
        is_everything: it cannot be told row by row.
    """

    basis: str | None = None
    is_everything: bool = False
    items: set[str] = set()
    dependencies: set[str] = set()


class UncheckedStore:
    """The part of the store that remembers what the rules have to look at."""

    _db: Database

    def unchecked(self) -> Unchecked:
        """What has changed since the last check."""
        with self._db.read() as connection:
            basis = _basis(connection)
            rows = connection.exec_driver_sql(
                f"SELECT what, id FROM {UNCHECKED_TABLE.name} LIMIT {MOST + 1}"  # noqa: S608 names are ours
            ).fetchall()
        found = Unchecked(basis=basis, is_everything=basis is None or len(rows) > MOST)
        for what, one in rows:
            if what == EVERYTHING:
                found.is_everything = True
            else:
                (found.items if what == ITEM else found.dependencies).add(one)
        return found

    def dependencies_of(self, items: Collection[str]) -> set[str]:
        """The dependencies with an end at one of these items, as trackers and derivation have it."""
        if not items:
            return set()
        dialect = self._db.dialect
        found: set[str] = set()
        with self._db.read() as connection:
            for table in ("tracker_dependency", "derived_dependency"):
                for end in ("predecessor_id", "successor_id"):
                    condition, given = bulk.one_of(dialect, end, items)
                    # Of a derived one an end stands there only where the tracker's is an address.
                    there = f" AND {end} IS NOT NULL" if table.startswith("derived") else ""
                    rows = connection.exec_driver_sql(
                        f"SELECT dependency_id FROM {table} WHERE {condition}{there}",  # noqa: S608
                        (given,),
                    ).fetchall()
                    found.update(row[0] for row in rows)
        return found

    def end_check(self, basis: str) -> None:
        """A check came to its end: remember its basis, and forget what it has seen."""
        with self._db.write() as connection:
            bulk.upsert(connection, self._db.dialect, META_TABLE, [(_META, basis)], META_TABLE.names)
            connection.exec_driver_sql(f"DELETE FROM {UNCHECKED_TABLE.name}")  # noqa: S608 names are ours


def mark(connection: Connection, dialect: Dialect, what: str, ids: Iterable[str]) -> None:
    """Mark rows that the rules have to look at again. Before the first check there is nothing to mark."""
    found = list(dict.fromkeys(ids))
    if not found or _basis(connection) is None:
        return
    rows = [(EVERYTHING, "")] if len(found) > MOST else [(what, one) for one in found]
    bulk.insert_ignore(connection, dialect, UNCHECKED_TABLE, rows, UNCHECKED_TABLE.names)


def mark_everything(connection: Connection, dialect: Dialect) -> None:
    """What was done cannot be told row by row."""
    mark(connection, dialect, EVERYTHING, [""])


def mark_derived(connection: Connection, dialect: Dialect, table: str, keys: Collection[str]) -> None:
    """Mark what a change of these rows of a derived table means."""
    what = _SEEN_AS.get(table)
    if what == EVERYTHING and keys:
        mark_everything(connection, dialect)
    elif what is not None:
        mark(connection, dialect, what, keys)


def _basis(connection: Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        f"SELECT \"value\" FROM {META_TABLE.name} WHERE name = '{_META}'"  # noqa: S608 names are ours
    ).scalar()
    return found
