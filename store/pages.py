"""Pull: a page of records, its tombstones and its cursor, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.errors import MappingError
from portfolio.records import (
    AnyRecord,
    Baseline,
    Change,
    Dependency,
    IdPage,
    ItemId,
    OwnedBy,
    Page,
    Risk,
    SourceId,
    Unmapped,
    WorkItem,
)
from store import bulk, dirty, unchecked
from store.catalogue import BASELINE_TABLE, STREAM_TABLE, TRACKER_TABLES, table_of
from store.containers import WATCHED, remember_changes
from store.erased import Erased, keep_out, read_erased
from store.results import PageCounts, Vanishing
from store.specs import ROW_HASH, Dialect
from store.values import BadValueError, clean_text, encode_column, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

_ITEM = TRACKER_TABLES[WorkItem]
_OWNED: Mapping[str, tuple[type[AnyRecord], tuple[str, ...], str]] = {
    # record name → its type, the columns that name its items, and a further condition
    "Dependency": (Dependency, ("predecessor_id", "successor_id"), ""),
    "Risk": (Risk, ("item_id",), ""),
    "Baseline": (Baseline, ("item_id",), " AND t.origin = 'imported'"),
}
# Records that are a face of an item: what derivation calls the change of one.
_FACES: Mapping[type[AnyRecord], str] = {Risk: "risk", Baseline: "baseline"}


class PageStore:
    """The part of the store that a pull writes."""

    _db: Database

    def save_page(
        self,
        source: SourceId,
        stream: str,
        page: Page,
        *,
        tombstones: Mapping[ItemId, str] = {},
        run_id: str,
        now: datetime,
    ) -> PageCounts:
        """Store a page: its records, what it replaces, its tombstones and its cursor, in one transaction.

        Of records that come twice in the page the last counts. A record that is as it was is not written. An
        item that comes again after it was a tombstone lives again. An entry of a timeline is stored once, and
        corrected where it is told with another meaning. A baseline is stored once, unless it was imported:
        an imported one is what its file says today.

        Args:
            source: whose page it is; every record must belong to it.
            stream: under which its cursor is kept.
            page: what the connector delivered.
            tombstones: further items that are gone and why, from `vanishing`; what the page carries lives.
            run_id: kept with every row that was written.
            now: the instant of a tombstone, and of what is seen to have changed at a release or iteration.

        Raises:
            MappingError: a record cannot be stored; names the record and its field. Nothing of the page is
            stored.
        """
        by_type: dict[type[AnyRecord], list[AnyRecord]] = {}
        for record in page.records:
            by_type.setdefault(type(record), []).append(record)
        with self._db.read() as connection:
            erased = read_erased(connection)
        encoded = {kind: _encode(source, kind, records, erased) for kind, records in by_type.items()}
        carried = set(bulk.keys_of(_ITEM, encoded.get(WorkItem, [])))
        gone = {clean_text(item): why for item, why in tombstones.items() if item not in carried}
        gone.update((clean_text(one.item_id), one.reason) for one in page.gone)
        dialect = self._db.dialect
        counts = PageCounts()
        with self._db.write() as connection:
            for replaced in page.replaces:
                counts += _remove_unlisted(connection, dialect, source, replaced, encoded)
            for kind, rows in encoded.items():
                counts += _store(connection, dialect, kind, rows, run_id, now)
            counts += PageCounts(gone=_bury(connection, dialect, source, gone, now))
            if page.cursor is not None:
                cursor = to_json(msgspec.to_builtins(page.cursor))
                bulk.upsert(
                    connection,
                    dialect,
                    STREAM_TABLE,
                    [(source, stream, cursor)],
                    ("source", "stream", "cursor"),
                )
        return counts

    def vanishing(self, source: SourceId, pages: Sequence[IdPage]) -> Vanishing:
        """The live stored items of these scopes that no page lists, with the reason their page gives.

        A scope that could not be read says nothing about its items. An item that another page lists has
        moved, not vanished.
        """
        # Files and areas of one scope may come in several pages; one unreadable part makes the whole
        # inconclusive.
        refused = [page for page in pages if not page.is_readable]
        listed: set[ItemId] = set()
        for page in pages:
            listed.update(page.ids)
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        found: dict[ItemId, str] = {}
        known = 0
        seen: set[ItemId] = set()
        with self._db.read() as connection:
            for page in _one_of_each_scope(page for page in pages if page.is_readable):
                scope = clean_text(page.scope)
                below = f" OR substr(scope, 1, {len(scope) + 1}) = {mark}" if page.covers_below else ""
                live = connection.exec_driver_sql(
                    f"SELECT item_id, scope FROM tracker_item WHERE source = {mark}"  # noqa: S608
                    f" AND (scope = {mark}{below}) AND deleted_at IS NULL ORDER BY item_id",
                    (source, scope, *([f"{scope}\\"] if page.covers_below else [])),
                ).fetchall()
                for item, at in live:
                    if item in seen or any(one.covers(at) for one in refused):
                        continue
                    seen.add(item)
                    known += 1
                    if item not in listed:
                        found[item] = page.reasons.get(item, page.reason)
        return Vanishing(ids=found, known=known)

    def living(self, ids: Collection[ItemId]) -> set[ItemId]:
        """Those of these items that are stored and no tombstones."""
        with self._db.read() as connection:
            found = bulk.stored(connection, self._db.dialect, _ITEM, sorted(set(ids)), ("deleted_at",))
        return {item for item, (deleted_at,) in found.items() if deleted_at is None}

    def tombstone(self, source: SourceId, ids: Mapping[ItemId, str], now: datetime) -> int:
        """Mark live items of a source as gone.

        Returns how many there were; an older tombstone keeps its reason.
        """
        if not ids:
            return 0
        with self._db.write() as connection:
            return _bury(connection, self._db.dialect, source, ids, now)


def _one_of_each_scope(pages: Iterable[IdPage]) -> Iterable[IdPage]:
    """The last page of each scope, which gives the reason; a scope and its likeness below are two."""
    return {(page.scope, page.covers_below): page for page in pages}.values()


def _encode(
    source: SourceId, kind: type[AnyRecord], records: Sequence[AnyRecord], erased: Erased | None
) -> list[bulk.Row]:
    table = table_of(kind)
    columns = bulk.structs_as_columns(table, records)
    if set(columns["source"]) - {source}:
        index, owner = next((i, owner) for i, owner in enumerate(columns["source"]) if owner != source)
        raise MappingError(
            source,
            f"{_name(kind, columns, index)} belongs to source {owner}.",
            hint="This is a defect of the connector.",
        )
    if erased is not None:
        keep_out(columns, kind, source, erased)
    try:
        rows = bulk.encode_rows(table, columns, len(records))
    except BadValueError as error:
        raise MappingError(
            source,
            f"{_name(kind, columns, error.index)}: {error.column} {error.reason}.",
            hint="This is a defect of the connector's mapping.",
        ) from error
    return bulk.without_doubles(table, rows)


def _name(kind: type[AnyRecord], columns: Mapping[str, Sequence[Any]], index: int) -> str:
    return f"{kind.__name__} {' '.join(str(columns[name][index]) for name in table_of(kind).key)}"


def _store(
    connection: Connection,
    dialect: Dialect,
    record: type[AnyRecord],
    rows: list[bulk.Row],
    run_id: str,
    now: datetime,
) -> PageCounts:
    table = table_of(record)
    if record is Change:
        new = bulk.insert_ignore(connection, dialect, table, rows, table.names)
        # A timeline that is told again says the same, unless the meaning of a field has changed since.
        changed = (
            bulk.overwrite_different(connection, dialect, table, rows, table.names) if new < len(rows) else 0
        )
        if new or changed:
            _mark_timelines(connection, dialect, rows)
        return PageCounts(new=new, changed=changed, unchanged=len(rows) - new - changed)
    keys = bulk.keys_of(table, rows)
    watched = WATCHED[record][1] if record in WATCHED else ()
    extra = {WorkItem: ("deleted_at",), Baseline: ("origin",)}.get(record, watched)
    known = bulk.stored(connection, dialect, table, keys, (ROW_HASH, *extra))
    origin = table.names.index("origin") if record is Baseline else 0
    ours = _taken(connection) if record is Baseline else frozenset()
    new = unchanged = 0
    written: list[bulk.Row] = []
    written_keys: list[Any] = []
    for key, row in zip(keys, rows, strict=True):
        before = known.get(key)
        if before is None and key[0] in ours:
            unchanged += 1  # a tracker adds nothing to what was agreed under that name
            continue
        if before is None:
            new += 1
        elif (record is Baseline and (before[1] != "imported" or row[origin] != "imported")) or (
            before[0] == row[-1] and (record is not WorkItem or before[1] is None)
        ):
            unchanged += 1
            continue
        written.append((*row, run_id))
        written_keys.append(key)
    _mark_written(connection, dialect, record, dict(zip(written_keys, written, strict=True)), known)
    if record in (WorkItem, Risk):
        unchecked.mark(connection, dialect, unchecked.ITEM, written_keys)
    elif record is Dependency:
        unchecked.mark(connection, dialect, unchecked.DEPENDENCY, written_keys)
    if watched:
        remember_changes(connection, dialect, record, written, known, now=now)
    names = (*(column.name for column in table.data), ROW_HASH, "changed_run")
    if record is WorkItem:
        written = [(*row, None, None) for row in written]
        names = (*names, "deleted_at", "deleted_because")
    bulk.upsert(connection, dialect, table, written, names)
    return PageCounts(new=new, changed=len(written) - new, unchanged=unchanged)


def _taken(connection: Connection) -> frozenset[str]:
    """The names of the baselines that were taken or imported here: they never change."""
    rows = connection.exec_driver_sql(f"SELECT kept_as FROM {BASELINE_TABLE.name}")  # noqa: S608 names are ours
    return frozenset(name for (name,) in rows)


def _mark_written(
    connection: Connection,
    dialect: Dialect,
    record: type[AnyRecord],
    rows: Mapping[Any, bulk.Row],
    known: Mapping[Any, bulk.Row],
) -> None:
    """Tell derivation what is about to be written over."""
    if not rows or not dirty.is_tracking(connection):
        return
    table = table_of(record)
    if record is WorkItem:
        there = {key: row for key, row in rows.items() if key in known}
        before: dict[str, dict[str, Any] | None] = {key: None for key in rows if key not in known}
        before.update(dirty.changed_columns(connection, dialect, table, there))
        for key in there:
            if known[key][1] is not None:
                before.setdefault(key, {})["deleted_at"] = "before"  # type: ignore[index] # it was there
        dirty.mark_items(connection, dialect, before)
    elif record is Dependency:
        before_ends = dirty.ends_of(connection, dialect, table, list(rows))
        dirty.mark_dependencies(connection, dialect, before_ends)
    elif record in _FACES:
        place = table.names.index("item_id")
        told = {_FACES[record]: None}
        dirty.mark_items(connection, dialect, {row[place]: told for row in rows.values()})
    elif record is not Unmapped:
        dirty.mark_lists(connection, dialect, [table.name])


def _mark_timelines(connection: Connection, dialect: Dialect, rows: Sequence[bulk.Row]) -> None:
    names = table_of(Change).names
    item, field = names.index("item_id"), names.index("field")
    before: dict[str, dict[str, Any]] = {}
    for row in rows:
        told = before.setdefault(row[item], {"changes": None})
        if row[field] == "key":
            told["former_keys"] = None
    dirty.mark_items(connection, dialect, before)


def _remove_unlisted(
    connection: Connection,
    dialect: Dialect,
    source: SourceId,
    replaced: OwnedBy,
    encoded: Mapping[type[AnyRecord], list[bulk.Row]],
) -> PageCounts:
    """Remove the stored records of these items that the page does not carry."""
    if replaced.record not in _OWNED:
        raise MappingError(
            source,
            f"a page cannot replace {replaced.record}.",
            hint=f"It can replace {', '.join(_OWNED)}.",
        )
    record, columns, condition = _OWNED[replaced.record]
    table = table_of(record)
    carried = set(bulk.keys_of(table, encoded.get(record, [])))
    key = bulk.quoted_list(table.key, "t.")
    ids = [clean_text(item) for item in replaced.item_ids]
    removed: set[Any] = set()
    for column in columns:
        if dialect == "sqlite":
            sql = (
                f"SELECT {key} FROM json_each(?) AS j CROSS JOIN {table.name} AS t"  # noqa: S608 names are ours
                f' WHERE t."{column}" = j.value AND t.source = ?{condition}'
            )
            parameters: tuple[Any, ...] = (msgspec.json.encode(ids).decode(), source)
        else:
            sql = (
                f"SELECT {key} FROM unnest(%s::text[]) AS j(one) JOIN {table.name} AS t"  # noqa: S608 names are ours
                f' ON t."{column}" = j.one WHERE t.source = %s{condition}'
            )
            parameters = (ids, source)
        rows = connection.exec_driver_sql(sql, parameters).fetchall()
        removed.update(row[0] if len(table.key) == 1 else tuple(row) for row in rows)
    gone = sorted(removed - carried)
    if record is Dependency:
        dirty.mark_dependencies(connection, dialect, dirty.ends_of(connection, dialect, table, gone))
        unchecked.mark(connection, dialect, unchecked.DEPENDENCY, gone)
    else:
        place = table.key.index("item_id")
        items = [key if isinstance(key, str) else key[place] for key in gone]
        dirty.mark_items(connection, dialect, {item: {_FACES[record]: None} for item in items})
        unchecked.mark(connection, dialect, unchecked.ITEM, items)
    bulk.delete_keys(connection, dialect, table, gone)
    return PageCounts(changed=len(removed - carried))


def _bury(
    connection: Connection, dialect: Dialect, source: SourceId, ids: Mapping[ItemId, str], now: datetime
) -> int:
    kinds = {column.name: column for column in _ITEM.columns}
    items = encode_column(kinds["item_id"], list(ids))
    reasons = encode_column(kinds["deleted_because"], list(ids.values()))
    stored = bulk.stored(connection, dialect, _ITEM, items, ("deleted_at", "source"))
    living = [item for item, (gone_at, owner) in stored.items() if gone_at is None and owner == source]
    dirty.mark_items(connection, dialect, {item: {"deleted_at": None} for item in living})
    unchecked.mark(connection, dialect, unchecked.ITEM, living)
    at = encode_column(kinds["deleted_at"], (now,))[0]
    mark = "?" if dialect == "sqlite" else "%s"
    rows: Iterable[bulk.Row] = zip([at] * len(items), reasons, items, [source] * len(items), strict=True)
    return bulk.execute_many(
        connection,
        f"UPDATE tracker_item SET deleted_at = {mark}, deleted_because = {mark}"  # noqa: S608 names are ours
        f" WHERE item_id = {mark} AND source = {mark} AND deleted_at IS NULL",
        list(rows),
    )
