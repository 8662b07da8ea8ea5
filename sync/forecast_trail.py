"""What each stored forecast carries along of those before it: since when it warns, how far it has moved.

A warning is a forecast whose P50 is later than the date that stands. It began on the first day since which
every forecast has warned and the date has been the same: whoever has moved the date knows. What moves with
the date is no unrest of ours, and does not count as moved. As every row carries both, any row may be
forgotten that is neither the first nor the last of its class and date (docs/decisions/0043).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.calendars import DayArray
from schedule.forecast import on_working_days
from schedule.hierarchy import IntArray
from store.frames import NO_DAY, BoolArray, Coded
from sync.workspace import Workspace, by_calendar, difference, ordinals


@dataclass(frozen=True, slots=True)
class Trail:
    """Of each forecast.

    Attributes:
        warned_since: the day on which the warning began that stands; NaT where there is none.
        moved_wd: working days by which P50 has moved since the item's first forecast, there and back.
    """

    warned_since: DayArray
    moved_wd: IntArray

    def at(self, rows: IntArray) -> Trail:
        """Those of some items."""
        return Trail(self.warned_since[rows], self.moved_wd[rows])


def carried_on(
    work: Workspace,
    rows: IntArray,
    before: Trail,
    *,
    due: DayArray,
    p50: DayArray,
    stood: DayArray,
    is_for_same_date: BoolArray,
) -> Trail:
    """The trail up to today's forecasts of some items.

    Args:
        work: whose calendars count.
        rows: which items; the other arrays are parallel to these.
        before: the trail of what stood until today; empty where nothing did.
        due: the date that stands.
        p50: what is said today.
        stood: the P50 that stood until today.
        is_for_same_date: where something stood, and was said for the date that still stands.
    """
    calendar_ids = Coded(work.calendar_ids.codes[rows], work.calendar_ids.words)
    # A date on a Saturday is not missed on the Monday to which the forecast was moved for it.
    last_day = due.copy()
    for name, at in by_calendar(calendar_ids):
        last_day[at] = on_working_days(due[at], work.calendars[name])
    goes_on = is_for_same_date & ~np.isnat(before.warned_since)
    since = np.where(goes_on, before.warned_since, np.datetime64(work.today, "D"))
    now, then = (ordinals(work.calendars, calendar_ids, days, work.zone) for days in (p50, stood))
    moved = difference(now, then)
    further = np.where(is_for_same_date & moved.known, np.abs(moved.values), 0)
    return Trail(np.where(p50 > last_day, since, NO_DAY), before.moved_wd + further)
