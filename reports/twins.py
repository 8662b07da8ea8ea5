"""Confirmed twins: one piece of work that stands in several trackers is shown once, with all its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reports.reading import Item


def shown_once(
    items: Iterable[Item], groups: Mapping[str, tuple[str, ...]]
) -> list[tuple[Item, tuple[str, ...]]]:
    """Each piece of work once, by the side that knows most, with the keys of its other sides.

    A tracker's item comes before a plan's row, because people work there.
    """
    by_id = {one.item_id: one for one in items}
    found: list[tuple[Item, tuple[str, ...]]] = []
    seen: set[str] = set()
    for item in by_id.values():
        if item.item_id in seen:
            continue
        mine = [by_id[one] for one in groups.get(item.item_id, (item.item_id,)) if one in by_id]
        seen.update(one.item_id for one in mine)
        mine.sort(key=_preference)
        found.append((mine[0], tuple(one.key for one in mine[1:])))
    return found


def _preference(item: Item) -> tuple[bool, int, str]:
    known = (item.commitment, item.due, item.p50, item.owner, item.start)
    is_plan = item.schedule_id is not None and item.kind in ("task", "milestone") and item.is_summary
    return (is_plan, -sum(one is not None for one in known), item.item_id)
