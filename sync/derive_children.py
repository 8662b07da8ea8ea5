"""Derivation of how what was committed has grown: what was below it then, and what was added since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import DayArray
from schedule.hierarchy import IntArray
from store.frames import BoolArray, Frame, Ints
from sync.derive_promises import promise_rules
from sync.flow_items import NO_WORK
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_NAMES = ("children_at_commit", "children_added")
_COLUMNS = ("item_id", "parent_id", "kind", "state", "created_at")
_GROWS_BY = frozenset({"changes", "created_at", "kind", "state", "parent_id"})


def derive_children(work: Workspace, store: Store) -> int:
    """Fill `children_at_commit` and `children_added` of what has children and was committed on a known day.

    A child belongs to the commitment if it was there, and below this item, within the days in which a date
    may still be corrected (`settle_days`). What of it was removed was committed, too; what was added and
    removed again is no addition. Needs promises.
    """
    parent, joined, is_gone, is_work = _of_all(work) if work.is_full else _of_some(work, store)
    rules, of_item = promise_rules(work)
    days = np.array([one.settle_days for one in rules], dtype="timedelta64[D]")[of_item]
    until = work.derived.instants("committed_at") + days.astype("timedelta64[ms]")
    counts = (parent >= 0) & is_work
    parent, joined, is_gone = parent[counts], joined[counts], is_gone[counts]
    is_late = joined > until[parent]
    known = ~np.isnat(until)
    known[np.setdiff1d(np.arange(len(until)), parent)] = False
    for name, which in zip(_NAMES, (~is_late, is_late & ~is_gone), strict=True):
        number = np.bincount(parent[which], minlength=len(until))
        work.derived.put(name, Ints(np.where(known, number, 0), known))
    if not work.is_full:
        _reach_parents(work, store)
    work.histories = {}
    return 0


def _of_all(work: Workspace) -> tuple[IntArray, DayArray, BoolArray, BoolArray]:
    """Of every item its parent, since when it has it, whether it was removed, whether it is work."""
    told = work.histories["parent"]
    last = told.lasts[told.after.codes[told.lasts] >= 0]
    return _told(work, work.items, told.row[last], told.at[last])


def _of_some(work: Workspace, store: Store) -> tuple[IntArray, DayArray, BoolArray, BoolArray]:
    """The same of everything that is below what is reached, and below the parents of what has changed."""
    ids = work.items.keys("item_id")
    wanted = {ids[row] for row in np.flatnonzero(work.is_reached).tolist()} | _parents(work)
    below = store.frame("tracker_item", _COLUMNS, texts=("item_id",), among=("parent_id", wanted))
    place = {one: row for row, one in enumerate(below.keys("item_id"))}
    moves = store.frame(
        "tracker_change",
        ("at", "item_id", "after"),
        places={"item_id": place},
        among=("item_id", place),
        only=("field", "parent"),
    )
    row, at = moves.places("item_id"), moves.instants("at")
    order = np.lexsort((at, row))
    last = order[np.append(row[order][1:] != row[order][:-1], True)[: len(order)]]
    last = last[(moves.codes("after").codes[last] >= 0) & (row[last] >= 0)]
    return _told(work, below, row[last], at[last])


def _told(
    work: Workspace, items: Frame, moved: IntArray, at: DayArray
) -> tuple[IntArray, DayArray, BoolArray, BoolArray]:
    joined = items.instants("created_at").copy()
    # What nobody knows of was there before it was moved.
    joined[moved] = np.fmax(joined[moved], at)
    return (
        work.positions_of(items.codes("parent_id")),
        joined,
        items.codes("state").is_one_of(("removed",)),
        ~items.codes("kind").is_one_of(NO_WORK),
    )


def _parents(work: Workspace) -> set[str]:
    """The parents of what has changed in a way that they count."""
    changed = [one for one in work.reach.marked if one.came_or_went or one.columns & _GROWS_BY]
    return {parent for one in changed for parent in one.values("parent_id")}


def _reach_parents(work: Workspace, store: Store) -> None:
    """Derive the parents anew that are not reached yet and count something else than they did."""
    places = np.array([work.position.get(one, -1) for one in sorted(_parents(work))], dtype=np.int64)
    places = places[places >= 0]
    places = places[~work.is_reached[places]]
    if not len(places):
        return
    ids = work.items.keys("item_id")
    stored = store.frame(
        "derived_item",
        ("item_id", *_NAMES),
        texts=("item_id",),
        among=("item_id", [ids[row] for row in places.tolist()]),
    )
    rows = work.positions(stored.texts("item_id"))
    differs = np.zeros(len(rows), dtype=bool)
    for name in _NAMES:
        old, new = stored.integers(name), work.derived.integers(name)
        differs |= (old.values != new.values[rows]) | (old.known != new.known[rows])
    work.reach_late(rows[differs])
