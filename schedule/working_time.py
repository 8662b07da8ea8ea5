"""Working time to the minute: hours of each weekday, dated exceptions with their own hours, many calendars.

An *instant* is a whole minute of a plan's wall time, counted from 1990-01-01T00:00; a *working minute* is the
count of minutes worked before an instant. One working minute has two instants where work pauses: the 17:00 at
which one task finishes and the 08:00 of the next day at which another starts. `WorkingTime.start_of` and
`finish_of` are those two readings. The days-only calendar of rules is `schedule/calendars.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from schedule.calendars import FIRST_DAY, LAST_DAY

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Hours: TypeAlias = Sequence[
    tuple[int, int]
]  # (from, to) minutes of the day, 1440 is its midnight; empty: off

MINUTES_PER_DAY = 1440
UNKNOWN = int(np.iinfo(np.int64).min)  # NaT, as an instant
LAST_INSTANT = ((LAST_DAY - FIRST_DAY).days + 1) * MINUTES_PER_DAY

# What Project calls Standard: 08:00 to 12:00 and 13:00 to 17:00, Monday to Friday.
STANDARD_HOURS: Hours = ((480, 720), (780, 1020))
STANDARD_WEEK: Sequence[Hours] = (STANDARD_HOURS,) * 5 + ((), ())
ALWAYS: Sequence[Hours] = (((0, MINUTES_PER_DAY),),) * 7

_EPOCH = np.datetime64(FIRST_DAY, "m")
_STRIDE = 1 << 26  # more than all minutes of a calendar, so that calendars can stand in one sorted array


@dataclass(frozen=True, slots=True)
class WorkPattern:
    """The hours of one calendar.

    Attributes:
        week: the hours of Monday to Sunday; None is what the base calendar says, without one Standard.
        exceptions: (first day, last day, hours); a later one wins, and any of them over the week.
    """

    week: Sequence[Hours | None] = STANDARD_WEEK
    exceptions: Sequence[tuple[date, date, Hours]] = ()

    def over(self, base: WorkPattern) -> WorkPattern:
        """This calendar where it says something, its base calendar where it does not."""
        week = [under if own is None else own for own, under in zip(self.week, base.week, strict=True)]
        return WorkPattern(week, (*base.exceptions, *self.exceptions))


class WorkingTime:
    """Several calendars between 1990 and 2060 as sorted arrays; every question is asked for many at once.

    `calendars` of a question is the number of each calendar in the order given. Instants before or after all
    working time count as its first or last minute. One calendar more is there: `always`, around the clock.
    """

    def __init__(self, patterns: Sequence[WorkPattern]) -> None:
        self.always = len(patterns)
        parts = [_intervals(pattern) for pattern in (*patterns, WorkPattern(ALWAYS))]
        counts = np.array([len(starts) for starts, _ in parts], dtype=np.int64)
        self._first = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
        self._start = np.concatenate([starts for starts, _ in parts])
        self._length = np.concatenate([stops - starts for starts, stops in parts])
        self._before = np.concatenate([_counted_before(stops - starts) for starts, stops in parts])
        self._total = np.array([int(np.sum(stops - starts)) for starts, stops in parts], dtype=np.int64)
        shift = np.repeat(np.arange(len(parts), dtype=np.int64) * _STRIDE, counts)
        self._start_key = self._start + shift
        self._before_key = self._before + shift

    def minutes_at(self, calendars: IntArray, instants: IntArray) -> IntArray:
        """The working minutes before each instant."""
        instants = np.clip(instants, 0, LAST_INSTANT)
        at = np.searchsorted(self._start_key, instants + calendars * _STRIDE, side="right") - 1
        first = self._first[calendars]
        inside = np.maximum(at, first)
        passed = np.clip(instants - self._start[inside], 0, self._length[inside])
        found: IntArray = self._before[inside] + passed
        return found

    def start_of(self, calendars: IntArray, minutes: IntArray) -> IntArray:
        """The instant at which work goes on after so many working minutes: 08:00, not the 17:00 before it."""
        minutes = np.maximum(minutes, 0)
        at = np.searchsorted(self._before_key, minutes + calendars * _STRIDE, side="right") - 1
        found: IntArray = self._start[at] + np.minimum(minutes - self._before[at], self._length[at])
        return found

    def finish_of(self, calendars: IntArray, minutes: IntArray) -> IntArray:
        """The instant at which so many working minutes are done: 17:00, not the 08:00 after it."""
        minutes = np.maximum(minutes, 0)
        at = np.searchsorted(self._before_key, minutes + calendars * _STRIDE, side="left") - 1
        at = np.maximum(at, self._first[calendars])
        found: IntArray = self._start[at] + np.minimum(minutes - self._before[at], self._length[at])
        return found

    def add(self, calendars: IntArray, instants: IntArray, minutes: IntArray) -> IntArray:
        """Instants moved by working minutes: forwards to when they are done, backwards to when they begin.

        Nothing to move leaves an instant where it is, also one at which nobody works.
        """
        reached = self.minutes_at(calendars, instants) + minutes
        if np.all(minutes > 0):  # one reading is enough, and a level of a long chain is a single task
            return self.finish_of(calendars, reached)
        forwards = self.finish_of(calendars, reached)
        backwards = self.start_of(calendars, reached)
        return np.where(minutes > 0, forwards, np.where(minutes < 0, backwards, instants))

    def next_start(self, calendars: IntArray, instants: IntArray) -> IntArray:
        """The first instant, not before these, at which there is work."""
        return self.start_of(calendars, self.minutes_at(calendars, instants))

    def previous_finish(self, calendars: IntArray, instants: IntArray) -> IntArray:
        """The earliest instant with as many working minutes before it."""
        return self.finish_of(calendars, self.minutes_at(calendars, instants))

    def is_inside(self, calendars: IntArray, instants: IntArray) -> BoolArray:
        """Whether there is work before and after it; what lies beyond a calendar counts as its end."""
        minutes = self.minutes_at(calendars, instants)
        found: BoolArray = (minutes > 0) & (minutes < self._total[calendars])
        return found

    def between(self, calendars: IntArray, earlier: IntArray, later: IntArray) -> IntArray:
        """Working minutes from one instant to another; negative where the second is the earlier one."""
        found: IntArray = self.minutes_at(calendars, later) - self.minutes_at(calendars, earlier)
        return found


def instants(walls: Sequence[str | None]) -> IntArray:
    """Wall times (`YYYY-MM-DDTHH:MM`) as instants; None becomes `UNKNOWN`."""
    moments = np.array(["NaT" if wall is None else wall for wall in walls], dtype="datetime64[m]")
    counted = (moments - _EPOCH).astype(np.int64)
    found: IntArray = np.where(np.isnat(moments), UNKNOWN, counted)
    return found


def walls(moments: IntArray) -> list[str | None]:
    """Instants as wall times; `UNKNOWN` becomes None."""
    known = moments != UNKNOWN
    texts = np.datetime_as_string(_EPOCH + np.where(known, moments, 0).astype("timedelta64[m]"), unit="m")
    return [text if ok else None for text, ok in zip(texts.tolist(), known.tolist(), strict=True)]


def _intervals(pattern: WorkPattern) -> tuple[IntArray, IntArray]:
    """The starts and ends of all stretches of work, in order, as instants."""
    day_count = LAST_INSTANT // MINUTES_PER_DAY
    kinds: list[Hours] = [
        _clean(standard if hours is None else hours)
        for hours, standard in zip(pattern.week, STANDARD_WEEK, strict=True)
    ]
    # 1990-01-01 was a Monday.
    kind_of_day = np.arange(day_count) % 7
    for first, last, hours in pattern.exceptions:
        begin = max((first - FIRST_DAY).days, 0)
        end = min((last - FIRST_DAY).days + 1, day_count)
        if begin < end:
            kind_of_day[begin:end] = _kind(kinds, _clean(hours))
    if not any(kinds[kind] for kind in np.unique(kind_of_day)):
        # A calendar in which nobody ever works would put every task at its end, so it is read as Standard.
        return _intervals(WorkPattern())
    starts: list[IntArray] = []
    stops: list[IntArray] = []
    for kind, hours in enumerate(kinds):
        midnights = np.flatnonzero(kind_of_day == kind).astype(np.int64) * MINUTES_PER_DAY
        for begin, end in hours:
            starts.append(midnights + begin)
            stops.append(midnights + end)
    order = np.argsort(np.concatenate(starts), kind="stable")
    return np.concatenate(starts)[order], np.concatenate(stops)[order]


def _kind(kinds: list[Hours], hours: Hours) -> int:
    if hours in kinds:
        return kinds.index(hours)
    kinds.append(hours)
    return len(kinds) - 1


def _clean(hours: Iterable[tuple[int, int]]) -> Hours:
    """In order, inside one day, joined where they overlap or touch, without empty ones."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted((max(begin, 0), min(end, MINUTES_PER_DAY)) for begin, end in hours):
        if begin >= end:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


def _counted_before(lengths: IntArray) -> IntArray:
    found: IntArray = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    return found
