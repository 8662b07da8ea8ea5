"""A plan's own working calendar, flattened: the hours of each weekday, and every dated exception.

Base calendars, effective work weeks and recurring exceptions become one `Calendar` record, whose later
exceptions win over earlier ones.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeAlias, TypeVar

from connectors.ms_project import units
from connectors.ms_project.wire import CalendarRow, DayRow, ExceptionRow, HoursRow, WeekRow

T = TypeVar("T", bound=Hashable)

Exceptions: TypeAlias = list[tuple[str, str, bool]]
Hours: TypeAlias = tuple[tuple[int, int], ...]
_Span: TypeAlias = tuple[date, date]

# The span of the portfolio's calendars (DESIGN §5); Project's own ends in 2149.
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2060, 12, 31)

# A day that is worked and has no hours has those that every new calendar of Project begins with.
_DEFAULT_HOURS: Hours = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
_DEFAULT_WEEK: dict[int, Hours] = {day: _DEFAULT_HOURS if day <= 5 else () for day in range(1, 8)}
_MAX_DEPTH = 10  # Project allows two levels; a calendar that is its own base must not hang the run

_YEARLY, _YEARLY_BY_POSITION, _MONTHLY, _MONTHLY_BY_POSITION, _WEEKLY = 2, 3, 4, 5, 6
_DAILY = frozenset({1, 7})  # "daily" and "by day count"


class Flat(NamedTuple):
    """One calendar with everything that it inherits.

    Attributes:
        week: the hours of Monday to Sunday, as minutes of the day; empty where nobody works.
        dated: (first day, last day, hours); a later one wins.
        notes: a line for each exception that cannot be read.
    """

    week: list[Hours]
    dated: list[tuple[str, str, Hours]]
    notes: list[str]

    @property
    def weekdays(self) -> list[int]:
        """The ISO weekdays that are worked."""
        return [day for day, hours in enumerate(self.week, start=1) if hours]

    @property
    def exceptions(self) -> Exceptions:
        """The dated exceptions as days that are worked, or not."""
        return _last_of_each((first, last, bool(hours)) for first, last, hours in self.dated)

    @property
    def hours(self) -> dict[str, object]:
        """Week and exceptions as they are stored (`Calendar.hours`)."""
        return {"week": self.week, "exceptions": self.dated}


def flatten(row: CalendarRow, others: Sequence[CalendarRow]) -> Flat:
    """A calendar without base calendars, work weeks and recurring exceptions.

    What a calendar does not say it has from its base calendar. An exception wins over a work week, a work
    week over the default week, and at each step the calendar's own over its base's.
    """
    chain = _chain(row, others)
    week = dict(_DEFAULT_WEEK)
    notes: list[str] = []
    name = row.name or row.uid
    for calendar in chain:
        for day in calendar.days:
            try:
                week.update(_weekdays([day]))
            except ValueError:
                notes.append(f"calendar {name}: hours of a weekday cannot be read; its base's are taken")
    steps: list[Callable[[], Iterable[tuple[date, date, Hours]]]] = [
        partial(_work_week, work_week) for calendar in chain for work_week in calendar.weeks
    ]
    for calendar in chain:
        # Project 2003 writes exceptions as weekdays of type 0; newer ones write both.
        steps += [partial(_dated, day) for day in calendar.days if day.type == "0"]
        steps += [partial(_exception, exception) for exception in calendar.exceptions]

    dated: list[tuple[str, str, Hours]] = []
    for step in steps:
        try:
            dated += [(first.isoformat(), last.isoformat(), hours) for first, last, hours in step()]
        except (ValueError, OverflowError):
            notes.append(f"calendar {name}: an exception whose dates cannot be read is left out")
    return Flat([week[day] for day in sorted(week)], _last_of_each(dated), notes)


def _last_of_each(rows: Iterable[T]) -> list[T]:
    """Newer versions write each exception twice, for the sake of older ones. The later one wins anyway."""
    once = list(dict.fromkeys(reversed(list(rows))))
    once.reverse()
    return once


def _chain(row: CalendarRow, others: Sequence[CalendarRow]) -> list[CalendarRow]:
    """The calendar and its bases, the most general first: what comes later wins."""
    by_uid = {other.uid: other for other in others}
    chain = [row]
    while len(chain) < _MAX_DEPTH:
        base = by_uid.get(chain[-1].base_uid) if chain[-1].base_uid else None
        if base is None or any(base is known for known in chain):
            break
        chain.append(base)
    chain.reverse()
    return chain


def _weekdays(days: Iterable[DayRow]) -> Iterator[tuple[int, Hours]]:
    """(ISO weekday, hours) for the days that are set; Project counts from 1, Sunday."""
    for day in days:
        if day.type in ("1", "2", "3", "4", "5", "6", "7") and day.working is not None:
            number = int(day.type) - 1
            yield number or 7, _hours(day)


def _hours(row: DayRow | ExceptionRow) -> Hours:
    """The hours of a day that is worked; a day off has none.

    Raises:
        ValueError: times that are none.
    """
    if not units.flag(row.working):
        return ()
    found = tuple(sorted(_stretch(stretch) for stretch in row.hours if stretch.from_time or stretch.to_time))
    return tuple(one for one in found if one[0] < one[1]) or _DEFAULT_HOURS


def _stretch(row: HoursRow) -> tuple[int, int]:
    begin, end = units.minute_of_day(row.from_time), units.minute_of_day(row.to_time)
    return begin, end or 24 * 60  # midnight ends a day that began before it


def _work_week(row: WeekRow) -> Iterator[tuple[date, date, Hours]]:
    first, last = _span(row.from_date, row.to_date)
    days = dict(_weekdays(row.days))
    for day in _each_day(first, last):
        hours = days.get(day.isoweekday())
        if hours is not None:
            yield day, day, hours


def _dated(row: DayRow) -> Iterator[tuple[date, date, Hours]]:
    if row.from_date is None and row.to_date is None:
        return
    first, last = _span(row.from_date, row.to_date)
    if first <= last:
        yield first, last, _hours(row)


def _exception(row: ExceptionRow) -> Iterator[tuple[date, date, Hours]]:
    # Vico writes FromTime and ToTime outside of WorkingTimes, which Project ignores, and so do we.
    if row.from_date is None and row.to_date is None:
        return
    hours = _hours(row)
    kind = units.whole(row.type) or 1
    period = max(1, units.whole(row.period) or 1)
    if kind not in (*_DAILY, _YEARLY, _YEARLY_BY_POSITION, _MONTHLY, _MONTHLY_BY_POSITION, _WEEKLY) or (
        kind in _DAILY and period == 1
    ):
        first, last = _span(row.from_date, row.to_date)
        if first <= last:
            yield first, last, hours
        return
    for day in _recurring(row, kind, period):
        if FIRST_DAY <= day <= LAST_DAY:
            yield day, day, hours


def _recurring(row: ExceptionRow, kind: int, period: int) -> Iterator[date]:
    """The days of a recurring exception, bounded by its end date and, where it says so, by its count."""
    start, end = _bounds(row.from_date, row.to_date)
    end = min(end, LAST_DAY)
    if kind in _DAILY:
        days: Iterator[date] = (day for day in _each_day(start, end) if not (day - start).days % period)
    elif kind == _WEEKLY:
        days = _weekly(start, end, units.whole(row.days_of_week) or 0, period)
    else:
        days = _monthly(row, kind, start, end, period)
    if units.flag(row.by_occurrences) and row.occurrences is not None:
        days = islice(days, max(0, units.whole(row.occurrences) or 0))
    return days


def _weekly(start: date, end: date, mask: int, period: int) -> Iterator[date]:
    # The mask counts from Sunday (1), and so does the week that a period of two or more skips by.
    first_sunday = start - timedelta(days=start.isoweekday() % 7)
    for day in _each_day(start, end):
        if mask >> (day.isoweekday() % 7) & 1 and (day - first_sunday).days // 7 % period == 0:
            yield day


def _monthly(row: ExceptionRow, kind: int, start: date, end: date, period: int) -> Iterator[date]:
    year, month = start.year, start.month
    wanted = (units.whole(row.month) or 0) + 1  # 0 is January
    while date(year, month, 1) <= end:
        if kind in (_MONTHLY, _MONTHLY_BY_POSITION) or month == wanted:
            if kind in (_MONTHLY, _YEARLY):
                length = months.monthrange(year, month)[1]
                day: date | None = date(year, month, max(1, min(units.whole(row.month_day) or 1, length)))
            else:
                day = _by_position(
                    year, month, units.whole(row.month_item) or 0, units.whole(row.month_position) or 0
                )
            if day is not None and start <= day <= end:
                yield day
        step = period if kind in (_MONTHLY, _MONTHLY_BY_POSITION) else 1
        year, month = year + (month - 1 + step) // 12, (month - 1 + step) % 12 + 1


def _by_position(year: int, month: int, item: int, position: int) -> date | None:
    """The first (0) to last (4) of a month: 0 day, 1 weekday, 2 weekend day, 3 Sunday … 9 Saturday."""
    first = date(year, month, 1)
    days = [first + timedelta(days=offset) for offset in range(months.monthrange(year, month)[1])]
    if item == 1:
        days = [day for day in days if day.isoweekday() <= 5]
    elif item == 2:
        days = [day for day in days if day.isoweekday() > 5]
    elif item >= 3:
        days = [day for day in days if day.isoweekday() % 7 == item - 3]
    at = -1 if position >= 4 else position
    return days[at] if days and at < len(days) else None


def _bounds(from_date: str | None, to_date: str | None) -> _Span:
    first, last = units.moment(from_date), units.moment(to_date)
    if first is None and last is None:
        raise ValueError("no dates")
    start = first.day if first else FIRST_DAY
    return start, last.day if last else (start if first else LAST_DAY)


def _span(from_date: str | None, to_date: str | None) -> _Span:
    first, last = _bounds(from_date, to_date)
    return max(first, FIRST_DAY), min(last, LAST_DAY)


def _each_day(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
