"""How much of somebody's time the work of the next weeks takes: hours of work over hours at work."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.distributions import FloatArray, IntArray

HOURS_PER_DAY = 8.0
WINDOW_DAYS = 28
FULL = 1.0


def share_ahead(calendar: WorkCalendar, today: date, first: DayArray, last: DayArray) -> FloatArray:
    """What part of the work that is left of each item falls into the four weeks that begin today.

    Work is spread evenly over its working days, from its first one, or today where that has passed, to its
    last.

    Args:
        calendar: in which days are worked.
        today: the first day of the window.
        first: the day on which work begins; NaT is today at the latest.
        last: the day on which it ends. What should have ended already is all to be done now.
    """
    begin = np.datetime64(today, "D")
    until = begin + np.timedelta64(WINDOW_DAYS - 1, "D")
    first = np.where(np.isnat(first) | (first < begin), begin, first)
    before, _ = calendar.known_ordinals(first - np.timedelta64(1, "D"))
    end, _ = calendar.known_ordinals(last)
    stop, _ = calendar.known_ordinals(np.minimum(last, until))
    length = end - before
    share = np.clip(stop - before, 0, None) / np.maximum(length, 1)
    # Where no day between is worked it lies inside the window, or it does not.
    found: FloatArray = np.where(length > 0, share, last <= until)
    found[last < begin] = 1.0
    return found


def hours_at_work(calendar: WorkCalendar, today: date) -> float:
    """The hours that somebody with this calendar works in the four weeks that begin today."""
    days = calendar.working_days_between(today - timedelta(days=1), today + timedelta(days=WINDOW_DAYS - 1))
    return HOURS_PER_DAY * (days or 0)


def load(hours: FloatArray, person: IntArray, capacity: FloatArray) -> FloatArray:
    """The hours of work of each person over the hours that they are at work.

    Args:
        hours: of each item in the window; NaN where nobody has said how many.
        person: whose each item is.
        capacity: the hours of each person.

    Returns:
        NaN where nobody knows: a person has no hours, nothing is planned, or an item does not tell its hours.
        Where those that are known fill the time already, the load is at least that, and it is told.
    """
    count = len(capacity)
    is_known = ~np.isnan(hours)
    total = np.bincount(person[is_known], weights=hours[is_known], minlength=count)
    unknown = np.bincount(person[~is_known], minlength=count)
    known = np.bincount(person[is_known], minlength=count)
    found = np.where(capacity > 0, total / np.where(capacity > 0, capacity, 1.0), np.nan)
    found[(known == 0) | ((unknown > 0) & (found < FULL))] = np.nan
    rounded: FloatArray = np.round(found, 4).astype(np.float64)
    return rounded
