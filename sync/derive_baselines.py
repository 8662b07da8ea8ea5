"""Which baseline counts for each item, and how often the baseline of a schedule was changed.

The configuration may name one; it counts for every item of the schedules that it covers, and an item of
theirs that is not in it has none. Elsewhere the baseline counts that the plan brings itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import DayArray
from store.frames import BoolArray, Coded, Column, Frame, ints_where, values_of
from sync.changed import Reach, ReachesEverything
from sync.workspace import BaselineFacts, Workspace

if TYPE_CHECKING:
    from store import Store

_YEAR = timedelta(days=365)
COUNTING = ("baseline_name", "baseline_start", "baseline_finish", "baseline_start_at", "baseline_finish_at")
_ROWS = ("item_id", "name", "start", "finish", "start_at", "finish_at", "taken_at")
_COVERAGE = frozenset({"baseline", "schedule_id", "deleted_at"})


def derive_baselines(work: Workspace, store: Store) -> int:
    """Put the baseline that counts into the columns of the items. Comes before everything that reads it.

    `write_items` writes them. Where not everything is derived, `work.baselines` says already which schedules
    are covered.
    """
    facts, name = work.baselines, work.settings.baseline
    since = datetime.combine(work.now.astimezone(UTC).date(), time(), UTC) - _YEAR
    facts.changed_12m = _watched(store, since)
    if name is None:
        return 0
    rows = _rows(work, store, name)
    if work.is_full:
        facts.missing = None if len(rows) else name
        _cover(work, rows, facts)
    if facts.taken_at:
        facts.changed_12m |= _taken_again(store, name, since, facts.taken_at)
    counts = work.items.codes("schedule_id").is_one_of(facts.taken_at)
    counts[rows.places("item_id")] = True
    for column in COUNTING:
        work.items.put(column, _counting(work.items.column(column), counts, rows, column))
    duration = work.items.integers("baseline_duration_minutes")
    work.items.put("baseline_duration_minutes", ints_where(duration.values, duration.known & ~counts))
    work.derived.put("baseline_counts", counts.astype(np.int8))
    return 0


def spread_baselines(store: Store, reach: Reach) -> None:
    """Which schedules the configured baseline covers depends on all items that are in it."""
    name = None if reach.settings is None else reach.settings.baseline
    if name is None:
        return
    if "baseline" in reach.changed:
        raise ReachesEverything
    rows = store.frame("tracker_baseline", _ROWS[:2], among=("item_id", reach.items), live_only=False)
    if reach.changed & _COVERAGE and name in rows.codes("name").words:
        raise ReachesEverything


def _rows(work: Workspace, store: Store, name: str) -> Frame:
    """The rows of the baseline of that name that are about loaded items."""
    among = ("name", [name]) if work.is_full else ("item_id", work.items.keys("item_id"))
    rows = store.frame("tracker_baseline", _ROWS, places={"item_id": work.position}, among=among)
    return rows.take(rows.codes("name").is_one_of((name,)) & (rows.places("item_id") >= 0))


def _cover(work: Workspace, rows: Frame, facts: BaselineFacts) -> None:
    schedules = work.items.codes("schedule_id")
    codes, taken_at = schedules.codes[rows.places("item_id")], rows.instants("taken_at")
    latest = np.full(len(schedules.words) + 1, np.iinfo(np.int64).min)  # NaT: nobody knows
    np.maximum.at(latest, codes, taken_at.astype(np.int64))
    moments = values_of(latest.view("datetime64[ms]"))
    facts.taken_at = {schedules.words[code]: moments[code] for code in np.unique(codes[codes >= 0])}


def _counting(own: Column, counts: BoolArray, rows: Frame, column: str) -> Column:
    """The column as it is where the baseline does not count, else what its rows say."""
    said = rows.column(column.removeprefix("baseline_"))
    frame = Frame(len(counts), {column: only_where(own, ~counts)})
    frame.overlay(rows.places("item_id"), Frame(len(rows), {column: said}))
    return frame.column(column)


def only_where(column: Column, kept: BoolArray) -> Column:
    """A column of names or dates with what is not kept made unknown."""
    if isinstance(column, Coded):
        return Coded(np.where(kept, column.codes, -1).astype(np.int32), column.words)
    days: DayArray = column  # type: ignore[assignment] # what is no name is a date
    return np.where(kept, days, np.datetime64("NaT", "D"))


def _watched(store: Store, since: datetime) -> dict[str, int]:
    """The baselines that plans brought themselves: changes seen, by schedule that has or had one."""
    names = ("kind", "container_id", "at", "before", "after", "is_first")
    changed: dict[str, int] = {}
    for row in zip(*store.read("engine_container_change", names).values(), strict=True):
        kind, schedule, at, before, after, is_first = row
        if kind == "schedule" and (before or after):
            is_change = not is_first and before is not None and at > since
            changed[schedule] = changed.get(schedule, 0) + is_change
    return changed


def _taken_again(
    store: Store, name: str | None, since: datetime, covered: Mapping[str, object]
) -> dict[str, int]:
    recent = [
        event
        for event in store.baseline_events()
        if event.name == name and event.version > 1 and event.at > since
    ]
    return {schedule: sum(schedule in event.schedules for event in recent) for schedule in covered}
