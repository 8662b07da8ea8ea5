"""Derivation of schedules: what they count, who leads them, and what their checks come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedule.hierarchy import IntArray
from sync.derive_checks import INDICES
from sync.workspace import Columns, Workspace

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
)


def derive_schedules(work: Workspace, store: Store) -> int:
    """Write the derived side of each schedule. Needs its checks; returns the rows that changed."""
    rows = store.read("tracker_schedule", ("schedule_id", "source", "scope", "lead_id", "baseline_at"))
    columns: Columns = {name: [] for name in _SCHEDULE}
    members = _members(work)
    percents = _percents(work)
    nothing = np.empty(0, dtype=np.int64)
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
        )
        for one, value in zip(_SCHEDULE, values, strict=True):
            columns[one].append(value)
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
