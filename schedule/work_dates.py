"""From the dates of work to boundaries of its calendar, and back; what was not moved stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.day_tables import UNKNOWN, DayTables, day_tables, distinct_calendars
from schedule.drivers import Drivers, Reforecast
from schedule.levels import BoolArray, IntArray
from schedule.propagation import DONE, STARTED, WorkDates


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GivenDates:
    """What trackers say of each piece of work. NaT and -1 are unknown.

    Attributes:
        calendars: the working calendars.
        calendar: the number of the calendar of each piece of work.
        state: TODO, STARTED, DONE or REMOVED of `schedule.propagation`.
        start, finish: planned dates; of what has started the actual start, of what is done both actual dates.
        today: the day on which open work can begin at the earliest; NaT for no such day.
        remaining_wd: working days that are left of what has started.
        is_milestone: takes no time: it is reached at the end of its day.
        at_day_start: is a milestone that is reached at the beginning of its day.
        is_constrained: its planned start is a constraint.
    """

    calendars: Sequence[WorkCalendar]
    calendar: IntArray
    state: IntArray
    start: DayArray
    finish: DayArray
    today: DayArray
    remaining_wd: IntArray
    is_milestone: BoolArray
    at_day_start: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    is_constrained: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))


def work_dates(given: GivenDates) -> tuple[WorkDates, DayTables]:
    """The boundaries of this work, and the tables of its calendars, equal calendars taken together."""
    calendars, number = distinct_calendars(given.calendars)
    tables = day_tables(calendars)
    calendar = number[given.calendar]
    count = len(calendar)
    start = tables.boundary_before(calendar, given.start)
    finish = tables.boundary_after(calendar, given.finish)
    # A milestone has one day, whichever of its two dates says so.
    day = np.where(np.isnat(given.finish), given.start, given.finish)
    early = given.at_day_start if len(given.at_day_start) else np.zeros(count, dtype=bool)
    reached = np.where(early, tables.boundary_before(calendar, day), tables.boundary_after(calendar, day))
    is_moment = given.is_milestone & (given.state != STARTED)
    start, finish = np.where(is_moment, reached, start), np.where(is_moment, reached, finish)
    dates = WorkDates(
        calendar=calendar,
        state=given.state,
        start=start,
        finish=finish,
        not_before=tables.boundary_before(calendar, given.today),
        remaining_wd=np.where(given.remaining_wd < 0, UNKNOWN, given.remaining_wd),
        is_milestone=given.is_milestone,
        is_constrained=given.is_constrained if len(given.is_constrained) else np.zeros(count, dtype=bool),
    )
    return dates, tables


def dates_of(given: GivenDates, result: Reforecast, drivers: Drivers) -> tuple[DayArray, DayArray]:
    """Start and finish of each piece of work as dates; NaT where no date says when.

    A date that was not moved is the given one, even where it falls on a day off.
    """
    dates, tables = result.dates, result.tables
    calendar = dates.calendar
    is_moment = given.is_milestone & (given.state < DONE)
    starts = np.where(
        is_moment,
        tables.finish_day(calendar, drivers.start),
        tables.start_day(calendar, drivers.start),
    )
    finishes = tables.finish_day(calendar, result.finish)
    kept_start = (drivers.start == dates.start) & ~np.isnat(given.start)
    kept_finish = (result.finish == dates.finish) & ~np.isnat(given.finish)
    return np.where(kept_start, given.start, starts), np.where(kept_finish, given.finish, finishes)
