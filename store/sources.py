"""Runs, sources and streams: what ran, how fresh each tracker is, and where each stream stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.audit import AuditEvent
from portfolio.records import Cursor, SourceId
from store import audit, bulk
from store.catalogue import RUN_TABLE, SOURCE_TABLE, STREAM_TABLE
from store.results import SourceState
from store.specs import TableSpec
from store.values import decode_column, encode_value

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database


class SourceStore:
    """The part of the store that the order of work keeps."""

    _db: Database

    def start_run(self, verb: str, now: datetime) -> str:
        """Record that a run began. Returns its id, which sorts by time: `20261122T101500-sync-3f9a`."""
        run_id = f"{now:%Y%m%dT%H%M%S}-{verb}-{secrets.token_hex(2)}"
        self._put(RUN_TABLE, {"run_id": run_id, "verb": verb, "started_at": now})
        return run_id

    def end_run(self, run_id: str, now: datetime, exit_code: int, counts: Mapping[str, object]) -> None:
        """Record how a run ended and what it counted.

        Raises:
            KeyError: no such run was started.
        """
        with self._db.read() as connection:
            head = audit.head(connection, self._db.dialect)
        values = {"ended_at": now, "exit_code": exit_code, "counts": dict(counts), "audit_head": head}
        if not self._update(RUN_TABLE, {"run_id": run_id}, values):
            raise KeyError(f"no run {run_id} was started")

    def declare_source(self, source: SourceId, kind: str, form: str, mapping_version: str) -> bool:
        """Make a source known.

        True: its mapping has changed, and its cursors were dropped so that it is read again.
        """
        given = {"source": source, "kind": kind, "form": form, "mapping_version": mapping_version}
        mark = self._mark
        with self._db.write() as connection:
            before = connection.exec_driver_sql(
                f"SELECT kind, form, mapping_version FROM engine_source WHERE source = {mark}",  # noqa: S608
                (source,),
            ).first()
            if before is not None and tuple(before) == (kind, form, mapping_version):
                return False
            self._put(SOURCE_TABLE, given, connection)
            if before is None or before[2] == mapping_version:
                return False
            connection.exec_driver_sql(f"DELETE FROM engine_stream WHERE source = {mark}", (source,))  # noqa: S608
            return True

    def sources(self) -> dict[str, SourceState]:
        """Every source that was ever declared, by name."""
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list(SOURCE_TABLE.names)} FROM engine_source ORDER BY source"  # noqa: S608
            ).fetchall()
        columns = [
            decode_column(column.kind, self._db.dialect, values)
            for column, values in zip(SOURCE_TABLE.columns, zip(*rows, strict=True), strict=False)
        ]
        return {
            row[0]: SourceState(**dict(zip(SOURCE_TABLE.names, row, strict=True)))
            for row in zip(*columns, strict=True)
        }

    def mark_source(
        self, source: SourceId, *, good_at: datetime | None = None, error: str | None = None
    ) -> None:
        """Record that a source was read in full (which clears its error), or what went wrong with it.

        Raises:
            KeyError: the source was not declared.
        """
        values: dict[str, object] = {"error": error}
        if good_at is not None:
            values["last_good_at"] = good_at
        if not self._update(SOURCE_TABLE, {"source": source}, values):
            raise KeyError(f"source {source} was not declared")

    def arm(self, source: SourceId, at: datetime, *, run_id: str | None = None, by: str = "") -> None:
        """Allow writing to a source from now on, and hold it back no longer. The first instant stays."""
        state = self.sources()[source]
        if state.armed_at is not None and state.held_because is None:
            return
        values = {"armed_at": state.armed_at or at, "held_because": None}
        outcome = "armed" if state.armed_at is None else "released"
        self._change_arming(
            source,
            values,
            AuditEvent(
                at=at, event="arming", run_id=run_id, source=source, outcome=outcome, details={"by": by}
            ),
        )

    def hold(
        self, source: SourceId, because: str, at: datetime, *, run_id: str | None = None, by: str = ""
    ) -> None:
        """Write nothing more to a source until it is armed anew."""
        self._change_arming(
            source,
            {"held_because": because},
            AuditEvent(
                at=at,
                event="arming",
                run_id=run_id,
                source=source,
                outcome="held",
                details={"by": by, "reason": because},
            ),
        )

    def _change_arming(self, source: SourceId, values: Mapping[str, object], event: AuditEvent) -> None:
        with self._db.write() as connection:
            if not self._update(SOURCE_TABLE, {"source": source}, values, connection):
                raise KeyError(f"source {source} was not declared")
            audit.append(connection, self._db.dialect, [event])

    def cursor(self, source: SourceId, stream: str) -> Cursor | None:
        """Where a stream stands; None: it starts from the beginning."""
        found = self._stream_row(source, stream)
        if found is None or found[0] is None:
            return None
        return msgspec.convert(decode_column("object", self._db.dialect, (found[0],))[0], Cursor)

    def forget_cursors(self, source: SourceId, stream: str | None = None) -> None:
        """Make one stream, or all streams of a source, start from the beginning."""
        key = {"source": source} if stream is None else {"source": source, "stream": stream}
        self._update(STREAM_TABLE, key, {"cursor": None, "read_at": None})

    def stream_read_at(self, source: SourceId, stream: str) -> datetime | None:
        """When a stream (or its census, `census:<stream>`) was last read to its end."""
        found = self._stream_row(source, stream)
        if found is None:
            return None
        at: datetime | None = decode_column("instant", self._db.dialect, (found[1],))[0]
        return at

    def mark_stream_read(self, source: SourceId, stream: str, at: datetime) -> None:
        """Record that a stream was read to its end."""
        self._put(STREAM_TABLE, {"source": source, "stream": stream, "read_at": at})

    @property
    def _mark(self) -> str:
        return "?" if self._db.dialect == "sqlite" else "%s"

    def _stream_row(self, source: SourceId, stream: str) -> Any:
        with self._db.read() as connection:
            return connection.exec_driver_sql(
                "SELECT cursor, read_at FROM engine_stream"  # noqa: S608 names are ours
                f" WHERE source = {self._mark} AND stream = {self._mark}",
                (source, stream),
            ).first()

    def _put(
        self, table: TableSpec, values: Mapping[str, object], connection: Connection | None = None
    ) -> None:
        """Insert or overwrite the given columns of one row; others stay as they are."""
        kinds = {column.name: column for column in table.columns}
        row = tuple(encode_value(kinds[name], value) for name, value in values.items())
        if connection is not None:
            bulk.upsert(connection, self._db.dialect, table, [row], tuple(values))
            return
        with self._db.write() as own:
            bulk.upsert(own, self._db.dialect, table, [row], tuple(values))

    def _update(
        self,
        table: TableSpec,
        key: Mapping[str, object],
        values: Mapping[str, object],
        connection: Connection | None = None,
    ) -> int:
        """Overwrite the given columns of the rows of this key. Returns how many rows there were."""
        kinds = {column.name: column for column in table.columns}
        sets = ", ".join(f'"{name}" = {self._mark}' for name in values)
        condition = " AND ".join(f'"{name}" = {self._mark}' for name in key)
        row = tuple(encode_value(kinds[name], value) for name, value in {**values, **key}.items())
        sql = f"UPDATE {table.name} SET {sets} WHERE {condition}"  # noqa: S608 names are ours
        if connection is not None:
            return bulk.execute_many(connection, sql, [row])
        with self._db.write() as own:
            return bulk.execute_many(own, sql, [row])
