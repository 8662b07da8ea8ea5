"""What the parts of derivation ask of schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store import Store


def plan_ids(store: Store) -> frozenset[str]:
    """The schedules that are plans, with dates of their own."""
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    return frozenset(one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan")
