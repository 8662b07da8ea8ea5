"""Derivation of the date an item is effectively due, and where that date comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import DayArray
from schedule.effective_due import SOURCES, effective_dues
from store.frames import Coded, Frame
from sync.schedules import plan_ids
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_NAT = np.datetime64("NaT", "D")


def derive_dates(work: Workspace, store: Store) -> int:
    """Iteration, release, the due date above, and the effective due date with its provenance."""
    items, derived = work.items, work.derived
    iterations = store.frame("tracker_iteration", ("iteration_id", "name", "end"), texts=("iteration_id",))
    releases = store.frame("tracker_release", ("release_id", "name", "date"), texts=("release_id",))
    _put_listed(work, "iteration_id", iterations, {"name": "iteration", "end": "iteration_end"})
    _put_listed(work, "release_id", releases, {"name": "release", "date": "release_date"})
    names = dict(zip(releases.keys("release_id"), releases.texts("name"), strict=True))
    derived.put(
        "releases",
        items.codes("release_ids").mapped(lambda many: tuple(names[one] for one in many if one in names)),
    )
    own = items.dates("due")
    above = work.hierarchy.nearest_ancestor(~np.isnat(own))
    derived.put("parent_due", np.append(own, _NAT)[above])
    day, source = effective_dues(
        (
            own,
            derived.dates("iteration_end"),
            derived.dates("release_date"),
            derived.dates("parent_due"),
            _plan_finishes(work, store),
        )
    )
    derived.put("effective_due", day)
    derived.put("effective_due_source", Coded(source, list(SOURCES)).compact())
    return 0


def _put_listed(work: Workspace, column: str, rows: Frame, names: dict[str, str]) -> None:
    """What a list says of what each item is in, such as its iteration."""
    ids = work.items.codes(column)
    place = {one: index for index, one in enumerate(rows.keys(rows.names[0]))}
    where = np.array([*(place.get(word, -1) for word in ids.words), -1], dtype=np.int64)[ids.codes]
    for name, derived in names.items():
        found = rows.column(name)
        if isinstance(found, Coded):
            work.derived.put(derived, Coded(np.append(found.codes, -1)[where].astype(np.int32), found.words))
        else:
            work.derived.put(derived, np.append(rows.dates(name), _NAT)[where])


def _plan_finishes(work: Workspace, store: Store) -> DayArray:
    """For each item the last due date of its plan. A tracker's project has no finish of its own."""
    owners = work.items.codes("schedule_id")
    plans = plan_ids(store)
    finishes = np.full(len(owners.words) + 1, np.iinfo(np.int64).min, dtype=np.int64)
    due = work.items.dates("due")
    in_plan = owners.is_one_of(plans) & ~np.isnat(due)
    np.maximum.at(finishes, owners.codes[in_plan], due[in_plan].astype(np.int64))
    for plan, finish in work.reach.plan_finishes.items():
        # Not all of the plan is loaded.
        if plan in owners.words:
            finishes[owners.words.index(plan)] = finish.astype(np.int64)
    finishes[-1] = np.iinfo(np.int64).min
    return finishes.view("datetime64[D]")[owners.codes]
