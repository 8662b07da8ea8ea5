"""How far a change of an item reaches in its own tracker: up, down, and over its plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId
from store.frames import Frame
from sync.changed import DEEPEST, Changed, Reach, ReachesEverything, as_day
from sync.schedules import plan_ids

if TYPE_CHECKING:
    from store import Store


def spread_up_and_down(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """Parents count their children; children show their parent's key, and have its date and its depth."""
    moved = {one.item_id for one in changed if one.came_or_went or "parent_id" in one.columns}
    for one in changed:
        if one.item_id in moved or "state" in one.columns:
            reach.add(one.values("parent_id"))
    renamed = {one.item_id for one in changed if "key" in one.columns}
    reach.add(children_of(store, renamed).keys("item_id"))
    _descend(store, reach, moved, past_dates=True)
    # The date of what has one of its own reaches no further.
    _descend(store, reach, {one.item_id for one in changed if "due" in one.columns}, past_dates=False)


def _descend(store: Store, reach: Reach, items: set[ItemId], *, past_dates: bool) -> None:
    level, seen = items, set(items)
    for _ in range(DEEPEST):
        if not level:
            return
        below = children_of(store, level)
        reach.add(below.keys("item_id"))
        goes_on = np.isnat(below.dates("due")) | past_dates
        following = {item for item, on in zip(below.keys("item_id"), goes_on.tolist(), strict=True) if on}
        level = following - seen
        seen |= level
    raise ReachesEverything


def children_of(store: Store, parents: Collection[ItemId]) -> Frame:
    """The live items below these, one level down."""
    names = ("item_id", "parent_id", "due")
    return store.frame("tracker_item", names, texts=names[:2], among=("parent_id", parents))


def spread_over_plans(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """What has no date in a plan is due at its finish, which moves with the last of its tasks."""
    touched = [one for one in changed if one.came_or_went or one.columns & {"due", "schedule_id"}]
    schedules = {one for some in touched for one in some.values("schedule_id")}
    plans = schedules & plan_ids(store)
    if not plans:
        return
    names = ("item_id", "schedule_id", "due")
    members = store.frame("tracker_item", names, texts=names[:2], among=("schedule_id", plans))
    ids = {one.item_id for one in touched}
    others: dict[str, Any] = {}
    for item, plan, due in zip(*(members.column(name) for name in names), strict=True):
        if item not in ids and not np.isnat(due):
            others[plan] = max(others.get(plan, due), due)
    for plan in plans:
        finishes = []
        for side in ("before", "now"):
            rows = [row for one in touched if (row := getattr(one, side)) is not None]
            dues = [
                as_day(row["due"]) for row in rows if row["schedule_id"] == plan and row["due"] is not None
            ]
            finishes.append(max([*dues, *([others[plan]] if plan in others else [])], default=None))
        if finishes[0] != finishes[1]:
            reach.add(
                item
                for item, one in zip(members.keys("item_id"), members.keys("schedule_id"), strict=True)
                if one == plan
            )
