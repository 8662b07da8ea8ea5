"""Derivation of promises: what was committed and when, how the date moved since, and by how much it slips."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from portfolio.records import ItemId
from schedule.commitment import Promise, PromiseRules, promise_of
from schedule.effective_due import slip
from sync.containers import Containers, read_containers
from sync.derive_dates import plans
from sync.timeline import Timeline, committed_at
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_NAMES = (
    "commitment", "commitment_source", "first_commitment", "committed_at", "is_committed", "push_count",
    "push_count_90d", "pull_count", "pushed_wd", "replan_count", "inherited_push_count", "actual_finish",
    "actual_finish_source", "reopened_count", "earlier_finish", "slip_wd", "slip_pair", "last_activity_at",
    "last_transition_at", "state_since", "blocked_since", "age_wd", "total_float_wd",
)  # fmt: skip
_COUNTS = (
    "push_count", "push_count_90d", "pull_count", "pushed_wd", "replan_count", "inherited_push_count",
)  # fmt: skip


def derive_promises(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> None:
    """Fill the columns of commitment, pushes, actual finish, slip and activity. Needs the current dates."""
    items, derived = work.items, work.derived
    for name in _NAMES:
        derived[name] = []
    saved_plans = plans(store)
    containers = read_containers(store)
    for index, item in enumerate(items["item_id"]):
        timeline = timelines.get(item)
        calendar = work.calendar_of(index)
        # A saved plan does not tell what it said before.
        has_history = items["schedule_id"][index] not in saved_plans
        promise, source = _promise(work, index, timeline, containers, has_history=has_history)
        commitment = promise.first
        derived["commitment"].append(commitment)
        derived["commitment_source"].append(None if commitment is None else source)
        derived["first_commitment"].append(commitment)
        derived["committed_at"].append(promise.committed_at)
        derived["is_committed"].append(promise.committed_at is not None or commitment is not None)
        for name in _COUNTS:
            derived[name].append(getattr(promise, name) if has_history else None)
        _actual_finish(work, index, timeline, has_history=has_history)
        current = derived["actual_finish"][index] or derived["effective_due"][index]
        pair = slip(commitment, items["baseline_finish"][index], None, current)
        derived["slip_wd"].append(pair and calendar.working_days_between(pair[0], pair[1]))
        derived["slip_pair"].append(pair and pair[2])
        created = items["created_at"][index]
        transition = timeline.states[-1][0] if timeline and timeline.states else None
        derived["last_activity_at"].append((timeline and timeline.last_activity_at) or created)
        derived["last_transition_at"].append(transition)
        derived["state_since"].append(transition or created)
        derived["blocked_since"].append(_blocked_since(items, index, timeline))
        derived["age_wd"].append(calendar.working_days_between(_day(work, created), work.today))
        minutes = items["total_float_minutes"][index]
        derived["total_float_wd"].append(None if minutes is None else round(minutes / 480))


def _day(work: Workspace, moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(work.zone).date()


def _actual_finish(work: Workspace, index: int, timeline: Timeline | None, *, has_history: bool) -> None:
    """When it finished, and who says so. A reopened item has not; when it did before is kept beside it."""
    derived, state = work.derived, work.items["state"][index]
    finish: date | None = work.items["actual_finish"][index]
    source = "tracker"
    if state not in ("done", "removed"):
        finish = None
    elif finish is None and state == "done" and timeline is not None:
        finish, source = _day(work, timeline.finished_at), "history"
    derived["actual_finish"].append(finish)
    derived["actual_finish_source"].append(None if finish is None else source)
    before = timeline.finished_before() if timeline is not None else []
    derived["reopened_count"].append(len(before) if has_history else None)
    derived["earlier_finish"].append(_day(work, before[-1]) if before else None)


def _blocked_since(items: Columns, index: int, timeline: Timeline | None) -> datetime | None:
    """Since when an item is blocked: as its tracker says, else as its history does; None is unknown."""
    if not items["is_blocked"][index]:
        return None
    said: datetime | None = items["blocked_since"][index]
    return said or (timeline.blocked_since if timeline else None)


def _rules(work: Workspace, index: int) -> PromiseRules:
    place = work.placement.place(work.items["source"][index], work.items["scope"][index])
    return work.placement.promises_of(place.lowest) or work.settings.promises


def _promise(
    work: Workspace, index: int, timeline: Timeline | None, containers: Containers, *, has_history: bool
) -> tuple[Promise, str | None]:
    """The promise behind an item's date, and where the promised date comes from."""
    items = work.items
    rules = _rules(work, index)
    history = timeline or Timeline()
    # A plan's promise is written in the plan: its baseline, else its deadline. A baseline of ours takes
    # nothing away from what the history of an item says.
    is_written = not (has_history and work.derived["baseline_counts"][index])
    for name in ("baseline_finish", "deadline"):
        if is_written and items[name][index] is not None:
            return Promise(items[name][index], None, 0, 0, 0, 0), name.removesuffix("_finish")
    moment = committed_at(
        history,
        items["created_at"][index],
        items["state"][index],
        release_ids=items["release_ids"][index] or (),
        iteration_starts=containers.starts,
        now=work.now,
        zone=work.zone,
        rules=rules,
        status=items["status"][index],
        labels=items["labels"][index] or (),
    )
    if not has_history:
        # Its present date is no promise: compared with itself, it would never slip.
        return Promise(None, moment, 0, 0, 0, 0), None
    due, changes = items["due"][index], history.due
    is_own = due is not None or bool(changes)
    if not is_own:
        if tuple(rules.dates) == ("own",) and not containers.moves:
            return Promise(None, moment, 0, 0, 0, 0), None
        due, changes = containers.inherited(
            history, items["created_at"][index], items["iteration_id"][index], items["release_id"][index]
        )
    promise = promise_of(
        due,
        changes,
        moment,
        calendar=work.calendar_of(index),
        today=work.today,
        zone=work.zone,
        settle_days=rules.settle_days,
    )
    whose = "own" if is_own else promise.source
    if whose in rules.dates:
        return promise, whose
    # What is no promise cannot be pushed; that the container moved it is told all the same.
    return Promise(None, moment, 0, 0, 0, 0, 0, promise.inherited_push_count), None
