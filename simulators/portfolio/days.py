"""Working days of the demo portfolio: Monday to Friday without the public holidays of the canton of Zurich.

Every date of the portfolio is a number of working days from the day the demo is run, so that it tells the
same story on any day of the year.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from random import Random

_SPAN_DAYS = 900  # calendar days on either side of today: a year of history, plans that run into the next


def easter_sunday(year: int) -> date:
    """Western Easter (the anonymous Gregorian computus)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> dict[date, str]:
    """The public holidays of Zurich in one year, by day."""
    easter = easter_sunday(year)
    return {
        date(year, 1, 1): "New Year's Day",
        date(year, 1, 2): "Berchtold's Day",
        easter - timedelta(days=2): "Good Friday",
        easter + timedelta(days=1): "Easter Monday",
        date(year, 5, 1): "Labour Day",
        easter + timedelta(days=39): "Ascension Day",
        easter + timedelta(days=50): "Whit Monday",
        date(year, 8, 1): "National Day",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "St Stephen's Day",
    }


class WorkDays:
    """Working days numbered from today.

    Number 0 is today, or the last working day before it when today is none; -1 is the one before that.
    """

    def __init__(self, today: date) -> None:
        self.today = today
        first, last = today - timedelta(days=_SPAN_DAYS), today + timedelta(days=_SPAN_DAYS)
        self.holidays = {
            day: name
            for year in range(first.year, last.year + 1)
            for day, name in public_holidays(year).items()
            if first <= day <= last
        }
        span = (first + timedelta(days=number) for number in range(2 * _SPAN_DAYS + 1))
        self._days = [day for day in span if day.isoweekday() <= 5 and day not in self.holidays]
        self._zero = bisect_right(self._days, today) - 1

    def day(self, number: int) -> date:
        """The working day with this number."""
        return self._days[self._zero + number]

    def number(self, day: date) -> int:
        """The number of a day; a day off has the number of the working day before it."""
        return bisect_right(self._days, day) - 1 - self._zero

    def moment(self, number: int, random: Random) -> datetime:
        """Some instant in the office hours of a working day, to the second."""
        seconds = random.randrange(7 * 3600, 15 * 3600)
        return datetime.combine(self.day(number), time(), tzinfo=UTC) + timedelta(seconds=seconds)

    def at(self, number: int, hour: int, minute: int = 0) -> datetime:
        """A given time of a working day, UTC."""
        return datetime.combine(self.day(number), time(hour, minute), tzinfo=UTC)
