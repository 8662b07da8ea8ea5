"""When an item's date became a promise, what was promised, and how often the promise was moved.

An item is committed at the first of the moments that `PromiseRules` names. The promise is the due date that
stands then, or the first one set afterwards. Edits within `settle_days` of a setting are corrections of it,
not pushes (facts/rules.md §2.1, §2.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from schedule.calendars import WorkCalendar

SETTLE_DAYS = 5
MOMENTS = ("leaves_todo", "active_iteration", "release")
PROMISED_DATES = ("own", "iteration", "release")


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """What makes a date a promise.

    Attributes:
        committed_by: moments of which the first counts: `MOMENTS`, `label:NAME`, `status:NAME`.
        dates: which dates can be promised: the item's own one, that of its iteration, of its release.
        settle_days: calendar days in which an edit corrects the one before it.
    """

    committed_by: Sequence[str] = MOMENTS
    dates: Sequence[str] = ("own",)
    settle_days: int = SETTLE_DAYS


@dataclass(frozen=True, slots=True)
class DateChange:
    """One edit of an item's due date.

    Attributes:
        by: the account that made it.
        in_replan: it is part of a bulk move, see `schedule.replans`.
        is_inherited: the date of its iteration or release moved, not the item's own.
        source: `iteration` or `release` where the date is theirs; None is the item's own.
    """

    at: datetime
    before: date | None
    after: date | None
    by: str | None = None
    in_replan: bool = False
    is_inherited: bool = False
    source: str | None = None


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
        replan_count: those pushes that were part of a re-plan of many items.
        inherited_push_count: how often the date of its iteration or release moved later; counted apart.
        source: whose date was promised first: `iteration`, `release`; None is the item's own.
    """

    first: date | None
    committed_at: datetime | None
    push_count: int
    push_count_90d: int
    pull_count: int
    pushed_wd: int
    replan_count: int = 0
    inherited_push_count: int = 0
    source: str | None = None


def promise_of(
    current_due: date | None,
    due_changes: Sequence[DateChange],
    committed_at: datetime | None,
    *,
    calendar: WorkCalendar,
    today: date,
    zone: tzinfo = UTC,
    settle_days: int = SETTLE_DAYS,
) -> Promise:
    """The promise behind an item's due date.

    Args:
        current_due: the due date that stands now; the whole story where there was no change.
        due_changes: all edits of the due date, oldest first.
        committed_at: when the item became committed; None for not yet.
        calendar: whose working days count.
        today: the day of the run in that zone.
        zone: the portfolio's, in which an edit has a day.
        settle_days: calendar days in which an edit corrects the one before it.
    """
    nothing = Promise(None, committed_at, 0, 0, 0, 0)
    if committed_at is None:
        return nothing
    settle = timedelta(days=settle_days)
    promised = due_changes[0].before if due_changes else current_due
    settings: list[tuple[date, DateChange]] = []  # settled values of the promise, and what set each
    source: str | None = None
    for change in due_changes:
        if change.at <= committed_at:
            promised, source = change.after, change.source
    if promised is not None:
        settings.append((promised, DateChange(committed_at, None, promised, source=source)))
    for change in due_changes:
        if change.at <= committed_at or change.after is None:
            continue
        if settings and change.at - settings[-1][1].at <= settle:
            settings[-1] = (change.after, replace(settings[-1][1], source=change.source))
        elif not settings or change.after != settings[-1][0]:
            settings.append((change.after, change))
    if not settings:
        return nothing
    return _count_moves(settings, calendar, today, zone)


def _count_moves(
    settings: Sequence[tuple[date, DateChange]], calendar: WorkCalendar, today: date, zone: tzinfo
) -> Promise:
    pushes = recent = pulls = pushed_wd = replans = inherited = 0
    for (before, _), (after, change) in pairwise(settings):
        if change.is_inherited:
            inherited += after > before
        elif after > before:
            pushes += 1
            recent += (today - change.at.astimezone(zone).date()).days <= 90
            replans += change.in_replan
            pushed_wd += calendar.working_days_between(before, after) or 0
        elif after < before:
            pulls += 1
    first, begun = settings[0]
    return Promise(first, begun.at, pushes, recent, pulls, pushed_wd, replans, inherited, begun.source)


def inherited_dates(
    memberships: Sequence[tuple[datetime, str, str | None]],
    moves: Mapping[str, Sequence[DateChange]],
    dates: Mapping[str, date | None],
) -> tuple[date | None, list[DateChange]]:
    """The due date that an item without one of its own took from its iteration, else its release, over time.

    Args:
        memberships: (since when, `iteration` or `release`, container) oldest first; None is in none.
        moves: the moves of each container's date, oldest first.
        dates: the date of each container today.

    Returns:
        The date today, and its changes; those that a container brought are marked as inherited.
    """
    events: list[tuple[datetime, int, str, object]] = [
        (at, 0, kind, container) for at, kind, container in memberships
    ]
    seen = {container for _, _, container in memberships if container is not None}
    stood: dict[str, date | None] = {}
    for container in seen:
        own = moves.get(container, ())
        stood[container] = own[0].before if own else dates.get(container)
        events += [(move.at, 1, container, move.after) for move in own]
    events.sort(key=lambda event: (event[0], event[1]))
    inside: dict[str, str | None] = {}
    changes: list[DateChange] = []
    before: date | None = None
    for at, is_move, what, value in events:
        if is_move:
            assert value is None or isinstance(value, date)  # noqa: S101 - tells the two kinds apart
            stood[what] = value
        else:
            inside[what] = None if value is None else str(value)
        after: date | None = None
        source: str | None = None
        for kind in ("iteration", "release"):
            within = inside.get(kind)
            if within is not None and stood.get(within) is not None:
                after, source = stood[within], kind
                break
        if after != before:
            changes.append(DateChange(at, before, after, is_inherited=bool(is_move), source=source))
            before = after
    return before, changes
