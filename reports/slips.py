"""Slips: what is later than promised, what drives it, how often it was moved, and how milestones drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise, takewhile

import msgspec

from reports.reading import Item, Views

CHAIN_LENGTH = 12
TREND_DAYS = 400
TRENDS = 15  # more lines than that nobody can read


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """One open item that is later than promised, past its date, or moved again and again.

    Attributes:
        item: the item; `slip_wd`, `overdue_wd`, `push_count` are its own.
        chain: what drives its start, from its own driver to the first cause, or as far as it is in scope.
        cause: the reason in words: what it waits for, or that its own work is late.
    """

    item: Item
    chain: Sequence[Item]
    cause: str

    @property
    def worst_wd(self) -> int:
        """The larger of its slip and the working days by which it is overdue; 0 where neither is known."""
        return max(self.item.slip_wd or 0, self.item.overdue_wd or 0)


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of the finish of one milestone, and when: the line of a milestone trend chart.

    Attributes:
        points: (the day on which it was said, the date that was said), by day; the last one is today's.
        forecast: its P50, where that is not the date that is said; None where there is none.
        moved_wd: working days from the first to the last; positive is later.
        moves: how often it changed.
        slope: days of slip per day of the last months; None where too little is known.
        projected_finish: where that leads; None where it is not known or nowhere.
    """

    item: Item
    points: Sequence[tuple[date, date]]
    forecast: date | None
    moved_wd: int
    moves: int
    slope: float | None
    projected_finish: date | None


class Slips(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is late or drifts.

    Attributes:
        rows: the worst first.
        trends: milestones and committed containers whose date has moved, the furthest first; then those that
            stand still, as far as there is room.
        milestones: how many open milestones there are, and of how many something is known.
        histogram: (label, number) of open work by its slip; twins count once, by the side that slips more.
        unknown: open work whose slip cannot be known: no promise, or no date.
    """

    rows: Sequence[Slip]
    trends: Sequence[Trend]
    milestones: int
    histogram: Sequence[tuple[str, int]]
    unknown: int


_BINS: Sequence[tuple[str, int, int]] = (
    ("early", -100_000, -1),
    ("on time", 0, 0),
    ("1–2", 1, 2),
    ("3–5", 3, 5),
    ("6–10", 6, 10),
    ("11–20", 11, 20),
    ("over 20", 21, 100_000),
)


def slips(views: Views) -> Slips:
    """Gather what is late."""
    work = [one for one in views.open_items if one.kind != "risk"]
    rows = [
        _slip(views, item)
        for item in work
        if (item.slip_wd or 0) > 0 or item.is_overdue or (item.push_count or 0) > 1
    ]
    rows.sort(key=lambda one: (-one.worst_wd, -(one.item.push_count or 0), one.item.key))
    most: dict[str, int] = {}
    for one in views.work:
        if one.slip_wd is not None:
            most[views.piece(one)] = max(most.get(views.piece(one), one.slip_wd), one.slip_wd)
    known = most.values()
    return Slips(
        rows=rows,
        trends=_trends(views),
        milestones=sum(one.is_milestone for one in work),
        histogram=[(label, sum(low <= one <= high for one in known)) for label, low, high in _BINS],
        unknown=views.pieces(views.work) - len(known),
    )


def _slip(views: Views, item: Item) -> Slip:
    chain = driver_chain(views, item)
    in_scope = list(takewhile(lambda one: one.item_id in views.by_id, chain))
    return Slip(item=item, chain=in_scope, cause=_cause(item, chain))


def driver_chain(views: Views, item: Item) -> list[Item]:
    """What drives an item's start, and what drives that, as far as it is known; at most 12 steps.

    What drives it may stand outside the scope: it is the cause all the same.
    """
    found: list[Item] = []
    seen = {item.item_id}
    step = item
    while step.driver_id is not None and step.driver_id not in seen and len(found) < CHAIN_LENGTH:
        seen.add(step.driver_id)
        driver = views.anywhere(step.driver_id)
        if driver is None:
            break
        found.append(driver)
        step = driver
    return found


def _cause(item: Item, chain: Sequence[Item]) -> str:
    open_ones = [one for one in chain if one.is_open]
    if open_ones:
        first = open_ones[-1]
        if (first.slip_wd or 0) > 0 or first.is_overdue:
            return f"waits for {first.key}, which is late itself"
        return f"waits for {open_ones[0].key}"
    if item.is_overdue and item.state == "todo":
        return "not started, and its date has passed"
    if item.is_overdue:
        return "under way past its date"
    if (item.push_count or 0) > 1:
        return f"its date was pushed {item.push_count} times"
    return "forecast later than promised"


def _trends(views: Views) -> list[Trend]:
    today = views.scope.today
    since = today - timedelta(days=TREND_DAYS)
    rows = views.store.date_snapshots(since, today)
    said: dict[str, list[tuple[date, date]]] = {}
    for item_id, day, finish in zip(*(rows[name] for name in ("item_id", "day", "finish")), strict=True):
        if finish is not None:
            said.setdefault(item_id, []).append((day, finish))
    for item_id, points in _edits(views, since).items():
        said.setdefault(item_id, points)
    slopes = {row["item_id"]: row for row in views.rows("milestone")}
    found = [
        trend
        for item in views.open_items
        if item.is_milestone or item.kind in ("epic", "feature", "initiative", "gate")
        if (trend := _trend(views, item, said.get(item.item_id, []), slopes.get(item.item_id))) is not None
    ]
    found.sort(key=lambda one: (-abs(one.moved_wd), -one.moves, not one.item.is_milestone, one.item.key))
    return found[: TRENDS * 4]


def _trend(
    views: Views, item: Item, points: list[tuple[date, date]], row: dict[str, object] | None
) -> Trend | None:
    now = item.due
    if now is None or not points:
        return None
    told = [*(one for one in sorted(points) if one[0] < views.scope.today), (views.scope.today, now)]
    moves = sum(one[1] != other[1] for one, other in pairwise(told))
    if len(told) < 2:
        return None
    slope = None if row is None else row["slope"]
    projected = None if row is None else row["projected_finish"]
    return Trend(
        item=item,
        points=told,
        forecast=item.p50 if item.p50 != now else None,
        moved_wd=views.scope.working_days(told[0][1], now) or 0,
        moves=moves,
        slope=slope if isinstance(slope, float) else None,
        projected_finish=projected if isinstance(projected, date) else None,
    )


def _edits(views: Views, since: date) -> dict[str, list[tuple[date, date]]]:
    """What the timelines tell of dates of which no snapshots are kept: epics and features."""
    wanted = {
        one.item_id: one
        for one in views.open_items
        if one.kind in ("epic", "feature", "initiative") and (one.push_count or one.pull_count)
    }
    found: dict[str, list[tuple[date, date]]] = {}
    if not wanted:
        return found
    rows = views.store.rows("change", where={"field": "due", "item_id": sorted(wanted)})
    for row in sorted(rows, key=lambda one: str(one["at"])):
        item = wanted[str(row["item_id"])]
        day = views.scope.day(row["at"])  # type: ignore[arg-type]
        before, after = (_day(row[name]) for name in ("before", "after"))
        mine = found.setdefault(item.item_id, [])
        if not mine and before is not None:
            mine.append((max(since, views.scope.day(item.committed_at or item.created_at) or since), before))
        if day is not None and after is not None:
            mine.append((day, after))
    return found


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
