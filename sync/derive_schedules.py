"""Derivation of schedules: what they count, who leads them, and what their checks come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedule.hierarchy import IntArray
from store.frames import BoolArray
from sync.derive_checks import INDICES
from sync.workspace import ENDED, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_SCHEDULE = (
    "schedule_id",
    "project",
    "lead",
    "lead_problem",
    "item_count",
    "percent_complete",
    "baseline_at",
    "rebaselines_12m",
    *INDICES,
    "has_levels",
)
_IN_LEVELS = ("story", "task")
_WITH_PARTS = (*_IN_LEVELS, "bug")
LEAST_WORK = 10
LEAST_SHARE = 0.8
"""A schedule has levels where this share of its open work, of at least so many items, has a parent."""


def derive_schedules(work: Workspace, store: Store) -> int:
    """Write the derived side of each schedule. Needs its checks; returns the rows that changed."""
    rows = store.read("tracker_schedule", ("schedule_id", "source", "scope", "lead_id", "baseline_at"))
    columns: Columns = {name: [] for name in _SCHEDULE}
    members = _members(work)
    percents = _percents(work)
    nothing = np.empty(0, dtype=np.int64)
    work_in_levels = _work_in_levels(work)
    for row in zip(*rows.values(), strict=True):
        schedule_id, source, scope, lead_id, baseline_at = row
        if not work.is_full and schedule_id not in work.reach.schedules:
            continue
        mine = members.get(schedule_id, nothing)
        project = work.placement.place(source, scope).project
        lead, lead_problem = _lead(work, project, source, lead_id)
        percent = _percent_complete(work, percents, mine)
        values = (
            schedule_id,
            project,
            lead,
            lead_problem,
            len(mine),
            percent,
            work.baselines.taken_at.get(schedule_id, baseline_at),
            work.baselines.changed_12m.get(schedule_id),
            *(work.indices[schedule_id][name] for name in INDICES),
            _has_levels(work, mine[work_in_levels[mine]]),
        )
        for one, value in zip(_SCHEDULE, values, strict=True):
            columns[one].append(value)
    _mark_turned(work, store, columns)
    return work.write(store, "derived_schedule", columns, keys=work.reach.schedules)


def _members(work: Workspace) -> dict[str, IntArray]:
    """The positions of what belongs to each schedule and is not removed, in order."""
    owners = work.items.codes("schedule_id")
    rows = np.flatnonzero((owners.codes >= 0) & ~work.items.codes("state").is_one_of(("removed",)))
    codes = owners.codes[rows]
    order = np.argsort(codes, kind="stable")
    stops = np.flatnonzero(np.diff(codes[order])) + 1
    groups = np.split(rows[order], stops) if len(rows) else []
    return {owners.words[owners.codes[group[0]]]: group for group in groups}


def _work_in_levels(work: Workspace) -> BoolArray:
    """Open work that would stand below something where there are levels.

    Epics and features are the levels themselves; milestones, risks and bugs stand anywhere, by habit. What is
    part of a piece of such work, such as a sub-task, has a parent with or without levels.
    """
    items = work.items
    kinds = items.codes("kind")
    is_work = kinds.is_one_of(_IN_LEVELS) & items.flags("is_detail") & ~items.flags("is_milestone")
    has_parts = kinds.is_one_of(_WITH_PARTS) & ~items.flags("is_summary")
    parents, schedules = items.codes("parent_id"), items.codes("schedule_id").codes
    places = np.array([*(work.position.get(one, -1) for one in parents.words), -1], dtype=np.int64)
    parent = places[parents.codes]
    # Whatever stands in another schedule need not be loaded, so it must make no difference.
    is_part = (parent >= 0) & has_parts[parent] & (schedules[parent] == schedules)
    return np.asarray(is_work & ~is_part & ~items.codes("state").is_one_of(ENDED), dtype=bool)


def _has_levels(work: Workspace, rows: IntArray) -> bool:
    parents = work.items.codes("parent_id").codes[rows]
    return len(rows) >= LEAST_WORK and bool(np.count_nonzero(parents >= 0) >= LEAST_SHARE * len(rows))


def _mark_turned(work: Workspace, store: Store, columns: Columns) -> None:
    """Items show whether their schedule has levels, so where that turns rules look at all of them again.

    That happens once in a while: at most changes of a schedule it stays as it is.
    """
    rows = store.read("derived_schedule", ("schedule_id", "has_levels"))
    before = dict(zip(*rows.values(), strict=True))
    after = dict(zip(columns["schedule_id"], columns["has_levels"], strict=True))
    looked_at = {*before, *after} if work.is_full else {*after, *work.reach.schedules}
    store.mark_members([one for one in sorted(looked_at) if bool(before.get(one)) != bool(after.get(one))])


def _lead(
    work: Workspace, project: str | None, source: str, lead_id: str | None
) -> tuple[str | None, str | None]:
    """The lead that the configuration names, else the tracker's; and why that lead cannot act."""
    declared = work.placement.nodes[project].lead if project is not None else None
    if declared is not None:
        person = next(
            (one for one in work.people.persons if one.email and one.email.casefold() == declared.casefold()),
            None,
        )
        return declared, person.problem if person is not None else None
    identity = work.people.identity(source, lead_id)
    return (identity.name if identity else lead_id), work.people.owner_problem(source, lead_id)


def _percents(work: Workspace) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How much of each item is complete, 0 to 100: what its tracker says, else done or not."""
    said = work.items.numbers("percent_complete")
    is_done = work.items.codes("state").is_one_of(("done",))
    return np.where(is_done, 100.0, np.where(np.isnan(said), 0.0, said))


def _percent_complete(
    work: Workspace, percents: np.ndarray[tuple[int], np.dtype[np.float64]], members: IntArray
) -> float | None:
    """Over the leaves: weighted by duration where every leaf has one, else by count."""
    leaves = members[work.derived.flags("is_leaf")[members]]
    if not len(leaves):
        return None
    durations = work.items.integers("duration_minutes")
    total = int(durations.values[leaves].sum()) if durations.known[leaves].all() else 0
    weights = durations.values[leaves] if total else np.ones(len(leaves), dtype=np.int64)
    # A sum from left to right, whatever else is loaded: numpy's own would depend on the length.
    done = sum((weights * percents[leaves]).tolist())
    return round(float(done / int(weights.sum())), 1)
