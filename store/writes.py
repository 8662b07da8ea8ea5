"""The outbox.

Every write is recorded before its request goes out, and settled by what the tracker answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from portfolio.intents import Value
from portfolio.records import ItemId, SourceId
from store import bulk
from store.catalogue import SLOT_TABLE, WRITE_TABLE
from store.results import SlotBase, WriteRow
from store.values import decode_column, encode_value

if TYPE_CHECKING:
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

    def record_writes(self, run_id: str, writes: Sequence[WriteRow], now: datetime) -> None:
        """Record writes as `sending`, before their requests go out."""
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
        with self._db.write() as connection:
            bulk.upsert(connection, self._db.dialect, WRITE_TABLE, rows, WRITE_TABLE.names)

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

        Both happen in one transaction. `after` None leaves what was wanted; `remote_id` None what was known.

        Raises:
            KeyError: no such write was recorded.
        """
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        kinds = {column.name: column for column in WRITE_TABLE.columns}
        given: dict[str, Any] = {"state": state, "reason": reason, "at": now}
        if after is not None:
            given["after"] = after
        if remote_id is not None:
            given["remote_id"] = remote_id
        sets = ", ".join(f'"{name}" = {mark}' for name in given)
        values = [encode_value(kinds[name], value) for name, value in given.items()]
        with self._db.write() as connection:
            row = connection.exec_driver_sql(
                f"UPDATE engine_write SET {sets} WHERE write_id = {mark} "  # noqa: S608 names are ours
                'RETURNING item_id, slot, source, "after", remote_id',
                (*values, write_id),
            ).first()
            if row is None:
                raise KeyError(f"no write {write_id} was recorded")
            if state in _STANDING:
                wanted = decode_column("value", dialect, (row[3],))[0]
                slot = (row[0], row[1], row[2], wanted, row[4], now)
                encoded = tuple(
                    encode_value(column, value)
                    for column, value in zip(SLOT_TABLE.columns, slot, strict=True)
                )
                bulk.upsert(connection, dialect, SLOT_TABLE, [encoded], SLOT_TABLE.names)

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

    def _writes(self, condition: str, parameters: tuple[Any, ...]) -> list[WriteRow]:
        dialect = self._db.dialect
        condition = condition.replace("{mark}", "?" if dialect == "sqlite" else "%s")
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list(WRITE_TABLE.names)} FROM engine_write WHERE {condition}"  # noqa: S608
                ' ORDER BY "at", write_id',
                parameters,
            ).fetchall()
        decoded: list[Sequence[Any]] = [
            decode_column(column.kind, dialect, values)
            for column, values in zip(WRITE_TABLE.columns, zip(*rows, strict=True), strict=False)
        ]
        return [
            WriteRow(**dict(zip(WRITE_TABLE.names, row, strict=True))) for row in zip(*decoded, strict=True)
        ]
