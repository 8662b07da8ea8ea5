"""Derivation of milestone trends, and of the snapshots of dates that they and the honesty of forecasts need.

A snapshot is one row per item and day on which its date had changed, or had not for a week. Milestones have
them from everywhere; so have the tasks of a plan that are about to finish, because no plan tells what it said
before. What a tracker's timeline tells is replayed once, so that the first run already shows a trend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import as_days
from schedule.check_inputs import DayArray
from schedule.milestone_trend import REPORT_DAYS, milestone_trends, on_report_days, report_days
from sync.check_columns import column
from sync.check_indices import SNAPSHOTS_SINCE
from sync.timeline import Timeline
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

# A plan's task has snapshots from this long before its finish: a period of the execution index, and another.
HORIZON = timedelta(days=60)
_NAMES = ("item_id", "day", "finish", "forecast")
_WEEK = timedelta(days=REPORT_DAYS)


class _Said(NamedTuple):
    """One snapshot."""

    item_id: ItemId
    day: date
    finish: date | None
    forecast: date | None


def derive_milestones(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> int:
    """Write the trend of every open milestone and keep what is said today; returns the rows that changed."""
    plans = _plans(store)
    kept = store.date_snapshots(work.today - SNAPSHOTS_SINCE, work.today)
    last: dict[ItemId, _Said] = {}
    rows: dict[tuple[ItemId, date], _Said] = {}
    for said in map(_Said._make, zip(*(kept[name] for name in _NAMES), strict=True)):
        last[said.item_id] = rows[said.item_id, said.day] = said
    milestones, tasks = _subjects(work, plans)
    said_now = _said_now(work)
    new: list[_Said] = []
    for index in milestones:
        item = work.items["item_id"][index]
        now = said_now(index)
        if item not in last and work.items["schedule_id"][index] not in plans:
            new.extend(_replayed(work, index, timelines.get(item)))
        before = last.get(item)
        if before is None or _differs(before, now) or work.today - before.day >= _WEEK:
            new.append(now)
    for index in tasks:
        now = said_now(index)
        before = last.get(now.item_id)
        is_near = now.finish is not None and now.finish <= work.today + HORIZON
        if (before is None and is_near) or (before is not None and _differs(before, now)):
            new.append(now)
    for said in new:
        rows[said.item_id, said.day] = said
    changed = _keep(work, store, new)
    return changed + store.replace("derived_milestone", _trends(work, milestones, rows.values()))


def _plans(store: Store) -> set[str]:
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    return {one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan"}


def _subjects(work: Workspace, plans: set[str]) -> tuple[list[int], list[int]]:
    """The open milestones, and the other open tasks of plans."""
    items = work.items
    milestones: list[int] = []
    tasks: list[int] = []
    for index, (state, is_milestone, is_detail, schedule) in enumerate(
        zip(items["state"], items["is_milestone"], items["is_detail"], items["schedule_id"], strict=True)
    ):
        if state in ("done", "removed"):
            continue
        if is_milestone:
            milestones.append(index)
        elif is_detail and schedule in plans:
            tasks.append(index)
    return milestones, tasks


def _said_now(work: Workspace) -> Callable[[int], _Said]:
    ids, finishes, forecasts = (column(work, name) for name in ("item_id", "effective_due", "p50"))
    return lambda index: _Said(ids[index], work.today, finishes[index], forecasts[index])


def _differs(before: _Said, now: _Said) -> bool:
    return (before.finish, before.forecast) != (now.finish, now.forecast)


def _replayed(work: Workspace, index: int, timeline: Timeline | None) -> list[_Said]:
    """What its tracker said before today: a row for each day on which the due date changed."""
    items = work.items
    item, created, due = (items[name][index] for name in ("item_id", "created_at", "due"))
    changes = timeline.due if timeline else []
    if due is None and not changes:
        # A date that comes from around it has a history of its own, which is not this item's.
        return []
    zone = ZoneInfo(work.settings.timezone)
    by_day: dict[date, date | None] = {}
    if created is not None:
        by_day[created.astimezone(zone).date()] = changes[0].before if changes else due
    for change in changes:
        by_day[change.at.astimezone(zone).date()] = change.after
    return [_Said(item, day, finish, None) for day, finish in sorted(by_day.items()) if day < work.today]


def _keep(work: Workspace, store: Store, new: Iterable[_Said]) -> int:
    """Store what is new, as far as its source was read by today.

    Data that was read later cannot tell what was said today: a run that is set back keeps nothing. A source
    that could not be read says nothing new either.
    """
    zone = ZoneInfo(work.settings.timezone)
    current = {
        name
        for name, state in store.sources().items()
        if state.error is None
        and state.last_good_at is not None
        and state.last_good_at.astimezone(zone).date() <= work.today
    }
    sources = work.items["source"]
    kept = [said for said in new if sources[work.position[said.item_id]] in current]
    if not kept:
        return 0
    columns = zip(*kept, strict=True)
    return store.keep_date_snapshots(dict(zip(_NAMES, map(list, columns), strict=True)))


def _trends(work: Workspace, milestones: list[int], rows: Iterable[_Said]) -> Columns:
    ids = [work.items["item_id"][index] for index in milestones]
    place = {item: position for position, item in enumerate(ids)}
    said = [one for one in rows if one.item_id in place]
    reports = report_days(work.today)
    which = np.array([place[one.item_id] for one in said], dtype=np.int64)
    days = as_days([one.day for one in said])

    def told(dates: list[date | None]) -> DayArray:
        return on_report_days(len(ids), which, days, as_days(dates), reports)

    finish = told([one.finish for one in said])
    forecast = told([one.forecast for one in said])
    # A forecast is followed where it is as old as the date; a series of both would jump where it begins.
    has_forecast = (~np.isnat(forecast) | np.isnat(finish)).all(axis=1) & ~np.isnat(forecast[:, -1])
    found = milestone_trends(np.where(has_forecast[:, None], forecast, finish), reports)
    return {
        "item_id": list(ids),
        "key": [work.items["key"][index] for index in milestones],
        "slope": [None if np.isnan(one) else round(one, 4) for one in found.slope.tolist()],
        "sign_changes": _known(found.sign_changes.tolist(), found.snapshots.tolist()),
        "snapshots": found.snapshots.tolist(),
        "projected_finish": found.projected_finish.tolist(),
    }


def _known(values: list[int], snapshots: list[int]) -> list[Any]:
    """Nothing is known of the turns of a milestone that never had a date."""
    return [value if count else None for value, count in zip(values, snapshots, strict=True)]
