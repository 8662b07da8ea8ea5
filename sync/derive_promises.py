"""Derivation of promises: when a date became one, how often it was moved, and how far it has slipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import DayArray, days_of_instants
from schedule.commitment import promise_of
from schedule.hierarchy import IntArray
from store.frames import BoolArray, Coded, Ints, as_instants, values_of
from sync.schedules import plan_ids
from sync.timeline import (
    Entries,
    Standing,
    Timelines,
    blocked_since,
    committed_at,
    due_changes,
    last_transitions,
)
from sync.workspace import Workspace, difference, ordinals

if TYPE_CHECKING:
    from store import Store

_FIELDS = ("due", "state", "iteration", "blocked", "release")
_SLIP_PAIRS = ("commitment to current", "baseline to current")
_MINUTES_PER_DAY = 480


@dataclass(slots=True)
class _Promises:
    """The promise of each item, see `schedule.commitment.Promise`. What is not known of all is 0."""

    first: DayArray
    committed_at: DayArray
    pushes: IntArray
    recent: IntArray
    pulls: IntArray
    pushed_wd: IntArray


def derive_promises(work: Workspace, store: Store) -> int:
    """Commitments, pushes, slips, and what else an item's history tells."""
    timelines = _timelines(work, store)
    _history(work, timelines)
    has_history = ~work.items.codes("schedule_id").is_one_of(plan_ids(store))
    promises = _promises(work, store, timelines, has_history)
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
    _slips(work, promises)
    return 0


def _timelines(work: Workspace, store: Store) -> Timelines:
    changes = store.frame(
        "tracker_change",
        ("at", "item_id", "field", "before", "after"),
        places={"item_id": work.position},
        # What else was edited, such as descriptions, may be long; only that it was edited counts.
        blank=(("before", "after"), "field", _FIELDS),
        among=None if work.is_full else ("item_id", work.reach.items),
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
    derived.put("blocked_since", np.where(items.flags("is_blocked"), since, np.datetime64("NaT", "ms")))


def _promises(work: Workspace, store: Store, timelines: Timelines, has_history: BoolArray) -> _Promises:
    items, count = work.items, len(work.items)
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
    nothing = np.datetime64("NaT", "D")
    # Without a history its present date is no promise: compared with itself, it would never slip.
    is_promised = ~is_written & has_history & ~np.isnat(moments)
    zeros = np.zeros(count, dtype=np.int64)
    promises = _Promises(
        first=np.where(is_written, written, np.where(is_promised, items.dates("due"), nothing)),
        committed_at=np.where(is_written, np.datetime64("NaT", "ms"), moments),
        pushes=zeros.copy(),
        recent=zeros.copy(),
        pulls=zeros.copy(),
        pushed_wd=zeros.copy(),
    )
    _follow(work, promises, timelines.of("due"), is_promised)
    return promises


def _follow(work: Workspace, promises: _Promises, due: Entries, is_promised: BoolArray) -> None:
    """Walk the edits of the promised dates that were edited."""
    kept = np.flatnonzero(is_promised[due.row])
    edits = Entries(
        due.row[kept],
        due.at[kept],
        Coded(due.before.codes[kept], due.before.words),
        Coded(due.after.codes[kept], due.after.words),
    )
    changes = due_changes(edits)
    rows = np.fromiter(changes, dtype=np.int64, count=len(changes))
    dues = values_of(work.items.dates("due")[rows])
    moments = values_of(promises.committed_at[rows])
    calendars = [work.calendars[name] for name in work.calendar_ids.words]
    codes = work.calendar_ids.codes[rows].tolist()
    found = [
        promise_of(
            now_due,
            some,
            moment,
            calendar=calendars[code],
            today=work.today,
            settle_days=work.settings.settle_days,
        )
        for now_due, some, moment, code in zip(dues, changes.values(), moments, codes, strict=True)
    ]
    promises.first[rows] = np.array([one.first for one in found], dtype="datetime64[D]")
    promises.committed_at[rows] = as_instants([one.committed_at for one in found])
    promises.pushes[rows] = [one.push_count for one in found]
    promises.recent[rows] = [one.push_count_90d for one in found]
    promises.pulls[rows] = [one.pull_count for one in found]
    promises.pushed_wd[rows] = [one.pushed_wd for one in found]


def _slips(work: Workspace, promises: _Promises) -> None:
    """How far each item has slipped from promise, else baseline, to its actual or effective finish."""
    items, derived, zone = work.items, work.derived, work.zone
    baseline, finished = items.dates("baseline_finish"), items.dates("actual_finish")
    start = np.where(np.isnat(promises.first), baseline, promises.first)
    current = np.where(np.isnat(finished), derived.dates("effective_due"), finished)
    is_pair = ~np.isnat(start) & ~np.isnat(current)
    codes = np.where(is_pair, np.where(np.isnat(promises.first), 1, 0), -1).astype(np.int32)
    derived.put("slip_pair", Coded(codes, list(_SLIP_PAIRS)).compact())
    calendars, ids = work.calendars, work.calendar_ids
    derived.put(
        "slip_wd", difference(ordinals(calendars, ids, current, zone), ordinals(calendars, ids, start, zone))
    )
    born = days_of_instants(items.instants("created_at"), zone)
    today = np.full(len(items), np.datetime64(work.today, "D"))
    derived.put(
        "age_wd", difference(ordinals(calendars, ids, today, zone), ordinals(calendars, ids, born, zone))
    )
    minutes = items.integers("total_float_minutes")
    float_wd = np.rint(minutes.values / _MINUTES_PER_DAY).astype(np.int64)
    derived.put("total_float_wd", Ints(np.where(minutes.known, float_wd, 0), minutes.known))
