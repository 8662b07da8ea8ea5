"""Derivation of how much of each person's next four weeks their open work takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import WorkCalendar
from schedule.distributions import FloatArray
from schedule.hierarchy import IntArray
from schedule.loads import hours_at_work, load, share_ahead
from store.frames import BoolArray, Frame, values_of
from sync.flow_items import NO_WORK
from sync.people import Person
from sync.schedules import plan_ids
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

LOAD_COLUMNS = (
    "kind", "start", "remaining_hours", "estimate_hours", "percent_complete", "assignment_count",
)  # fmt: skip
_DERIVED = ("effective_due", "is_leaf")
_TWIN = ("a_id", "b_id")


def loads(
    work: Workspace, store: Store, items: Frame, persons: Sequence[Person], person_of: IntArray
) -> list[float | None]:
    """The load of each of these persons; None where it is unknown.

    Args:
        work: knows effective due dates and leaves of what is reached.
        store: tells them of everything else.
        items: all items of these persons, with `LOAD_COLUMNS`; in a full derivation all items.
        persons: whose load is asked for.
        person_of: for each item the place of its owner among them; -1 for nobody, and for what has ended.
    """
    due, is_leaf = _dues_and_leaves(work, store, items)
    is_asked = (person_of >= 0) & is_leaf & ~items.codes("kind").is_one_of(NO_WORK)
    # Nobody knows when undated work will be done; what is under way takes time now.
    is_asked &= ~np.isnat(due) | items.codes("state").is_one_of(("in_progress",))
    rows = np.flatnonzero(is_asked)
    share = np.ones(len(rows))
    is_dated = ~np.isnat(due[rows])
    dated = rows[is_dated]
    share[is_dated] = share_ahead(
        work.portfolio_calendar, work.today, items.dates("start")[dated], due[dated]
    )
    rows, share = rows[share > 0], share[share > 0]
    is_once = ~_is_told_twice(store, items, rows, person_of)
    rows, share = rows[is_once], share[is_once]
    hours = share * _hours_left(items, rows)
    capacity = np.array([hours_at_work(_calendar_of(work, one), work.today) for one in persons])
    return values_of(load(hours, person_of[rows], capacity))


def persons_with_another_load(work: Workspace, store: Store) -> set[str]:
    """Whose load a change reaches: of what is reached, hours, dates or being a leaf are others now."""
    told = {
        one.item_id for one in work.reach.marked if one.came_or_went or one.columns & {"start", *LOAD_COLUMNS}
    }
    names = ("item_id", *_DERIVED)
    stored = store.frame("derived_item", names, texts=names[:1], among=("item_id", work.reach.items))
    rows = work.positions(stored.texts("item_id"))
    known = np.flatnonzero(rows >= 0)
    due, was = work.derived.dates("effective_due")[rows[known]], stored.dates("effective_due")[known]
    differs = ~((due == was) | (np.isnat(due) & np.isnat(was)))
    differs |= work.derived.flags("is_leaf")[rows[known]] != stored.flags("is_leaf")[known]
    places = [*rows[known[differs]].tolist(), *(work.position.get(one, -1) for one in told)]
    sources, owners = work.items.codes("source"), work.items.codes("owner_id")
    found = (work.people.person(sources.at(row), owners.at(row)) for row in places if row >= 0)
    return {one.person_id for one in found if one is not None}


def _dues_and_leaves(
    work: Workspace, store: Store, items: Frame
) -> tuple[np.ndarray[tuple[int], np.dtype[np.datetime64]], BoolArray]:
    """When each item is due, and whether it is a leaf."""
    if work.is_full:
        return work.derived.dates("effective_due"), work.derived.flags("is_leaf")
    ids = items.keys("item_id")
    position = {one: place for place, one in enumerate(ids)}
    stored = store.frame("derived_item", ("item_id", *_DERIVED), texts=("item_id",), among=("item_id", ids))
    due, is_leaf = np.full(len(ids), np.datetime64("NaT", "D")), np.zeros(len(ids), dtype=bool)
    for frame, keys, which in (
        (stored, stored.keys("item_id"), np.ones(len(stored), dtype=bool)),
        (work.derived, work.items.keys("item_id"), work.is_reached),
    ):
        pairs = [
            (position[keys[row]], row) for row in np.flatnonzero(which).tolist() if keys[row] in position
        ]
        places, rows = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        due[places], is_leaf[places] = frame.dates("effective_due")[rows], frame.flags("is_leaf")[rows]
    return due, is_leaf


def _hours_left(items: Frame, rows: IntArray) -> FloatArray:
    """The hours that are left of each item for its owner; NaN where nobody has said how many.

    What is not begun has all of its estimate left. Where several people are on a task, each has a part of it.
    """
    left, estimate, percent = (
        items.numbers(name)[rows] for name in ("remaining_hours", "estimate_hours", "percent_complete")
    )
    is_new = items.codes("state").is_one_of(("todo",))[rows] & np.isnan(percent)
    by_estimate = estimate * (1 - np.where(is_new, 0.0, percent) / 100)
    hours = np.where(np.isnan(left), by_estimate, left)
    people = items.integers("assignment_count")
    found: FloatArray = hours / np.maximum(np.where(people.known, people.values, 1)[rows], 1)
    return found


def _is_told_twice(store: Store, items: Frame, rows: IntArray, person_of: IntArray) -> BoolArray:
    """Which of these items are another one of the same person: the plan's side, else the second."""
    found = np.zeros(len(rows), dtype=bool)
    ids = items.keys("item_id")
    place = {ids[row]: index for index, row in enumerate(rows.tolist())}
    if not place:
        return found
    pairs = store.frame("derived_twin", (*_TWIN, "is_confirmed"), texts=_TWIN, among=("a_id", place))
    plans, schedules = plan_ids(store), items.codes("schedule_id")
    sides = zip(*map(pairs.texts, _TWIN), pairs.flags("is_confirmed").tolist(), strict=True)
    for a_id, b_id, is_confirmed in sides:
        one, other = place.get(a_id or "", -1), place.get(b_id or "", -1)
        if not is_confirmed or min(one, other) < 0 or person_of[rows[one]] != person_of[rows[other]]:
            continue
        found[one if schedules.at(int(rows[one])) in plans else other] = True
    return found


def _calendar_of(work: Workspace, person: Person) -> WorkCalendar:
    """When this person is at work: as the configuration says, else as everybody."""
    own = work.settings.person_calendars.get((person.email or "").casefold())
    return work.portfolio_calendar if own is None else own.calendar()
