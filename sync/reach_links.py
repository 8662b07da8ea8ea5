"""How far a change reaches along dependencies: their other ends, and over the whole network around it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from portfolio.records import ItemId, address_of_end
from store.frames import Frame
from sync.changed import Changed, Reach, ReachesEverything

if TYPE_CHECKING:
    from store import Dirty, Store

_NAMES = ("dependency_id", "predecessor_id", "successor_id")
LARGEST_NETWORK = 40_000
"""A network of more items than this is not computed on its own."""
# What the network rests on, of an item that was there and still is. A promise rests on its history, too.
_NETWORK_RESTS_ON = frozenset(
    (
        "source", "scope", "schedule_id", "parent_id", "state", "start", "due", "actual_start",
        "actual_finish", "iteration_id", "release_id", "release_ids", "percent_complete", "duration_minutes",
        "is_milestone", "constraint_type", "start_at", "finish_at", "total_float_minutes", "is_critical",
        "baseline_finish", "deadline", "created_at", "status", "labels", "changes", "baseline",
    )
)  # fmt: skip


def follow_dependencies(store: Store, dirty: Dirty, changed: Sequence[Changed], reach: Reach) -> None:
    """The ends of dependencies that came, went or lead elsewhere, and the dependencies of what did."""
    reach.links.update(dirty.dependencies)
    names = ("dependency_id", "predecessor_id", "successor_id")
    now = store.frame(
        "tracker_dependency", names, texts=names, among=("dependency_id", dirty.dependencies), live_only=False
    )
    ends = [*now.keys("predecessor_id"), *now.keys("successor_id")]
    for before in dirty.dependencies.values():
        if before is not None:
            ends += before.values()
    if any(address_of_end(end) is not None for end in ends):
        raise ReachesEverything  # what stands there is looked up among all items
    reach.ends.update(ends)
    reach.around.update(ends)
    came_or_went = {one.item_id for one in changed if one.came_or_went}
    reach.links.update(_dependencies(store, came_or_went))


def _dependencies(store: Store, items: Collection[ItemId]) -> set[str]:
    """The dependencies that leave these items, and those that lead to them."""
    return {
        one
        for table in ("tracker_dependency", "derived_dependency")
        for rows in _rows_at(store, items, table)
        for one in rows.keys("dependency_id")
    }


def _rows_at(store: Store, items: Collection[ItemId], table: str) -> Iterable[Frame]:
    if items:
        for end in _NAMES[1:]:
            yield store.frame(table, _NAMES, texts=_NAMES, among=(end, items), live_only=False)


def spread_over_network(store: Store, reach: Reach) -> None:
    """What moves pushes what waits for it, and the float of what it waits for: all that is connected with it.

    A change of the end of a whole project or schedule is found by the step itself, see `Reach.groups`.
    """
    starts = set(reach.ends)
    for one in reach.marked:
        if one.came_or_went or one.columns & _NETWORK_RESTS_ON:
            starts |= {one.item_id, *one.values("parent_id")}
    if reach.networks:
        names = ("item_id", "schedule_id")
        tasks = store.frame("tracker_item", names, texts=names, among=("schedule_id", reach.networks))
        starts.update(tasks.keys("item_id"))
    if not starts or not (reach.links or store.has_rows("derived_dependency")):
        return  # nothing waits for anything in the whole portfolio, so there is no network
    if reach.groups:
        members = store.frame(
            "derived_item", ("item_id",), texts=("item_id",), among=("network_group", reach.groups)
        )
        starts.update(members.keys("item_id"))
    reach.network = store.connected(starts, at_most=LARGEST_NETWORK)
    if len(reach.network) > LARGEST_NETWORK:
        raise ReachesEverything
    reach.around |= reach.network
    reach.links |= _dependencies(store, reach.network)


def links_of(store: Store, reach: Reach) -> None:
    """Every dependency of what is reached shows something of it."""
    reach.links |= _dependencies(store, reach.items)
    names = ("dependency_id", "predecessor_id", "successor_id")
    for where in ("tracker_dependency", "derived_dependency"):
        rows = store.frame(where, names, texts=names, among=("dependency_id", reach.links))
        for end in names[1:]:
            reach.around.update(one for one in rows.texts(end) if one is not None)


def links_at(store: Store, items: Collection[ItemId]) -> tuple[set[str], set[ItemId]]:
    """The dependencies of these items, and what stands at both ends of them."""
    names = ("dependency_id", "predecessor_id", "successor_id")
    found: set[str] = set()
    ends: set[ItemId] = set()
    for rows in _rows_at(store, items, "tracker_dependency"):
        found.update(rows.keys(names[0]))
        for name in names[1:]:
            ends.update(rows.keys(name))
    if not store.has_linked_ends():
        return found, ends
    for rows in _rows_at(store, items, "derived_dependency"):
        found.update(rows.keys(names[0]))
    # Of an end that is an address here, the item that stands there is told in the other table.
    for table in ("tracker_dependency", "derived_dependency"):
        rows = store.frame(table, names, texts=names, among=(names[0], found), live_only=False)
        for name in names[1:]:
            ends.update(one for one in rows.texts(name) if one is not None)
    return found, ends
