"""Twins as classes: what is the same piece of work over any number of trackers, taken together."""

from __future__ import annotations

from collections.abc import Iterable

from portfolio.records import ItemId


def twin_classes(pairs: Iterable[tuple[ItemId, ItemId]]) -> list[tuple[ItemId, ...]]:
    """The items that pairs hold together, directly or through others: each class once, in a stable order.

    A class usually has one item per tracker. It may have several of one tracker (a duplicate mapping, see
    `map_count`): who counts work must not let one of those stand for the others.

    Args:
        pairs: two item ids that are the same work.

    Returns:
        Classes of two items or more, each sorted, sorted by their first item.
    """
    leader: dict[ItemId, ItemId] = {}

    def lead(one: ItemId) -> ItemId:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for a_id, b_id in pairs:
        first, second = sorted((lead(a_id), lead(b_id)))
        leader[second] = first
    members: dict[ItemId, list[ItemId]] = {}
    for one in sorted(leader):
        members.setdefault(lead(one), []).append(one)
    return sorted(tuple(some) for some in members.values() if len(some) > 1)
