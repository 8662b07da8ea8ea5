"""When single people work and when they are away, and which open work that leaves without its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from schedule.calendars import WorkCalendar, WorkPattern, is_absent

if TYPE_CHECKING:
    from sync.workspace import Workspace

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class PersonCalendar:
    """One person's working days, and the first and last day of each absence."""

    pattern: WorkPattern = field(default_factory=WorkPattern)
    absences: Sequence[tuple[date, date]] = ()

    def calendar(self) -> WorkCalendar:
        """The days on which the person is at work."""
        return self.pattern.calendar().without(self.absences)


def derive_absences(work: Workspace) -> None:
    """Fill `owner_problem` of open items whose owner is away from today until the day they are due.

    Any other problem of an owner is the graver one and stays (facts/rules.md §3.2). Days count in the item's
    own calendar; an item that was due already is looked at today. Needs owners and effective due dates.
    """
    calendars = {address: person.calendar() for address, person in work.settings.person_calendars.items()}
    if not calendars:
        return
    problems, emails = work.derived["owner_problem"], work.derived["owner_email"]
    for index, (state, email, due) in enumerate(
        zip(work.items["state"], emails, work.derived["effective_due"], strict=True)
    ):
        own = calendars.get(email.casefold()) if email else None
        if own is None or due is None or problems[index] is not None or state in ("done", "removed"):
            continue
        if is_absent(work.calendar_of(index), own, work.today, max(work.today, due)):
            problems[index] = ABSENT
