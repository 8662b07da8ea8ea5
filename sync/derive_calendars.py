"""Which working calendar each item counts in: its plan's, else its project's, else the portfolio's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import WorkCalendar, WorkPattern, work_calendar
from store.frames import Coded, Frame, coded
from sync.pairs import pairs_of
from sync.placement import Placement
from sync.workspace import PORTFOLIO_CALENDAR, DeriveSettings

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


def calendar_ids(items: Frame, of_schedule: Mapping[str | None, str], placement: Placement) -> Coded:
    """The calendar of each item: looked up once for each schedule and each scope."""
    schedules = items.codes("schedule_id")
    of_place = _of_places(items, placement)
    own = coded([of_schedule.get(one) for one in schedules.words])
    codes = np.append(own.codes, -1)[schedules.codes] + len(of_place.words)
    codes = np.where(codes < len(of_place.words), of_place.codes, codes).astype(np.int32)
    return Coded(codes, [*of_place.words, *own.words]).compact()


def _of_places(items: Frame, placement: Placement) -> Coded:
    if all(node.calendar is None for node in placement.nodes.values()):
        return Coded(np.zeros(len(items), dtype=np.int32), [PORTFOLIO_CALENDAR])
    scopes = pairs_of(items.codes("source"), items.codes("scope"))
    nodes = [placement.calendar_node(placement.place(*one).lowest) for one in scopes.words]
    words = [PORTFOLIO_CALENDAR if node is None else calendar_of_node(node) for node in nodes]
    return Coded(scopes.codes, words).compact()
