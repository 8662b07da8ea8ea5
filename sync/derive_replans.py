"""Bulk moves of dates: each is told as one row, and its moves are told apart from pushes of single items.

Bulk moves of one account have nothing to do with those of another. A change therefore spreads to the accounts
that moved dates of what has changed, and to the items of those of their bulk moves that are others now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.hierarchy import IntArray
from schedule.promises import Edits
from schedule.replans import replan_events
from store.frames import BoolArray, Coded, values_of
from sync.changed import Reach
from sync.derive_calendars import calendars_of
from sync.pairs import pairs_of
from sync.timeline import Entries, Timelines, due_edits
from sync.workspace import PORTFOLIO_CALENDAR, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_NAMES = (
    "replan_id", "source", "by", "at", "last_at", "moved_days", "moved_wd", "item_count", "push_count",
    "items",
)  # fmt: skip
_CHANGE = ("at", "item_id", "by", "field", "before", "after")

Actor: TypeAlias = tuple[str, str]
"""A source and an account of it."""


@dataclass(frozen=True, slots=True)
class Replans:
    """Bulk moves, and what is part of one.

    Attributes:
        rows: of the table.
        is_part: which edits of dates are.
        item_ids: of the items of each row.
    """

    rows: Columns
    is_part: BoolArray
    item_ids: list[set[str]]


def derive_replans(work: Workspace, entries: Entries, edits: Edits, store: Store) -> tuple[BoolArray, int]:
    """Write one row for each bulk move.

    Args:
        work: the items.
        entries: of due dates, of everything that is reached.
        edits: the same as dates.
        store: receives the rows.

    Returns:
        Which of the edits are part of one, and the number of rows that changed.
    """
    sources, ids, keys = (work.items.column(name) for name in ("source", "item_id", "key"))
    calendar = work.portfolio_calendar
    if work.is_full:
        found = _replans(entries, edits, sources, ids, keys, calendar)  # type: ignore[arg-type] # as loaded
        return found.is_part, store.replace("derived_replan", found.rows)
    codes = Coded(work.items.codes("source").codes[entries.row], work.items.codes("source").words)
    actors = work.reach.actors | _known(pairs_of(codes, entries.by).words)
    if not actors:
        return np.zeros(len(edits.row), dtype=bool), 0
    theirs, found = _of_actors(store, actors, calendar)
    part = np.flatnonzero(found.is_part)
    place = work.positions([theirs.ids[row] for row in theirs.edits.row[part].tolist()])
    mine = set(_signs(place, theirs.entries, theirs.edits, part))
    everything = np.arange(len(edits.row))
    is_part = np.array([one in mine for one in _signs(entries.row, entries, edits, everything)], dtype=bool)
    stored = {one for one, _, actor in _stored(store) if actor in actors}
    return is_part, work.write(
        store, "derived_replan", found.rows, keys=stored | set(found.rows["replan_id"])
    )


def spread_replans(store: Store, reach: Reach) -> None:
    """What moved together with what has changed may be part of another bulk move now, or of none."""
    if reach.settings is None or not reach.items:
        return
    names = ("source", "by")
    mine = store.frame(
        "tracker_change", names, among=("item_id", reach.items), only=("field", "due"), live_only=False
    )
    reach.actors |= _known(pairs_of(mine.codes("source"), mine.codes("by")).words)
    stored = _stored(store)
    if stored:
        keys = set(_column(store, "key", "item_id", reach.items))
        reach.actors.update(actor for _, row, actor in stored if keys.intersection(row[-1]))
    if not reach.actors:
        return
    calendar = calendars_of(store, reach.settings)[0][PORTFOLIO_CALENDAR]
    _, found = _of_actors(store, reach.actors, calendar)
    before = {one: row for one, row, actor in stored if actor in reach.actors}
    now = _rows_of(found.rows)
    for row, items in zip(now, found.item_ids, strict=True):
        if before.pop(row[0], None) != row:
            reach.add(items)
    for row in before.values():
        reach.add(_column(store, "item_id", "key", row[-1]))


@dataclass(frozen=True, slots=True)
class _Theirs:
    """All edits of dates by some accounts, and the ids of their items."""

    entries: Entries
    edits: Edits
    ids: list[str]


def _of_actors(store: Store, actors: Collection[Actor], calendar: WorkCalendar) -> tuple[_Theirs, Replans]:
    accounts = ("by", {account for _, account in actors})
    changes = store.frame("tracker_change", ("source", "item_id"), among=accounts, only=("field", "due"))
    sources = {source for source, _ in actors}
    touched = pairs_of(changes.codes("source"), changes.codes("item_id"))
    wanted = {item for source, item in touched.words if source in sources}
    names = ("item_id", "source", "key")
    items = store.frame("tracker_item", names, texts=("item_id", "key"), among=("item_id", wanted))
    ids = items.keys("item_id")
    place = {item: index for index, item in enumerate(ids)}
    edits = store.frame(
        "tracker_change", _CHANGE, places={"item_id": place}, among=accounts, only=("field", "due")
    )
    entries = Timelines(edits, edits.places("item_id"), len(ids)).of("due")
    dated = due_edits(entries)
    theirs = _Theirs(entries, dated, ids)
    found = _replans(entries, dated, items.codes("source"), ids, items.keys("key"), calendar, only=actors)
    return theirs, found


def _replans(
    entries: Entries,
    edits: Edits,
    sources: Coded,
    ids: list[str],
    keys: list[str],
    calendar: WorkCalendar,
    *,
    only: Collection[Actor] | None = None,
) -> Replans:
    """The bulk moves among these edits, those of unknown accounts left out."""
    actors = pairs_of(Coded(sources.codes[entries.row], sources.words), entries.by)
    known = _known(actors.words) if only is None else only
    is_move = actors.is_one_of(known) & ~np.isnat(edits.before) & ~np.isnat(edits.after)
    moves = np.flatnonzero(is_move)
    days, worked = _moved(edits, moves, calendar)
    at = edits.at[moves].astype(np.int64)
    numbers = replan_events(actors.codes[moves].astype(np.int64), at, edits.row[moves], days, worked)
    is_part = np.zeros(len(edits.row), dtype=bool)
    is_part[moves[numbers >= 0]] = True
    rows: Columns = {name: [] for name in _NAMES}
    item_ids: list[set[str]] = []
    for members in _grouped(numbers):
        first = members[np.lexsort((days[members], edits.row[moves[members]], at[members]))[0]]
        its = np.unique(edits.row[moves[members]]).tolist()
        source, account = actors.at(int(moves[first]))
        began, ended = values_of(edits.at[moves[[first, members[np.argmax(at[members])]]]])
        item_ids.append({ids[row] for row in its})
        told = (
            # Of no other bulk move is this the first move.
            f"{source}/{began.isoformat()}/{ids[edits.row[moves[first]]]}/{days[first]}",
            source,
            account,
            began,
            ended,
            # It is one amount in one of the two at least.
            *(_if_one(some[members]) for some in (days, worked)),
            len(its),
            int((days[members] > 0).sum()),
            sorted({keys[row] for row in its}),
        )
        for name, value in zip(_NAMES, told, strict=True):
            rows[name].append(value)
    return Replans(rows, is_part, item_ids)


def _moved(edits: Edits, moves: IntArray, calendar: WorkCalendar) -> tuple[IntArray, IntArray]:
    """By how many days, and working days; a date outside the calendar was moved by none of these."""
    before, after = edits.before[moves], edits.after[moves]
    (old, old_known), (new, new_known) = calendar.known_ordinals(before), calendar.known_ordinals(after)
    return (after - before).astype(np.int64), np.where(old_known & new_known, new - old, 0)


def _grouped(numbers: IntArray) -> Iterable[IntArray]:
    """The positions of each number from 0 on."""
    order = np.argsort(numbers, kind="stable")
    order = order[np.count_nonzero(numbers < 0) :]
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(order) else ()


def _if_one(amounts: IntArray) -> int | None:
    return int(amounts[0]) if (amounts == amounts[0]).all() else None


def _signs(rows: IntArray, entries: Entries, edits: Edits, some: IntArray) -> Iterable[tuple[object, ...]]:
    """What tells an edit from others: whose date, when, by whom, from and to what."""
    days: list[DayArray] = [edits.before[some], edits.after[some]]
    whose = rows if len(rows) == len(some) else rows[some]
    by = [entries.by.at(one) for one in some.tolist()]
    return zip(
        whose.tolist(),
        edits.at[some].tolist(),
        by,
        *(one.astype(np.int64).tolist() for one in days),
        strict=True,
    )


def _known(actors: Iterable[tuple[str | None, str | None]]) -> set[Actor]:
    return {(source, account) for source, account in actors if source is not None and account is not None}


def _stored(store: Store) -> list[tuple[str, tuple[Any, ...], Actor]]:
    """The bulk moves that are stored: id, row, account."""
    rows = store.read("derived_replan", _NAMES)
    return [(row[0], row, (row[1], row[2])) for row in _rows_of(rows)]


def _rows_of(rows: Columns) -> list[tuple[Any, ...]]:
    return [(*row[:-1], list(row[-1])) for row in zip(*(rows[name] for name in _NAMES), strict=True)]


def _column(store: Store, name: str, column: str, values: Collection[str]) -> list[str]:
    return store.frame("tracker_item", (name,), texts=(name,), among=(column, values)).keys(name)
