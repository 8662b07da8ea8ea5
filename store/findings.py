"""Findings: the rules' verdicts with their life cycle, in and out as whole structs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from portfolio.audit import AuditEvent
from portfolio.findings import Finding
from store import audit, bulk
from store.catalogue import FINDING_TABLE
from store.specs import ROW_HASH
from store.values import BadValueError, decode_column

if TYPE_CHECKING:
    from store.database import Database

_NAMES = tuple(column.name for column in FINDING_TABLE.data)


class FindingStore:
    """The part of the store that keeps findings."""

    _db: Database

    def findings(self, *, states: Collection[str] | None = None) -> list[Finding]:
        """All findings, or those in one of these states, in the order of their ids."""
        if states is not None and not states:
            return []
        wanted = sorted(states or ())
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        condition = f" WHERE state IN ({', '.join([mark] * len(wanted))})" if wanted else ""
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list(_NAMES)} FROM {FINDING_TABLE.name}{condition} ORDER BY finding_id",  # noqa: S608 names are ours
                tuple(wanted),
            ).fetchall()
        decoded: list[Sequence[Any]] = [
            decode_column(column.kind, self._db.dialect, values)
            for column, values in zip(FINDING_TABLE.data, zip(*rows, strict=True), strict=False)
        ]
        return [Finding(**dict(zip(_NAMES, row, strict=True))) for row in zip(*decoded, strict=True)]

    def save_findings(
        self, findings: Sequence[Finding], run_id: str, *, events: Sequence[AuditEvent] = ()
    ) -> int:
        """Store findings; equal ones are not written. Returns how many were.

        `events` go to the audit trail in the same transaction.

        Raises:
            ValueError: a finding cannot be stored; names it and the field.
        """
        if not findings:
            return 0
        dialect = self._db.dialect
        columns = bulk.structs_as_columns(FINDING_TABLE, findings)
        try:
            rows = bulk.encode_rows(FINDING_TABLE, columns, len(findings))
        except BadValueError as error:
            raise ValueError(
                f"finding {findings[error.index].finding_id}: {error.column} {error.reason}"
            ) from error
        rows = bulk.without_doubles(FINDING_TABLE, rows)
        keys = bulk.keys_of(FINDING_TABLE, rows)
        with self._db.write() as connection:
            known = bulk.stored(connection, dialect, FINDING_TABLE, keys, (ROW_HASH,))
            written = [
                (*row, run_id) for key, row in zip(keys, rows, strict=True) if known.get(key) != (row[-1],)
            ]
            names = (*_NAMES, ROW_HASH, "changed_run")
            bulk.upsert(connection, dialect, FINDING_TABLE, written, names)
            audit.append(connection, dialect, events)
        return len(written)
