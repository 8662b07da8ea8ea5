"""What is asked of a plan before its first write: limits, switches, and whether it is still stood behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from portfolio.errors import SafetyStop, UsageError
from sync.limits import Limits, Target, check_writes
from sync.plan_file import Plan, PlannedWrite
from sync.safety import Safety
from sync.vanished import live_items
from sync.wanted import WriteSettings

if TYPE_CHECKING:
    from store import Store


def check_emptied(plan: Plan, writes: Sequence[PlannedWrite]) -> None:
    """Refuse to empty a place for any other reason than that an undo puts back what stood there.

    A value that is not known (a person without an account there, a forecast that does not exist yet) is not
    written at all, so it can never clear what stands in a tracker.

    Raises:
        UsageError: the plan would empty a place, and undoes nothing.
    """
    emptied = [write for write in writes if write.wanted is None]
    if emptied and not plan.undoes:
        raise UsageError(
            f"The plan would empty {emptied[0].field} of {emptied[0].key}, which only an undo may do.",
            hint="Make it again with `dovetail plan`.",
        )


def check_held(store: Store, plan: Plan, sources: Sequence[str]) -> None:
    """Refuse a plan that was made before its source was held back: applying it would lift that unread.

    Raises:
        UsageError: an undo was applied since the plan was made.
    """
    states = store.sources()
    for source in sources:
        state = states.get(source)
        if plan.undoes or state is None or state.held_because is None:
            continue
        held = next(iter(store.audit(source=source, event="arming", last=1)), None)
        if held is not None and plan.created_at < held.at:
            raise UsageError(
                f"The plan was made before {source} was held: {state.held_because}.",
                hint="Make it again with `dovetail plan`, and read it.",
            )


def check_limits(
    store: Store, writes: Sequence[PlannedWrite], sources: Sequence[str], limits: Limits
) -> None:
    """Stop a mass write before its first request.

    Raises:
        SafetyStop: the writes are more than a limit allows.
    """
    check_writes(
        [Target(one.source, one.item_id, one.project, one.key) for one in writes],
        {source: live_items(store, source) for source in sources},
        limits=limits,
    )


def check_safety(
    store: Store, sources: Sequence[str], writes: Sequence[PlannedWrite], safety: Safety, now: datetime
) -> None:
    """Refuse to begin while something holds writing back.

    Raises:
        SafetyStop: the kill switch is on, or these are quiet hours.
        UsageError: the plan has a write outside of the canary, which it was not made for.
    """
    for source in sources:
        if (reason := safety.why_stopped(source)) is not None:
            raise SafetyStop(f"{reason}. Nothing was written.", hint="docs/command-line.md, Stopping.")
    if (until := safety.quiet_until(now)) is not None:
        raise SafetyStop(
            f"It is {safety.quiet_in_words(until)}. Nothing was written.",
            hint="Apply the plan later, or now with --now.",
        )
    if not safety.canary.holds(store, now):
        return
    outside = [one for one in writes if not safety.canary.covers(one.source, one.key, one.scope)]
    if outside:
        raise UsageError(
            f"The plan writes to {outside[0].key} in {outside[0].source}, outside limits.canary, which lasts "
            f"{safety.canary.in_words(store)}.",
            hint="Make it again with `dovetail plan`.",
        )


def check_allowed(
    plan: Plan, sources: Sequence[str], writes: Sequence[PlannedWrite], allowed: Mapping[str, WriteSettings]
) -> None:
    """Refuse a plan that the configuration no longer stands behind.

    Raises:
        UsageError: a source is at another address now, or a place is no longer Dovetail's to write to.
    """
    again = "Make it again with `dovetail plan`."
    now = {source: allowed.get(source, WriteSettings()) for source in sources}
    for source in sources:
        place = plan.places.get(source, "")
        if place != now[source].place:
            raise UsageError(
                f"The plan was made for {source} at {place or 'an unknown address'}; "
                f"now {source} is at {now[source].place or 'an unknown address'}.",
                hint=again,
            )
        if not now[source].writes_anything:
            # Applying it would arm the source.
            raise UsageError(
                f"The plan is about {source}, where the configuration no longer lets Dovetail write.",
                hint=again,
            )
    for write in writes:
        if now[write.source].field_of(write.slot) != write.field:
            raise UsageError(
                f"The plan writes {write.field} ({write.slot}) in {write.source}, which the configuration no "
                "longer lets Dovetail write.",
                hint=again,
            )
