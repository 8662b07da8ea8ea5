"""A store that was read every evening, and what a new store said on each of these evenings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Connector
from connectors.registry import KINDS
from portfolio.records import Cursor, Page
from portfolio.views import VIEWS
from store import Store, open_store
from sync.as_of import as_of, end_of_day
from sync.derive import derive
from sync.workspace import DeriveSettings

# What only a store can count that has watched: a new one has seen no release move,
# or work end that was deleted since, from which forecasts learn.
_WATCHED = frozenset({"inherited_push_count", "p50", "p80"})
# What timelines do not tell at all, or only of items that did not change; never wrong, often unknown.
_DERIVED_AND_KNOWN = (
    "effective_due", "effective_due_source", "parent_due", "parent_key", "owner", "is_done", "is_committed",
    "first_commitment", "committed_at", "push_count", "pushed_wd", "reopened_count", "earlier_finish",
    "state_since", "iteration", "release", "releases", "actual_finish",
)  # fmt: skip
_OF_RELEASES = frozenset({"release", "release_id", "release_date", "effective_due", "effective_due_source"})


class Evenings:
    """Evenings at one source."""

    def __init__(self, kind: str, source: str, zone: str) -> None:
        self.kind, self.source, self.zone = kind, source, ZoneInfo(zone)
        self.settings = DeriveSettings(timezone=zone)
        self.lasting = self._store()
        self.cursors: dict[str, Cursor] = {}
        self.snapshots: dict[date, dict[str, dict[str, Any]]] = {}

    def _store(self) -> Store:
        store = open_store("sqlite://")
        store.declare_source(self.source, self.kind, self.kind, "1")
        return store

    def evening(
        self, now: datetime, connect: Callable[[], Connector], *, deleted: Iterable[str] = ()
    ) -> None:
        """Read what is new into the lasting store and everything into a new one, and keep what that says."""
        day = now.astimezone(self.zone).date()
        self._read(self.lasting, connect(), self.cursors, now)
        self.lasting.tombstone(self.source, dict.fromkeys(deleted, "deleted"), now)
        with self._store() as fresh:
            self._read(fresh, connect(), {}, now)
            moment = end_of_day(day, self.zone) - timedelta(milliseconds=1)
            derive(fresh, self.settings, today=day, now=moment)
            self.snapshots[day] = {str(row["item_id"]): row for row in fresh.rows("item")}
        self.last, self.now = day, now

    def _read(self, store: Store, connector: Connector, cursors: dict[str, Cursor], now: datetime) -> None:
        run = store.start_run("pull", now)
        for stream in connector.streams:
            for page in connector.pull(stream, cursors.get(stream)):
                assert isinstance(page, Page)
                store.save_page(self.source, stream, page, run_id=run, now=now)
                if page.cursor is not None:
                    cursors[stream] = page.cursor
        store.mark_source(self.source, good_at=now)

    def differences(self, day: date) -> tuple[list[str], int]:
        """What the replayed day has otherwise than it was, and how many of its values are known."""
        expected = self.snapshots[day]
        wrong: list[str] = []
        known = 0
        with as_of(self.lasting, self.settings, day, today=self.last) as past:
            rows = {str(row["item_id"]): row for row in past.rows("item")}
        wrong += [f"{item}: was not there" for item in rows.keys() - expected.keys()]
        wrong += [f"{item}: is missing" for item in expected.keys() - rows.keys()]
        must = {*KINDS[self.kind].told, *_DERIVED_AND_KNOWN}
        for item in sorted(rows.keys() & expected.keys()):
            for column in VIEWS["item"].columns:
                name = column.name
                was, replayed = plain(expected[item][name]), plain(rows[item][name])
                if was == replayed:
                    known += was is not None
                elif name in _WATCHED or (name not in must and not replayed):
                    continue
                elif name in _OF_RELEASES and len(expected[item]["releases"]) > 1:
                    # Which of several counted then, nobody knows. Which counts today, the connector knew when
                    # it read the item: a version that moves later touches no item.
                    if replayed and day != self.last:
                        wrong.append(f"{day} {rows[item]['key']} {name}: became {replayed!r}")
                else:
                    wrong.append(f"{day} {rows[item]['key']} {name}: {was!r} became {replayed!r}")
        return wrong, known

    def all_differences(self) -> Mapping[date, tuple[list[str], int]]:
        """The differences of every evening."""
        moment = end_of_day(self.last, self.zone) - timedelta(milliseconds=1)
        derive(self.lasting, self.settings, today=self.last, now=moment)
        return {day: self.differences(day) for day in self.snapshots}


def plain(value: Any) -> Any:
    """A value that compares: the order of labels and releases says nothing."""
    return sorted(value) if isinstance(value, list | tuple) else value
