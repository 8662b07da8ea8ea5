"""How far a change reaches: which rows have to be derived anew after it, and which are read to do so.

Everything else stays as the last derivation left it. Where it cannot be told how far a change reaches, or
where it reaches nearly everything, the answer is *everything*: that is never wrong, only slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from store.dirty import BESIDE
from sync.changed import LARGEST, Changed, Reach, ReachesEverything, as_day
from sync.reach_items import children_of, spread_over_plans, spread_up_and_down
from sync.reach_links import follow_dependencies, links_at, links_of
from sync.schedules import plan_ids

if TYPE_CHECKING:
    from store import Dirty, Store
    from sync.workspace import DeriveSettings

_ITEM = (
    "item_id", "source", "key", "kind", "parent_id", "schedule_id", "owner_id", "state", "due", "twin_keys",
    "deleted_at",
)  # fmt: skip
# What a pair of twins rests on. A state counts only where it ends or begins to be over.
_TWINS_REST_ON = frozenset(
    {"source", "key", "title", "kind", "scope", "twin_keys", "linked_urls", "former_keys"}
)
# What the counts of a schedule, and of a person, are made from.
_SCHEDULES_COUNT = frozenset(
    {
        "state",
        "percent_complete",
        "duration_minutes",
        "is_detail",
        "baseline_finish",
        "key",
        "schedule_id",
        "parent_id",
    }
)
_PERSONS_COUNT = frozenset({"owner_id", "state", "schedule_id"})
# What whoever links to an item shows, or counts, of it. A state counts only where it is `removed`.
_LINKS_SHOW = frozenset({"source", "key", "schedule_id"})
_ADDRESSED_BY = frozenset({"source", "native_id", "key", "url", "former_keys"})


def reach_of(
    store: Store,
    dirty: Dirty,
    settings: DeriveSettings,
    spreads: Sequence[Callable[[Store, Reach], None]] = (),
    groups: frozenset[str] = frozenset(),
) -> Reach:
    """What has to be derived anew after these changes.

    Args:
        store: what is stored now.
        dirty: what has changed since the last derivation.
        settings: of the derivation.
        spreads: how steps of the derivation spread a change further than its dependencies' other ends; each
            may add to the reach before anything is loaded.
        groups: groups of the network of which everything is derived anew.

    Raises:
        ReachesEverything: a full derivation is needed.
    """
    if dirty.lists or len(dirty.items) > LARGEST or len(dirty.dependencies) > LARGEST:
        raise ReachesEverything
    changed = _changed(store, dirty)
    reach = Reach(settings=settings, marked=changed, groups=groups)
    reach.add(dirty.items)
    for one in changed:
        reach.changed |= one.columns | ({"deleted_at"} if one.came_or_went else set())
        if one.came_or_went or one.columns & _LINKS_SHOW or "removed" in one.values("state"):
            reach.moved.add(one.item_id)
    _refuse_what_twins_rest_on(store, changed, reach)
    spread_up_and_down(store, changed, reach)
    spread_over_plans(store, changed, reach)
    follow_dependencies(store, dirty, changed, reach)
    for spread in spreads:
        spread(store, reach)
    links_of(store, reach)
    _rows_about(store, changed, reach)
    _surroundings(store, reach)
    return reach


def _changed(store: Store, dirty: Dirty) -> list[Changed]:
    rows = store.frame(
        "tracker_item", _ITEM, texts=_ITEM[:3], among=("item_id", dirty.items), live_only=False
    )
    stored = {
        row[0]: dict(zip(_ITEM, row, strict=True)) for row in zip(*map(rows.values, _ITEM), strict=True)
    }
    found: list[Changed] = []
    for item, told in dirty.items.items():
        now = stored.get(item)
        if now is None:
            if told is not None and set(told) - BESIDE:
                raise ReachesEverything  # it was there, and what it was part of is forgotten
            found.append(Changed(item, None, None, frozenset(told or ())))
            continue
        before = None if told is None else {**now, **{name: one for name, one in told.items() if name in now}}
        if before is not None:
            before["due"] = as_day(before["due"])
            if before["deleted_at"] is not None:
                before = None
        live = now if now["deleted_at"] is None else None
        found.append(Changed(item, before, live, frozenset(told or ())))
    return found


def _refuse_what_twins_rest_on(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """Pairs of twins, and what stands at an address, depend on everything."""
    came_or_went = any(one.came_or_went for one in changed)
    if reach.changed & {"twin_keys"} or any(
        one.values("twin_keys") - {()} for one in changed if one.came_or_went
    ):
        raise ReachesEverything
    if (came_or_went or reach.changed & _ADDRESSED_BY) and store.has_linked_ends():
        raise ReachesEverything
    is_over = any(
        one.before is not None
        and one.now is not None
        and _ending(one.before["state"]) != _ending(one.now["state"])
        for one in changed
    )
    if (came_or_went or is_over or reach.changed & _TWINS_REST_ON) and len(store.sources()) > 1:
        raise ReachesEverything


def _ending(state: str) -> str:
    return state if state in ("done", "removed") else "open"


def _rows_about(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """Schedules and people that what changed belongs to, or belonged to; twins of what is reached."""
    counts = any(one.came_or_went or one.columns & _SCHEDULES_COUNT for one in changed)
    for one in changed:
        if counts:
            reach.schedules |= one.values("schedule_id")
        if one.came_or_went or one.columns & _PERSONS_COUNT:
            for row in (one.before, one.now):
                if row is not None and row["owner_id"] is not None:
                    reach.owners.add((row["source"], row["owner_id"]))
    if counts:
        # What has become a parent, or is none any more, counts otherwise in a schedule of its own.
        names = ("item_id", "schedule_id")
        rows = store.frame("tracker_item", names, texts=("item_id",), among=("item_id", reach.items))
        reach.schedules.update(rows.codes("schedule_id").words)
    twins = ("twin_id", "a_id", "b_id")
    for side in twins[1:]:
        pairs = store.frame("derived_twin", twins, texts=twins, among=(side, reach.items))
        for name in twins[1:]:
            reach.around.update(one for one in pairs.texts(name) if one is not None)


def _surroundings(store: Store, reach: Reach) -> None:
    """What has to be read to derive the rest: all of its schedules, its children, everything above it."""
    names = ("item_id", "schedule_id", "parent_id", "due")
    members = store.frame("tracker_item", names[:2], texts=names[:2], among=("schedule_id", reach.schedules))
    reach.around.update(members.keys("item_id"))
    reach.schedule_links, ends = links_at(store, members.keys("item_id"))
    reach.around |= ends
    reached = store.frame("tracker_item", names[:2], texts=("item_id",), among=("item_id", reach.items))
    plans = plan_ids(store).intersection(reached.codes("schedule_id").words)
    dated = store.frame("tracker_item", names, texts=names[:2], among=("schedule_id", plans))
    for schedule, due in zip(dated.keys("schedule_id"), dated.dates("due"), strict=True):
        if not np.isnat(due):
            reach.plan_finishes[schedule] = max(reach.plan_finishes.get(schedule, due), due)
    reach.around.update(children_of(store, reach.items).keys("item_id"))
    level, seen = set(reach.items), set(reach.items)
    while level:
        rows = store.frame("tracker_item", names[:3], texts=names[:3], among=("item_id", level))
        level = {one for one in rows.texts("parent_id") if one is not None} - seen
        seen |= level
    reach.around |= seen
