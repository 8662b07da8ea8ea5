"""The derive step: reads what connectors delivered as columns, computes, and writes the derived columns back.

Nothing here asks a tracker. Rows that come out as they were are not written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from portfolio.records import Identity
from portfolio.views import VIEWS
from schedule.calendars import WorkCalendar, workday_table
from schedule.hierarchy import build_hierarchy
from sync.absences import derive_absences
from sync.derive_baselines import derive_baselines
from sync.derive_calendars import calendar_ids, calendars_of
from sync.derive_dates import derive_dates
from sync.derive_links import derive_dependencies, linked_addresses
from sync.derive_promises import derive_promises
from sync.derive_replans import derive_replans
from sync.derive_schedules import derive_persons, derive_schedules
from sync.derive_twins import derive_twins
from sync.people import People
from sync.placement import Placement
from sync.teams import Teams
from sync.timeline import read_timelines
from sync.workspace import PORTFOLIO_CALENDAR, Columns, DeriveSettings, Workspace, by_calendar, ordinals

if TYPE_CHECKING:
    from store import Store

_ITEM_COLUMNS = (
    "item_id", "source", "key", "scope", "kind", "title", "schedule_id", "parent_id", "state", "status",
    "is_summary", "is_detail", "is_milestone", "is_blocked", "owner_id", "team", "start", "due",
    "actual_start", "actual_finish", "deadline", "constraint_date", "baseline_name", "baseline_start",
    "baseline_finish", "baseline_start_at", "baseline_finish_at", "duration_minutes", "total_float_minutes",
    "percent_complete", "iteration_id", "release_id", "release_ids", "labels", "twin_keys", "linked_urls",
    "created_at", "updated_at", "blocked_since", "points",
)  # fmt: skip
_ORDINALS = tuple(column for column in VIEWS["item"].columns if column.has_ordinal)
_RISK_ORDINALS = ("response_due", "review_due", "proximity_from", "proximity_to")


@dataclass(frozen=True, slots=True)
class DeriveCounts:
    """How much there was and how many rows changed.

    `unknown_ends` are dependencies that lead out of the portfolio, `missing_baseline` is the configured one
    where nothing is stored under its name.
    """

    items: int
    changed: int
    unknown_ends: int = 0
    missing_baseline: str | None = None


def derive(store: Store, settings: DeriveSettings, *, today: date, now: datetime) -> DeriveCounts:
    """Compute every derived column of the portfolio as of `today` and store what changed.

    Args:
        store: holds what was pulled; receives what is derived.
        settings: calendar, tree, aliases and twins of the configuration.
        today: the day of the run in the portfolio's zone.
        now: the instant of the run, aware.
    """
    calendars, calendar_of_schedule = calendars_of(store, settings)
    items = store.read("tracker_item", _ITEM_COLUMNS)
    count = len(items["item_id"])
    placement = Placement(settings.tree)
    work = Workspace(
        settings=settings,
        today=today,
        now=now,
        items=items,
        position={item: index for index, item in enumerate(items["item_id"])},
        hierarchy=build_hierarchy(items["item_id"], items["parent_id"]),
        people=People(stored_identities(store), settings.aliases),
        placement=placement,
        calendars=calendars,
        calendar_ids=list(calendar_ids(items, calendar_of_schedule, placement)),
        derived={"item_id": items["item_id"]},
    )
    timelines, former_keys = read_timelines(
        store.read("tracker_change", ("at", "item_id", "by", "field", "before", "after"))
    )
    _places_and_shape(work)
    _owners(work)
    _teams(work, store)
    baselines = derive_baselines(work, store)
    derive_dates(work, store)
    derive_absences(work)
    replans = derive_replans(work, timelines, store)
    derive_promises(work, timelines, store)
    addresses = linked_addresses(work, store, former_keys)
    links = derive_dependencies(work, store, addresses)
    changed = replans + links.changed + derive_twins(work, store, former_keys, addresses, links.ordered)
    changed += derive_schedules(work, store, baselines)
    changed += derive_persons(work, store)
    changed += _write(work, store)
    return DeriveCounts(count, changed, links.unknown_ends, baselines.missing)


def set_today(store: Store, settings: DeriveSettings, today: date) -> None:
    """Tell the store the working-day number of today in each calendar, for rules that compare with it."""
    calendars, _ = calendars_of(store, settings)
    _write_today(store, calendars, today)


def _write_today(store: Store, calendars: Mapping[str, WorkCalendar], today: date) -> None:
    names = sorted(calendars)
    store.replace(
        "derived_today",
        {
            "calendar_id": names,
            "day": [today] * len(names),
            "ord": [calendars[name].ordinal(today) for name in names],
        },
    )


def stored_identities(store: Store) -> list[Identity]:
    """The accounts of all sources."""
    names = ("source", "account_id", "name", "email", "kind", "is_active", "directory_id")
    rows = store.read("tracker_identity", names)
    return [
        Identity(**dict(zip(names, row, strict=True)))
        for row in zip(*(rows[name] for name in names), strict=True)
    ]


def _places_and_shape(work: Workspace) -> None:
    items, derived = work.items, work.derived
    places = [
        work.placement.place(source, scope)
        for source, scope in zip(items["source"], items["scope"], strict=True)
    ]
    derived["calendar_id"] = list(work.calendar_ids)
    derived["portfolio"] = [place.portfolio for place in places]
    derived["program"] = [place.program for place in places]
    derived["project"] = [place.project for place in places]
    hierarchy = work.hierarchy
    parents = hierarchy.parent.tolist()
    derived["parent_key"] = [items["key"][above] if above >= 0 else None for above in parents]
    derived["depth"] = hierarchy.depth.tolist()
    has_children = hierarchy.has_children.tolist()
    derived["is_leaf"] = [not children for children in has_children]
    derived["is_summary"] = [
        children or bool(own) for children, own in zip(has_children, items["is_summary"], strict=True)
    ]
    is_open = np.array([state not in ("done", "removed") for state in items["state"]], dtype=np.float64)
    open_children = np.zeros(len(parents), dtype=np.int64)
    inner = hierarchy.parent >= 0
    np.add.at(open_children, hierarchy.parent[inner], is_open[inner].astype(np.int64))
    derived["open_children"] = open_children.tolist()


def _owners(work: Workspace) -> None:
    items, derived, people = work.items, work.derived, work.people
    derived["owner"], derived["owner_email"], derived["owner_kind"], derived["owner_problem"] = [], [], [], []
    known: dict[tuple[str, str | None], tuple[Any, ...]] = {}
    for source, owner_id in zip(items["source"], items["owner_id"], strict=True):
        if (source, owner_id) not in known:
            identity = people.identity(source, owner_id)
            person = people.person(source, owner_id)
            known[source, owner_id] = (
                identity.name if identity else owner_id,
                person.email if person else None,
                identity.kind if identity else (None if owner_id is None else "unknown"),
                people.owner_problem(source, owner_id),
            )
        name, email, kind, problem = known[source, owner_id]
        derived["owner"].append(name)
        derived["owner_email"].append(email)
        derived["owner_kind"].append(kind)
        derived["owner_problem"].append(problem)


def _teams(work: Workspace, store: Store) -> None:
    """The team that an item names, else the one that is responsible for its scope."""
    schedules = store.read("tracker_schedule", ("schedule_id", "team_areas"))
    teams = {one: Teams(areas) for one, areas in zip(*schedules.values(), strict=True) if areas}
    items = work.items
    items["team"] = work.derived["team"] = [
        own or (teams[schedule].of(scope) if schedule in teams else None)
        for own, schedule, scope in zip(items["team"], items["schedule_id"], items["scope"], strict=True)
    ]


def _write(work: Workspace, store: Store) -> int:
    _write_today(store, work.calendars, work.today)
    changed = store.replace("derived_workday", workday_table(work.portfolio_calendar))
    changed += store.replace("derived_item", work.derived)
    changed += store.replace("derived_item_ordinal", _item_ordinals(work))
    return changed + _risk_rows(work, store)


def _item_ordinals(work: Workspace) -> Columns:
    zone = ZoneInfo(work.settings.timezone)
    columns: Columns = {"item_id": work.items["item_id"]}
    groups = by_calendar(work.calendar_ids)
    for column in _ORDINALS:
        values = work.derived.get(column.name, work.items.get(column.name))
        if values is None or not any(values):
            continue
        columns[f"{column.name}_ord"] = ordinals(
            work, groups, values, zone, is_instant=column.type == "instant"
        )
    return columns


def _risk_rows(work: Workspace, store: Store) -> int:
    names = ("item_id", "probability", "impact", "last_review_at", *_RISK_ORDINALS)
    risks = store.read("tracker_risk", names)
    calendars = [
        work.calendar_ids[work.position[item]] if item in work.position else PORTFOLIO_CALENDAR
        for item in risks["item_id"]
    ]
    groups = by_calendar(calendars)
    zone = ZoneInfo(work.settings.timezone)
    columns: Columns = {
        "item_id": risks["item_id"],
        "exposure": [
            None if one is None or other is None else one * other
            for one, other in zip(risks["probability"], risks["impact"], strict=True)
        ],
        "last_review_at_ord": ordinals(work, groups, risks["last_review_at"], zone, is_instant=True),
    }
    for name in _RISK_ORDINALS:
        columns[f"{name}_ord"] = ordinals(work, groups, risks[name], zone, is_instant=False)
    return store.replace("derived_risk", columns)
