"""What earlier writes say about the next one: left to a person, or made too often today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from portfolio.intents import COMMENT, Value
from portfolio.records import ItemId
from sync.decide import Kept, same
from sync.outbox import NOT_SENT

if TYPE_CHECKING:
    from store import Store
    from store.results import SlotBase

_A_DAY = timedelta(hours=24)


def left_to_people(
    store: Store, source: str, bases: Mapping[tuple[ItemId, str], SlotBase]
) -> dict[tuple[ItemId, str], Kept]:
    """The people's values that were left standing since Dovetail last wrote in their place."""
    found: dict[tuple[ItemId, str], Kept] = {}
    for row in store.writes_in_state(source, "kept"):
        base = bases.get((row.item_id, row.slot))
        is_later = base is None or base.at is None or row.at is None or row.at >= base.at
        if is_later and same(row.base, None if base is None else base.value):
            found[row.item_id, row.slot] = Kept(row.before, row.after)
    return found


def sent_and_lost(
    store: Store, source: str, bases: Mapping[tuple[ItemId, str], SlotBase]
) -> dict[tuple[ItemId, str], list[Value]]:
    """Values that were sent after the last write that counts, and were not found there when looked for.

    A request can arrive after its sender has given up. What it leaves there is our own echo.
    """
    found: dict[tuple[ItemId, str], list[Value]] = {}
    for row in store.writes_in_state(source, NOT_SENT):
        base = bases.get((row.item_id, row.slot))
        if base is None or base.at is None or row.at is None or row.at >= base.at:
            found.setdefault((row.item_id, row.slot), []).append(row.after)
    return found


def commented_enough(store: Store, source: str, most: int | None, *, now: datetime) -> dict[ItemId, str]:
    """Items whose comment was written so often in 24 hours that it waits, with the reason.

    Args:
        store: holds the writes.
        source: its name.
        most: limits.max_comment_edits_per_day; None is as often as it changes.
        now: the end of the 24 hours.
    """
    if most is None:
        return {}
    counts = store.writes_since(source, COMMENT, now - _A_DAY)
    return {
        item: f"the comment was written {count} times in 24 hours and waits "
        f"(limits.max_comment_edits_per_day: {most})"
        for item, count in counts.items()
        if count >= most
    }
