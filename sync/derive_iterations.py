"""Derivation of iterations: what each took on, what was done in it, and what its team usually gets done.

An iteration that is over is counted once on each day, like everything that history teaches. Of those that are
running, a table tells which items count in which way, so that a change is counted where it belongs without
all other items being read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import DayArray, days_of_instants
from schedule.distributions import FloatArray
from schedule.flow import Iterations, paces
from schedule.hierarchy import IntArray
from schedule.spells import NEVER, Spells, inside, spells
from store.frames import BoolArray, Coded, CodeIndex, coded, values_of
from sync.flow_items import DONE, FlowItems
from sync.timeline import last_named
from sync.work_classes import CONTAINER_KINDS
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

ITERATIONS = "iterations"
NUMBERS = ("committed", "done", "p85_team", "say_do_3")
_TABLE, _MEMBERS = "derived_iteration", "derived_iteration_item"
_KEY = ("iteration_id", "item_id")
_TEAM_SHARE = 0.8
_FOREVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True)
class _List:
    """The iterations of the store, by position."""

    ids: Sequence[str]
    start: DayArray
    end: DayArray
    is_running: BoolArray
    is_over: BoolArray
    place: Coded
    """Where each belongs in its tracker, if that says so: its source and scope."""


@dataclass(frozen=True, slots=True)
class _Members:
    """Which items count in which iterations: positions of both, each pair once."""

    row: IntArray
    iteration: IntArray
    is_committed: BoolArray
    is_done: BoolArray

    def counts(self, which: BoolArray, count: int) -> FloatArray:
        """How many of these pairs each iteration has."""
        return np.bincount(self.iteration[which], minlength=count).astype(np.float64)


def learn_iterations(work: Workspace, store: Store, items: FlowItems) -> dict[str, dict[str, Any]]:
    """What iterations that are over came to, and what the team of each one got done in those before it.

    Args:
        work: all items, with their histories.
        store: tells the iterations.
        items: see `flow_items`.
    """
    every = _read(work, store)
    count = len(every.ids)
    spent = _spells(work, items, every)
    members = _members(work, items, every, spent, every.is_over | every.is_running)
    committed = members.counts(members.is_committed, count)
    kept = members.counts(members.is_committed & members.is_done, count)
    done = members.counts(members.is_done, count)
    high, share = paces(
        Iterations(
            team=_teams(work, items, every, members, spent),
            start=every.start,
            end=every.end,
            is_over=every.is_over,
            committed=committed,
            kept=kept,
            done=done,
        )
    )
    # One in which nothing ever was is not known to have been empty: its work may not be read here.
    told = every.is_over & (committed + done > 0)
    numbers = (np.where(told, committed, np.nan), np.where(told, done, np.nan), high, share)
    rows = zip(*map(values_of, numbers), strict=True)
    return {
        ITERATIONS: {
            one: dict(zip(NUMBERS, row, strict=True))
            for one, row in zip(every.ids, rows, strict=True)
            if any(value is not None for value in row)
        }
    }


def derive_iterations(work: Workspace, store: Store, items: FlowItems, learned: Mapping[str, Any]) -> int:
    """Write what is known of each iteration; returns the rows that changed.

    Args:
        work: the workspace.
        store: tells the iterations; receives the rows.
        items: see `flow_items`.
        learned: what was learned of iterations today.
    """
    every = _read(work, store)
    members = _members(work, items, every, _spells(work, items, every), every.is_running)
    ids = work.items.keys("item_id")
    rows: Columns = {
        "iteration_id": [every.ids[one] for one in members.iteration.tolist()],
        "item_id": [ids[row] for row in members.row.tolist()],
        "is_committed": members.is_committed.tolist(),
        "is_done": members.is_done.tolist(),
    }
    if work.is_full:
        changed = store.replace(_MEMBERS, rows)
        counts = (members.counts(which, len(every.ids)) for which in (members.is_committed, members.is_done))
        live = dict(zip(every.ids, zip(*(one.tolist() for one in counts), strict=True), strict=True))
        return changed + store.replace(_TABLE, _rows(every, every.ids, learned, live))
    stored = store.frame(
        _MEMBERS, tuple(rows), texts=_KEY, among=("item_id", work.reach.items), live_only=False
    )
    before = set(zip(*map(stored.values, rows), strict=True))
    differ = before ^ set(zip(*rows.values(), strict=True))
    if not differ:
        return 0
    keys = {(iteration, item) for iteration, item, *_ in differ}
    kept = [place for place, key in enumerate(zip(*map(rows.get, _KEY), strict=True)) if key in keys]
    changed = store.replace(
        _MEMBERS, {name: [values[one] for one in kept] for name, values in rows.items()}, within=keys
    )
    touched = sorted({iteration for iteration, _ in keys})
    return changed + store.replace(
        _TABLE, _rows(every, touched, learned, _counted(store, touched)), within=touched
    )


def _rows(
    every: _List,
    ids: Sequence[str],
    learned: Mapping[str, Any],
    live: Mapping[str, tuple[float, float]],
) -> Columns:
    running = {
        one for one, is_running in zip(every.ids, every.is_running.tolist(), strict=True) if is_running
    }
    columns: Columns = {name: [] for name in ("iteration_id", *NUMBERS)}
    for one in ids:
        known = dict(learned.get(one) or dict.fromkeys(NUMBERS))
        if one in running:
            known["committed"], known["done"] = live.get(one, (0.0, 0.0))
        if any(value is not None for value in known.values()):
            columns["iteration_id"].append(one)
            for name in NUMBERS:
                columns[name].append(known[name])
    return columns


def _counted(store: Store, ids: Sequence[str]) -> dict[str, tuple[float, float]]:
    """How many items each of these running iterations took on, and how many are done in it."""
    stored = store.frame(
        _MEMBERS,
        ("iteration_id", "is_committed", "is_done"),
        among=("iteration_id", ids),
        live_only=False,
    )
    iterations = stored.codes("iteration_id")
    committed, done = (
        np.bincount(iterations.codes[stored.flags(name)], minlength=len(iterations.words)).tolist()
        for name in ("is_committed", "is_done")
    )
    return dict(zip(iterations.words, zip(map(float, committed), map(float, done), strict=True), strict=True))


def _read(work: Workspace, store: Store) -> _List:
    rows = store.read("tracker_iteration", ("iteration_id", "source", "state", "start", "end", "scope"))
    start, end = (np.array(rows[name], dtype="datetime64[D]") for name in ("start", "end"))
    state = np.array([one or "" for one in rows["state"]], dtype="U8")
    today = np.datetime64(work.today, "D")
    has_begun = ~np.isnat(start) & (start <= today) & (state != "future")
    # One that nobody has closed goes on, whatever its dates say.
    is_running = has_begun & ((state == "active") | ((state != "closed") & ~(end < today)))
    is_over = has_begun & ~is_running & ~np.isnat(end)
    places = [
        None if scope is None else (source, scope)
        for source, scope in zip(rows["source"], rows["scope"], strict=True)
    ]
    return _List(rows["iteration_id"], start, end, is_running, is_over, coded(places))


def _spells(work: Workspace, items: FlowItems, every: _List) -> Spells:
    """In which of these iterations each item was, and when."""
    told = work.histories["iteration"]
    index = CodeIndex()
    for one in every.ids:
        index[one]

    def places(column: Coded) -> IntArray:
        words = [*(index[last_named(word)] for word in column.words), -1]
        return np.asarray(column.of(words), dtype=np.int64)

    before, after = places(told.before), places(told.after)
    now = places(work.items.codes("iteration_id"))
    first = now.copy()
    first[told.row[told.firsts]] = before[told.firsts]
    at = told.at.astype(np.int64)
    found = spells(
        told.row, at, before, inside(told.row, before, after, first[told.row]), born=items.born, now=now
    )
    return found.take((found.value >= 0) & (found.value < len(every.ids)))


def _members(work: Workspace, items: FlowItems, every: _List, spent: Spells, wanted: BoolArray) -> _Members:
    """What these iterations took on by the end of their first day, and what was done in them."""
    # Of what is loaded only to be read, the histories are not there.
    is_counted = _is_counted(work, items) & work.is_reached
    spent = spent.take(wanted[spent.value] & is_counted[spent.row])
    since = days_of_instants(spent.since.view("datetime64[ms]"), work.zone)
    until = np.full(len(spent.row), _FOREVER)
    left = spent.until < NEVER
    until[left] = days_of_instants(spent.until[left].view("datetime64[ms]"), work.zone)
    start, end = every.start[spent.value], every.end[spent.value]
    end = np.where(every.is_running[spent.value], _FOREVER, end)
    finish = work.derived.dates("actual_finish")[spent.row]
    is_new = np.isnat(finish) | (finish >= start)
    # What nobody knows the beginning of was there from the beginning.
    is_committed = ~(since > start) & (until > start) & is_new
    is_done = (items.state[spent.row] == DONE) & (finish >= start) & (finish <= end)
    is_done &= ~(since > finish) & (until >= finish)
    counts = is_committed | is_done
    width = max(len(every.ids), 1)
    pairs, place = np.unique((spent.row * width + spent.value)[counts], return_inverse=True)
    flags = np.zeros((2, len(pairs)), dtype=bool)
    for kind, flag in enumerate((is_committed, is_done)):
        flags[kind, place[flag[counts]]] = True
    return _Members(pairs // width, pairs % width, flags[0], flags[1])


def _is_counted(work: Workspace, items: FlowItems) -> BoolArray:
    """What an iteration takes on: neither what contains such work nor what such work is divided into."""
    is_work = items.has_flow & ~work.items.codes("kind").is_one_of(CONTAINER_KINDS)
    parent = work.hierarchy.parent
    found: BoolArray = is_work & ~((parent >= 0) & is_work[parent])
    return found


def _teams(work: Workspace, items: FlowItems, every: _List, members: _Members, spent: Spells) -> IntArray:
    """Whose each iteration is: the team that four of five of its items belong to, else all of its scope."""
    ahead = (spent.until == NEVER) & ~(every.is_over | every.is_running)[spent.value]
    ahead &= _is_counted(work, items)[spent.row]
    iteration = np.concatenate((members.iteration[members.is_committed], spent.value[ahead]))
    rows = np.concatenate((members.row[members.is_committed], spent.row[ahead]))
    width = len(items.team.words) + 1
    pairs, counts = np.unique(iteration * width + items.team.codes[rows] + 1, return_counts=True)
    total = np.bincount(iteration, minlength=len(every.ids))
    place = every.place.codes.astype(np.int64)
    found = np.where(place >= 0, place + width, -1)
    found[total == 0] = -1
    is_most = (counts >= _TEAM_SHARE * total[pairs // width]) & (pairs % width > 0)
    found[(pairs // width)[is_most]] = (pairs % width)[is_most]
    return found
