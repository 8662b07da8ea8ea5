"""Derivation of promises: when a date became one, and how often it was moved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import DayArray, days_of_instants
from schedule.hierarchy import IntArray
from schedule.promises import Edits, Moves, follow_promises
from store.frames import BoolArray, Coded, Ints
from sync.derive_plan_network import total_floats
from sync.schedules import plan_ids
from sync.timeline import (
    Standing,
    Timelines,
    blocked_since,
    committed_at,
    due_edits,
    last_transitions,
)
from sync.workspace import Workspace, difference, ordinals

if TYPE_CHECKING:
    from store import Store

_FIELDS = ("due", "state", "iteration", "blocked", "release")
_MINUTES_PER_DAY = 480
_RECENT_DAYS = 90
_NO_INSTANT = np.datetime64("NaT", "ms")


@dataclass(slots=True)
class _Promises:
    """The promise of each item, see `schedule.commitment.Promise`."""

    first: DayArray
    committed_at: DayArray
    pushes: IntArray
    recent: IntArray
    pulls: IntArray
    pushed_wd: IntArray


def derive_promises(work: Workspace, store: Store) -> int:
    """Commitments, pushes, and what else an item's history tells."""
    timelines = _timelines(work, store, work.reach.items)
    work.due_edits = due_edits(timelines.of("due"))
    _history(work, timelines)
    has_history = ~work.items.codes("schedule_id").is_one_of(plan_ids(store))
    promises = _promises(work, store, timelines, work.due_edits, has_history)
    derived = work.derived
    derived.put("commitment", promises.first)
    derived.put("first_commitment", promises.first)
    derived.put("committed_at", promises.committed_at)
    derived.put("is_committed", ~np.isnat(promises.committed_at) | ~np.isnat(promises.first))
    for name, counts in (
        ("push_count", promises.pushes),
        ("push_count_90d", promises.recent),
        ("pull_count", promises.pulls),
        ("pushed_wd", promises.pushed_wd),
    ):
        # A saved plan does not tell what it said before.
        derived.put(name, Ints(np.where(has_history, counts, 0), has_history))
    _ages(work, store)
    return 0


def due_edits_of(work: Workspace, store: Store, ids: Collection[ItemId]) -> Edits:
    """How the due dates of these items were edited; of all items in a full derivation."""
    if work.is_full and work.due_edits is not None:
        return work.due_edits
    return due_edits(_timelines(work, store, ids).of("due"))


def _timelines(work: Workspace, store: Store, among: Collection[ItemId]) -> Timelines:
    changes = store.frame(
        "tracker_change",
        ("at", "item_id", "field", "before", "after"),
        places={"item_id": work.position},
        # What else was edited, such as descriptions, may be long; only that it was edited counts.
        blank=(("before", "after"), "field", _FIELDS),
        among=None if work.is_full else ("item_id", among),
        live_only=False,  # what is gone has no position
    )
    return Timelines(changes, changes.places("item_id"), len(work.items))


def _history(work: Workspace, timelines: Timelines) -> None:
    """When each item last moved at all, and since when it is as it is."""
    items, derived, count = work.items, work.derived, len(work.items)
    created = items.instants("created_at")
    active = timelines.last_activity_at
    derived.put("last_activity_at", np.where(np.isnat(active), created, active))
    transition = last_transitions(timelines.of("state"), count)
    derived.put("last_transition_at", transition)
    derived.put("state_since", np.where(np.isnat(transition), created, transition))
    # As its tracker says, else as its history does.
    said = items.instants("blocked_since")
    since = np.where(np.isnat(said), blocked_since(timelines.of("blocked"), count), said)
    derived.put("blocked_since", np.where(items.flags("is_blocked"), since, _NO_INSTANT))


def _promises(
    work: Workspace, store: Store, timelines: Timelines, edits: Edits, has_history: BoolArray
) -> _Promises:
    items = work.items
    iterations = store.read("tracker_iteration", ("iteration_id", "start"))
    moments = committed_at(
        timelines,
        Standing(
            created_at=items.instants("created_at"),
            state=items.codes("state"),
            release_ids=items.codes("release_ids"),
        ),
        iteration_starts=dict(zip(*iterations.values(), strict=True)),
        today=work.now.date(),
    )
    baseline, deadline = items.dates("baseline_finish"), items.dates("deadline")
    # A plan's promise is written in the plan: its baseline, else its deadline.
    written = np.where(np.isnat(baseline), deadline, baseline)
    is_written = ~np.isnat(written)
    # Without a history its present date is no promise: compared with itself, it would never slip.
    is_promised = ~is_written & has_history & ~np.isnat(moments)
    first, began, moves = follow_promises(
        items.dates("due"),
        edits,
        np.where(is_promised, moments, _NO_INSTANT),
        settle_days=work.settings.settle_days,
    )
    return _counted(
        work,
        moves,
        first=np.where(is_written, written, first),
        committed_at=np.where(is_written, _NO_INSTANT, np.where(is_promised, began, moments)),
    )


def _counted(work: Workspace, moves: Moves, *, first: DayArray, committed_at: DayArray) -> _Promises:
    """The moves of each promise, and how far they went in its own calendar."""
    count = len(first)
    codes = Coded(work.calendar_ids.codes[moves.row], work.calendar_ids.words)
    before, after = (ordinals(work.calendars, codes, days, work.zone) for days in (moves.before, moves.after))
    is_push = moves.after > moves.before
    pushed = np.where(is_push, difference(after, before).values, 0)
    days_ago = np.datetime64(work.today, "D") - moves.at.astype("datetime64[D]")
    is_recent = is_push & (days_ago.astype(np.int64) <= _RECENT_DAYS)
    return _Promises(
        first=first,
        committed_at=committed_at,
        pushes=np.bincount(moves.row[is_push], minlength=count),
        recent=np.bincount(moves.row[is_recent], minlength=count),
        pulls=np.bincount(moves.row[~is_push], minlength=count),
        pushed_wd=np.bincount(moves.row, weights=pushed, minlength=count).astype(np.int64),
    )


def _ages(work: Workspace, store: Store) -> None:
    """How old each item is, and the float that its own plan says it has."""
    items, derived, zone = work.items, work.derived, work.zone
    calendars, ids = work.calendars, work.calendar_ids
    born = days_of_instants(items.instants("created_at"), zone)
    today = np.full(len(items), np.datetime64(work.today, "D"))
    derived.put(
        "age_wd", difference(ordinals(calendars, ids, today, zone), ordinals(calendars, ids, born, zone))
    )
    minutes = total_floats(work)
    float_wd = np.rint(minutes.values / _minutes_per_day(work, store)).astype(np.int64)
    derived.put("total_float_wd", Ints(np.where(minutes.known, float_wd, 0), minutes.known))


def _minutes_per_day(work: Workspace, store: Store) -> IntArray:
    """How many working minutes a day of each item's plan has; eight hours where nothing says it."""
    rows = store.read("tracker_schedule", ("schedule_id", "minutes_per_day"))
    own = dict(zip(*rows.values(), strict=True))
    schedules = work.items.codes("schedule_id")
    days = [own.get(one) or _MINUTES_PER_DAY for one in schedules.words]
    return schedules.of([*days, _MINUTES_PER_DAY])
