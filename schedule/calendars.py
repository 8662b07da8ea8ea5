"""Working calendars as arrays: which days are worked, and each day's working-day number (its *ordinal*).

The ordinal of a day is the number of working days from 1990-01-01 up to and including it, so a weekend has
the ordinal of the Friday before it and `ordinal(b) - ordinal(a)` is the working days between two dates, in
any database. The calendar ends with 2060; a date outside it has no ordinal, which the rule `date-impossible`
reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2060, 12, 31)
_FIRST = np.datetime64(FIRST_DAY, "D")
_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_COUNT = (LAST_DAY - FIRST_DAY).days + 1

IntArray = npt.NDArray[np.int64]
DayArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """One working calendar between 1990 and 2060.

    Attributes:
        ordinals: for each day since 1990-01-01 its working-day number.
        is_working: for each day since 1990-01-01 whether it is worked.
    """

    ordinals: IntArray
    is_working: npt.NDArray[np.bool_]

    def ordinal(self, day: date | None) -> int | None:
        """The working-day number of a day; None where the day is unknown or outside 1990 to 2060."""
        if day is None:
            return None
        offset = (day - FIRST_DAY).days
        return int(self.ordinals[offset]) if 0 <= offset < _DAY_COUNT else None

    def ordinals_of(self, days: DayArray) -> list[int | None]:
        """The ordinals of many days at once; NaT and days outside the calendar give None."""
        found, known = self.known_ordinals(days)
        return [value if ok else None for value, ok in zip(found.tolist(), known.tolist(), strict=True)]

    def known_ordinals(self, days: DayArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """The ordinals of many days, 0 where there is none, and where there is one."""
        offsets = (days - _FIRST).astype(np.int64)
        known = ~np.isnat(days) & (offsets >= 0) & (offsets < _DAY_COUNT)
        return np.where(known, self.ordinals[np.where(known, offsets, 0)], 0), known

    def working_days_between(self, earlier: date | None, later: date | None) -> int | None:
        """Working days from one date to another; negative when the second is the earlier one.

        Returns:
            None when either is unknown or outside the calendar, which is not the same as 0.
        """
        first, second = self.ordinal(earlier), self.ordinal(later)
        return None if first is None or second is None else second - first

    def without(self, spans: Iterable[tuple[date, date]]) -> WorkCalendar:
        """This calendar with further days off: the first and last day of each span, and all between."""
        is_working = self.is_working.copy()
        for first, last in spans:
            start, stop = max((first - FIRST_DAY).days, 0), min((last - FIRST_DAY).days + 1, _DAY_COUNT)
            is_working[start : max(start, stop)] = False
        return WorkCalendar(np.cumsum(is_working, dtype=np.int64), is_working)

    def add(self, day: date, working_days: int) -> date | None:
        """The working day that many working days after `day`; None past the end of the calendar."""
        start = self.ordinal(day)
        if start is None:
            return None
        offset = int(np.searchsorted(self.ordinals, start + working_days, side="left"))
        return FIRST_DAY + timedelta(days=offset) if offset < _DAY_COUNT else None


@dataclass(frozen=True, slots=True)
class WorkPattern:
    """How the working days of somebody or something are described.

    Attributes:
        weekdays: ISO weekdays that are worked.
        holidays: whose public holidays are days off: a country or region such as `CH-ZH`; None for nobody's.
        days_off: further days off.
    """

    weekdays: Sequence[int] = (1, 2, 3, 4, 5)
    holidays: str | None = None
    days_off: Sequence[date] = ()

    def calendar(self) -> WorkCalendar:
        """The days themselves."""
        return work_calendar(self.weekdays, days_off=[*public_holidays(self.holidays), *self.days_off])


def is_absent(usual: WorkCalendar, own: WorkCalendar, first: date, last: date) -> bool:
    """Whether somebody works on none of the days on which work is done, both ends included.

    Args:
        usual: when work is done where the person works.
        own: when the person works.
        first: the first day.
        last: the last day.

    Returns:
        False where no work is done on these days at all, and where a day is outside the calendars.
    """
    before = first - timedelta(days=1)
    days = usual.working_days_between(before, last)
    return bool(days) and own.working_days_between(before, last) == 0


def work_calendar(
    weekdays: Iterable[int] = (1, 2, 3, 4, 5),
    exceptions: Iterable[tuple[str, str, bool]] = (),
    days_off: Iterable[date] = (),
) -> WorkCalendar:
    """A calendar from ISO weekdays (1 is Monday), days off, and dated exceptions of which the last wins.

    A calendar without any working day would make every difference 0, so it is read as Monday to Friday.
    """
    worked = set(weekdays) or {1, 2, 3, 4, 5}
    # 1990-01-01 was a Monday.
    pattern = np.array([day in worked for day in range(1, 8)])
    is_working = np.tile(pattern, _DAY_COUNT // 7 + 1)[:_DAY_COUNT].copy()
    for day in days_off:
        offset = (day - FIRST_DAY).days
        if 0 <= offset < _DAY_COUNT:
            is_working[offset] = False
    for first, last, working in exceptions:
        start = max((date.fromisoformat(first[:10]) - FIRST_DAY).days, 0)
        stop = min((date.fromisoformat(last[:10]) - FIRST_DAY).days + 1, _DAY_COUNT)
        if start < stop:
            is_working[start:stop] = working
    return WorkCalendar(np.cumsum(is_working, dtype=np.int64), is_working)


def public_holidays(place: str | None) -> list[date]:
    """The public holidays of a country (`CH`) or region (`CH-ZH`) from 1990 to 2060.

    Source: the `holidays` library. An unknown place raises KeyError with the place in it.
    """
    if not place:
        return []
    import holidays  # 0.2 s: only where a calendar names a place

    country, _, region = place.partition("-")
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=years)
    except NotImplementedError as error:
        raise KeyError(place) from error
    return sorted(found)


def as_days(values: Sequence[date | None]) -> DayArray:
    """Dates as an array; None becomes NaT."""
    return np.array(values, dtype="datetime64[D]")


def instants_as_days(values: Sequence[datetime | None], zone: ZoneInfo) -> DayArray:
    """The calendar days on which instants fall in the portfolio's zone; None becomes NaT."""
    return as_days([None if value is None else value.astimezone(zone).date() for value in values])


def days_of_instants(instants: DayArray, zone: ZoneInfo) -> DayArray:
    """The calendar days on which instants (`datetime64[ms]`, UTC) fall in a zone; NaT stays NaT.

    The offset of a zone is looked up once for each day of UTC; only on the few days on which it changes is it
    looked up for each instant.
    """
    known = ~np.isnat(instants)
    moments = instants[known].astype(np.int64)
    days, place = np.unique(moments // _DAY_MS, return_inverse=True)
    starts = np.array([_offset_ms(int(day) * _DAY_MS, zone) for day in days], dtype=np.int64)
    stops = np.array([_offset_ms(int(day + 1) * _DAY_MS, zone) for day in days], dtype=np.int64)
    offsets = starts[place] if len(days) else np.empty(0, dtype=np.int64)
    for row in np.flatnonzero((starts != stops)[place] if len(days) else []).tolist():
        offsets[row] = _offset_ms(int(moments[row]), zone)
    found = np.full(len(instants), "NaT", dtype="datetime64[D]")
    found[known] = ((moments + offsets) // _DAY_MS).view("datetime64[D]")
    return found


def _offset_ms(moment: int, zone: ZoneInfo) -> int:
    """How far a zone is ahead of UTC at an instant, in milliseconds."""
    try:
        offset = (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone).utcoffset()
    except OverflowError:  # within a day of the first or last instant that Python knows
        return 0
    return round(offset.total_seconds() * 1000) if offset is not None else 0


def workday_table(calendar: WorkCalendar) -> Mapping[str, list[object]]:
    """The whole calendar as two columns, `day` and `ord`."""
    days = [FIRST_DAY + timedelta(days=offset) for offset in range(_DAY_COUNT)]
    return {"day": list(days), "ord": list(calendar.ordinals.tolist())}
