"""Three values decide each write: base (what we last wrote), now (what stands there) and wanted. Pure.

Where a person has changed what we wrote, the policy of the place decides: *report* leaves it and says so,
*theirs* leaves it and is quiet until something else is wanted, *ours* overwrites it and says so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from portfolio.intents import COMMENT, RemoteComment, Slots, Value, text_digest
from sync.wanted import Wanted

if TYPE_CHECKING:
    from connectors.source_safety import ConflictPolicy
    from store.results import SlotBase

Verdict: TypeAlias = Literal["nothing", "adopt", "keep", "write", "conflict", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with one slot.

    Attributes:
        verdict: `nothing`; `adopt` a value that stands there as wanted; `keep` a person's value as the one
            that stands; `write`; report a `conflict`; `skip` what cannot be written.
        now: what stands there.
        remote_id: our comment's id, where there is one.
        reason: in words, for conflicts and skips, and for a write that overwrites what a person did.
        overwrites: the digest of a person's text that a write may overwrite.
    """

    verdict: Verdict
    now: Value = None
    remote_id: str | None = None
    reason: str = ""
    overwrites: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A person's value that was left standing, and what was wanted instead when it was."""

    value: Value
    wanted: Value


NOTHING = Decision(verdict="nothing")
_OVERWRITTEN = "overwritten because the configuration says `ours`"


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same to people: 40 and 40.0 are, nothing and an empty text are."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) < 1e-6
    return (one if one != "" else None) == (other if other != "" else None)


def value_of(slots: Slots, slot: str) -> Value:
    """What stands in a slot: a field's value, or the digest in our comment's marker."""
    if slot == COMMENT:
        return None if slots.comment is None else slots.comment.digest
    return slots.fields.get(slot)


def decide(
    wanted: Wanted,
    base: SlotBase | None,
    slots: Slots,
    *,
    policy: ConflictPolicy = "report",
    kept: Kept | None = None,
    echoes: Collection[Value] = (),
) -> Decision:
    """What to do with one slot.

    Args:
        wanted: what should stand there. A wanted None is never written.
        base: what we last wrote there; None where we never did.
        slots: what stands there now.
        policy: whose value stands where a person changed ours.
        kept: the person's value that was left there since we last wrote, under the policy `theirs`.
        echoes: values that we sent since and took for lost: one that stands there is ours, not a person's.
    """
    if not slots.exists:
        reason = slots.gone_because or "the item is not there any more"
        return Decision(verdict="skip", reason=reason) if base is None or wanted.is_news else NOTHING
    if wanted.slot == COMMENT:
        return _decide_comment(wanted, base, slots, policy)
    if wanted.value is None:
        return NOTHING
    if base is not None and any(same(slots.fields.get(wanted.slot), one) for one in echoes):
        base = msgspec.structs.replace(base, value=slots.fields.get(wanted.slot))
    return _decide_field(wanted, base, slots, policy, kept)


def _decide_field(
    wanted: Wanted, base: SlotBase | None, slots: Slots, policy: ConflictPolicy, kept: Kept | None
) -> Decision:
    now = slots.fields.get(wanted.slot)
    if same(now, wanted.value):
        is_known = base is not None and same(base.value, wanted.value)
        return NOTHING if is_known else Decision(verdict="adopt", now=now)
    what = "cleared" if now in (None, "") else "changed"
    changed = f"{what} by a person since Dovetail wrote it"
    # Without a base the field is ours because the configuration says so, unless it says that people's values
    # stand: docs/decisions/0005 and 0020.
    is_theirs = not same(now, base.value) if base is not None else policy == "theirs" and what == "changed"
    if is_theirs and policy == "report":
        return Decision(verdict="conflict", now=now, reason=changed)
    if is_theirs and policy == "theirs":
        if kept is None or not same(kept.value, now):
            return Decision(verdict="keep", now=now, reason="a person's value stands: `theirs`")
        if same(kept.wanted, wanted.value):
            return NOTHING
    if (reason := slots.unwritable.get(wanted.slot)) is not None:
        return Decision(verdict="skip", now=now, reason=reason)
    overwritten = f"{changed}, {_OVERWRITTEN}" if is_theirs and policy == "ours" else ""
    return Decision(verdict="write", now=now, reason=overwritten)


def _decide_comment(wanted: Wanted, base: SlotBase | None, slots: Slots, policy: ConflictPolicy) -> Decision:
    standing = slots.comment
    if standing is not None:
        return _decide_edit(wanted, base, slots, standing, policy)
    was_deleted = base is not None
    if was_deleted and policy != "ours":
        is_told = wanted.is_news and policy == "report"
        return (
            Decision(verdict="conflict", reason="the comment was deleted by a person") if is_told else NOTHING
        )
    if not wanted.may_create or (was_deleted and not wanted.is_news):
        return NOTHING
    if (reason := slots.unwritable.get(COMMENT)) is not None:
        return Decision(verdict="skip", reason=reason)
    again = "deleted by a person, made again because the configuration says `ours`" if was_deleted else ""
    return Decision(verdict="write", reason=again)


def _decide_edit(
    wanted: Wanted, base: SlotBase | None, slots: Slots, standing: RemoteComment, policy: ConflictPolicy
) -> Decision:
    now, remote_id = standing.digest, standing.remote_id
    if standing.is_edited and policy != "ours":
        if policy == "theirs":
            return NOTHING
        edited = "the comment was edited by a person"
        return Decision(verdict="conflict", now=now, remote_id=remote_id, reason=edited)
    if now == wanted.value and not standing.is_edited:
        is_known = base is not None and base.value == wanted.value and base.remote_id == remote_id
        return NOTHING if is_known else Decision(verdict="adopt", now=now, remote_id=remote_id)
    if (reason := slots.unwritable.get(COMMENT)) is not None:
        return Decision(verdict="skip", now=now, remote_id=remote_id, reason=reason)
    # It carries our marker and nobody touched it: whatever we wrote last, we may bring it up to date.
    return Decision(
        verdict="write",
        now=now,
        remote_id=remote_id,
        reason=f"edited by a person, {_OVERWRITTEN}" if standing.is_edited else "",
        overwrites=text_digest(standing.body) if standing.is_edited else None,
    )
