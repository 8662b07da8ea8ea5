"""How every item stood at an instant, from how it stands now and what its timeline says of the time between.

Pure: columns in, columns out. What a timeline does not tell is unknown for an item that has changed since,
and is never taken from today. For one that has not, it is as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, TypeAlias

from portfolio.records import SourceId

Columns: TypeAlias = dict[str, list[Any]]
Later: TypeAlias = Mapping[str, Sequence[tuple[str | None, str | None]]]

# Who an item is never changes.
IDENTITY = ("item_id", "source", "native_id", "created_at")
# Where the items of a source stand that tells nothing.
_PLACE = ("key", "scope", "schedule_id", "url")
# A column of an item → the name of its timeline's field, where that is another one.
_FIELDS: Mapping[str, str] = {
    "owner_id": "owner",
    "parent_id": "parent",
    "iteration_id": "iteration",
    "release_ids": "release",
    "estimate_hours": "estimate",
    "remaining_hours": "remaining",
    "spent_hours": "spent",
    "is_blocked": "blocked",
}
# What follows from other columns alone is as it is while those are.
_FOLLOWS: Mapping[str, Sequence[str]] = {
    "url": ("key",),
    "kind": ("type", "labels"),
    "is_summary": ("type",),
    "is_milestone": ("type", "labels"),
    "is_detail": ("type", "labels", "state"),
    "priority_rank": ("priority",),
    "blocked_since": ("is_blocked",),
    "actual_start": ("state",),
    "actual_finish": ("state",),
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """Items as they stood.

    Attributes:
        columns: their values; an unknown one is None, or an empty list, or False where it cannot be null.
        known: for each column, whether its value is known, item by item.
        born_unknown: how many items were left out because nobody knows when they were made.
    """

    columns: Columns
    known: Mapping[str, list[bool]]
    born_unknown: int


def replay(
    items: Columns,
    changes: Columns,
    *,
    at: datetime,
    told: Mapping[SourceId, Collection[str]],
    read_before: Collection[SourceId] = (),
) -> Replayed:
    """The items that existed just before an instant, as they stood then.

    Args:
        items: columns of items, tombstones too: `IDENTITY`, `updated_at`, `deleted_at`, and any others.
        changes: `item_id`, `at`, `field`, `before`, `after` of their timelines, in the order of their saves.
        at: the instant; what happened at it has not happened.
        told: for each source, the columns whose every change its timelines tell.
        read_before: sources that were not read since, so that everything stored of them is as it stood.
    """
    later = _later(changes, at)
    gone = _deletions(changes)
    several = _in_several_iterations(changes, at)
    chosen: list[int] = []
    born_unknown = 0
    for index, (item, source, born, deleted) in enumerate(
        zip(items["item_id"], items["source"], items["created_at"], items["deleted_at"], strict=True)
    ):
        ended = None if deleted is None else min(gone.get(item, deleted), deleted)
        if ended is not None and ended < at:
            continue
        if born is None and source not in read_before:
            born_unknown += 1
        elif born is None or born < at:
            chosen.append(index)
    columns: Columns = {name: [] for name in items}
    known: dict[str, list[bool]] = {name: [] for name in items}
    for index in chosen:
        row = {name: values[index] for name, values in items.items()}
        source = row["source"]
        _one(
            row,
            later.get(row["item_id"], {}),
            at,
            told.get(source, ()),
            source in read_before,
            row["item_id"] in several,
            columns,
            known,
        )
    return Replayed(columns, known, born_unknown)


def _one(
    row: Mapping[str, Any],
    later: Later,
    at: datetime,
    telling: Collection[str],
    was_read_before: bool,
    was_in_several: bool,
    columns: Columns,
    known: dict[str, list[bool]],
) -> None:
    updated = row["updated_at"]
    is_same = was_read_before or (bool(telling) and updated is not None and updated < at)
    found: dict[str, tuple[Any, bool]] = {}
    for name, now in row.items():
        if name in ("deleted_at", "deleted_because"):
            found[name] = None, True
        elif name in IDENTITY or was_read_before:
            found[name] = now, True
        else:
            found[name] = _value(name, now, later, telling, is_same=is_same)
    if "release_id" in found and not was_read_before:
        # Of several the one that counts depends on their dates and on which were out: nobody tells of that.
        releases, is_known = found["release_ids"]
        found["release_id"] = next(iter(releases), None), is_known and len(releases) < 2
    if was_in_several and not was_read_before and "iteration" not in later:
        found["iteration_id"] = None, False
    for name, (value, is_known) in found.items():
        columns[name].append(value if is_known else _nothing(row[name]))
        known[name].append(is_known)


def _value(name: str, now: Any, later: Later, telling: Collection[str], *, is_same: bool) -> tuple[Any, bool]:
    """What stood in a column, and whether that is known."""
    if name in _PLACE and not telling:
        return now, True  # a plan's items stay where they are
    if name in telling:
        changes = later.get(_FIELDS.get(name, name))
        return (now, True) if changes is None else _before(name, now, changes)
    if name == "schedule_id":
        return now, all(_project(one) == _project(other) for one, other in later.get("scope", ()))
    causes = _FOLLOWS.get(name)
    if causes is not None and telling:
        return now, not any(_FIELDS.get(one, one) in later for one in causes)
    return now, is_same


def _project(scope: str | None) -> str:
    return (scope or "").partition("\\")[0]


def _nothing(value: Any) -> Any:
    if isinstance(value, bool):
        return False
    return [] if isinstance(value, list | tuple) else None


def _later(changes: Columns, at: datetime) -> dict[str, dict[str, list[tuple[str | None, str | None]]]]:
    """What happened to each field of each item from the instant on, oldest first."""
    names = ("item_id", "at", "field", "before", "after")
    rows = [row for row in zip(*(changes[name] for name in names), strict=True) if row[1] >= at]
    rows.sort(key=lambda row: (row[0], row[1]))
    found: dict[str, dict[str, list[tuple[str | None, str | None]]]] = {}
    for item, own in groupby(rows, key=lambda row: row[0]):
        fields = found[item] = {}
        for _, _, field, before, after in own:
            fields.setdefault(field, []).append((before, after))
    return found


def _deletions(changes: Columns) -> dict[str, datetime]:
    """When the tracker says that an item was deleted, the last time."""
    return {
        item: at
        for item, at, field, after in zip(
            *(changes[name] for name in ("item_id", "at", "field", "after")), strict=True
        )
        if field == "deleted" and after
    }


def _in_several_iterations(changes: Columns, at: datetime) -> set[str]:
    """The items that stood in several iterations: which one counted depended on the states of these."""
    names = ("item_id", "at", "field", "after")
    rows = [row for row in zip(*(changes[name] for name in names), strict=True) if row[2] == "iteration"]
    rows.sort(key=lambda row: row[1])
    last = {item: after for item, moment, _, after in rows if moment < at}
    return {item for item, after in last.items() if len(_ids(after)) > 1}


def _before(name: str, now: Any, later: Sequence[tuple[str | None, str | None]]) -> tuple[Any, bool]:
    """The value before these changes, and whether it is understood."""
    if name == "release_ids":
        return _releases_before(now, later), True
    text = later[0][0]
    if name == "iteration_id":
        names = _ids(text)
        return (names[-1] if names else None), len(names) < 2
    try:
        return _READ.get(name, _as_text)(text), True
    except ValueError:
        return None, False


def _releases_before(now: Sequence[str], later: Sequence[tuple[str | None, str | None]]) -> list[str]:
    """Releases are told one by one, or as whole lists; either way what came goes, and what went comes."""
    found = list(now)
    for before, after in reversed(later):
        came, went = _ids(after), _ids(before)
        found = [one for one in found if one not in came or one in went]
        found += [one for one in went if one not in found]
    return sorted(found)


def _ids(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


def _as_text(text: str | None) -> str | None:
    return text or None


def _as_day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _as_number(text: str | None) -> float | None:
    return float(text) if text else None


def _as_labels(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(";") if one.strip()]


_READ: Mapping[str, Callable[[str | None], Any]] = {
    "title": lambda text: text or "",
    "start": _as_day,
    "due": _as_day,
    "points": _as_number,
    "estimate_hours": _as_number,
    "remaining_hours": _as_number,
    "spent_hours": _as_number,
    "labels": _as_labels,
    "is_blocked": bool,
}
