"""Working calendars as arrays: which days are worked, and each day's working-day number (its *ordinal*).

The ordinal of a day is the number of working days from 1990-01-01 up to and including it, so a weekend has
the ordinal of the Friday before it and `ordinal(b) - ordinal(a)` is the working days between two dates, in
any database. The calendar ends with 2060; a date outside it has no ordinal, which the rule `date-impossible`
reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2060, 12, 31)
_FIRST = np.datetime64(FIRST_DAY, "D")
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
        offsets = (days - _FIRST).astype(np.int64)
        known = ~np.isnat(days) & (offsets >= 0) & (offsets < _DAY_COUNT)
        found: list[int] = self.ordinals[np.where(known, offsets, 0)].tolist()
        return [value if ok else None for value, ok in zip(found, known.tolist(), strict=True)]

    def working_days_between(self, earlier: date | None, later: date | None) -> int | None:
        """Working days from one date to another; negative when the second is the earlier one.

        Returns:
            None when either is unknown or outside the calendar, which is not the same as 0.
        """
        first, second = self.ordinal(earlier), self.ordinal(later)
        return None if first is None or second is None else second - first

    def add(self, day: date, working_days: int) -> date | None:
        """The working day that many working days after `day`; None past the end of the calendar."""
        start = self.ordinal(day)
        if start is None:
            return None
        offset = int(np.searchsorted(self.ordinals, start + working_days, side="left"))
        return FIRST_DAY + timedelta(days=offset) if offset < _DAY_COUNT else None


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


def workday_table(calendar: WorkCalendar) -> Mapping[str, list[object]]:
    """The whole calendar as two columns, `day` and `ord`."""
    days = [FIRST_DAY + timedelta(days=offset) for offset in range(_DAY_COUNT)]
    return {"day": list(days), "ord": list(calendar.ordinals.tolist())}
