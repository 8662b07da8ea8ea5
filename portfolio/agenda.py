"""The PMO's own appointments: when committees meet, and when nothing may change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec


class Committee(msgspec.Struct, frozen=True, kw_only=True):
    """A committee that decides about the portfolio, and the days on which it meets.

    Attributes:
        name: what people call it.
        dates: days that are named one by one.
        first, every_weeks, until: a series: from `first` every so many weeks, to `until` where that is known.
        project: the slug of the portfolio, programme or project it decides about; None is all of it.
    """

    name: str
    dates: Sequence[date] = ()
    first: date | None = None
    every_weeks: int | None = None
    until: date | None = None
    project: str | None = None

    def days(self, since: date, until: date) -> list[date]:
        """Its meetings from one day to another, both included, in order and each once."""
        found = {day for day in self.dates if since <= day <= until}
        if self.first is not None and self.every_weeks:
            step = timedelta(weeks=self.every_weeks)
            last = until if self.until is None else min(until, self.until)
            skipped = max(0, -((self.first - since) // step)) if since > self.first else 0
            day = self.first + skipped * step
            while day <= last:
                if day >= since:
                    found.add(day)
                day += step
        return sorted(found)


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing goes live: a peak season, an audit, a year's end.

    Attributes:
        name: what people call it.
        first, last: its first and its last day.
        project: the slug of what it holds for; None is everything.
    """

    name: str
    first: date
    last: date
    project: str | None = None


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """One day on which a committee meets."""

    day: date
    committee: str
    project: str | None = None


def meetings(committees: Iterable[Committee], since: date, until: date) -> list[Meeting]:
    """The meetings of all committees from one day to another, both included, by day and name."""
    found = [
        Meeting(day=day, committee=one.name, project=one.project)
        for one in committees
        for day in one.days(since, until)
    ]
    return sorted(found, key=lambda one: (one.day, one.committee))
