"""Findings: the rules' verdicts with their life cycle, in and out as whole structs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from portfolio.audit import AuditEvent
from portfolio.findings import Finding
from store import audit, bulk, unchecked
from store.catalogue import FINDING_TABLE
from store.events import keep_events
from store.results import RunEvent
from store.specs import ROW_HASH
from store.values import BadValueError, decode_column, encode_column

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
        return self._read_findings(condition, tuple(wanted))

    def _read_findings(self, condition: str, given: tuple[Any, ...]) -> list[Finding]:
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {bulk.quoted_list(_NAMES)} FROM {FINDING_TABLE.name}{condition} ORDER BY finding_id",  # noqa: S608 names are ours
                given,
            ).fetchall()
        decoded: list[Sequence[Any]] = [
            decode_column(column.kind, self._db.dialect, values)
            for column, values in zip(FINDING_TABLE.data, zip(*rows, strict=True), strict=False)
        ]
        return [Finding(**dict(zip(_NAMES, row, strict=True))) for row in zip(*decoded, strict=True)]

    def findings_among(
        self,
        *,
        rules: Collection[str] = (),
        live_of: Collection[str] = (),
        subjects: Collection[str] = (),
        ids: Collection[str] = (),
        pending: bool = False,
        muted_until: datetime | None = None,
    ) -> list[Finding]:
        """The findings of which at least one of these is true, in the order of their ids.

        Args:
            rules: they are of one of these rules.
            live_of: they are of one of these rules, and not resolved.
            subjects: they are about one of these rows.
            ids: they are one of these.
            pending: they are held back.
            muted_until: they are muted, and their mute ends by this instant.
        """
        dialect = self._db.dialect
        parts: list[tuple[str, tuple[Any, ...]]] = []
        for column, values, more in (
            ("rule", rules, ""),
            ("rule", live_of, " AND state <> 'resolved'"),
            ("subject_id", subjects, ""),
            ("finding_id", ids, ""),
        ):
            if values:
                condition, given = bulk.one_of(dialect, column, values)
                parts.append((f"{condition}{more}", (given,)))
        if pending:
            parts.append(("state = 'pending'", ()))
        if muted_until is not None:
            mark = "?" if dialect == "sqlite" else "%s"
            instants = next(one for one in FINDING_TABLE.columns if one.name == "muted_until")
            end = encode_column(instants, (muted_until,))[0]
            parts.append((f"state <> 'resolved' AND muted_until <= {mark}", (end,)))
        found: dict[str, Finding] = {}
        for condition, given in parts:
            found.update((one.finding_id, one) for one in self._read_findings(f" WHERE {condition}", given))
        return [found[one] for one in sorted(found)]

    def open_counts(self) -> dict[str, int]:
        """How many findings are open or acknowledged, by severity."""
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT severity, count(*) FROM {FINDING_TABLE.name}"  # noqa: S608 names are ours
                " WHERE state IN ('open', 'acknowledged') GROUP BY severity"
            ).fetchall()
        return {severity: int(count) for severity, count in rows}

    def save_findings(
        self,
        findings: Sequence[Finding],
        run_id: str,
        *,
        events: Sequence[AuditEvent] = (),
        told: Sequence[RunEvent] = (),
    ) -> int:
        """Store findings; equal ones are not written. Returns how many were.

        `events` go to the audit trail in the same transaction, and what is `told` to the run's events: a run
        that dies behind it has not done anything that `diff` does not know.

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
            # What a person decides about a finding is looked at by the next check.
            for what, views in ((unchecked.ITEM, ("item", "risk")), (unchecked.DEPENDENCY, ("dependency",))):
                ids = [one.subject_id for one in findings if one.subject in views and one.subject_id]
                unchecked.mark(connection, dialect, what, ids)
            audit.append(connection, dialect, events)
            keep_events(connection, dialect, told)
        return len(written)
