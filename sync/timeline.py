"""What an item's history says: when it was committed, how its date moved, when it last moved at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from portfolio.records import ItemId
from schedule.commitment import DateChange

_LIST_SEPARATOR = re.compile(r"[,\s]+")


@dataclass(slots=True)
class Timeline:
    """The entries of one item that derivation reads, oldest first.

    `states`, `iterations` and `releases` hold (instant, before, after); `blocked` holds (instant, whether it
    was blocked from then on).
    """

    due: list[DateChange] = field(default_factory=list)
    states: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    iterations: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    releases: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    blocked: list[tuple[datetime, bool]] = field(default_factory=list)
    last_activity_at: datetime | None = None

    @property
    def blocked_since(self) -> datetime | None:
        """When it was blocked last, if its history ends there.

        None where the history knows of no such moment, or ends with the item free to go on.
        """
        since: datetime | None = None
        for at, is_blocked in self.blocked:
            # Told twice, by a field and by a tag, it is still blocked since the first.
            since = (since or at) if is_blocked else None
        return since


def read_timelines(columns: Mapping[str, Sequence[Any]]) -> tuple[dict[ItemId, Timeline], dict[str, ItemId]]:
    """The timelines by item, and the keys that items had before they moved.

    Args:
        columns: `item_id`, `at`, `field`, `before`, `after` of the table of changes.
    """
    timelines: dict[ItemId, Timeline] = {}
    former_keys: dict[str, ItemId] = {}
    rows = zip(*(columns[name] for name in ("at", "item_id", "field", "before", "after")), strict=True)
    for at, item, name, before, after in sorted(rows, key=lambda row: row[0]):
        timeline = timelines.get(item)
        if timeline is None:
            timeline = timelines[item] = Timeline()
        timeline.last_activity_at = at
        match name:
            case "due":
                timeline.due.append(DateChange(at, _as_date(before), _as_date(after)))
            case "state":
                timeline.states.append((at, before, after))
            case "iteration":
                timeline.iterations.append((at, before, after))
            case "blocked":
                timeline.blocked.append((at, bool(after)))
            case "release":
                timeline.releases.append((at, before, after))
            case "key" if before:
                former_keys[str(before)] = item
    return timelines, former_keys


def committed_at(
    timeline: Timeline,
    created_at: datetime | None,
    state: str,
    *,
    release_ids: Sequence[str],
    iteration_starts: Mapping[str, date | None],
    now: datetime,
) -> datetime | None:
    """When the item became committed; None for not yet.

    The first of: it left To Do, it stood in an iteration that had started, it got a release
    (facts/rules.md §2.1). What was so from the beginning counts from its creation.
    """
    moments: list[datetime] = []
    first_state = timeline.states[0][1] if timeline.states else state
    if first_state not in (None, "todo", "removed") and created_at is not None:
        moments.append(created_at)
    moments.extend(at for at, _, after in timeline.states if after in ("in_progress", "done"))
    first_release = (
        timeline.releases[0][1] if timeline.releases else (release_ids[0] if release_ids else None)
    )
    if first_release and created_at is not None:
        moments.append(created_at)
    moments.extend(at for at, _, after in timeline.releases if after)
    for at, _, after in timeline.iterations:
        for iteration in _LIST_SEPARATOR.split(after or ""):
            start = iteration_starts.get(iteration)
            if start is not None and start <= now.date():
                moments.append(max(at, datetime(start.year, start.month, start.day, tzinfo=at.tzinfo)))
    return min(moments, default=None)


def _as_date(value: object) -> date | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
