"""Hours in which nothing is written: `22:00-06:00`, or on some days only: `fri-sun 18:00-08:00`.

Times are those of the wall clock in the portfolio's zone, so that quiet hours stay where people expect them
when clocks are put forward or back. Days are those on which the hours begin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_TEXT = re.compile(
    r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?([0-2][0-9]):([0-5][0-9]) ?- ?([0-2][0-9]):([0-5][0-9])"
)
# The same for a JSON Schema.
PATTERN = "^([A-Za-z]{3}(-[A-Za-z]{3})? +)?[0-2][0-9]:[0-5][0-9] ?- ?[0-2][0-9]:[0-5][0-9]$"


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """One entry: minutes of the day, and the ISO weekdays on which it begins.

    `until` at or before `since` is on the next day; 1440 is midnight at the end of the day.
    """

    weekdays: frozenset[int]
    since: int
    until: int

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.until - self.since + (_DAY_MINUTES if self.until <= self.since else 0)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """All entries, and the words they were made of."""

    windows: Sequence[QuietWindow] = ()
    text: str = ""

    def until(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that hold at an instant end, aware UTC; None outside of them."""
        local = moment.astimezone(zone)
        start = (local.isoweekday() - 1) * _DAY_MINUTES + local.hour * 60 + local.minute
        minute = start
        while minute - start < _WEEK_MINUTES and (step := self._rest(minute % _WEEK_MINUTES)):
            minute += step
        if minute == start:
            return None
        wall = local.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=minute - start)
        return wall.replace(tzinfo=zone).astimezone(UTC)

    def covers_the_week(self) -> bool:
        """True where no minute of the week is left."""
        return all(self._rest(minute) for minute in range(_WEEK_MINUTES))

    def _rest(self, minute_of_week: int) -> int:
        """Minutes until the longest window that holds at this minute ends; 0 where none holds."""
        longest = 0
        for window in self.windows:
            for day in window.weekdays:
                since = (day - 1) * _DAY_MINUTES + window.since
                passed = (minute_of_week - since) % _WEEK_MINUTES
                if passed < window.minutes:
                    longest = max(longest, window.minutes - passed)
        return longest


def read_quiet_hours(texts: Sequence[str]) -> QuietHours:
    """Quiet hours from their texts.

    Raises:
        ValueError: one is not of that form, or no minute of the week would be left.
    """
    hours = QuietHours([_window(text) for text in texts], ", ".join(text.strip() for text in texts))
    if hours.windows and hours.covers_the_week():
        raise ValueError("these hours leave no minute of the week in which anything could be written")
    return hours


def _window(text: str) -> QuietWindow:
    found = _TEXT.fullmatch(text.strip().casefold())
    if found is None:
        raise ValueError("hours such as 22:00-06:00 or fri-sun 18:00-08:00 belong here")
    first, last = found[1], found[2] or found[1]
    if first is None:
        weekdays = frozenset(range(1, 8))
    elif first in DAYS and last in DAYS:
        start, stop = DAYS.index(first), DAYS.index(last)
        weekdays = frozenset((start + step) % 7 + 1 for step in range((stop - start) % 7 + 1))
    else:
        raise ValueError(f"days are {', '.join(DAYS)}")
    since, until = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if since >= _DAY_MINUTES or until > _DAY_MINUTES:
        raise ValueError("a day has the hours 00:00 to 24:00")
    if since == until:
        raise ValueError("they begin and end at the same minute; a whole day is 00:00-24:00")
    return QuietWindow(weekdays, since, until)
