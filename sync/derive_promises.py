"""Derivation of promises: when a date became one, and how often it was moved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import DayArray, days_of_instants
from schedule.commitment import PromiseRules
from schedule.hierarchy import IntArray
from schedule.promises import Edits, Promises, follow_promises
from store.frames import BoolArray, Coded, Ints
from sync.containers import read_containers
from sync.derive_finishes import derive_finishes
from sync.derive_plan_network import floats_said
from sync.derive_replans import derive_replans
from sync.history_gaps import history_gaps
from sync.inherited_dates import WHOSE, Inheritance, inherited
from sync.moments import Moments, Standing
from sync.pairs import pairs_of
from sync.schedules import plan_ids
from sync.timeline import OWN, Timelines, blocked_since, due_edits, last_transitions
from sync.workspace import Workspace, difference, ordinals

if TYPE_CHECKING:
    from store import Store

_FIELDS = ("due", "state", "status", "owner", "iteration", "blocked", "release", "parent")
_KEPT = ("state", "iteration", "parent")
_OF_MOMENTS = {"status": "status", "label": "labels"}
# Where a promised date comes from.
_SOURCES = (*WHOSE, "baseline", "deadline")
_BASELINE, _DEADLINE = len(WHOSE), len(WHOSE) + 1
_MINUTES_PER_DAY = 480
_RECENT_DAYS = 90
_NO_DAY = np.datetime64("NaT", "D")
_NO_INSTANT = np.datetime64("NaT", "ms")


def derive_promises(work: Workspace, store: Store) -> int:
    """Commitments, pushes, and what else an item's history tells; bulk moves of dates."""
    timelines = _timelines(work, store, work.reach.items)
    _history(work, timelines)
    has_history = ~work.items.codes("schedule_id").is_one_of(plan_ids(store))
    derive_finishes(work, timelines.of("state"), has_history)
    changed = _promises(work, store, timelines, has_history)
    _ages(work)
    work.derived.put("history_gap", history_gaps(work, timelines, store))
    work.histories = {name: timelines.of(name) for name in _KEPT}
    return changed


def due_edits_of(work: Workspace, store: Store, ids: Collection[ItemId]) -> Edits:
    """How the due dates of these items were edited; of all items in a full derivation."""
    if work.is_full and work.due_edits is not None:
        return work.due_edits
    return due_edits(_timelines(work, store, ids).of("due"))


def _timelines(work: Workspace, store: Store, among: Collection[ItemId]) -> Timelines:
    more = [field for kind, field in _OF_MOMENTS.items() if kind in work.settings.moments]
    changes = store.frame(
        "tracker_change",
        ("at", "item_id", "by", "field", "before", "after"),
        places={"item_id": work.position},
        # What else was edited, such as descriptions, may be long; only that it was edited counts.
        blank=(("by", "before", "after"), "field", (*_FIELDS, *more)),
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


def _promises(work: Workspace, store: Store, timelines: Timelines, has_history: BoolArray) -> int:
    items = work.items
    written, written_source = _written(work, has_history)
    is_written = ~np.isnat(written)
    containers = read_containers(store)
    rules, of_item = promise_rules(work)
    moments = _moments(work, timelines, containers.starts, rules, of_item)
    # Without a history its present date is no promise: compared with itself, it would never slip.
    is_promised = ~is_written & has_history & ~np.isnat(moments)
    entries = timelines.of("due")
    edits = work.due_edits = due_edits(entries)
    in_replan, changed = derive_replans(work, entries, edits, store)
    own_due = items.dates("due")
    is_own = ~np.isnat(own_due)
    is_own[edits.row] = True
    promises_inherited = _of(rules, of_item, lambda one: tuple(one.dates) != ("own",))
    told = inherited(
        Inheritance(own_due, edits), containers, items, timelines, is_promised & ~is_own, promises_inherited
    )
    in_replan = np.append(in_replan, np.zeros(len(told.edits.row) - len(in_replan), dtype=bool))[told.order]
    promises = follow_promises(
        told.due,
        told.edits,
        np.where(is_promised, moments, _NO_INSTANT),
        settle_days=np.array([one.settle_days for one in rules], dtype=np.int64)[of_item],
    )
    whose = np.where(is_own, OWN, promises.source)
    # What is no promise cannot be pushed; that the container moved it is told all the same.
    counts = _promised(rules, of_item, whose) & ~np.isnat(promises.first)
    _counts(work, promises, told, counts, has_history, in_replan)
    first = np.where(is_written, written, np.where(counts, promises.first, _NO_DAY))
    began = np.where(is_promised & counts, promises.began, moments)
    derived = work.derived
    derived.put("commitment", first)
    derived.put("first_commitment", first)
    codes = np.where(np.isnat(first), -1, np.where(is_written, written_source, whose))
    derived.put("commitment_source", Coded(codes.astype(np.int32), list(_SOURCES)).compact())
    derived.put("committed_at", np.where(is_written, _NO_INSTANT, began))
    derived.put("is_committed", ~np.isnat(derived.instants("committed_at")) | ~np.isnat(first))
    return changed


def _written(work: Workspace, has_history: BoolArray) -> tuple[DayArray, IntArray]:
    """The promise that stands in a plan, and what it stands in: its baseline, else its deadline."""
    baseline, deadline = work.items.dates("baseline_finish"), work.items.dates("deadline")
    written = np.where(np.isnat(baseline), deadline, baseline)
    if "baseline_counts" in work.derived:
        # A baseline of ours takes nothing away from what the history of an item says.
        written = np.where(has_history & work.derived.flags("baseline_counts"), _NO_DAY, written)
    return written, np.where(np.isnat(baseline), _DEADLINE, _BASELINE)


def promise_rules(work: Workspace) -> tuple[list[PromiseRules], IntArray]:
    """The rules that hold anywhere, and which of them holds for each item."""
    own = work.settings.promises
    if all(node.promises is None for node in work.settings.tree):
        return [own], np.zeros(len(work.items), dtype=np.int64)
    scopes = pairs_of(work.items.codes("source"), work.items.codes("scope"))
    places = [work.placement.place(*scope).lowest for scope in scopes.words]
    of_scope = [work.placement.promises_of(place) or own for place in places]
    rules = [own, *(one for one in of_scope if one is not own)]
    return rules, np.array([*map(rules.index, of_scope), 0], dtype=np.int64)[scopes.codes]


def _of(rules: list[PromiseRules], of_item: IntArray, holds: Callable[[PromiseRules], bool]) -> BoolArray:
    return np.array([*map(holds, rules)], dtype=bool)[of_item]


def _promised(rules: list[PromiseRules], of_item: IntArray, whose: IntArray) -> BoolArray:
    """Whether the rules of an item let a date from there be promised."""
    allowed = np.array([[*(one in rule.dates for one in WHOSE), False] for rule in rules], dtype=bool)
    return np.asarray(allowed[of_item, whose], dtype=bool)


def _moments(
    work: Workspace,
    timelines: Timelines,
    starts: Mapping[str, date | None],
    rules: list[PromiseRules],
    of_item: IntArray,
) -> DayArray:
    """When each item became committed, by its own rules; NaT for not yet."""
    items = work.items
    status, labels = (items.codes(one) if one in items else None for one in _OF_MOMENTS.values())
    standing = Standing(
        created_at=items.instants("created_at"),
        state=items.codes("state"),
        release_ids=items.codes("release_ids"),
        status=status,
        labels=labels,
    )
    moments = Moments(
        timelines,
        standing,
        iteration_starts=starts,
        today=work.now.astimezone(work.zone).date(),
        zone=work.zone,
    )
    found = moments.first_of(rules[0].committed_by)
    for number, one in enumerate(rules[1:], 1):
        if tuple(one.committed_by) != tuple(rules[0].committed_by):
            found = np.where(of_item == number, moments.first_of(one.committed_by), found)
    return found


def _counts(
    work: Workspace,
    promises: Promises,
    told: Inheritance,
    counts: BoolArray,
    has_history: BoolArray,
    in_replan: BoolArray,
) -> None:
    """The moves of each promise, and how far they went in its own calendar."""
    moves, edits, count = promises.moves, told.edits, len(counts)
    codes = Coded(work.calendar_ids.codes[moves.row], work.calendar_ids.words)
    before, after = (ordinals(work.calendars, codes, days, work.zone) for days in (moves.before, moves.after))
    is_later = moves.after > moves.before
    is_inherited = told.is_inherited[moves.edit]
    is_own = counts[moves.row] & ~is_inherited
    is_push = is_own & is_later
    days_ago = np.datetime64(work.today, "D") - days_of_instants(edits.at[moves.edit], work.zone)
    is_recent = is_push & (days_ago.astype(np.int64) <= _RECENT_DAYS)
    pushed = np.where(is_push, difference(after, before).values, 0)
    for name, number in (
        ("push_count", np.bincount(moves.row[is_push], minlength=count)),
        ("push_count_90d", np.bincount(moves.row[is_recent], minlength=count)),
        ("pull_count", np.bincount(moves.row[is_own & ~is_later], minlength=count)),
        ("pushed_wd", np.bincount(moves.row, weights=pushed, minlength=count).astype(np.int64)),
        ("replan_count", np.bincount(moves.row[is_push & in_replan[moves.edit]], minlength=count)),
        ("inherited_push_count", np.bincount(moves.row[is_inherited & is_later], minlength=count)),
    ):
        # A saved plan does not tell what it said before.
        work.derived.put(name, Ints(np.where(has_history, number, 0), has_history))


def _ages(work: Workspace) -> None:
    """How old each item is."""
    items, derived, zone = work.items, work.derived, work.zone
    calendars, ids = work.calendars, work.calendar_ids
    born = days_of_instants(items.instants("created_at"), zone)
    today = np.full(len(items), np.datetime64(work.today, "D"))
    derived.put(
        "age_wd", difference(ordinals(calendars, ids, today, zone), ordinals(calendars, ids, born, zone))
    )


def plan_floats(work: Workspace, store: Store, name: str = "total_float_minutes") -> Ints:
    """A float that plans give to their own tasks, in working days of each plan."""
    minutes = floats_said(work, name)
    float_wd = np.rint(minutes.values / _minutes_per_day(work, store)).astype(np.int64)
    return Ints(np.where(minutes.known, float_wd, 0), minutes.known)


def _minutes_per_day(work: Workspace, store: Store) -> IntArray:
    """How many working minutes a day of each item's plan has; eight hours where nothing says it."""
    rows = store.read("tracker_schedule", ("schedule_id", "minutes_per_day"))
    own = dict(zip(*rows.values(), strict=True))
    schedules = work.items.codes("schedule_id")
    days = [own.get(one) or _MINUTES_PER_DAY for one in schedules.words]
    return schedules.of([*days, _MINUTES_PER_DAY])
