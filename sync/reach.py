"""How far a change reaches: which rows have to be derived anew after it, and which are read to do so.

Everything else stays as the last derivation left it. Where it cannot be told how far a change reaches, or
where it reaches nearly everything, the answer is *everything*: that is never wrong, only slower.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId, address_of_end
from store.frames import Frame
from sync.schedules import plan_ids

if TYPE_CHECKING:
    from store import Dirty, Store

LARGEST = 20_000
"""More items than this are not followed one by one: a full derivation is about as quick."""
_DEEPEST = 200  # levels that are followed downwards, or along dependencies

_ITEM = (
    "item_id", "source", "key", "parent_id", "schedule_id", "owner_id", "state", "due", "twin_keys",
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
_ADDRESSED_BY = frozenset({"source", "native_id", "key", "url", "former_keys"})


class ReachesEverything(Exception):
    """A change reaches too much, or nobody knows what."""


@dataclass(slots=True)
class Reach:
    """What a derivation has to do.

    Attributes:
        is_everything: all of it; the rest is empty then.
        items: items whose derived rows are made anew. They may be gone.
        around: further items that have to be there to be read.
        links: dependencies whose derived rows are made anew. They may be gone.
        followers: items downstream of a dependency that came, went or changed its ends: only among them can
            circles have opened or closed.
        schedules: schedules whose derived rows are made anew; all their items are loaded.
        persons: people whose open work is counted anew.
        plan_finishes: the last due date of the plans of these items.
        changed: columns of items in which anything changed.
    """

    is_everything: bool = False
    items: set[ItemId] = field(default_factory=set)
    around: set[ItemId] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    followers: set[ItemId] = field(default_factory=set)
    schedules: set[str] = field(default_factory=set)
    owners: set[tuple[str, str]] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    plan_finishes: dict[str, np.datetime64] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def add(self, items: Iterable[ItemId]) -> None:
        """These items are derived anew, too.

        Raises:
            ReachesEverything: they are too many.
        """
        self.items.update(items)
        if len(self.items) > LARGEST:
            raise ReachesEverything


def everything() -> Reach:
    """The reach of a full derivation."""
    return Reach(is_everything=True)


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that was marked: what it was in the last derivation, and what it is now.

    `before` and `now` are None where it was not there, or is not.
    """

    item_id: ItemId
    before: dict[str, Any] | None
    now: dict[str, Any] | None
    columns: frozenset[str]

    @property
    def came_or_went(self) -> bool:
        """Whether it was there only then, or is there only now."""
        return (self.before is None) != (self.now is None)

    def values(self, column: str) -> set[Any]:
        """What the column said then and says now, where it said anything."""
        return {one[column] for one in (self.before, self.now) if one is not None and one[column] is not None}


def reach_of(store: Store, dirty: Dirty, spreads: Sequence[Callable[[Store, Reach], None]] = ()) -> Reach:
    """What has to be derived anew after these changes.

    Args:
        store: what is stored now.
        dirty: what has changed since the last derivation.
        spreads: how steps of the derivation spread a change further than its dependencies' other ends; each
            may add to the reach before anything is loaded.

    Raises:
        ReachesEverything: a full derivation is needed.
    """
    if dirty.lists or len(dirty.items) > LARGEST or len(dirty.dependencies) > LARGEST:
        raise ReachesEverything
    changed = _changed(store, dirty)
    reach = Reach()
    reach.add(dirty.items)
    for one in changed:
        reach.changed |= one.columns
    _refuse_what_twins_rest_on(store, changed, reach)
    _spread_up_and_down(store, changed, reach)
    _spread_over_plans(store, changed, reach)
    _follow_dependencies(store, dirty, changed, reach)
    for spread in spreads:
        spread(store, reach)
    _links_of(store, reach)
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
            if told is not None and set(told) - {"changes", "former_keys", "risk", "baseline"}:
                raise ReachesEverything  # it was there, and what it was part of is forgotten
            found.append(Changed(item, None, None, frozenset(told or ())))
            continue
        before = None if told is None else {**now, **{name: one for name, one in told.items() if name in now}}
        if before is not None:
            before["due"] = _as_day(before["due"])
            if before["deleted_at"] is not None:
                before = None
        live = now if now["deleted_at"] is None else None
        found.append(Changed(item, before, live, frozenset(told or ())))
    return found


def _as_day(value: Any) -> np.datetime64 | None:
    return None if value is None else np.datetime64(value, "D")


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


def _spread_up_and_down(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """Parents count their children; children show their parent's key and have its date, and its depth."""
    moved = {one.item_id for one in changed if one.came_or_went or "parent_id" in one.columns}
    dated = {one.item_id for one in changed if "due" in one.columns}
    renamed = {one.item_id for one in changed if "key" in one.columns}
    for one in changed:
        if one.item_id in moved or "state" in one.columns:
            reach.add(one.values("parent_id"))
    if renamed:
        reach.add(_children(store, renamed).keys("item_id"))
    level, seen = moved | dated, set(moved | dated)
    for _ in range(_DEEPEST):
        if not level:
            return
        below = _children(store, level)
        ids, parents = below.keys("item_id"), below.keys("parent_id")
        has_own = (~np.isnat(below.dates("due"))).tolist()
        reach.add(ids)
        following: set[ItemId] = set()
        for item, above, is_dated in zip(ids, parents, has_own, strict=True):
            if above in moved:
                moved.add(item)
            # The date of what has one of its own reaches no further; where it stands does.
            if item not in seen and (above in moved or not is_dated):
                following.add(item)
        seen |= following
        level = following
    raise ReachesEverything


def _children(store: Store, parents: Collection[ItemId]) -> Frame:
    names = ("item_id", "parent_id", "due")
    return store.frame("tracker_item", names, texts=names[:2], among=("parent_id", parents))


def _spread_over_plans(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
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
                _as_day(row["due"]) for row in rows if row["schedule_id"] == plan and row["due"] is not None
            ]
            finishes.append(max([*dues, *([others[plan]] if plan in others else [])], default=None))
        if finishes[0] != finishes[1]:
            reach.add(
                item
                for item, one in zip(members.keys("item_id"), members.keys("schedule_id"), strict=True)
                if one == plan
            )


def _follow_dependencies(store: Store, dirty: Dirty, changed: Sequence[Changed], reach: Reach) -> None:
    """What comes after a dependency that came, went or leads elsewhere: there circles open and close."""
    reach.links.update(dirty.dependencies)
    names = ("dependency_id", "predecessor_id", "successor_id")
    now = store.frame(
        "tracker_dependency", names, texts=names, among=("dependency_id", dirty.dependencies), live_only=False
    )
    ends = [*now.keys("predecessor_id"), *now.keys("successor_id")]
    starts = set(now.keys("successor_id"))
    for before in dirty.dependencies.values():
        if before is not None:
            ends += before.values()
            starts.add(before["successor_id"])
    if any(address_of_end(end) is not None for end in ends):
        raise ReachesEverything  # what stands there is looked up among all items
    # Whether two ends are the same pair's matters to what else is said of the pair.
    reach.around.update(ends)
    came_or_went = {one.item_id for one in changed if one.came_or_went}
    for end, rows in _dependencies(store, came_or_went):
        reach.links.update(rows.keys("dependency_id"))
        starts.update(rows.keys("successor_id") if end == "predecessor_id" else came_or_went)
    reach.followers = _closure(store, starts)
    if reach.followers:
        for _, rows in _dependencies(store, reach.followers):
            reach.links.update(rows.keys("dependency_id"))


def _dependencies(store: Store, items: Collection[ItemId]) -> Iterable[tuple[str, Frame]]:
    """The dependencies that leave these items, and those that lead to them."""
    names = ("dependency_id", "predecessor_id", "successor_id")
    if items:
        for end in ("predecessor_id", "successor_id"):
            yield (
                end,
                store.frame("tracker_dependency", names, texts=names, among=(end, items), live_only=False),
            )


def _closure(store: Store, starts: Collection[ItemId]) -> set[ItemId]:
    """These items and everything that follows them."""
    found: set[ItemId] = set(starts)
    level = set(starts)
    names = ("dependency_id", "successor_id")
    for _ in range(_DEEPEST):
        if not level:
            return found
        told = store.frame("tracker_dependency", names, texts=names, among=("predecessor_id", level))
        following = set(told.keys("successor_id"))
        if any(address_of_end(one) is not None for one in following):
            raise ReachesEverything
        linked = store.frame("derived_dependency", names, texts=names, among=("predecessor_id", level))
        if len(linked):
            raise ReachesEverything
        level = following - found
        found |= following
        if len(found) > LARGEST:
            raise ReachesEverything
    raise ReachesEverything


def _links_of(store: Store, reach: Reach) -> None:
    """Every dependency of what is reached shows something of it."""
    names = ("dependency_id", "predecessor_id", "successor_id")
    for end in names[1:]:
        rows = store.frame(
            "tracker_dependency", names, texts=names, among=(end, reach.items), live_only=False
        )
        linked = store.frame(
            "derived_dependency", names[:1], texts=names[:1], among=(end, reach.items), live_only=False
        )
        reach.links.update(rows.keys("dependency_id"), linked.keys("dependency_id"))
    for where in ("tracker_dependency", "derived_dependency"):
        rows = store.frame(where, names, texts=names, among=("dependency_id", reach.links))
        for end in names[1:]:
            reach.around.update(one for one in rows.texts(end) if one is not None)


def _rows_about(store: Store, changed: Sequence[Changed], reach: Reach) -> None:
    """Schedules and people that what changed belongs to, or belonged to; twins of what is reached."""
    for one in changed:
        if one.came_or_went or one.columns & _SCHEDULES_COUNT:
            reach.schedules |= one.values("schedule_id")
        if one.came_or_went or one.columns & _PERSONS_COUNT:
            for row in (one.before, one.now):
                if row is not None and row["owner_id"] is not None:
                    reach.owners.add((row["source"], row["owner_id"]))
    if reach.schedules:
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
    reached = store.frame("tracker_item", names[:2], texts=("item_id",), among=("item_id", reach.items))
    plans = plan_ids(store).intersection(reached.codes("schedule_id").words)
    dated = store.frame("tracker_item", names, texts=names[:2], among=("schedule_id", plans))
    for schedule, due in zip(dated.keys("schedule_id"), dated.dates("due"), strict=True):
        if not np.isnat(due):
            reach.plan_finishes[schedule] = max(reach.plan_finishes.get(schedule, due), due)
    reach.around.update(_children(store, reach.items).keys("item_id"))
    level, seen = set(reach.items), set(reach.items)
    while level:
        rows = store.frame("tracker_item", names[:3], texts=names[:3], among=("item_id", level))
        level = {one for one in rows.texts("parent_id") if one is not None} - seen
        seen |= level
    reach.around |= seen
