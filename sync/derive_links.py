"""Derivation of what joins items: dependencies with the dates of their ends, and twins over trackers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from portfolio.records import ItemId
from schedule.hierarchy import members_of_cycles
from sync.twins import TwinPair, TwinSide, find_twins, mapping_counts
from sync.workspace import PORTFOLIO_CALENDAR, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_MINUTES_PER_DAY = 480
_DATES = ("predecessor_finish", "predecessor_due", "successor_start")


def derive_dependencies(work: Workspace, store: Store) -> int:
    """Write the derived side of every dependency whose two ends are known; returns the rows that changed."""
    rows = store.read(
        "tracker_dependency",
        ("dependency_id", "source", "predecessor_id", "successor_id", "type", "lag_minutes"),
    )
    edges: list[tuple[int, int]] = []
    kept: list[tuple[Any, ...]] = []
    for row in zip(*rows.values(), strict=True):
        ends = work.position.get(row[2]), work.position.get(row[3])
        if ends[0] is not None and ends[1] is not None:
            kept.append(row)
            edges.append((ends[0], ends[1]))
    on_cycle = members_of_cycles(len(work.position), edges)
    columns: Columns = {
        name: []
        for name in (
            "dependency_id", "calendar_id", "lag_wd", *_DATES, "overlap_wd", "crosses_source",
            "crosses_schedule", "crosses_team", "in_cycle",
        )
    }  # fmt: skip
    for row, (before, after) in zip(kept, edges, strict=True):
        _append(columns, work, row, before, after)
        columns["in_cycle"].append(before in on_cycle and after in on_cycle)
    calendar_rows = columns["calendar_id"]
    for name in _DATES:
        columns[f"{name}_ord"] = [
            work.calendars[calendar].ordinal(day)
            for calendar, day in zip(calendar_rows, columns[name], strict=True)
        ]
    return store.replace("derived_dependency", columns)


def _append(columns: Columns, work: Workspace, row: tuple[Any, ...], before: int, after: int) -> None:
    items, derived = work.items, work.derived
    lag = row[5]
    lag_wd = None if lag is None else round(lag / _MINUTES_PER_DAY)
    finish: date | None = derived["effective_due"][before]
    start: date | None = items["start"][after]
    overlap = work.calendar_of(after).working_days_between(start, finish)
    columns["dependency_id"].append(row[0])
    columns["calendar_id"].append(work.calendar_ids[after])
    columns["lag_wd"].append(lag_wd)
    columns["predecessor_finish"].append(finish)
    columns["predecessor_due"].append(finish)
    columns["successor_start"].append(start)
    # Both ends are worked days: a successor that starts on the day its predecessor finishes overlaps by 1.
    columns["overlap_wd"].append(
        overlap + 1 + (lag_wd or 0) if overlap is not None and row[4] == "FS" else None
    )
    columns["crosses_source"].append(items["source"][before] != items["source"][after])
    columns["crosses_schedule"].append(items["schedule_id"][before] != items["schedule_id"][after])
    teams = items["team"][before], items["team"][after]
    columns["crosses_team"].append(None not in teams and teams[0] != teams[1])


def derive_twins(work: Workspace, store: Store, former_keys: Mapping[str, ItemId]) -> int:
    """Find the twins and write how their sides differ; returns the rows that changed."""
    items = work.items
    sides = [
        TwinSide(*row)
        for row in zip(
            items["item_id"],
            items["source"],
            items["key"],
            items["title"],
            [keys or () for keys in items["twin_keys"]],
            strict=True,
        )
    ]
    pairs = find_twins(sides, former_keys, work.settings.twins)
    source_of = dict(zip(items["item_id"], items["source"], strict=True))
    counts = mapping_counts(pairs, source_of)
    columns: Columns = {
        name: []
        for name in (
            "twin_id", "a_id", "b_id", "a_key", "b_key", "evidence", "confidence", "is_confirmed",
            "due_gap_wd", "state_differs", "owner_differs", "missing_side", "map_count",
        )
    }  # fmt: skip
    for pair in pairs:
        first = work.position[pair.a_id]
        second = None if pair.b_id is None else work.position[pair.b_id]
        columns["twin_id"].append(pair.twin_id)
        columns["a_id"].append(pair.a_id)
        columns["b_id"].append(pair.b_id)
        columns["a_key"].append(items["key"][first])
        columns["b_key"].append(None if second is None else items["key"][second])
        columns["evidence"].append(pair.evidence)
        columns["confidence"].append(pair.confidence)
        columns["is_confirmed"].append(pair.b_id is not None)
        columns["missing_side"].append(pair.missing)
        columns["map_count"].append(_map_count(pair, source_of, counts))
        _append_differences(columns, work, first, second)
    return store.replace("derived_twin", columns)


def _map_count(
    pair: TwinPair, source_of: Mapping[ItemId, str], counts: Mapping[tuple[ItemId, str], int]
) -> int:
    if pair.b_id is None:
        return 0
    return max(counts[pair.a_id, source_of[pair.b_id]], counts[pair.b_id, source_of[pair.a_id]])


def _append_differences(columns: Columns, work: Workspace, first: int, second: int | None) -> None:
    if second is None:
        columns["due_gap_wd"].append(None)
        columns["state_differs"].append(None)
        columns["owner_differs"].append(None)
        return
    items, due = work.items, work.derived["effective_due"]
    calendar = work.calendars[PORTFOLIO_CALENDAR]
    columns["due_gap_wd"].append(calendar.working_days_between(due[first], due[second]))
    ended = ("done", "removed")
    columns["state_differs"].append((items["state"][first] in ended) != (items["state"][second] in ended))
    people = [work.people.person(items["source"][one], items["owner_id"][one]) for one in (first, second)]
    # Only people known by address in both trackers can be said to differ; anything else is unknown.
    known = [person for person in people if person is not None and person.email]
    columns["owner_differs"].append(known[0] is not known[1] if len(known) == 2 else None)
