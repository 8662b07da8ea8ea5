"""When an item's date became a promise, what was promised, and how often the promise was moved.

An item is committed at the first of: it leaves To Do, it enters a started iteration, it gets a release. The
promise is the due date that stands then, or the first one set afterwards. Edits within `settle_days` of a
setting are corrections of it, not pushes (facts/rules.md §2.1, §2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from schedule.calendars import WorkCalendar

SETTLE_DAYS = 5


@dataclass(frozen=True, slots=True)
class DateChange:
    """One edit of an item's due date."""

    at: datetime
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised and what became of it.

    Attributes:
        first: the first committed due date; None where none was ever set.
        committed_at: the instant the promise began: the commitment, or the first due date set after it.
        push_count: how often the promised date moved later, after settling.
        push_count_90d: those of the last 90 days.
        pull_count: how often it moved earlier.
        pushed_wd: working days of all pushes together.
    """

    first: date | None
    committed_at: datetime | None
    push_count: int
    push_count_90d: int
    pull_count: int
    pushed_wd: int


def promise_of(
    current_due: date | None,
    due_changes: Sequence[DateChange],
    committed_at: datetime | None,
    *,
    calendar: WorkCalendar,
    today: date,
    settle_days: int = SETTLE_DAYS,
) -> Promise:
    """The promise behind an item's due date.

    Args:
        current_due: the due date that stands now; the whole story where there was no change.
        due_changes: all edits of the due date, oldest first.
        committed_at: when the item became committed; None for not yet.
        calendar: whose working days count.
        today: the day of the run.
        settle_days: calendar days in which an edit corrects the one before it.
    """
    nothing = Promise(None, committed_at, 0, 0, 0, 0)
    if committed_at is None:
        return nothing
    settle = timedelta(days=settle_days)
    promised = due_changes[0].before if due_changes else current_due
    settings: list[tuple[datetime, date]] = []  # settled values of the promise, and when each was set
    for change in due_changes:
        if change.at <= committed_at:
            promised = change.after
    if promised is not None:
        settings.append((committed_at, promised))
    for change in due_changes:
        if change.at <= committed_at or change.after is None:
            continue
        if settings and change.at - settings[-1][0] <= settle:
            settings[-1] = (settings[-1][0], change.after)
        elif not settings or change.after != settings[-1][1]:
            settings.append((change.at, change.after))
    if not settings:
        return nothing
    return _count_moves(settings, calendar, today)


def _count_moves(settings: Sequence[tuple[datetime, date]], calendar: WorkCalendar, today: date) -> Promise:
    pushes = recent = pulls = pushed_wd = 0
    for (_, before), (at, after) in pairwise(settings):
        if after > before:
            pushes += 1
            recent += (today - at.date()).days <= 90
            pushed_wd += calendar.working_days_between(before, after) or 0
        elif after < before:
            pulls += 1
    return Promise(settings[0][1], settings[0][0], pushes, recent, pulls, pushed_wd)
