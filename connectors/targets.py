"""What every writer asks about its intents: which item, and whether what stands there is what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from portfolio.intents import Conflict, Intent, Receipt, RemoteComment, Unchanged, Value
from portfolio.records import ItemId

GONE = "deleted, or hidden from the account"


def native(item: ItemId) -> str:
    """The tracker's id in an item's identity."""
    return item.partition("/")[2]


def by_item(intents: Sequence[Intent]) -> dict[str, list[Intent]]:
    """The intents of each item, by the tracker's id, in their order."""
    groups: dict[str, list[Intent]] = {}
    for intent in intents:
        groups.setdefault(native(intent.item_id), []).append(intent)
    return groups


def compared(intent: Intent, now: Value) -> Receipt | None:
    """Unchanged or Conflict, or None where the write may go out."""
    if same(now, intent.wanted):
        return Unchanged(intent_id=intent.intent_id)
    return None if same(now, intent.before) else Conflict(intent_id=intent.intent_id, now=now)


def compared_comment(intent: Intent, standing: RemoteComment | None) -> Receipt | None:
    """Unchanged or Conflict, or None where the comment may be made, edited or deleted.

    Args:
        intent: what is wanted, and what the plan saw.
        standing: our comment as it stands now.
    """
    now = standing.digest if standing else None
    reason = "the comment was deleted" if standing is None else "the comment has changed since the plan"
    if standing is not None and standing.is_edited:
        reason = "a person edited the comment"
    elif now == intent.wanted and (standing is None) == (intent.wanted is None):
        return Unchanged(intent_id=intent.intent_id, remote_id=standing.remote_id if standing else None)
    elif now == intent.before:
        return None
    return Conflict(intent_id=intent.intent_id, now=now, reason=reason)


def same(one: Value, other: Value) -> bool:
    """Whether two canonical values are the same; an empty text is nothing, and 40 is 40.0."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) < 1e-6
    return (one if one != "" else None) == (other if other != "" else None)
