"""Which baseline counts for each item, and how often the baseline of a schedule was changed.

The configuration may name one; it counts for every item of the schedules that it covers, and an item of
theirs that is not in it has none. Elsewhere the baseline counts that the plan brings itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_YEAR = timedelta(days=365)
_DATES = ("baseline_start", "baseline_finish", "baseline_start_at", "baseline_finish_at")


@dataclass(slots=True)
class BaselineFacts:
    """What derivation knows of the baselines of schedules.

    Attributes:
        taken_at: of the configured baseline, by schedule that it covers.
        changed_12m: how often the baseline of a schedule was changed in the last twelve months, as far as
            Dovetail has watched it.
        missing: the name of the configured baseline where nothing is stored under it.
    """

    taken_at: dict[str, datetime | None] = field(default_factory=dict)
    changed_12m: dict[str, int] = field(default_factory=dict)
    missing: str | None = None


def derive_baselines(work: Workspace, store: Store) -> BaselineFacts:
    """Put the baseline that counts into the columns of the items. Comes before everything that reads it."""
    items, name = work.items, work.settings.baseline
    facts = BaselineFacts(changed_12m=_watched(store, work.now))
    rows: dict[str, Mapping[str, Any]] = {}
    if name is not None:
        rows = {str(row["item_id"]): row for row in store.rows("baseline", where={"name": name})}
        facts.missing = None if rows else name
    for item, row in rows.items():
        schedule = items["schedule_id"][work.position[item]] if item in work.position else None
        if schedule is not None:
            before, now = facts.taken_at.get(schedule), row["taken_at"]
            facts.taken_at[schedule] = now if before is None or (now is not None and now > before) else before
    if facts.taken_at:
        facts.changed_12m |= _taken_again(store, name, work.now, facts.taken_at)
    counts = [
        schedule in facts.taken_at or item in rows
        for item, schedule in zip(items["item_id"], items["schedule_id"], strict=True)
    ]
    for index, (item, is_ours) in enumerate(zip(items["item_id"], counts, strict=True)):
        if is_ours:
            own = rows.get(item, {})
            items["baseline_name"][index] = own.get("name")
            for column in _DATES:
                items[column][index] = own.get(column.removeprefix("baseline_"))
    work.derived["baseline_counts"] = counts
    for column in ("baseline_name", *_DATES):
        work.derived[column] = [
            value if is_ours else None for value, is_ours in zip(items[column], counts, strict=True)
        ]
    return facts


def _watched(store: Store, now: datetime) -> dict[str, int]:
    """The baselines that plans brought themselves: changes seen, by schedule that has or had one."""
    names = ("kind", "container_id", "at", "before", "after", "is_first")
    changed: dict[str, int] = {}
    for row in zip(*store.read("engine_container_change", names).values(), strict=True):
        kind, schedule, at, before, after, is_first = row
        if kind == "schedule" and (before or after):
            is_change = not is_first and before is not None and now - _YEAR < at <= now
            changed[schedule] = changed.get(schedule, 0) + is_change
    return changed


def _taken_again(
    store: Store, name: str | None, now: datetime, covered: Mapping[str, object]
) -> dict[str, int]:
    recent = [
        event
        for event in store.baseline_events()
        if event.name == name and event.version > 1 and now - _YEAR < event.at <= now
    ]
    return {schedule: sum(schedule in event.schedules for event in recent) for schedule in covered}
