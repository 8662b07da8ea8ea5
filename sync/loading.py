"""Loads what one derivation works on: everything, or what a change reaches and what stands around it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import Identity
from schedule.hierarchy import hierarchy_of
from store.frames import Frame
from sync.changed import Reach
from sync.derive_calendars import calendar_ids, calendars_of
from sync.people import People
from sync.placement import Placement
from sync.workspace import DeriveSettings, Workspace

if TYPE_CHECKING:
    from store import Store

ITEM_COLUMNS = (
    "item_id", "source", "key", "scope", "kind", "schedule_id", "parent_id", "state", "status",
    "is_milestone", "is_summary", "is_detail", "is_blocked", "owner_id", "team", "start", "due",
    "actual_start", "actual_finish", "deadline", "constraint_date", "baseline_start", "baseline_finish",
    "duration_minutes", "total_float_minutes", "free_float_minutes", "percent_complete", "iteration_id",
    "release_id", "release_ids", "twin_keys", "linked_urls", "created_at", "updated_at", "blocked_since",
    "constraint_type", "is_critical", "start_at", "finish_at", "baseline_duration_minutes",
    "assignment_count", "estimate_hours", "budget", "forecast_cost", "priority_rank", "sort",
    "remaining_hours",
)  # fmt: skip
_UNIQUE = ("item_id", "key")
# Read only where the configuration gives a reason to.
_OF_MOMENTS = {"label": "labels"}
_OF_BASELINES = ("baseline_name", "baseline_start_at", "baseline_finish_at")


def load(store: Store, settings: DeriveSettings, reach: Reach, *, today: date, now: datetime) -> Workspace:
    """Everything that the steps of a derivation share, before the first of them."""
    among = None if reach.is_everything else ("item_id", reach.items | reach.around)
    items = store.frame("tracker_item", (*ITEM_COLUMNS, *_more_columns(settings)), texts=_UNIQUE, among=among)
    ids = items.keys("item_id")
    position = {item: index for index, item in enumerate(ids)}
    parents = items.codes("parent_id")
    parent_rows = np.array([*(position.get(one, -1) for one in parents.words), -1], dtype=np.int64)
    calendars, calendar_of_schedule = calendars_of(store, settings)
    placement = Placement(settings.tree)
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
        placement=placement,
        calendars=calendars,
        calendar_ids=calendar_ids(items, calendar_of_schedule, placement),
        reach=reach,
        former_keys=_former_keys(store) if reach.is_everything else {},
    )


def _more_columns(settings: DeriveSettings) -> list[str]:
    kinds = settings.moments
    found = [column for kind, column in _OF_MOMENTS.items() if kind in kinds]
    return found if settings.baseline is None else [*found, *_OF_BASELINES]


def stored_identities(store: Store) -> list[Identity]:
    """The accounts of all sources."""
    names = ("source", "account_id", "name", "email", "kind", "is_active", "directory_id")
    rows = store.read("tracker_identity", names)
    return [
        Identity(**dict(zip(names, row, strict=True)))
        for row in zip(*(rows[name] for name in names), strict=True)
    ]


def _former_keys(store: Store) -> dict[str, str]:
    """The keys that items had before they moved; of several items that had one, the last."""
    names = ("at", "item_id", "before")
    rows = store.frame("tracker_change", names, texts=names[1:], among=("field", ["key"]))
    order = np.argsort(rows.instants("at"), kind="stable").tolist()
    items, before = rows.keys("item_id"), rows.texts("before")
    return {str(before[row]): items[row] for row in order if before[row]}
