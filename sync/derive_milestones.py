"""Derivation of milestone trends, and of the snapshots of dates that they and the honesty of forecasts need.

A snapshot is one row per item and day on which its date had changed, or had not for a week. Milestones have
them from everywhere; so have the tasks of a plan that are about to finish, because no plan tells what it said
before. What a tracker's timeline tells is replayed once, so that the first run already shows a trend.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import DayArray, days_of_instants
from schedule.hierarchy import IntArray
from schedule.milestone_trend import (
    REPORT_DAYS,
    Trends,
    milestone_trends,
    on_report_days,
    report_days,
)
from store.frames import NO_DAY, BoolArray, Frame, Ints, ints_where, taken, values_of
from sync.check_indices import SNAPSHOTS_SINCE
from sync.derive_forecast import FORECASTS
from sync.schedules import plan_ids
from sync.workspace import ENDED, Workspace

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from store import Store

# A plan's task has snapshots from this long before its finish: a period of the execution index, and another.
HORIZON = timedelta(days=60)
_NAMES = ("item_id", "day", "finish", "forecast")


def derive_milestones(work: Workspace, store: Store) -> int:
    """Write the trend of every open milestone and keep what is said today; returns the rows that changed."""
    in_plan = work.items.codes("schedule_id").is_one_of(plan_ids(store))
    is_open = work.is_reached & ~work.items.codes("state").is_one_of(ENDED)
    is_milestone = is_open & work.items.flags("is_milestone")
    is_task = is_open & ~is_milestone & in_plan & work.items.flags("is_detail")
    kept = _kept(work, store)
    last = _Last(kept, len(work.items))
    now = _said_now(work)
    today = np.datetime64(work.today, "D")
    differs = last.differs_from(now)
    is_due = ~last.is_known | differs | (today - last.day >= np.timedelta64(REPORT_DAYS, "D"))
    is_near = now.dates("finish") <= today + np.timedelta64(HORIZON.days, "D")
    is_new = (is_milestone & is_due) | (is_task & np.where(last.is_known, differs, is_near))
    new = [_replayed(work, is_milestone & ~last.is_known & ~in_plan), now.take(is_new)]
    changed = sum(_keep(work, store, some) for some in new)
    milestones = np.flatnonzero(is_milestone)
    trends = _trends(work, milestones, [kept, *new])
    return changed + work.write(store, "derived_milestone", trends, keys=work.reach.items)


def current_sources(store: Store, today: date, zone: ZoneInfo) -> set[str]:
    """The sources that were read by a day.

    Data that was read later cannot tell what was said on that day: a run that is set back keeps nothing. A
    source that could not be read says nothing new either.
    """
    return {
        name
        for name, state in store.sources().items()
        if state.error is None
        and state.last_good_at is not None
        and state.last_good_at.astimezone(zone).date() <= today
    }


def _kept(work: Workspace, store: Store) -> Frame:
    """What was said before of what is reached, of each item by day."""
    return store.snapshot_frame(
        work.today - SNAPSHOTS_SINCE,
        work.today,
        places=work.position,
        among=None if work.is_full else work.reach.items,
    )


class _Last:
    """The last snapshot of each item."""

    def __init__(self, kept: Frame, count: int) -> None:
        rows = kept.places("item_id")
        self.is_known = np.zeros(count, dtype=np.bool_)
        self.day, self.finish, self.forecast = (np.full(count, NO_DAY) for _ in range(3))
        of = np.flatnonzero(rows >= 0)
        self.is_known[rows[of]] = True
        # They come by day: of several the last one stays.
        for name, days in (("day", self.day), ("finish", self.finish), ("forecast", self.forecast)):
            days[rows[of]] = kept.dates(name)[of]

    def differs_from(self, now: Frame) -> BoolArray:
        """Where something else is said now."""
        return _differs(self.finish, now.dates("finish")) | _differs(self.forecast, now.dates("forecast"))


def _differs(one: DayArray, other: DayArray) -> BoolArray:
    return np.asarray((one != other) & ~(np.isnat(one) & np.isnat(other)), dtype=np.bool_)


def _said_now(work: Workspace) -> Frame:
    """What is said today of each item."""
    count = len(work.items)
    derived = work.derived
    is_forecast = derived.codes("forecast_method").is_one_of(FORECASTS)
    return Frame(
        count,
        {
            "item_id": np.arange(count),
            "day": np.full(count, np.datetime64(work.today, "D")),
            "finish": derived.dates("effective_due"),
            # The date that stands in the plan is no forecast.
            "forecast": np.where(is_forecast, derived.dates("p50"), NO_DAY),
        },
    )


def _replayed(work: Workspace, wanted: BoolArray) -> Frame:
    """What the trackers of these items said before today: a row for each day on which a due date changed.

    A date that comes from around an item has a history of its own, which is not this item's.
    """
    edits = work.due_edits
    if edits is None:
        raise RuntimeError("milestones are derived before promises are")
    mine = np.flatnonzero(wanted[edits.row])
    rows = edits.row[mine]
    firsts = mine[np.append(True, rows[1:] != rows[:-1])[: len(rows)]]
    begun = work.items.dates("due").copy()
    begun[edits.row[firsts]] = edits.before[firsts]
    is_edited = np.zeros(len(wanted), dtype=np.bool_)
    is_edited[rows] = True
    created = days_of_instants(work.items.instants("created_at"), work.zone)
    made = np.flatnonzero(wanted & ~np.isnat(created) & (is_edited | ~np.isnat(begun)))
    item = np.concatenate((made, rows))
    day = np.concatenate((created[made], days_of_instants(edits.at[mine], work.zone)))
    finish = np.concatenate((begun[made], edits.after[mine]))
    order = np.lexsort((day, item))  # stable: of one day the last edit comes last
    item, day, finish = item[order], day[order], finish[order]
    goes_on = np.append((item[1:] == item[:-1]) & (day[1:] == day[:-1]), False)[: len(item)]
    kept = ~goes_on & (day < np.datetime64(work.today, "D"))
    said = {"item_id": item, "day": day, "finish": finish, "forecast": np.full(len(item), NO_DAY)}
    return Frame(len(item), said).take(kept)


def _keep(work: Workspace, store: Store, new: Frame) -> int:
    """Store what is new, as far as its source was read by today; of a look at another day nothing."""
    if work.is_look_ahead:
        return 0
    is_current = work.items.codes("source").is_one_of(current_sources(store, work.today, work.zone))
    kept = new.take(is_current[new.places("item_id")])
    if not len(kept):
        return 0
    ids = work.items.keys("item_id")
    columns = {name: values_of(kept.column(name)) for name in _NAMES[1:]}
    return store.keep_date_snapshots(
        {"item_id": [ids[row] for row in kept.places("item_id").tolist()], **columns}
    )


def _trends(work: Workspace, milestones: IntArray, said: list[Frame]) -> Frame:
    """The rows of the view `milestone`; of what is said twice of one day the later frame counts."""
    place = np.full(len(work.items) + 1, -1, dtype=np.int64)
    place[milestones] = np.arange(len(milestones))
    which = place[np.concatenate([some.places("item_id") for some in said])]
    rows = np.flatnonzero(which >= 0)
    day, *dates = (np.concatenate([some.dates(name) for some in said])[rows] for name in _NAMES[1:])
    reports = report_days(work.today)
    finish, forecast = (on_report_days(len(milestones), which[rows], day, one, reports) for one in dates)
    # A forecast is followed where it is as old as the date; a series of both would jump where it begins.
    has_forecast = (~np.isnat(forecast) | np.isnat(finish)).all(axis=1) & ~np.isnat(forecast[:, -1])
    found = milestone_trends(np.where(has_forecast[:, None], forecast, finish), reports)
    return _rows(work, milestones, found)


def _rows(work: Workspace, milestones: IntArray, found: Trends) -> Frame:
    count = len(milestones)
    is_dated = found.snapshots > 0
    return Frame(
        count,
        {
            "item_id": taken(work.items.column("item_id"), milestones),
            "key": taken(work.items.column("key"), milestones),
            "slope": np.array([round(one, 4) for one in found.slope.tolist()], dtype=np.float64),
            # Nothing is known of the turns of a milestone that never had a date.
            "sign_changes": ints_where(found.sign_changes, is_dated),
            "snapshots": Ints(found.snapshots, np.ones(count, dtype=np.bool_)),
            "projected_finish": found.projected_finish,
        },
    )
