"""Baselines that were taken: stored once, never changed; a later one of the same name keeps the earlier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from portfolio.errors import UsageError
from portfolio.records import Baseline
from store import bulk, dirty
from store.catalogue import BASELINE_TABLE, TRACKER_TABLES
from store.results import BaselineEvent
from store.specs import ROW_HASH
from store.values import decode_column

if TYPE_CHECKING:
    from store.database import Database

_ROWS = TRACKER_TABLES[Baseline]


class BaselineStore:
    """The part of the store that keeps baselines."""

    _db: Database

    def baseline_events(self) -> list[BaselineEvent]:
        """Every baseline that was taken, replayed or imported here, by name, the earliest first."""
        names = bulk.quoted_list(BASELINE_TABLE.names)
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {names} FROM {BASELINE_TABLE.name} ORDER BY name, version"  # noqa: S608 names are ours
            ).fetchall()
        columns = [
            decode_column(column.kind, self._db.dialect, values)
            for column, values in zip(BASELINE_TABLE.columns, zip(*rows, strict=True), strict=False)
        ]
        return [
            BaselineEvent(**dict(zip(BASELINE_TABLE.names, row, strict=True)))
            for row in zip(*columns, strict=True)
        ]

    def baseline_names(self) -> dict[str, int]:
        """The names under which dates are stored, and of how many items; imported ones too."""
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT name, count(*) FROM {_ROWS.name} GROUP BY name ORDER BY name"  # noqa: S608 names are ours
            ).fetchall()
        return {str(name): int(count) for name, count in rows}

    def keep_baseline(
        self, event: BaselineEvent, rows: Sequence[Baseline], *, run_id: str, again: bool = False
    ) -> BaselineEvent:
        """Store a baseline in one transaction.

        Args:
            event: what it is called, when, by whom and why; its version and counts are filled in here.
            rows: its dates; their names are set here.
            run_id: kept with every row.
            again: an earlier one of that name is kept under `name@version`, and this one gets the name.

        Raises:
            UsageError: there is one of that name already, and `again` is false; or none, and it is true; or
            it is taken again without a reason; or the name belongs to baselines that trackers deliver.
        """
        earlier = [one for one in self.baseline_events() if one.name == event.name]
        if earlier and not again:
            raise UsageError(
                f"There is a baseline {event.name} already, of {_day(earlier[-1].at)}; none ever changes.",
                hint="Take one of another name, or use --rebaseline --reason TEXT: the earlier one is kept.",
            )
        if again and not earlier:
            raise UsageError(
                f"There is no baseline {event.name} to take again.",
                hint="Leave out --rebaseline.",
            )
        if again and not (event.reason and event.reason.strip()):
            raise UsageError(
                f"The baseline {event.name} is taken again only with a reason.",
                hint="Who reads it later will ask why: --reason TEXT.",
            )
        if not earlier and event.name in self.baseline_names():
            raise UsageError(
                f"A tracker delivers a baseline {event.name} already.", hint="Take one of another name."
            )
        version = earlier[-1].version + 1 if earlier else 1
        kept = msgspec.structs.replace(event, version=version, kept_as=event.name, item_count=len(rows))
        columns = bulk.structs_as_columns(_ROWS, rows)
        columns["name"] = [event.name] * len(rows)
        encoded = bulk.encode_rows(_ROWS, columns, len(rows))
        told = bulk.encode_rows(BASELINE_TABLE, bulk.structs_as_columns(BASELINE_TABLE, [kept]), 1)
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        with self._db.write() as connection:
            dirty.mark_lists(connection, self._db.dialect, [_ROWS.name])
            if earlier:
                old = f"{event.name}@{earlier[-1].version}"
                for table, column, where in (
                    (_ROWS.name, "name", f"name = {mark}"),
                    (BASELINE_TABLE.name, "kept_as", f"kept_as = {mark}"),
                ):
                    connection.exec_driver_sql(
                        f"UPDATE {table} SET {column} = {mark} WHERE {where}",  # noqa: S608 names are ours
                        (old, event.name),
                    )
            bulk.upsert(connection, self._db.dialect, BASELINE_TABLE, told, BASELINE_TABLE.names)
            bulk.upsert(
                connection,
                self._db.dialect,
                _ROWS,
                [(*row, run_id) for row in encoded],
                (*(column.name for column in _ROWS.data), ROW_HASH, "changed_run"),
            )
        return kept


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
