"""Which working calendar each item counts in: its plan's, else its project's, else the portfolio's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from schedule.calendars import WorkCalendar, WorkPattern, work_calendar
from sync.placement import Placement
from sync.workspace import PORTFOLIO_CALENDAR, Columns, DeriveSettings

if TYPE_CHECKING:
    from store import Store


def calendars_of(
    store: Store, settings: DeriveSettings
) -> tuple[dict[str, WorkCalendar], dict[str | None, str]]:
    """Every calendar that something counts in, by its id, and the id of each plan that brings its own."""
    portfolio = WorkPattern(settings.weekdays, settings.holidays, settings.days_off)
    calendars = {PORTFOLIO_CALENDAR: portfolio.calendar()}
    for node in settings.tree:
        if node.calendar is not None:
            calendars[calendar_of_node(node.slug)] = node.calendar.calendar()
    schedules = store.read("tracker_schedule", ("schedule_id", "calendar_id"))
    own = dict(zip(schedules["schedule_id"], schedules["calendar_id"], strict=True))
    used = {calendar for calendar in own.values() if calendar is not None}
    rows = store.read("tracker_calendar", ("calendar_id", "weekdays", "exceptions"))
    for calendar_id, weekdays, exceptions in zip(*rows.values(), strict=True):
        if calendar_id in used:
            calendars[calendar_id] = work_calendar(
                weekdays, [(first, last, bool(working)) for first, last, working in exceptions]
            )
    return calendars, {one: calendar for one, calendar in own.items() if calendar in calendars}


def calendar_of_node(slug: str) -> str:
    """The id of the calendar of a node of the PMO's tree; a tracker's calendar has a slash in its id."""
    return f"tree:{slug}"


def calendar_ids(
    items: Columns, of_schedule: Mapping[str | None, str], placement: Placement
) -> Sequence[str]:
    """The calendar of each item."""
    of_place: dict[tuple[str, str], str] = {}
    found: list[str] = []
    for source, scope, schedule in zip(items["source"], items["scope"], items["schedule_id"], strict=True):
        own = of_schedule.get(schedule)
        if own is None:
            own = of_place.get((source, scope))
            if own is None:
                place = placement.place(source, scope)
                node = placement.calendar_node(place.lowest)
                own = PORTFOLIO_CALENDAR if node is None else calendar_of_node(node)
                of_place[source, scope] = own
        found.append(own)
    return found
