"""Three values decide each write: base (what we last wrote), now (what stands there) and wanted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from portfolio.intents import COMMENT, RemoteComment, Slots, Value
from sync.wanted import Wanted

if TYPE_CHECKING:
    from store.results import SlotBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with one slot.

    Attributes:
        verdict: `nothing`; `adopt` a value that stands there as wanted; `write`; report a `conflict`;
            `skip` what cannot be written.
        now: what stands there.
        remote_id: our comment's id, where there is one.
        reason: in words, for conflicts and skips.
    """

    verdict: Literal["nothing", "adopt", "write", "conflict", "skip"]
    now: Value = None
    remote_id: str | None = None
    reason: str = ""


NOTHING = Decision(verdict="nothing")


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


def decide(wanted: Wanted, base: SlotBase | None, slots: Slots) -> Decision:
    """What to do with one slot, given what we last wrote there and what stands there now."""
    if not slots.exists:
        reason = slots.gone_because or "the item is not there any more"
        return Decision(verdict="skip", reason=reason) if base is None or wanted.is_news else NOTHING
    if wanted.slot == COMMENT:
        return _decide_comment(wanted, base, slots)
    return _decide_field(wanted, base, slots)


def _decide_field(wanted: Wanted, base: SlotBase | None, slots: Slots) -> Decision:
    now = slots.fields.get(wanted.slot)
    if same(now, wanted.value):
        is_known = base is not None and same(base.value, wanted.value)
        return NOTHING if is_known else Decision(verdict="adopt", now=now)
    if base is not None and not same(now, base.value):
        what = "cleared" if now in (None, "") else "changed"
        return Decision(verdict="conflict", now=now, reason=f"{what} by a person since Dovetail wrote it")
    if (reason := slots.unwritable.get(wanted.slot)) is not None:
        return Decision(verdict="skip", now=now, reason=reason)
    # Without a base the field is ours because the configuration says so: docs/decisions/0005.
    return Decision(verdict="write", now=now)


def _decide_comment(wanted: Wanted, base: SlotBase | None, slots: Slots) -> Decision:
    standing = slots.comment
    if standing is None:
        if base is not None:
            if not wanted.is_news:
                return NOTHING
            return Decision(verdict="conflict", reason="the comment was deleted by a person")
        if not wanted.may_create:
            return NOTHING
        if (reason := slots.unwritable.get(COMMENT)) is not None:
            return Decision(verdict="skip", reason=reason)
        return Decision(verdict="write")
    return _decide_edit(wanted, base, slots, standing)


def _decide_edit(wanted: Wanted, base: SlotBase | None, slots: Slots, standing: RemoteComment) -> Decision:
    now, remote_id = standing.digest, standing.remote_id
    if standing.is_edited:
        return Decision(
            verdict="conflict", now=now, remote_id=remote_id, reason="the comment was edited by a person"
        )
    if now == wanted.value:
        is_known = base is not None and base.value == wanted.value and base.remote_id == remote_id
        return NOTHING if is_known else Decision(verdict="adopt", now=now, remote_id=remote_id)
    if (reason := slots.unwritable.get(COMMENT)) is not None:
        return Decision(verdict="skip", now=now, remote_id=remote_id, reason=reason)
    # It carries our marker and nobody touched it: whatever we wrote last, we may bring it up to date.
    return Decision(verdict="write", now=now, remote_id=remote_id)
