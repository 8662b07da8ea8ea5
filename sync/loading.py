"""Loads what one derivation works on: everything, or what a change reaches and what stands around it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import Identity
from schedule.calendars import WorkCalendar, public_holidays, work_calendar
from schedule.hierarchy import hierarchy_of
from store.frames import Coded, Frame
from sync.changed import Reach
from sync.people import People
from sync.placement import Placement
from sync.workspace import PORTFOLIO_CALENDAR, DeriveSettings, Workspace

if TYPE_CHECKING:
    from store import Store

ITEM_COLUMNS = (
    "item_id", "source", "key", "scope", "kind", "schedule_id", "parent_id", "state", "is_milestone",
    "is_summary", "is_detail", "is_blocked", "owner_id", "team", "start", "due", "actual_start",
    "actual_finish", "deadline", "constraint_date", "baseline_start", "baseline_finish", "duration_minutes",
    "total_float_minutes", "percent_complete", "iteration_id", "release_id", "release_ids", "twin_keys",
    "linked_urls", "created_at", "updated_at", "blocked_since", "constraint_type", "is_critical", "finish_at",
    "baseline_duration_minutes", "assignment_count", "estimate_hours", "budget", "forecast_cost",
    "priority_rank", "sort",
)  # fmt: skip
_UNIQUE = ("item_id", "key")


def load(store: Store, settings: DeriveSettings, reach: Reach, *, today: date, now: datetime) -> Workspace:
    """Everything that the steps of a derivation share, before the first of them."""
    among = None if reach.is_everything else ("item_id", reach.items | reach.around)
    items = store.frame("tracker_item", ITEM_COLUMNS, texts=_UNIQUE, among=among)
    ids = items.keys("item_id")
    position = {item: index for index, item in enumerate(ids)}
    parents = items.codes("parent_id")
    parent_rows = np.array([*(position.get(one, -1) for one in parents.words), -1], dtype=np.int64)
    calendars, calendar_of_schedule = calendars_of(store, settings)
    is_reached = np.ones(len(ids), dtype=bool)
    if not reach.is_everything:
        is_reached = np.fromiter((one in reach.items for one in ids), dtype=bool, count=len(ids))
    people = People(stored_identities(store), settings.aliases, settings.left)
    for source, owner in reach.owners:
        person = people.person(source, owner)
        if person is not None:
            reach.persons.add(person.person_id)
    return Workspace(
        settings=settings,
        today=today,
        now=now,
        items=items,
        derived=Frame(len(ids), {"item_id": items.column("item_id")}),
        position=position,
        is_reached=is_reached,
        hierarchy=hierarchy_of(parent_rows[parents.codes]),
        people=people,
        placement=Placement(settings.tree),
        calendars=calendars,
        calendar_ids=_calendar_ids(items.codes("schedule_id"), calendar_of_schedule),
        reach=reach,
        former_keys=_former_keys(store) if reach.is_everything else {},
    )


def calendars_of(
    store: Store, settings: DeriveSettings
) -> tuple[dict[str, WorkCalendar], dict[str | None, str]]:
    """The portfolio's working calendar and those of schedules, and which schedule has which."""
    days_off = [*public_holidays(settings.holidays), *settings.days_off]
    calendars = {PORTFOLIO_CALENDAR: work_calendar(settings.weekdays, days_off=days_off)}
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


def stored_identities(store: Store) -> list[Identity]:
    """The accounts of all sources."""
    names = ("source", "account_id", "name", "email", "kind", "is_active", "directory_id")
    rows = store.read("tracker_identity", names)
    return [
        Identity(**dict(zip(names, row, strict=True)))
        for row in zip(*(rows[name] for name in names), strict=True)
    ]


def _calendar_ids(schedules: Coded, calendar_of_schedule: dict[str | None, str]) -> Coded:
    words = [*schedules.words, PORTFOLIO_CALENDAR]
    codes = np.where(schedules.codes < 0, len(words) - 1, schedules.codes).astype(np.int32)
    return Coded(codes, words).mapped(lambda one: calendar_of_schedule.get(one, PORTFOLIO_CALENDAR))


def _former_keys(store: Store) -> dict[str, str]:
    """The keys that items had before they moved; of several items that had one, the last."""
    names = ("at", "item_id", "before")
    rows = store.frame("tracker_change", names, texts=names[1:], among=("field", ["key"]))
    order = np.argsort(rows.instants("at"), kind="stable").tolist()
    items, before = rows.keys("item_id"), rows.texts("before")
    return {str(before[row]): items[row] for row in order if before[row]}
