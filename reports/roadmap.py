"""The roadmap: what each project delivers when, on which promise and forecast, and what waits for what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from portfolio.agenda import Freeze, Meeting, meetings
from reports import twins
from reports.dependencies import state_of
from reports.reading import Item, Views

SHOWN_KINDS = frozenset({"initiative", "epic", "feature", "milestone", "gate"})
DONE_FOR = timedelta(days=90)  # what was finished longer ago is history
_FEW = 8  # a plan with fewer milestones and summaries than this shows its tasks as well
_MOST = 250


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line or diamond of the roadmap.

    Attributes:
        item: the side of the work that is shown.
        also: keys of the same work in other trackers.
        frozen: names of the freezes into which its expected finish falls.
    """

    item: Item
    also: Sequence[str]
    frozen: Sequence[str]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the roadmap that waits for another one, in another project or tracker.

    Attributes:
        predecessor_id, successor_id: entries of the roadmap.
        crosses_source: from one tracker to another.
        is_late: a predecessor is expected to end after its successor starts, or is past its own date.
        count: how many dependencies this stands for.
    """

    predecessor_id: str
    successor_id: str
    crosses_source: bool
    is_late: bool
    count: int


class Roadmap(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the timeline shows, and the days from which to which it goes."""

    entries: Sequence[Entry]
    links: Sequence[Link]
    meetings: Sequence[Meeting]
    freezes: Sequence[Freeze]
    first: date
    last: date


def roadmap(views: Views) -> Roadmap:
    """Gather it: containers and milestones, open or finished in the last 90 days, by expected finish."""
    scope = views.scope
    known = [one for one in (*views.open_items, *views.done_items) if _is_recent(one, scope.today)]
    chosen = [one for one in known if one.is_milestone or one.kind in SHOWN_KINDS or _is_heading(one)]
    chosen += _tasks_of_small_plans(known, chosen)
    freezes = [one for one in scope.freezes if views.concerns(one.project)]
    entries = [
        Entry(item=item, also=also, frozen=_frozen(item, freezes))
        for item, also in twins.shown_once(chosen, views.sides)
        if item.finish is not None or item.start is not None
    ]
    entries.sort(key=lambda one: (one.item.finish or date.max, one.item.key))
    first, last = _window(scope.today, [one.item for one in entries])
    mine = [one for one in scope.committees if views.concerns(one.project)]
    return Roadmap(
        entries=entries,
        links=_links(views, entries),
        meetings=meetings(mine, first, last),
        freezes=[one for one in freezes if one.last >= first and one.first <= last],
        first=first,
        last=last,
    )


def _is_recent(item: Item, today: date) -> bool:
    return item.is_open or (item.actual_finish is not None and item.actual_finish >= today - DONE_FOR)


def _is_heading(item: Item) -> bool:
    return item.is_summary and item.kind == "task" and (item.depth or 0) <= 1


def _tasks_of_small_plans(known: Iterable[Item], chosen: Sequence[Item]) -> list[Item]:
    """The tasks of plans that would otherwise show next to nothing, as far as there are not too many."""
    counts: dict[str | None, int] = {}
    for one in chosen:
        counts[one.schedule_id] = counts.get(one.schedule_id, 0) + 1
    has_containers = any(one.kind in SHOWN_KINDS - {"milestone", "gate"} for one in chosen)
    if has_containers:
        return []
    have = {one.item_id for one in chosen}
    return [
        one
        for one in known
        if one.item_id not in have and one.kind == "task" and counts.get(one.schedule_id, 0) < _FEW
    ][:_MOST]


def _frozen(item: Item, freezes: Iterable[Freeze]) -> list[str]:
    day = item.p50 or item.due
    if item.is_done or day is None or not (item.is_milestone or item.is_committed):
        return []
    places = {None, item.project, item.program, item.portfolio}
    return [one.name for one in freezes if one.first <= day <= one.last and one.project in places]


def _window(today: date, items: Iterable[Item]) -> tuple[date, date]:
    days = [
        day for one in items for day in (one.start, one.commitment, one.p80, one.finish) if day is not None
    ]
    near = [day for day in days if today - timedelta(days=730) <= day <= today + timedelta(days=1460)]
    first = min((*near, today - timedelta(days=30)))
    last = max((*near, today + timedelta(days=90)))
    return first.replace(day=1), last + timedelta(days=14)


def _links(views: Views, entries: Sequence[Entry]) -> list[Link]:
    """The open dependencies between lines of different projects or trackers, each drawn once.

    A dependency of something that is not a line itself is drawn at the nearest line above it.
    """
    groups = views.sides
    shown: dict[str, str] = {}
    for entry in entries:
        for side in groups.get(entry.item.item_id, (entry.item.item_id,)):
            shown[side] = entry.item.item_id

    def line_of(item_id: str) -> str | None:
        for _ in range(12):
            if item_id in shown:
                return shown[item_id]
            item = views.by_id.get(item_id)
            if item is None or item.parent_id is None:
                return None
            item_id = item.parent_id
        return None

    found: dict[tuple[str, str], Link] = {}
    for row in views.rows("dependency"):
        if row["successor_is_done"] or row["predecessor_is_done"]:
            continue
        one, other = line_of(row["predecessor_id"]), line_of(row["successor_id"])
        if one is None or other is None or one == other:
            continue
        if not row["crosses_source"] and views.unit_of(views.by_id[one]) == views.unit_of(views.by_id[other]):
            continue
        before = found.get((one, other))
        found[one, other] = Link(
            predecessor_id=one,
            successor_id=other,
            crosses_source=bool(row["crosses_source"]) or (before is not None and before.crosses_source),
            is_late=state_of(row, views.scope.today) == "late" or (before is not None and before.is_late),
            count=1 if before is None else before.count + 1,
        )
    return list(found.values())
