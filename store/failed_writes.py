"""Places that could not be written: what the tracker said, how often, and what people decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from portfolio.audit import AuditEvent
from portfolio.records import SourceId
from store import audit, bulk
from store.catalogue import FAILED_WRITE_TABLE
from store.results import FailedWrite, WriteRow
from store.specs import Dialect
from store.values import decode_column, encode_value

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

_NAMES = bulk.quoted_list(FAILED_WRITE_TABLE.names)
_FAILED = ("refused", "unknown")
# After these nothing is left to do at the place. What was found "not sent" is tried again.
_OVER = ("applied", "unchanged", "conflict", "kept", "gone")


def keep_failure(connection: Connection, dialect: Dialect, row: WriteRow) -> None:
    """Book what a write's outcome means for its place, inside the caller's transaction."""
    if row.state in _OVER:
        bulk.delete_keys(connection, dialect, FAILED_WRITE_TABLE, [(row.item_id, row.slot)])
        return
    if row.state not in _FAILED or row.at is None:
        return
    mark = "?" if dialect == "sqlite" else "%s"
    known = _read(connection, dialect, f"item_id = {mark} AND slot = {mark}", (row.item_id, row.slot))
    # A write that was under way when somebody decided to leave the place alone does not undo the decision.
    ignored = next(
        (one for one in known if one.state == "ignored" and one.until and one.until > row.at), None
    )
    failed = FailedWrite(
        item_id=row.item_id,
        slot=row.slot,
        intent_id=row.intent_id or row.write_id,
        source=row.source,
        key=row.key,
        field=row.field,
        after=row.after,
        state=ignored.state if ignored else row.state,
        reason=row.reason,
        failures=known[0].failures + 1 if known else 1,
        first_at=known[0].first_at if known else row.at,
        last_at=row.at,
        run_id=row.run_id,
        until=ignored.until if ignored else None,
        by=ignored.by if ignored else None,
        why=ignored.why if ignored else None,
    )
    _put(connection, dialect, failed)


class FailedWriteStore:
    """The part of the store that `errors` shows and changes."""

    _db: Database

    def failed_writes(self, source: SourceId | None = None) -> list[FailedWrite]:
        """Places that could not be written, those that failed last first; of one source or of all."""
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        condition = "1 = 1" if source is None else f"source = {mark}"
        with self._db.read() as connection:
            return _read(connection, dialect, condition, () if source is None else (source,))

    def decide_failed_writes(self, decided: Sequence[FailedWrite], events: Sequence[AuditEvent]) -> None:
        """Store what a person decided, with the entries of the audit trail that tell it."""
        with self._db.write() as connection:
            for one in decided:
                _put(connection, self._db.dialect, one)
            audit.append(connection, self._db.dialect, events)

    def forget_failed_writes(self, over: Sequence[FailedWrite]) -> None:
        """Drop places where nothing is wanted any more."""
        keys = [(one.item_id, one.slot) for one in over]
        with self._db.write() as connection:
            bulk.delete_keys(connection, self._db.dialect, FAILED_WRITE_TABLE, keys)


def _put(connection: Connection, dialect: Dialect, one: FailedWrite) -> None:
    row = tuple(encode_value(column, getattr(one, column.name)) for column in FAILED_WRITE_TABLE.columns)
    bulk.upsert(connection, dialect, FAILED_WRITE_TABLE, [row], FAILED_WRITE_TABLE.names)


def _read(
    connection: Connection, dialect: Dialect, condition: str, parameters: tuple[Any, ...]
) -> list[FailedWrite]:
    rows = connection.exec_driver_sql(
        f"SELECT {_NAMES} FROM engine_failed_write WHERE {condition}"  # noqa: S608 names are ours
        " ORDER BY last_at DESC, item_id, slot",
        parameters,
    ).fetchall()
    columns = [
        decode_column(column.kind, dialect, values)
        for column, values in zip(FAILED_WRITE_TABLE.columns, zip(*rows, strict=True), strict=False)
    ]
    return [
        FailedWrite(**dict(zip(FAILED_WRITE_TABLE.names, row, strict=True)))
        for row in zip(*columns, strict=True)
    ]
