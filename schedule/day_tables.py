"""Working days of several calendars side by side, and what a moment of one is in another.

A moment is a *boundary*: the number of working days that are over. Work that starts on the tenth working day
starts at boundary 9 and, if it takes one day, finishes at boundary 10; a milestone starts and finishes at the
same one. So a predecessor's finish is compared with a successor's start without "the next day".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schedule.calendars import FIRST_DAY, WorkCalendar
from schedule.levels import IntArray

Int32Array = npt.NDArray[np.int32]
DayArray = npt.NDArray[np.datetime64]
UNKNOWN = -(1 << 29)  # far below every boundary; sums with lags stay far below, too
NEVER = 1 << 29
_FIRST = np.datetime64(FIRST_DAY, "D")


@dataclass(frozen=True, slots=True)
class DayTables:
    """Calendars as two tables each.

    Attributes:
        over: for each calendar and day since 1990-01-01 how many working days are over when it ends.
        day: for each calendar and working-day number its day.
    """

    over: Int32Array
    day: Int32Array

    def offset(self, days: DayArray) -> IntArray:
        """Days since 1990-01-01."""
        return (days - _FIRST).astype(np.int64)

    def boundary_after(self, calendar: IntArray, days: DayArray) -> IntArray:
        """The boundary at the end of each day; UNKNOWN for NaT and for days outside the calendars."""
        offsets = self.offset(days)
        is_known = ~np.isnat(days) & (offsets >= 0) & (offsets < self.over.shape[1])
        found = self.over[calendar, np.where(is_known, offsets, 0)].astype(np.int64)
        return np.where(is_known, found, UNKNOWN)

    def boundary_before(self, calendar: IntArray, days: DayArray) -> IntArray:
        """The boundary at the beginning of each day."""
        return self.boundary_after(calendar, days - np.timedelta64(1, "D"))

    def start_day(self, calendar: IntArray, boundary: IntArray) -> DayArray:
        """The day on which work starts that starts at this boundary; NaT where it is unknown."""
        return self._days(calendar, boundary, 1)

    def finish_day(self, calendar: IntArray, boundary: IntArray) -> DayArray:
        """The day on which work finishes that finishes at this boundary; NaT where it is unknown."""
        return self._days(calendar, boundary, 0)

    def _days(self, calendar: IntArray, boundary: IntArray, step: int) -> DayArray:
        number = np.clip(boundary + step, 0, self.day.shape[1] - 1)
        days: DayArray = _FIRST + self.day[calendar, number]
        return np.where(boundary < 0, np.datetime64("NaT", "D"), days)

    def carried(self, value: IntArray, calendar: IntArray, target: IntArray, is_finish: IntArray) -> IntArray:
        """A boundary of one calendar in another one.

        A finish becomes the end of its day, a start the beginning of its day. UNKNOWN stays.
        """
        number = np.clip(value + 1 - is_finish, 0, self.day.shape[1] - 1)
        day = np.maximum(self.day[calendar, number] - 1 + is_finish, 0)
        return np.where(value < 0, UNKNOWN, self.over[target, day])

    def latest(self, value: IntArray, calendar: IntArray, target: IntArray, is_finish: IntArray) -> IntArray:
        """The latest boundary of `calendar` that `carried` into `target` is at most this one. NEVER stays."""
        number = np.clip(value + 1, 0, self.day.shape[1] - 1)
        day = np.maximum(self.day[target, number] - is_finish, 0)
        found = self.over[calendar, day] - 1 + is_finish
        return np.where(value >= NEVER // 2, NEVER, found)


def day_tables(calendars: Sequence[WorkCalendar]) -> DayTables:
    """The tables of these calendars, in this order."""
    over = np.stack([one.ordinals for one in calendars]).astype(np.int32)
    day = np.full((len(calendars), int(over.max()) + 2), over.shape[1] - 1, dtype=np.int32)
    for row, one in zip(day, calendars, strict=True):
        worked = np.flatnonzero(one.is_working)
        row[0] = 0
        row[1 : len(worked) + 1] = worked
    return DayTables(over, day)


def distinct_calendars(calendars: Sequence[WorkCalendar]) -> tuple[list[WorkCalendar], IntArray]:
    """The calendars that differ, and for each given one its number: most plans bring the same one along."""
    numbers: dict[bytes, int] = {}
    kept: list[WorkCalendar] = []
    answer: list[int] = []
    for one in calendars:
        key = np.packbits(one.is_working).tobytes()
        if key not in numbers:
            numbers[key] = len(kept)
            kept.append(one)
        answer.append(numbers[key])
    return kept, np.array(answer, dtype=np.int64)
