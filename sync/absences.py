"""When single people work and when they are away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from schedule.calendars import WorkCalendar, WorkPattern


@dataclass(frozen=True, slots=True)
class PersonCalendar:
    """One person's working days, and the first and last day of each absence."""

    pattern: WorkPattern = field(default_factory=WorkPattern)
    absences: Sequence[tuple[date, date]] = ()

    def calendar(self) -> WorkCalendar:
        """The days on which the person is at work."""
        return self.pattern.calendar().without(self.absences)
