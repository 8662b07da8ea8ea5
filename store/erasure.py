"""Takes a person out of everything that is stored. Rows stay, so that counts stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.records import SourceId
from store import bulk
from store.audit import AuditStore, blank_details
from store.catalogue import META_TABLE, REFERENCE_TABLE, STREAM_TABLE, TABLES, TRACKER_TABLES
from store.dirty import mark_everything
from store.erased import ACCOUNTS, Erased, new_erased, read_erased, write_erased
from store.forecasts import forget_references
from store.mentions import Mentions
from store.specs import ROW_HASH, ColumnSpec, Dialect, TableSpec
from store.values import decode_column, encode_value, row_hashes

if TYPE_CHECKING:
    from sqlalchemy import Connection


_TEXTS = frozenset({"text", "list", "object", "value"})
# What says which row it is, and never who.
_STRUCTURE = frozenset(
    (
        "item_id", "source", "native_id", "key", "url", "scope", "schedule_id", "parent_id", "run_id",
        "changed_run", "write_id", "intent_id", "finding_id", "dependency_id", "predecessor_id",
        "successor_id", "event_id", "iteration_id", "release_id", "release_ids", "calendar_id",
        "comment_items", "sources", "rule", "rules", "remote_id", "slot", "stream", "hash", "previous",
        "details_digest", "salt", "digest", "audit_head",
    )
)  # fmt: skip
_KEYS_THAT_ARE_PEOPLE = frozenset({"account_id", "person_id"})
_ACCOUNTS_OF_TABLE = {TRACKER_TABLES[kind].name: (kind, names) for kind, names in ACCOUNTS.items()}
_AUDIT = "engine_audit"
_NEVER = frozenset(
    {_AUDIT, META_TABLE.name, REFERENCE_TABLE.name, STREAM_TABLE.name}
)  # each is treated in its own way
_FETCH_ROWS = 5_000


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be erased.

    Attributes:
        accounts: (source, account id) → what stands in its place; unlike in one source.
        addresses: e-mail address, or id in a directory, in small letters → what stands in its place.
        texts: names as they stand in sentences → what stands in their place.
        name: what the accounts are called from now on.
    """

    accounts: Mapping[tuple[SourceId, str], str]
    addresses: Mapping[str, str]
    texts: Mapping[str, str]
    name: str


class ErasureStore(AuditStore):
    """The part of the store that forgets people."""

    def erase_person(self, person: Person, *, now: datetime, by: str = "", dry_run: bool) -> dict[str, int]:
        """Take a person out of every table, in one transaction.

        Args:
            person: who.
            now: the instant of the entry in the audit trail.
            by: who asked for it.
            dry_run: only count.

        Returns:
            Rows that mention the person, by table; tables without one are left out.
        """
        counts: dict[str, int] = {}
        words = Mentions(person)
        dialect = self._db.dialect
        with self._db.write() as connection:
            if not dry_run:
                mark_everything(connection, dialect)
                forget_references(connection)
            if entries := _audit_entries(connection, dialect, words):
                counts[_AUDIT] = len(entries)
                if not dry_run:
                    blank_details(connection, dialect, entries, by=by, run_id=None, now=now)
            for table in TABLES.values():
                if table.name in _NEVER:
                    continue
                found = list(_rewritten(connection, dialect, table, person, words))
                if found:
                    counts[table.name] = len(found)
                if not dry_run:
                    _update(connection, dialect, table, found)
            streams = _streams_that_mention(connection, dialect, words)
            if not dry_run and counts:
                # A cursor that holds an account is not edited: its stream is read from the beginning.
                bulk.delete_keys(connection, dialect, STREAM_TABLE, streams)
                erased = read_erased(connection) or new_erased()
                _remember(erased, person)
                write_erased(connection, dialect, erased)
        if not dry_run and counts:
            self._db.scrub()
        return counts


def _audit_entries(connection: Connection, dialect: Dialect, words: Mentions) -> list[int]:
    """The numbers of the entries of the audit trail whose details mention the person.

    They are not rewritten, which would break the chain: their details go, with an entry that says so.
    """
    rows = connection.exec_driver_sql(
        f"SELECT seq, details FROM {_AUDIT} WHERE details IS NOT NULL ORDER BY seq"  # noqa: S608
    ).fetchall()
    details = decode_column("object", dialect, [row[1] for row in rows])
    return [row[0] for row, told in zip(rows, details, strict=True) if words.without(told) != told]


def _remember(erased: Erased, person: Person) -> None:
    for (source, account), place in person.accounts.items():
        erased.add(source, account, place)
        erased.names[place] = person.name
    for address, place in person.addresses.items():
        erased.add(None, address, place)
        erased.names[place] = person.name


def _rewritten(
    connection: Connection, dialect: Dialect, table: TableSpec, person: Person, words: Mentions
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """For each row that mentions the person: its key, and the new values of its columns, encoded."""
    if not any(_may_name(table, column) for column in table.columns):
        return
    result = connection.exec_driver_sql(
        f"SELECT {bulk.quoted_list(table.names)} FROM {table.name}"  # noqa: S608 names are ours
    )
    keys = [table.names.index(name) for name in table.key]
    while rows := result.fetchmany(_FETCH_ROWS):
        decoded = [
            decode_column(column.kind, dialect, values)
            for column, values in zip(table.columns, zip(*rows, strict=True), strict=True)
        ]
        for stored, values in zip(rows, zip(*decoded, strict=True), strict=True):
            before = dict(zip(table.names, values, strict=True))
            places = _placed(table, before, person)
            after = {
                column.name: words.without(places.get(column.name, before[column.name]))
                for column in table.columns
                if _may_name(table, column)
            }
            changed = {name: value for name, value in after.items() if value != _plain(before[name])}
            if not changed:
                continue
            new = {
                column.name: encode_value(column, changed[column.name])
                for column in table.columns
                if column.name in changed
            }
            if table.has_hash:
                # Of what the tracker tells: the hash of the row as a pull will bring it, with accounts kept
                # out and titles as they are there. So an erased title stays erased until the item changes.
                told = places if table.name.startswith("tracker_") else changed
                new[ROW_HASH] = _hash(table, {**before, **told})
            yield tuple(stored[index] for index in keys), new


def _may_name(table: TableSpec, column: ColumnSpec) -> bool:
    if column.kind not in _TEXTS or column.name in _STRUCTURE:
        return False
    return column.name not in table.key or column.name in _KEYS_THAT_ARE_PEOPLE


def _placed(table: TableSpec, row: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """The columns that hold the person's accounts and addresses whole, with what stands in their place."""
    names: Sequence[str] = _ACCOUNTS_OF_TABLE.get(table.name, (None, ()))[1]
    found: dict[str, Any] = {}
    for name in names:
        value = row[name]
        if isinstance(value, str):
            place = person.accounts.get((row["source"], value)) or person.addresses.get(value.casefold())
            if place is not None:
                found[name] = place
    if table.name == "tracker_identity" and found:
        found["name"] = person.name
        if "account_id" in found:
            found["is_active"] = None
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _hash(table: TableSpec, row: Mapping[str, Any]) -> int:
    rows = [tuple(encode_value(column, row[column.name]) for column in table.data)]
    if table.name.startswith("derived_"):
        from store.frame_writing import digests_of_rows

        return digests_of_rows(table, rows)[0]
    return row_hashes(rows)[0]


def _update(
    connection: Connection,
    dialect: Dialect,
    table: TableSpec,
    rows: Sequence[tuple[tuple[Any, ...], dict[str, Any]]],
) -> None:
    mark = "?" if dialect == "sqlite" else "%s"
    where = " AND ".join(f'"{name}" = {mark}' for name in table.key)
    for key, values in rows:
        sets = ", ".join(f'"{name}" = {mark}' for name in values)
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} WHERE {where}",  # noqa: S608 names are ours
            (*values.values(), *key),
        )


def _streams_that_mention(connection: Connection, dialect: Dialect, words: Mentions) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql(
        f"SELECT source, stream, cursor FROM {STREAM_TABLE.name}"  # noqa: S608 names are ours
    ).fetchall()
    found: list[tuple[str, str]] = []
    for source, stream, cursor in rows:
        value = decode_column("object", dialect, (cursor,))[0]
        if words.without(value) != value:
            found.append((source, stream))
    return found
