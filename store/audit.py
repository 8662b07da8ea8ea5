"""The audit trail: entries go in at its end, in the transaction of what they tell, and never change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.audit import AuditEntry, AuditEvent, chained, erase_event
from portfolio.errors import TrailDamaged
from store import bulk, guards
from store.catalogue import AUDIT_TABLE, RUN_TABLE
from store.specs import Dialect
from store.values import clean_text, decode_column, encode_value, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

_NAMES = bulk.quoted_list(AUDIT_TABLE.names)
_FETCH_ROWS = 2_000
_BLANK_AT_ONCE = 5_000  # a database takes only so many parameters
# SQLite keeps whatever is put into a column.
_UNREADABLE = (ValueError, TypeError, OverflowError, msgspec.MsgspecError)
# Ours begin at 1. What somebody put in before that is shown and found, too.
_BEFORE_ALL = -(2**31)
_FILTERS = ("run_id", "source", "item_id", "key", "event")


def append(connection: Connection, dialect: Dialect, events: Sequence[AuditEvent]) -> None:
    """Put events at the end of the trail, inside the caller's transaction."""
    if not events:
        return
    last = _last(connection, dialect)
    rows: list[tuple[Any, ...]] = []
    for event in events:
        last = chained(_storable(event), after=last)
        rows.append(tuple(encode_value(column, getattr(last, column.name)) for column in AUDIT_TABLE.columns))
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(AUDIT_TABLE.columns))
    bulk.execute_many(connection, f"INSERT INTO engine_audit ({_NAMES}) VALUES ({marks})", rows)  # noqa: S608


def head(connection: Connection, dialect: Dialect) -> str:
    """The anchor of the last entry; empty where there is none."""
    last = _last(connection, dialect)
    return "" if last is None else last.head


class AuditStore:
    """The part of the store that keeps the audit trail."""

    _db: Database

    def record_events(self, events: Sequence[AuditEvent]) -> None:
        """Put events at the end of the trail."""
        with self._db.write() as connection:
            append(connection, self._db.dialect, events)

    def audit(self, *, last: int | None = None, **where: str | None) -> Iterator[AuditEntry]:
        """The entries in their order.

        Args:
            last: only so many, from the end.
            where: `run_id`, `source`, `item_id`, `key` or `event` that an entry must have; None is any.
        """
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        given = {name: value for name, value in where.items() if value is not None}
        if strange := set(given).difference(_FILTERS):
            raise KeyError(sorted(strange)[0])
        given_sql = "".join(f' AND "{name}" = {mark}' for name in given)
        rows_of = f"SELECT {_NAMES} FROM engine_audit WHERE seq > {mark}{given_sql}"  # noqa: S608
        sql = f"{rows_of} ORDER BY seq LIMIT {_FETCH_ROWS}"
        after = _BEFORE_ALL if last is None else self._seq_before(last, given_sql, tuple(given.values()))
        while True:
            # Each page is a transaction of its own: whoever stops half way leaves nothing open.
            with self._db.read() as connection:
                rows = connection.exec_driver_sql(sql, (after, *given.values())).fetchall()
            yield from _entries(rows, dialect)
            if len(rows) < _FETCH_ROWS:
                return
            after = int(rows[-1][0])

    def _seq_before(self, last: int, condition: str, parameters: tuple[Any, ...]) -> int:
        """The number before the first of the last so many entries."""
        where = f"seq > {_BEFORE_ALL}{condition}"
        sql = f"SELECT seq FROM engine_audit WHERE {where} ORDER BY seq DESC LIMIT {last:d}"  # noqa: S608
        with self._db.read() as connection:
            seqs = connection.exec_driver_sql(sql, parameters).scalars().all()
        return int(seqs[-1]) - 1 if seqs else _BEFORE_ALL

    def audit_head(self) -> str:
        """The anchor of the last entry; empty where there is none."""
        with self._db.read() as connection:
            return head(connection, self._db.dialect)

    def audit_anchors(self) -> dict[str, str]:
        """The heads that runs have seen at their ends, each with the run."""
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT audit_head, run_id FROM {RUN_TABLE.name} WHERE audit_head <> '' ORDER BY run_id DESC"  # noqa: S608
            ).fetchall()
        return {str(head): f"run {run_id}" for head, run_id in rows}

    def missing_audit_guards(self) -> list[str]:
        """The guards of the trail that somebody took out of the database."""
        with self._db.read() as connection:
            return guards.missing(connection, self._db.dialect)

    def erase_audit_details(
        self, seqs: Collection[int], *, by: str, run_id: str | None, now: datetime
    ) -> int:
        """Blank the details of entries, with an entry that says so: the chain stays whole.

        For the erasure of a person: values, reasons and names are gone, that something was written stays.

        Returns:
            How many had details.
        """
        with self._db.write() as connection:
            return blank_details(connection, self._db.dialect, seqs, by=by, run_id=run_id, now=now)


def blank_details(
    connection: Connection,
    dialect: Dialect,
    seqs: Collection[int],
    *,
    by: str,
    run_id: str | None,
    now: datetime,
) -> int:
    """Blank the details of entries inside the caller's transaction; how many had some."""
    mark = "?" if dialect == "sqlite" else "%s"
    wanted = sorted(seqs)
    erased: list[int] = []
    for start in range(0, len(wanted), _BLANK_AT_ONCE):
        some = wanted[start : start + _BLANK_AT_ONCE]
        marks = ", ".join([mark] * len(some))
        found = connection.exec_driver_sql(
            f"UPDATE engine_audit SET details = NULL, salt = NULL WHERE seq IN ({marks})"  # noqa: S608
            " AND salt IS NOT NULL RETURNING seq",
            tuple(some),
        ).scalars()
        erased += [int(seq) for seq in found]
    if erased:
        append(connection, dialect, [erase_event(erased, at=now, run_id=run_id, by=by)])
    return len(erased)


def _last(connection: Connection, dialect: Dialect) -> AuditEntry | None:
    rows = connection.exec_driver_sql(
        f"SELECT {_NAMES} FROM engine_audit ORDER BY seq DESC LIMIT 1"  # noqa: S608 names are ours
    ).fetchall()
    return next(_entries(rows, dialect), None)


def _entries(rows: Sequence[Any], dialect: Dialect) -> Iterator[AuditEntry]:
    """The entries of rows, up to the first that cannot be read.

    Raises:
        TrailDamaged: somebody put something else into one of them.
    """
    try:
        decoded = _decoded(rows, dialect)
    except _UNREADABLE:
        for row in rows:
            try:
                (entry,) = _decoded([row], dialect)
            except _UNREADABLE as error:
                raise TrailDamaged(int(row[0])) from error
            yield entry
    else:
        yield from decoded


def _decoded(rows: Sequence[Any], dialect: Dialect) -> list[AuditEntry]:
    columns = [
        decode_column(column.kind, dialect, values)
        for column, values in zip(AUDIT_TABLE.columns, zip(*rows, strict=True), strict=False)
    ]
    return [
        AuditEntry(**dict(zip(AUDIT_TABLE.names, row, strict=True))) for row in zip(*columns, strict=True)
    ]


def _storable(event: AuditEvent) -> AuditEvent:
    """The event as it comes back from a database, which holds neither NUL nor endless numbers."""
    texts: dict[str, Any] = {
        name: clean_text(value)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str)
    }
    rules = [clean_text(rule) for rule in event.rules]
    details: Mapping[str, Any] = msgspec.json.decode(to_json(dict(event.details or {})))
    return msgspec.structs.replace(event, **texts, rules=rules, details=details)
