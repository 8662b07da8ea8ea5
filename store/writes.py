"""The outbox.

Every write is recorded before its request goes out, and settled by what the tracker answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.audit import AuditEvent
from portfolio.intents import Value
from portfolio.notes import Note
from portfolio.records import ItemId, SourceId
from store import audit, bulk
from store.catalogue import NOTE_TABLE, SLOT_TABLE, WRITE_TABLE
from store.failed_writes import keep_failure
from store.results import SlotBase, WriteRow
from store.specs import Dialect
from store.values import decode_column, encode_value

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

_IN_DOUBT = ("sending", "unknown")
# After these the tracker holds what was wanted, so it is what we last wrote.
_STANDING = ("applied", "unchanged")


class WriteStore:
    """The part of the store that apply writes."""

    _db: Database

    def slots(self, source: SourceId) -> dict[tuple[ItemId, str], SlotBase]:
        """What Dovetail last wrote, by item and slot."""
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f'SELECT item_id, slot, "value", remote_id, "at" FROM engine_slot WHERE source = {mark}'  # noqa: S608
                " ORDER BY item_id, slot",
                (source,),
            ).fetchall()
        dialect = self._db.dialect
        return {
            (item, slot): SlotBase(
                value=decode_column("value", dialect, (value,))[0],
                remote_id=remote_id,
                at=decode_column("instant", dialect, (at,))[0],
            )
            for item, slot, value, remote_id, at in rows
        }

    def record_writes(
        self, run_id: str, writes: Sequence[WriteRow], now: datetime, *, notes: Sequence[Note] = ()
    ) -> None:
        """Record writes as `sending`, before their requests go out, and keep the texts of their comments."""
        if not writes:
            return
        count = len(writes)
        columns = {
            **bulk.structs_as_columns(WRITE_TABLE, writes),
            "run_id": [run_id] * count,
            "state": ["sending"] * count,
            "at": [now] * count,
        }
        rows = bulk.without_doubles(WRITE_TABLE, bulk.encode_rows(WRITE_TABLE, columns, count))
        kept = [
            (note.digest(), encode_value(NOTE_TABLE.columns[1], msgspec.to_builtins(note))) for note in notes
        ]
        with self._db.write() as connection:
            bulk.upsert(connection, self._db.dialect, WRITE_TABLE, rows, WRITE_TABLE.names)
            bulk.insert_ignore(connection, self._db.dialect, NOTE_TABLE, kept, NOTE_TABLE.names)

    def settle_write(
        self,
        write_id: str,
        *,
        state: str,
        reason: str = "",
        after: Value = None,
        remote_id: str | None = None,
        now: datetime,
    ) -> None:
        """Store what became of a write. Where the tracker now holds the value, it becomes the slot's base.

        All of it, the place's failures and the entry of the audit trail happen in one transaction. `after`
        None leaves what was wanted; `remote_id` None what was known; an empty `reason` why it was wanted.

        Raises:
            KeyError: no such write was recorded.
        """
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        kinds = {column.name: column for column in WRITE_TABLE.columns}
        told = {"reason": reason, "after": after, "remote_id": remote_id}
        given = {
            "state": state,
            "at": now,
            **{name: one for name, one in told.items() if one not in (None, "")},
        }
        sets = ", ".join(f'"{name}" = {mark}' for name in given)
        values = [encode_value(kinds[name], value) for name, value in given.items()]
        with self._db.write() as connection:
            before = next(iter(self._writes("write_id = {mark}", (write_id,), connection)), None)
            if before is None:
                raise KeyError(f"no write {write_id} was recorded")
            connection.exec_driver_sql(
                f"UPDATE engine_write SET {sets} WHERE write_id = {mark}",  # noqa: S608 names are ours
                (*values, write_id),
            )
            now_row = msgspec.structs.replace(before, **given)
            if state in _STANDING:
                _keep_base(connection, dialect, now_row)
            keep_failure(connection, dialect, now_row)
            audit.append(connection, dialect, [_event(before, now_row, reason)])

    def note(self, digest: str) -> Note | None:
        """The comment that was written under this digest; None where its text is not kept."""
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        with self._db.read() as connection:
            row = connection.exec_driver_sql(
                f"SELECT note FROM engine_note WHERE digest = {mark}",  # noqa: S608 names are ours
                (digest,),
            ).first()
        if row is None or row[0] is None:
            return None
        note = msgspec.convert(decode_column("object", self._db.dialect, (row[0],))[0], Note)
        # A text from which a person was erased is no longer what was written.
        return note if note.digest() == digest else None

    def unsettled_writes(self, source: SourceId) -> list[WriteRow]:
        """Writes whose outcome is not known, oldest first: look before anything is repeated."""
        return self._writes("source = {mark} AND state IN ({mark}, {mark})", (source, *_IN_DOUBT))

    def writes_in_state(self, source: SourceId, state: str) -> list[WriteRow]:
        """Every write of a source that is in this state, oldest first."""
        return self._writes("source = {mark} AND state = {mark}", (source, state))

    def writes_since(self, source: SourceId, slot: str, since: datetime) -> dict[ItemId, int]:
        """How many writes were made to a slot since an instant, by item."""
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        at = next(column for column in WRITE_TABLE.columns if column.name == "at")
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT item_id, count(*) FROM engine_write WHERE source = {mark} AND slot = {mark}"  # noqa: S608
                f" AND state = 'applied' AND \"at\" > {mark} GROUP BY item_id",
                (source, slot, encode_value(at, since)),
            ).fetchall()
        return {item: int(count) for item, count in rows}

    def writes_of(self, run_id: str) -> list[WriteRow]:
        """Every write of a run, in the order of its ids. Its values keep their type, as `undo` needs them."""
        return self._writes("run_id = {mark}", (run_id,))

    def _writes(
        self, condition: str, parameters: tuple[Any, ...], connection: Connection | None = None
    ) -> list[WriteRow]:
        dialect = self._db.dialect
        condition = condition.replace("{mark}", "?" if dialect == "sqlite" else "%s")
        sql = (
            f"SELECT {bulk.quoted_list(WRITE_TABLE.names)} FROM engine_write WHERE {condition}"  # noqa: S608
            ' ORDER BY "at", write_id'
        )
        if connection is not None:
            rows = connection.exec_driver_sql(sql, parameters).fetchall()
        else:
            with self._db.read() as own:
                rows = own.exec_driver_sql(sql, parameters).fetchall()
        decoded: list[Sequence[Any]] = [
            decode_column(column.kind, dialect, values)
            for column, values in zip(WRITE_TABLE.columns, zip(*rows, strict=True), strict=False)
        ]
        return [
            WriteRow(**dict(zip(WRITE_TABLE.names, row, strict=True))) for row in zip(*decoded, strict=True)
        ]


def _keep_base(connection: Connection, dialect: Dialect, row: WriteRow) -> None:
    """What the tracker holds now is what we last wrote there; nothing, where an undo took it away."""
    if row.after is None:
        bulk.delete_keys(connection, dialect, SLOT_TABLE, [(row.item_id, row.slot)])
        return
    slot = (row.item_id, row.slot, row.source, row.after, row.remote_id, row.at)
    encoded = tuple(encode_value(column, one) for column, one in zip(SLOT_TABLE.columns, slot, strict=True))
    bulk.upsert(connection, dialect, SLOT_TABLE, [encoded], SLOT_TABLE.names)


def _event(before: WriteRow, row: WriteRow, reason: str) -> AuditEvent:
    details = {"base": row.base, "before": row.before, "after": row.after, "why": before.reason}
    return AuditEvent(
        at=row.at or datetime.now(UTC),
        event="write",
        run_id=row.run_id,
        source=row.source,
        item_id=row.item_id,
        key=row.key,
        slot=row.slot,
        field=row.field,
        outcome=row.state,
        rules=row.rules,
        remote_id=row.remote_id,
        write_id=row.write_id,
        details=details | ({"reason": reason} if reason else {}),
    )
