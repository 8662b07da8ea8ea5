"""Derivation of current dates: iteration, release and parent of each item, and its effective due date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.effective_due import effective_due
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store


def derive_dates(work: Workspace, store: Store) -> None:
    """Fill the columns of iteration, release, parent and effective due date."""
    items, derived = work.items, work.derived
    iterations = store.read("tracker_iteration", ("iteration_id", "name", "end"))
    iteration_rows = {row[0]: row[1:] for row in zip(*iterations.values(), strict=True)}
    releases = store.read("tracker_release", ("release_id", "name", "date"))
    release_rows = {row[0]: row[1:] for row in zip(*releases.values(), strict=True)}
    unknown = (None, None)
    derived["iteration"], derived["iteration_end"] = map(
        list, _split(iteration_rows.get(one, unknown) for one in items["iteration_id"])
    )
    derived["release"], derived["release_date"] = map(
        list, _split(release_rows.get(one, unknown) for one in items["release_id"])
    )
    derived["releases"] = [
        [release_rows[one][0] for one in many or () if one in release_rows] for many in items["release_ids"]
    ]
    own_due = items["due"]
    has_due = np.array([day is not None for day in own_due], dtype=bool)
    ancestors = work.hierarchy.nearest_ancestor(has_due).tolist()
    derived["parent_due"] = [own_due[above] if above >= 0 else None for above in ancestors]
    finishes = _plan_finishes(work, store)
    pairs = [
        effective_due(own, iteration, release, parent, finishes.get(schedule))
        for own, iteration, release, parent, schedule in zip(
            own_due,
            derived["iteration_end"],
            derived["release_date"],
            derived["parent_due"],
            items["schedule_id"],
            strict=True,
        )
    ]
    derived["effective_due"], derived["effective_due_source"] = map(list, _split(pairs))


def _split(pairs: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    columns = tuple(zip(*pairs, strict=True))
    return (columns[0], columns[1]) if columns else ((), ())


def _plan_finishes(work: Workspace, store: Store) -> dict[str, date]:
    """The last due date of each plan. A Jira or Azure DevOps project has no finish of its own."""
    saved_plans = plans(store)
    finishes: dict[str, date] = {}
    for schedule, due in zip(work.items["schedule_id"], work.items["due"], strict=True):
        if schedule in saved_plans and due is not None:
            finishes[schedule] = max(due, finishes.get(schedule, due))
    return finishes


def plans(store: Store) -> set[str]:
    """The schedules that are saved plans, which do not tell what they said before."""
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    return {one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan"}
