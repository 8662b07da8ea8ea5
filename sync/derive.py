"""The derive step: reads what connectors delivered as columns, computes, and writes the derived columns back.

Nothing here asks a tracker. Rows that come out as they were are not written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from portfolio.records import Identity, ItemId
from portfolio.views import VIEWS
from schedule.calendars import WorkCalendar, public_holidays, work_calendar, workday_table
from schedule.commitment import Promise, promise_of
from schedule.effective_due import effective_due, slip
from schedule.hierarchy import build_hierarchy
from sync.derive_links import derive_dependencies, linked_addresses
from sync.derive_schedules import derive_persons, derive_schedules
from sync.derive_twins import derive_twins
from sync.people import People
from sync.placement import Placement
from sync.teams import Teams
from sync.timeline import Timeline, committed_at, read_timelines
from sync.workspace import PORTFOLIO_CALENDAR, Columns, DeriveSettings, Workspace, by_calendar, ordinals

if TYPE_CHECKING:
    from store import Store

_ITEM_COLUMNS = (
    "item_id", "source", "key", "scope", "kind", "title", "schedule_id", "parent_id", "state", "status",
    "is_summary", "is_detail", "is_milestone", "is_blocked", "owner_id", "team", "start", "due",
    "actual_start", "actual_finish", "deadline", "constraint_date", "baseline_start", "baseline_finish",
    "duration_minutes", "total_float_minutes", "percent_complete", "iteration_id", "release_id",
    "release_ids", "twin_keys", "linked_urls", "created_at", "updated_at", "blocked_since", "points",
)  # fmt: skip
_ORDINALS = tuple(column for column in VIEWS["item"].columns if column.has_ordinal)
_RISK_ORDINALS = ("response_due", "review_due", "proximity_from", "proximity_to")


@dataclass(frozen=True, slots=True)
class DeriveCounts:
    """How much there was, how many rows changed, and how many dependencies lead out of the portfolio."""

    items: int
    changed: int
    unknown_ends: int = 0


def derive(store: Store, settings: DeriveSettings, *, today: date, now: datetime) -> DeriveCounts:
    """Compute every derived column of the portfolio as of `today` and store what changed.

    Args:
        store: holds what was pulled; receives what is derived.
        settings: calendar, tree, aliases and twins of the configuration.
        today: the day of the run in the portfolio's zone.
        now: the instant of the run, aware.
    """
    calendars, calendar_of_schedule = _calendars(store, settings)
    items = store.read("tracker_item", _ITEM_COLUMNS)
    count = len(items["item_id"])
    work = Workspace(
        settings=settings,
        today=today,
        now=now,
        items=items,
        position={item: index for index, item in enumerate(items["item_id"])},
        hierarchy=build_hierarchy(items["item_id"], items["parent_id"]),
        people=People(stored_identities(store), settings.aliases, settings.left),
        placement=Placement(settings.tree),
        calendars=calendars,
        calendar_ids=[calendar_of_schedule.get(one, PORTFOLIO_CALENDAR) for one in items["schedule_id"]],
        derived={"item_id": items["item_id"]},
    )
    timelines, former_keys = read_timelines(
        store.read("tracker_change", ("at", "item_id", "field", "before", "after"))
    )
    _places_and_shape(work)
    _owners(work)
    _teams(work, store)
    _dates(work, store)
    _promises(work, timelines, store)
    addresses = linked_addresses(work, store, former_keys)
    links = derive_dependencies(work, store, addresses)
    changed = links.changed + derive_twins(work, store, former_keys, addresses, links.ordered)
    changed += derive_schedules(work, store)
    changed += derive_persons(work, store)
    changed += _write(work, store)
    return DeriveCounts(count, changed, links.unknown_ends)


def set_today(store: Store, settings: DeriveSettings, today: date) -> None:
    """Tell the store the working-day number of today in each calendar, for rules that compare with it."""
    calendars, _ = _calendars(store, settings)
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


def _calendars(
    store: Store, settings: DeriveSettings
) -> tuple[dict[str, WorkCalendar], dict[str | None, str]]:
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
    known: dict[tuple[str, str | None, str | None], tuple[Any, ...]] = {}
    teams = {node.slug: people.members(node.people) for node in work.settings.tree if node.people is not None}
    for source, owner_id, project in zip(items["source"], items["owner_id"], derived["project"], strict=True):
        if (source, owner_id, project) not in known:
            identity = people.identity(source, owner_id)
            person = people.person(source, owner_id)
            known[source, owner_id, project] = (
                identity.name if identity else owner_id,
                person.email if person else None,
                identity.kind if identity else (None if owner_id is None else "unknown"),
                people.owner_problem(source, owner_id, teams.get(project)),
            )
        name, email, kind, problem = known[source, owner_id, project]
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


def _dates(work: Workspace, store: Store) -> None:
    items, derived = work.items, work.derived
    iterations = store.read("tracker_iteration", ("iteration_id", "name", "end"))
    iteration_rows = {row[0]: row[1:] for row in zip(*iterations.values(), strict=True)}
    releases = store.read("tracker_release", ("release_id", "name", "date"))
    release_rows = {row[0]: row[1:] for row in zip(*releases.values(), strict=True)}
    unknown = (None, None)
    derived["iteration"], derived["iteration_end"] = map(
        list, _split(iteration_rows.get(one, unknown) for one in items["iteration_id"])
    )
    derived["release"], derived["release_date"] = map(
        list, _split(release_rows.get(one, unknown) for one in items["release_id"])
    )
    derived["releases"] = [
        [release_rows[one][0] for one in many or () if one in release_rows] for many in items["release_ids"]
    ]
    own_due = items["due"]
    has_due = np.array([day is not None for day in own_due], dtype=bool)
    ancestors = work.hierarchy.nearest_ancestor(has_due).tolist()
    derived["parent_due"] = [own_due[above] if above >= 0 else None for above in ancestors]
    finishes = _plan_finishes(work, store)
    pairs = [
        effective_due(own, iteration, release, parent, finishes.get(schedule))
        for own, iteration, release, parent, schedule in zip(
            own_due,
            derived["iteration_end"],
            derived["release_date"],
            derived["parent_due"],
            items["schedule_id"],
            strict=True,
        )
    ]
    derived["effective_due"], derived["effective_due_source"] = map(list, _split(pairs))


def _split(pairs: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    columns = tuple(zip(*pairs, strict=True))
    return (columns[0], columns[1]) if columns else ((), ())


def _plan_finishes(work: Workspace, store: Store) -> dict[str, date]:
    """The last due date of each plan. A Jira or Azure DevOps project has no finish of its own."""
    plans = _plans(store)
    finishes: dict[str, date] = {}
    for schedule, due in zip(work.items["schedule_id"], work.items["due"], strict=True):
        if schedule in plans and due is not None:
            finishes[schedule] = max(due, finishes.get(schedule, due))
    return finishes


def _plans(store: Store) -> set[str]:
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    return {one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan"}


def _promises(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> None:
    items, derived = work.items, work.derived
    iterations = store.read("tracker_iteration", ("iteration_id", "start"))
    starts = dict(zip(*iterations.values(), strict=True))
    names = (
        "commitment", "first_commitment", "committed_at", "is_committed", "push_count", "push_count_90d",
        "pull_count", "pushed_wd", "slip_wd", "slip_pair", "last_activity_at", "last_transition_at",
        "state_since", "blocked_since", "age_wd", "total_float_wd",
    )  # fmt: skip
    for name in names:
        derived[name] = []
    plans = _plans(store)
    for index, item in enumerate(items["item_id"]):
        timeline = timelines.get(item)
        calendar = work.calendar_of(index)
        has_history = (
            items["schedule_id"][index] not in plans
        )  # a saved plan does not tell what it said before
        promise = _promise(work, index, timeline, starts, has_history=has_history)
        commitment = promise.first
        derived["commitment"].append(commitment)
        derived["first_commitment"].append(commitment)
        derived["committed_at"].append(promise.committed_at)
        derived["is_committed"].append(promise.committed_at is not None or commitment is not None)
        derived["push_count"].append(promise.push_count if has_history else None)
        derived["push_count_90d"].append(promise.push_count_90d if has_history else None)
        derived["pull_count"].append(promise.pull_count if has_history else None)
        derived["pushed_wd"].append(promise.pushed_wd if has_history else None)
        current = items["actual_finish"][index] or derived["effective_due"][index]
        pair = slip(commitment, items["baseline_finish"][index], None, current)
        derived["slip_wd"].append(pair and calendar.working_days_between(pair[0], pair[1]))
        derived["slip_pair"].append(pair and pair[2])
        created = items["created_at"][index]
        transition = timeline.states[-1][0] if timeline and timeline.states else None
        derived["last_activity_at"].append((timeline and timeline.last_activity_at) or created)
        derived["last_transition_at"].append(transition)
        derived["state_since"].append(transition or created)
        derived["blocked_since"].append(_blocked_since(items, index, timeline))
        born = created and created.astimezone(ZoneInfo(work.settings.timezone)).date()
        derived["age_wd"].append(calendar.working_days_between(born, work.today))
        minutes = items["total_float_minutes"][index]
        derived["total_float_wd"].append(None if minutes is None else round(minutes / 480))


def _blocked_since(items: Columns, index: int, timeline: Timeline | None) -> datetime | None:
    """Since when an item is blocked: as its tracker says, else as its history does; None is unknown."""
    if not items["is_blocked"][index]:
        return None
    said: datetime | None = items["blocked_since"][index]
    return said or (timeline.blocked_since if timeline else None)


def _promise(
    work: Workspace,
    index: int,
    timeline: Timeline | None,
    starts: Mapping[str, date | None],
    *,
    has_history: bool,
) -> Promise:
    items = work.items
    if items["baseline_finish"][index] or items["deadline"][index]:
        # A plan's promise is written in the plan: its baseline, else its deadline.
        return Promise(items["baseline_finish"][index] or items["deadline"][index], None, 0, 0, 0, 0)
    history = timeline or Timeline()
    moment = committed_at(
        history,
        items["created_at"][index],
        items["state"][index],
        release_ids=items["release_ids"][index] or (),
        iteration_starts=starts,
        now=work.now,
    )
    if not has_history:
        # Its present date is no promise: compared with itself, it would never slip.
        return Promise(None, moment, 0, 0, 0, 0)
    return promise_of(
        items["due"][index],
        history.due,
        moment,
        calendar=work.calendar_of(index),
        today=work.today,
        settle_days=work.settings.settle_days,
    )


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
