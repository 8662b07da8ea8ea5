"""What every writer asks about its intents: which item, and whether what stands there is what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from portfolio.intents import Conflict, Intent, Receipt, RemoteComment, Unchanged, Value, text_digest
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


def is_theirs(intent: Intent, standing: RemoteComment | None) -> bool:
    """Whether a person has edited our comment, and not in the way that this write was told to overwrite."""
    return (
        standing is not None
        and standing.is_edited
        and (intent.overwrites is None or intent.overwrites != text_digest(standing.body))
    )


def is_as_wanted(intent: Intent, standing: RemoteComment | None) -> bool:
    """Whether our comment stands there as wanted, or is absent as wanted. One that was edited is not."""
    if standing is None:
        return intent.wanted is None
    return standing.digest == intent.wanted and not standing.is_edited


def digest_of(standing: RemoteComment | None) -> str | None:
    """The digest in our comment's marker; None where there is no comment."""
    return None if standing is None else standing.digest


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
    now = digest_of(standing)
    reason = "the comment was deleted" if standing is None else "the comment has changed since the plan"
    if is_theirs(intent, standing):
        reason = "a person edited the comment"
    elif is_as_wanted(intent, standing):
        return Unchanged(intent_id=intent.intent_id, remote_id=standing.remote_id if standing else None)
    elif now == intent.before:
        return None
    return Conflict(intent_id=intent.intent_id, now=now, reason=reason)


def same(one: Value, other: Value) -> bool:
    """Whether two canonical values are the same; an empty text is nothing, and 40 is 40.0."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) < 1e-6
    return (one if one != "" else None) == (other if other != "" else None)
