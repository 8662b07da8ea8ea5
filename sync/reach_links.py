"""How far a change reaches along dependencies: their other ends, and circles opened or closed downstream."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from portfolio.records import ItemId, address_of_end
from store.frames import Frame
from sync.changed import DEEPEST, LARGEST, Changed, Reach, ReachesEverything

if TYPE_CHECKING:
    from store import Dirty, Store


def follow_dependencies(store: Store, dirty: Dirty, changed: Sequence[Changed], reach: Reach) -> None:
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
    reach.ends.update(ends)
    reach.around.update(ends)
    reach.link_ends.update(ends)
    came_or_went = {one.item_id for one in changed if one.came_or_went}
    for end, rows in _dependencies(store, came_or_went):
        reach.links.update(rows.keys("dependency_id"))
        starts.update(rows.keys("successor_id") if end == "predecessor_id" else came_or_went)
    reach.followers = _closure(store, starts)
    if reach.followers:
        for _, rows in _dependencies(store, reach.followers):
            reach.links.update(rows.keys("dependency_id"))


def _dependencies(
    store: Store, items: Collection[ItemId], table: str = "tracker_dependency"
) -> Iterable[tuple[str, Frame]]:
    """The dependencies that leave these items, and those that lead to them."""
    names = ("dependency_id", "predecessor_id", "successor_id")
    if items:
        for end in ("predecessor_id", "successor_id"):
            yield (
                end,
                store.frame(table, names, texts=names, among=(end, items), live_only=False),
            )


def _closure(store: Store, starts: Collection[ItemId]) -> set[ItemId]:
    """These items and everything that follows them."""
    found: set[ItemId] = set(starts)
    level = set(starts)
    names = ("dependency_id", "successor_id")
    for _ in range(DEEPEST):
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


def links_of(store: Store, reach: Reach) -> None:
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


def links_at(store: Store, items: Collection[ItemId]) -> tuple[set[str], set[ItemId]]:
    """The dependencies of these items, and what stands at both ends of them."""
    names = ("dependency_id", "predecessor_id", "successor_id")
    found: set[str] = set()
    ends: set[ItemId] = set()
    for _, rows in _dependencies(store, items):
        found.update(rows.keys(names[0]))
        for name in names[1:]:
            ends.update(rows.keys(name))
    if not store.has_linked_ends():
        return found, ends
    for _, rows in _dependencies(store, items, "derived_dependency"):
        found.update(rows.keys(names[0]))
    # Of an end that is an address here, the item that stands there is told in the other table.
    for table in ("tracker_dependency", "derived_dependency"):
        rows = store.frame(table, names, texts=names, among=(names[0], found), live_only=False)
        for name in names[1:]:
            ends.update(one for one in rows.texts(name) if one is not None)
    return found, ends
