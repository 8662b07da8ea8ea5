"""The portfolio as the network sees it: pieces of work with their dates, and what waits for what.

Confirmed twins are one piece of work: it starts with its earliest side and finishes with its latest one, and
what one side waits for, the other waits for. Whether it is done, its trackers say before a plan does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import DayArray, as_days
from schedule.levels import BoolArray, IntArray
from schedule.network import FF, FS, LINK_KINDS, Links
from schedule.propagation import DONE, REMOVED, STARTED, STATES
from schedule.work_dates import GivenDates
from sync.derive_links import LinkCounts
from sync.work_classes import WorkClasses
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_MINUTES_PER_DAY = 480
_SET_BY_SOMEBODY = frozenset(("SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO"))


@dataclass(frozen=True, slots=True)
class NetworkWork:
    """Pieces of work and their dependencies.

    Attributes:
        given: what is known of each piece of work.
        links: the dependencies that can bind something, each once.
        rows: for each of them its row among the dependencies of `LinkCounts`.
        predecessors, successors: how many others each waits for, and how many wait for it.
        members, containers: what stands in what.
    """

    given: GivenDates
    links: Links
    rows: IntArray
    predecessors: IntArray
    successors: IntArray
    members: IntArray
    containers: IntArray


def network_work(work: Workspace, store: Store, found: LinkCounts, classes: WorkClasses) -> NetworkWork:
    """The pieces of work of all items, and what orders them."""
    live = classes.live(work.items)
    given, container_of_date = _given(work, store, classes, live)
    pairs = np.array(list(classes.edges(work.items, live)), dtype=np.int64).reshape(-1, 2)
    links, rows, counts = _links(found, classes, given, container_of_date)
    _share_days(work, found, links, rows)
    return NetworkWork(given, links, rows, *counts, pairs[:, 0], pairs[:, 1])


def _given(
    work: Workspace, store: Store, classes: WorkClasses, live: Sequence[Sequence[int]]
) -> tuple[GivenDates, IntArray]:
    """What is known of each piece of work, and the number of the iteration or release it is due with."""
    items = work.items
    calendars = sorted(work.calendars)
    number = {name: index for index, name in enumerate(calendars)}
    calendar = np.array([number[one] for one in work.calendar_ids], dtype=np.int64)
    state = np.array([STATES[one] for one in items["state"]], dtype=np.int64)
    has_begun = (state == STARTED) | (state == DONE)
    planned_start, actual_start = as_days(items["start"]), as_days(items["actual_start"])
    start = np.where(has_begun & ~np.isnat(actual_start), actual_start, planned_start)
    due, is_lent, lender = _due(work)
    finish = np.where(state == DONE, as_days(items["actual_finish"]), due)
    is_milestone = np.array([bool(one) for one in items["is_milestone"]], dtype=bool)
    lender[(state >= DONE) | ~is_lent] = -1
    given = GivenDates(
        calendars=[work.calendars[name] for name in calendars],
        calendar=calendar,
        state=state,
        start=start,
        finish=finish,
        today=_first_open_day(work, store),
        remaining_wd=np.where(state == STARTED, _remaining(work, planned_start), -1),
        is_milestone=is_milestone,
        at_day_start=is_milestone & np.array([_is_morning(one) for one in items["finish_at"]], dtype=bool),
        is_constrained=np.array([one in _SET_BY_SOMEBODY for one in items["constraint_type"]], dtype=bool),
    )
    is_plan = np.array([one in classes.plans for one in items["schedule_id"]], dtype=bool)
    return _joined(given, live, is_plan), lender[[sides[0] for sides in live]] if live else lender


def _due(work: Workspace) -> tuple[DayArray, BoolArray, IntArray]:
    """The due date of each item: its own, else that of its iteration or release, and the number of that one.

    A date of its parent or of the whole plan says nothing about when the item itself is due.
    """
    items, derived = work.items, work.derived
    own = as_days(items["due"])
    source = derived["effective_due_source"]
    is_lent = np.array([one in ("iteration", "release") for one in source], dtype=bool)
    numbers: dict[tuple[str, str], int] = {}
    lender = np.full(len(own), -1, dtype=np.int64)
    for index in np.flatnonzero(is_lent).tolist():
        name = source[index]
        lender[index] = numbers.setdefault((name, items[f"{name}_id"][index]), len(numbers))
    return np.where(is_lent, as_days(derived["effective_due"]), own), is_lent, lender


def _first_open_day(work: Workspace, store: Store) -> DayArray:
    """When open work can be done at the earliest: today, or the day after the status date of its plan."""
    rows = store.read("tracker_schedule", ("schedule_id", "status_date"))
    status = {one: np.datetime64(day, "D") + 1 for one, day in zip(*rows.values(), strict=True) if day}
    today = np.datetime64(work.today, "D")
    if not status:
        return np.full(len(work.items["item_id"]), today)
    return np.array(
        [max(today, status.get(one, today)) for one in work.items["schedule_id"]], dtype="datetime64[D]"
    )


def _remaining(work: Workspace, planned_start: DayArray) -> IntArray:
    """Working days that are left of each item by its own percentage; -1 where it says none."""
    items = work.items
    answer = np.full(len(planned_start), -1, dtype=np.int64)
    for index, (percent, minutes, start, due, state) in enumerate(
        zip(
            items["percent_complete"], items["duration_minutes"], items["start"], items["due"],
            items["state"], strict=True,
        )
    ):  # fmt: skip
        if state != "in_progress" or percent is None:
            continue
        between = work.calendar_of(index).working_days_between(start, due) if minutes is None else None
        total = (
            minutes / _MINUTES_PER_DAY if minutes is not None else None if between is None else between + 1
        )
        if total is not None:
            answer[index] = max(0, np.ceil(round(total * (100.0 - percent) / 100.0, 6)))
    return answer


def _is_morning(finish_at: str | None) -> bool:
    return finish_at is not None and finish_at[11:13] < "12"


def _joined(given: GivenDates, live: Sequence[Sequence[int]], is_plan: BoolArray) -> GivenDates:
    """From items to pieces of work."""
    first = np.array([sides[0] for sides in live], dtype=np.int64)
    names = (
        "calendar", "state", "start", "finish", "today", "remaining_wd", "is_milestone", "at_day_start",
        "is_constrained",
    )  # fmt: skip
    columns = {name: getattr(given, name)[first] for name in names}
    for one, sides in enumerate(live):
        if len(sides) > 1:
            _join(given, columns, one, np.array(sides), is_plan)
    return GivenDates(calendars=given.calendars, **columns)


def _join(given: GivenDates, columns: dict[str, Any], one: int, sides: IntArray, is_plan: BoolArray) -> None:
    speaking = sides if is_plan[sides].all() else sides[~is_plan[sides]]
    states = set(given.state[speaking].tolist())
    state = states.pop() if len(states) == 1 else STARTED
    # Of open work a side that is done no longer says when the rest will be.
    still_open = sides[given.state[sides] < DONE] if state < DONE else speaking
    columns["state"][one] = state
    columns["start"][one] = _extreme(given.start[sides], np.fmin)
    columns["finish"][one] = _extreme(given.finish[still_open], np.fmax)
    columns["today"][one] = given.today[sides].max()
    columns["remaining_wd"][one] = given.remaining_wd[still_open].max()
    columns["is_milestone"][one] = given.is_milestone[sides].all()
    columns["at_day_start"][one] = given.at_day_start[sides].all()


def _extreme(days: DayArray, choose: np.ufunc) -> np.datetime64:
    found: np.datetime64 = choose.reduce(days)
    return found


def _links(
    found: LinkCounts, classes: WorkClasses, given: GivenDates, lender: IntArray
) -> tuple[Links, IntArray, tuple[IntArray, IntArray]]:
    """The dependencies between pieces of work, and how many each has on either side."""
    of_item = np.array(classes.of_item, dtype=np.int64)
    ends = np.array(found.edges, dtype=np.int64).reshape(-1, 2)
    before, after = of_item[ends[:, 0]], of_item[ends[:, 1]]
    kind = np.array([LINK_KINDS[link.type] for link in found.kept], dtype=np.int64)
    lag = np.array([_lag_wd(link.lag_minutes) for link in found.kept], dtype=np.int64)
    for row, link in enumerate(found.kept):
        if link.lag_percent is not None:
            lag[row] = _share_of(given, int(before[row]), link.lag_percent)
    state, count = given.state, len(given.state)
    counts = before != after
    counts &= (state[before] != REMOVED) & (state[after] != REMOVED)
    pairs = np.unique(before[counts] * count + after[counts])
    successors = np.bincount(pairs // max(count, 1), minlength=count)
    predecessors = np.bincount(pairs % max(count, 1), minlength=count)
    rows = np.flatnonzero(counts & (state[after] != DONE))
    # The same dependency seen from both sides of a twin, or told by both trackers, is one.
    keys = np.stack((before[rows], after[rows], kind[rows], lag[rows]))
    rows = rows[np.sort(np.unique(keys, axis=1, return_index=True)[1])]
    before, after, kind = before[rows], after[rows], kind[rows]
    # Two that are due with the same iteration or release may follow one another within it.
    is_shared = (kind == FS) & (lag[rows] == 0) & (lender[before] >= 0) & (lender[before] == lender[after])
    kind = np.where(is_shared, FF, kind)
    return Links(before, after, kind, lag[rows]), rows, (predecessors, successors)


def _lag_wd(minutes: int | None) -> int:
    return 0 if minutes is None else round(minutes / _MINUTES_PER_DAY)


def _share_of(given: GivenDates, one: int, percent: float) -> int:
    """A lag that is a share of the predecessor's duration; 0 where that is unknown."""
    if np.isnat(given.start[one]) or np.isnat(given.finish[one]):
        return 0
    calendar = given.calendars[int(given.calendar[one])]
    between = calendar.working_days_between(given.start[one].item(), given.finish[one].item())
    return 0 if between is None else round((between + 1) * percent / 100.0)


def _share_days(work: Workspace, found: LinkCounts, links: Links, rows: IntArray) -> None:
    """Let tasks of a plan follow one another as its own hours say where whole days would say otherwise.

    A task that ends at noon and one that starts after lunch share a day, and a lag of half a day is none.
    """
    starts, finishes = work.items["start_at"], work.items["finish_at"]
    schedules, days = work.items["schedule_id"], work.items
    if not any(finishes):
        return
    for link in np.flatnonzero(links.kind == FS).tolist():
        before, after = found.edges[int(rows[link])]
        finish_at, start_at = finishes[before], starts[after]
        if schedules[before] != schedules[after] or finish_at is None or start_at is None:
            continue
        between = work.calendar_of(after).working_days_between(days["due"][before], days["start"][after])
        asked = (found.kept[int(rows[link])].lag_minutes or 0) / _MINUTES_PER_DAY
        if finish_at <= start_at and between is not None and asked - 1 <= between - 1 < links.lag_wd[link]:
            links.lag_wd[link] = between - 1
