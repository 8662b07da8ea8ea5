"""What an item's history says: when it was committed, how its date moved, when it last moved at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from portfolio.records import ItemId
from schedule.commitment import DateChange, PromiseRules

_LIST_SEPARATOR = re.compile(r"[,\s]+")
_AS_A_RULE = PromiseRules()


@dataclass(slots=True)
class Timeline:
    """The entries of one item that derivation reads, oldest first.

    `states`, `statuses`, `labels`, `iterations` and `releases` hold (instant, before, after); `blocked`
    holds (instant, whether it was blocked from then on).
    """

    due: list[DateChange] = field(default_factory=list)
    states: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    statuses: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    labels: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    iterations: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    releases: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    blocked: list[tuple[datetime, bool]] = field(default_factory=list)
    last_activity_at: datetime | None = None

    def finished_before(self) -> list[datetime]:
        """The instants at which it was finished and later taken up again, oldest first."""
        finished: list[datetime] = []
        ended: datetime | None = None
        for at, _, after in self.states:
            if after == "done":
                ended = ended or at
            elif after in ("todo", "in_progress") and ended is not None:
                finished.append(ended)
                ended = None
        return finished

    @property
    def finished_at(self) -> datetime | None:
        """When it became done, if its history ends with that."""
        ended: datetime | None = None
        for at, before, after in self.states:
            ended = at if after == "done" and before != "done" else ended if after == "done" else None
        return ended

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
        columns: `item_id`, `at`, `field`, `before`, `after` of the table of changes, and perhaps `by`.
    """
    timelines: dict[ItemId, Timeline] = {}
    former_keys: dict[str, ItemId] = {}
    names = ("at", "item_id", "field", "before", "after")
    authors = columns.get("by") or [None] * len(columns["at"])
    rows = zip(*(columns[name] for name in names), authors, strict=True)
    for at, item, name, before, after, by in sorted(rows, key=lambda row: row[0]):
        timeline = timelines.get(item)
        if timeline is None:
            timeline = timelines[item] = Timeline()
        timeline.last_activity_at = at
        match name:
            case "due":
                timeline.due.append(DateChange(at, _as_date(before), _as_date(after), by))
            case "state":
                timeline.states.append((at, before, after))
            case "status":
                timeline.statuses.append((at, before, after))
            case "labels":
                timeline.labels.append((at, before, after))
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
    zone: tzinfo = UTC,
    rules: PromiseRules = _AS_A_RULE,
    status: str | None = None,
    labels: Sequence[str] = (),
) -> datetime | None:
    """When the item became committed; None for not yet.

    The first of the moments that the rules name: it left To Do, it stood in an iteration that had started, it
    got a release, a label, a status (facts/rules.md §2.1). What was so from the beginning counts from its
    creation; an iteration starts with its first day in the zone.
    """
    moments: list[datetime] = []
    for rule in rules.committed_by:
        kind, _, name = rule.partition(":")
        match kind:
            case "leaves_todo":
                moments += _left_todo(timeline, created_at, state)
            case "active_iteration":
                moments += _in_iteration(timeline, iteration_starts, now, zone)
            case "release":
                begun = release_ids[0] if release_ids else None
                moments += _turned(timeline.releases, created_at, begun, bool)
            case "status":
                moments += _turned(timeline.statuses, created_at, status, _is_called(name))
            case _:
                moments += _turned(timeline.labels, created_at, "; ".join(labels), _has_label(name))
    return min(moments, default=None)


def _left_todo(timeline: Timeline, created_at: datetime | None, state: str) -> list[datetime]:
    first = timeline.states[0][1] if timeline.states else state
    moments = [at for at, _, after in timeline.states if after in ("in_progress", "done")]
    return moments if first in (None, "todo", "removed") or created_at is None else [created_at, *moments]


def _in_iteration(
    timeline: Timeline, starts: Mapping[str, date | None], now: datetime, zone: tzinfo
) -> list[datetime]:
    moments: list[datetime] = []
    today = now.astimezone(zone).date()
    for at, _, after in timeline.iterations:
        for iteration in _LIST_SEPARATOR.split(after or ""):
            start = starts.get(iteration)
            if start is not None and start <= today:
                moments.append(max(at, datetime.combine(start, time(), zone).astimezone(UTC)))
    return moments


def _turned(
    entries: Sequence[tuple[datetime, str | None, str | None]],
    created_at: datetime | None,
    now: str | None,
    holds: Callable[[str | None], bool],
) -> list[datetime]:
    """When something held: from the creation where it did at first, and after each change that made it."""
    first = entries[0][1] if entries else now
    moments = [at for at, _, after in entries if holds(after)]
    return [created_at, *moments] if created_at is not None and holds(first) else moments


def _is_called(name: str) -> Callable[[str | None], bool]:
    folded = name.strip().casefold()
    return lambda text: (text or "").strip().casefold() == folded


def _has_label(name: str) -> Callable[[str | None], bool]:
    folded = name.strip().casefold()
    return lambda text: folded in (one.strip().casefold() for one in (text or "").split(";"))


def last_named(text: str | None) -> str | None:
    """The last id of a list of ids; None of an empty one."""
    names = [one for one in _LIST_SEPARATOR.split(text or "") if one]
    return names[-1] if names else None


def _as_date(value: object) -> date | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
