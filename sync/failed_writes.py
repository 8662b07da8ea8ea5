"""Places that a tracker refused or never answered for: which are left alone, and what people decide.

A refusal stands for a day, because no tracker announces a permission that was granted meanwhile; another
value is tried at once. What a person ignores is left alone, whatever is wanted, until a day that they name.
What never got an answer is looked at first and then tried again in the next run; from the third time on it
waits longer each time, whatever is wanted, so that a place that never answers is not written to for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from portfolio.audit import AuditEvent
from sync.decide import same
from sync.wanted import Wanted

if TYPE_CHECKING:
    from store import FailedWrite, Store

# How long a refusal stands before the tracker is asked again.
ASK_AGAIN_AFTER = timedelta(hours=24)
# A place without an answer waits from this failure on: at first so long, then twice as long each time.
PATIENT_FROM = 3
FIRST_WAIT = timedelta(hours=1)


class Stopped:
    """The places of one source that are not asked again now."""

    def __init__(
        self, store: Store, source: str, *, now: datetime, look_everywhere: bool, wanted: Sequence[Wanted]
    ) -> None:
        failed = store.failed_writes(source)
        places = {(one.item_id, one.slot) for one in wanted}
        # Where nothing is wanted any more, nothing is left to fail. What is ignored stays so until its day.
        over = [one for one in failed if (one.item_id, one.slot) not in places and not is_ignored(one, now)]
        if over:
            store.forget_failed_writes(over)
        self._failed = {(one.item_id, one.slot): one for one in failed}
        self._now = now
        self._look_everywhere = look_everywhere

    def why(self, wanted: Wanted) -> str | None:
        """Why a place is not asked now; None where it is."""
        one = self._failed.get((wanted.item_id, wanted.slot))
        if one is None:
            return None
        if is_ignored(one, self._now):
            until = "" if one.until is None else f" until {one.until:%Y-%m-%d}"
            return f"ignored{until} by {one.by or 'somebody'}: {one.why}"
        if self._look_everywhere:
            return None
        if (end := waits_until(one)) is not None:
            if one.last_at <= self._now < end:
                return f"no answer, {one.failures} times; it waits until {end:%Y-%m-%d %H:%M} UTC"
            return None
        if one.state != "refused" or not same(one.after, wanted.value):
            return None
        # A run may have looked ahead (--today): its refusals must not stand until that day.
        return f"refused before: {one.reason}" if is_standing(one, self._now) else None


def is_ignored(one: FailedWrite, now: datetime) -> bool:
    """Whether a person's decision to leave a place alone still holds."""
    return one.state == "ignored" and one.until is not None and now < one.until


def is_standing(one: FailedWrite, now: datetime) -> bool:
    """Whether a refusal is too young to be asked again."""
    return timedelta(0) <= now - one.last_at < ASK_AGAIN_AFTER


def waits_until(one: FailedWrite) -> datetime | None:
    """When a place that has failed again and again, the last time without an answer, is written to again.

    Returns:
        None where it does not wait: it was refused, a person decided about it, or it failed once or twice.
    """
    if one.state != "unknown" or one.failures < PATIENT_FROM:
        return None
    doublings = min(one.failures - PATIENT_FROM, 5)  # five of them are more than the longest wait
    return one.last_at + min(FIRST_WAIT * (1 << doublings), ASK_AGAIN_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade:
    """What a person decided about places that failed.

    Attributes:
        state: `retry` or `ignored`.
        by: who.
        why: in their words.
        until: an ignored place is left alone until then.
    """

    state: str
    by: str
    why: str = ""
    until: datetime | None = None


def decide_about(
    store: Store, failed: Sequence[FailedWrite], decision: DecisionMade, *, run_id: str, now: datetime
) -> None:
    """Store what a person decided, with an entry of the audit trail for each place."""
    decided = [
        msgspec.structs.replace(
            one, state=decision.state, by=decision.by, why=decision.why or None, until=decision.until
        )
        for one in failed
    ]
    until = None if decision.until is None else decision.until.isoformat()
    told = {"by": decision.by, "why": decision.why, "until": until}
    events = [
        AuditEvent(
            at=now,
            event="failed write",
            run_id=run_id,
            source=one.source,
            item_id=one.item_id,
            key=one.key,
            slot=one.slot,
            field=one.field,
            outcome=decision.state,
            details={**told, "reason": one.reason},
        )
        for one in failed
    ]
    store.decide_failed_writes(decided, events)
