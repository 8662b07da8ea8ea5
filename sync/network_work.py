"""The portfolio as the network sees it: pieces of work with their dates, and what waits for what.

Confirmed twins are one piece of work: it starts with its earliest side and finishes with its latest one, and
what one side waits for, the other waits for. Whether it is done, its trackers say before a plan does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import DayArray
from schedule.propagation import DONE, STARTED, STATES
from schedule.work_dates import GivenDates
from store.frames import BoolArray, Coded, Frame, IntArray
from sync.network_pieces import Pieces
from sync.schedules import plan_ids
from sync.workspace import Workspace, difference, ordinals

if TYPE_CHECKING:
    from store import Store

MINUTES_PER_DAY = 480
_SET_BY_SOMEBODY = ("SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO")
_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class NetworkItems:
    """The items of which the network is computed: all of them, or those that are connected with a change.

    Attributes:
        rows: their positions in the workspace, ascending.
        items, derived, calendar_ids: of these; in a full derivation those of the workspace itself.
        is_full: whether these are all items.
    """

    rows: IntArray
    items: Frame
    derived: Frame
    calendar_ids: Coded
    is_full: bool

    def places(self, rows: IntArray) -> IntArray:
        """Where positions of the workspace stand among these; -1 for what is not among them."""
        if self.is_full or not len(self.rows):
            return rows if self.is_full else np.full(len(rows), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[found] == rows, found, -1)


def network_items(work: Workspace) -> NetworkItems:
    """The items whose network is to be computed."""
    if work.is_full:
        rows = np.arange(len(work.items), dtype=np.int64)
        return NetworkItems(rows, work.items, work.derived, work.calendar_ids, is_full=True)
    position = work.position
    rows = np.array(sorted(position[one] for one in work.reach.network if one in position), dtype=np.int64)
    calendar_ids = Coded(work.calendar_ids.codes[rows], work.calendar_ids.words)
    return NetworkItems(rows, work.items.take(rows), work.derived.take(rows), calendar_ids, is_full=False)


def containment(work: Workspace, part: NetworkItems, pieces: Pieces) -> tuple[IntArray, IntArray]:
    """What stands in what. A side that was removed holds its work nowhere any more."""
    parents = part.items.codes("parent_id")
    above = part.places(work.positions_of(parents))
    rows = np.flatnonzero((above >= 0) & pieces.is_live())
    # In the order of the pieces, so that the same of two that bind alike drives, whatever else is loaded.
    rows = rows[np.argsort(pieces.of_item[rows], kind="stable")]
    return pieces.of_item[rows], pieces.of_item[above[rows]]


def given_dates(
    work: Workspace, store: Store, part: NetworkItems, pieces: Pieces
) -> tuple[GivenDates, IntArray]:
    """What is known of each piece of work, and the number of the iteration or release it is due with."""
    items = part.items
    calendars = sorted(work.calendars)
    number = {name: index for index, name in enumerate(calendars)}
    calendar = part.calendar_ids.of([*(number[one] for one in part.calendar_ids.words), 0])
    states = items.codes("state")
    state = states.of([*(STATES[one] for one in states.words), 0]).astype(np.int64)
    has_begun = (state == STARTED) | (state == DONE)
    planned_start, actual_start = items.dates("start"), items.dates("actual_start")
    start = np.where(has_begun & ~np.isnat(actual_start), actual_start, planned_start)
    due, lender = _due(part)
    finish = np.where(state == DONE, items.dates("actual_finish"), due)
    is_milestone = items.flags("is_milestone")
    lender[state >= DONE] = -1
    given = GivenDates(
        calendars=[work.calendars[name] for name in calendars],
        calendar=calendar.astype(np.int64),
        state=state,
        start=start,
        finish=finish,
        today=_first_open_day(work, store, part),
        remaining_wd=np.where(state == STARTED, _remaining(work, part), -1),
        is_milestone=is_milestone,
        at_day_start=is_milestone & _is_morning(items.codes("finish_at")),
        is_constrained=items.codes("constraint_type").is_one_of(_SET_BY_SOMEBODY),
    )
    is_plan = items.codes("schedule_id").is_one_of(plan_ids(store))
    return _joined(given, pieces, is_plan), lender[pieces.first]


def _due(part: NetworkItems) -> tuple[DayArray, IntArray]:
    """The due date of each item: its own, else that of its iteration or release, and the number of that one.

    A date of its parent or of the whole plan says nothing about when the item itself is due.
    """
    items, source = part.items, part.derived.codes("effective_due_source")
    by_iteration, by_release = source.is_one_of(("iteration",)), source.is_one_of(("release",))
    iterations, releases = items.codes("iteration_id"), items.codes("release_id")
    lender = np.full(len(items), -1, dtype=np.int64)
    lender[by_iteration] = iterations.codes[by_iteration]
    lender[by_release] = len(iterations.words) + releases.codes[by_release].astype(np.int64)
    is_lent = by_iteration | by_release
    return np.where(is_lent, part.derived.dates("effective_due"), items.dates("due")), lender


def _first_open_day(work: Workspace, store: Store, part: NetworkItems) -> DayArray:
    """When open work can be done at the earliest: today, or the day after the status date of its plan."""
    rows = store.frame("tracker_schedule", ("schedule_id", "status_date"), texts=("schedule_id",))
    status = dict(zip(rows.keys("schedule_id"), rows.dates("status_date"), strict=True))
    today = np.datetime64(work.today, "D")
    schedules = part.items.codes("schedule_id")
    days = [np.fmax(today, status.get(one, _NO_DAY) + 1) for one in schedules.words]
    return schedules.of(np.array([*days, today], dtype="datetime64[D]"))


def _remaining(work: Workspace, part: NetworkItems) -> IntArray:
    """Working days that are left of each item by its own percentage; -1 where it says none."""
    items = part.items
    percent, minutes = items.numbers("percent_complete"), items.integers("duration_minutes")
    first, last = (
        ordinals(work.calendars, part.calendar_ids, items.dates(name), work.zone) for name in ("start", "due")
    )
    between = difference(last, first)
    total = np.where(minutes.known, minutes.values / MINUTES_PER_DAY, between.values + 1)
    knows = ~np.isnan(percent) & (minutes.known | between.known)
    left = np.ceil(np.round(total * (100.0 - np.where(knows, percent, 0.0)) / 100.0, 6))
    return np.where(knows, np.maximum(left, 0), -1).astype(np.int64)


def _is_morning(finish_at: Coded) -> BoolArray:
    return finish_at.is_one_of([one for one in finish_at.words if one[11:13] < "12"])


def _joined(given: GivenDates, pieces: Pieces, is_plan: BoolArray) -> GivenDates:
    """From items to pieces of work."""
    names = (
        "calendar", "state", "start", "finish", "today", "remaining_wd", "is_milestone", "at_day_start",
        "is_constrained",
    )  # fmt: skip
    columns = {name: getattr(given, name)[pieces.first] for name in names}
    for piece, sides in pieces.live.items():
        if len(sides) > 1:
            _join(given, columns, piece, sides, is_plan)
    return GivenDates(calendars=given.calendars, **columns)


def _join(given: GivenDates, columns: dict[str, Any], one: int, sides: IntArray, is_plan: BoolArray) -> None:
    speaking = sides if is_plan[sides].all() else sides[~is_plan[sides]]
    states = set(given.state[speaking].tolist())
    state = states.pop() if len(states) == 1 else STARTED
    # Of open work a side that is done no longer says when the rest will be.
    still_open = sides[given.state[sides] < DONE] if state < DONE else speaking
    columns["state"][one] = state
    columns["start"][one] = np.fmin.reduce(given.start[sides])
    columns["finish"][one] = np.fmax.reduce(given.finish[still_open])
    columns["today"][one] = given.today[sides].max()
    columns["remaining_wd"][one] = given.remaining_wd[still_open].max()
    columns["is_milestone"][one] = given.is_milestone[sides].all()
    columns["at_day_start"][one] = given.at_day_start[sides].all()
