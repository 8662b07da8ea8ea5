"""Bulk moves of dates in the timelines of items: each is marked at its moves, and told as one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import as_days
from schedule.commitment import DateChange
from schedule.replans import LEAST_ITEMS, IntArray, replan_events
from sync.timeline import Timeline
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_NAMES = (
    "replan_id",
    "source",
    "by",
    "at",
    "last_at",
    "moved_days",
    "moved_wd",
    "item_count",
    "push_count",
    "items",
)
_UNKNOWN_WD = 0  # a date outside the calendar was moved by no number of working days


@dataclass(frozen=True, slots=True)
class _Move:
    index: int  # of the item
    place: int  # in its timeline
    change: DateChange


def derive_replans(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> int:
    """Mark the moves that are part of a bulk move, in place, and write one row for each bulk move.

    Returns the rows that changed.
    """
    moves = [
        _Move(index, place, change)
        for index, item in enumerate(work.items["item_id"])
        if item in timelines
        for place, change in enumerate(timelines[item].due)
        if change.by is not None and change.before is not None and change.after is not None
    ]
    columns: Columns = {name: [] for name in _NAMES}
    if len(moves) >= LEAST_ITEMS:
        _find(work, timelines, moves, columns)
    return store.replace("derived_replan", columns)


def _find(
    work: Workspace, timelines: Mapping[ItemId, Timeline], moves: list[_Move], columns: Columns
) -> None:
    sources = work.items["source"]
    actors: dict[tuple[str, str | None], int] = {}
    actor = [actors.setdefault((sources[one.index], one.change.by), len(actors)) for one in moves]
    before, after = (as_days([getattr(one.change, name) for one in moves]) for name in ("before", "after"))
    days = (after - before).astype(np.int64)
    ordinals = work.portfolio_calendar.ordinals_of
    worked = _ints(
        [
            _UNKNOWN_WD if old is None or new is None else new - old
            for old, new in zip(ordinals(before), ordinals(after), strict=True)
        ]
    )
    at = _ints([int(one.change.at.timestamp() * 1000) for one in moves])
    events = replan_events(_ints(actor), at, _ints([one.index for one in moves]), days, worked)
    for number in range(int(events.max(initial=-1)) + 1):
        places = np.flatnonzero(events == number).tolist()
        for one in (moves[place] for place in places):
            due = timelines[work.items["item_id"][one.index]].due
            due[one.place] = replace(one.change, in_replan=True)
        _tell(work, [moves[place] for place in places], days[places], worked[places], columns)


def _tell(work: Workspace, moves: list[_Move], days: IntArray, worked: IntArray, columns: Columns) -> None:
    at = min(one.change.at for one in moves)
    source = work.items["source"][moves[0].index]
    items = sorted({work.items["key"][one.index] for one in moves})
    row: dict[str, Any] = {
        "replan_id": f"{source}/{at.isoformat()}/{len(columns['replan_id'])}",
        "source": source,
        "by": moves[0].change.by,
        "at": at,
        "last_at": max(one.change.at for one in moves),
        # It is one amount in one of the two at least.
        "moved_days": int(days[0]) if (days == days[0]).all() else None,
        "moved_wd": int(worked[0]) if (worked == worked[0]).all() else None,
        "item_count": len({one.index for one in moves}),
        "push_count": int((days > 0).sum()),
        "items": items,
    }
    for name in _NAMES:
        columns[name].append(row[name])


def _ints(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)
