"""A plan's own working calendar, flattened: which weekdays are worked, and every dated exception.

Base calendars, effective work weeks and recurring exceptions become one `Calendar` record, whose later
exceptions win over earlier ones.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import TypeAlias

from connectors.ms_project import units
from connectors.ms_project.wire import CalendarRow, DayRow, ExceptionRow, WeekRow

Exceptions: TypeAlias = list[tuple[str, str, bool]]
_Span: TypeAlias = tuple[date, date]

# The span of the portfolio's calendars (DESIGN §5); Project's own ends in 2149.
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2060, 12, 31)

_DEFAULT_WEEK = {1: True, 2: True, 3: True, 4: True, 5: True, 6: False, 7: False}
_MAX_DEPTH = 10  # Project allows two levels; a calendar that is its own base must not hang the run

_YEARLY, _YEARLY_BY_POSITION, _MONTHLY, _MONTHLY_BY_POSITION, _WEEKLY = 2, 3, 4, 5, 6
_DAILY = frozenset({1, 7})  # "daily" and "by day count"


def flatten(row: CalendarRow, others: Sequence[CalendarRow]) -> tuple[list[int], Exceptions, list[str]]:
    """The ISO weekdays that are worked, the dated exceptions, and a line for each one that cannot be read.

    What a calendar does not say it has from its base calendar. An exception wins over a work week, a work
    week over the default week, and at each step the calendar's own over its base's.
    """
    chain = _chain(row, others)
    week = dict(_DEFAULT_WEEK)
    for calendar in chain:
        week.update(_weekdays(calendar.days))
    steps: list[Callable[[], Iterable[tuple[date, date, bool]]]] = [
        partial(_work_week, work_week) for calendar in chain for work_week in calendar.weeks
    ]
    for calendar in chain:
        # Project 2003 writes exceptions as weekdays of type 0; newer ones write both.
        steps += [partial(_dated, day) for day in calendar.days if day.type == "0"]
        steps += [partial(_exception, exception) for exception in calendar.exceptions]

    exceptions: Exceptions = []
    notes: list[str] = []
    for step in steps:
        try:
            exceptions += [(first.isoformat(), last.isoformat(), works) for first, last, works in step()]
        except (ValueError, OverflowError):
            notes.append(
                f"calendar {row.name or row.uid}: an exception whose dates cannot be read is left out"
            )
    # Newer versions write each exception twice, for the sake of older ones. The later one wins anyway.
    once = list(dict.fromkeys(reversed(exceptions)))
    once.reverse()
    return [day for day in sorted(week) if week[day]], once, notes


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


def _weekdays(days: Iterable[DayRow]) -> Iterator[tuple[int, bool]]:
    """(ISO weekday, worked) for the days that are set; Project counts from 1, Sunday."""
    for day in days:
        if day.type in ("1", "2", "3", "4", "5", "6", "7") and day.working is not None:
            number = int(day.type) - 1
            yield number or 7, bool(units.flag(day.working))


def _work_week(row: WeekRow) -> Iterator[tuple[date, date, bool]]:
    first, last = _span(row.from_date, row.to_date)
    days = dict(_weekdays(row.days))
    for day in _each_day(first, last):
        works = days.get(day.isoweekday())
        if works is not None:
            yield day, day, works


def _dated(row: DayRow) -> Iterator[tuple[date, date, bool]]:
    if row.from_date is None and row.to_date is None:
        return
    first, last = _span(row.from_date, row.to_date)
    if first <= last:
        yield first, last, bool(units.flag(row.working))


def _exception(row: ExceptionRow) -> Iterator[tuple[date, date, bool]]:
    # Vico writes FromTime and ToTime here, which Project ignores, and so do we.
    if row.from_date is None and row.to_date is None:
        return
    works = bool(units.flag(row.working))
    kind = units.whole(row.type) or 1
    period = max(1, units.whole(row.period) or 1)
    if kind not in (*_DAILY, _YEARLY, _YEARLY_BY_POSITION, _MONTHLY, _MONTHLY_BY_POSITION, _WEEKLY) or (
        kind in _DAILY and period == 1
    ):
        first, last = _span(row.from_date, row.to_date)
        if first <= last:
            yield first, last, works
        return
    for day in _recurring(row, kind, period):
        if FIRST_DAY <= day <= LAST_DAY:
            yield day, day, works


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
