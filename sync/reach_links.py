"""How far a change reaches along dependencies: their other ends, and over the whole network around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from portfolio.records import ItemId, address_of_end
from sync.changed import Changed, Reach, ReachesEverything

if TYPE_CHECKING:
    from store import Dirty, Store

LARGEST_NETWORK = 40_000
"""A network of more items than this is not computed on its own."""
# What the network rests on, of an item that was there and still is. A promise rests on its history, too.
_NETWORK_RESTS_ON = frozenset(
    (
        "source", "scope", "schedule_id", "parent_id", "state", "start", "due", "actual_start",
        "actual_finish", "iteration_id", "release_id", "release_ids", "percent_complete", "duration_minutes",
        "is_milestone", "constraint_type", "start_at", "finish_at", "total_float_minutes", "is_critical",
        "baseline_finish", "deadline", "created_at", "changes", "baseline",
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
    reach.around.update(ends)
    reach.link_ends.update(ends)
    came_or_went = {one.item_id for one in changed if one.came_or_went}
    reach.links.update(_dependencies(store, came_or_went))


def _dependencies(store: Store, items: Collection[ItemId]) -> set[str]:
    """The dependencies that leave these items, and those that lead to them."""
    found: set[str] = set()
    if items:
        for end in ("predecessor_id", "successor_id"):
            for table in ("tracker_dependency", "derived_dependency"):
                rows = store.frame(
                    table, ("dependency_id",), texts=("dependency_id",), among=(end, items), live_only=False
                )
                found.update(rows.keys("dependency_id"))
    return found


def spread_over_network(store: Store, reach: Reach) -> None:
    """What moves pushes what waits for it, and the float of what it waits for: all that is connected with it.

    A change of the end of a whole project or schedule is found by the step itself, see `Reach.groups`.
    """
    starts = set(reach.link_ends)
    for one in reach.marked:
        if one.came_or_went or one.columns & _NETWORK_RESTS_ON:
            starts |= {one.item_id, *one.values("parent_id")}
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
