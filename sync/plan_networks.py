"""The networks of plans as arrays, from the columns that the store holds.

What the file does not say is not guessed: a task without a duration and without dates is left out of the
network, and its dates stay unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from schedule.critical_path import critical_path
from schedule.hierarchy import IntArray
from schedule.plan_network import Constraint, LinkType, PlanDates, PlanLinks, PlanTasks, plan_tasks
from schedule.working_time import STANDARD_HOURS, UNKNOWN, Hours, WorkingTime, WorkPattern, instants
from store.frames import Coded, Frame, Ints
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

Table: TypeAlias = Mapping[str, npt.NDArray[Any]]

_CALENDARS_KEPT = 16  # some 5 MB each; most plans of a portfolio live by the same few
_WALLS = (
    "start_at", "finish_at", "actual_start_at", "actual_finish_at", "deadline_at", "constraint_at",
)  # fmt: skip
_MINUTES = ("duration_minutes", "elapsed_minutes", "remaining_minutes")
_FLAGS = ("is_summary", "is_detail", "is_milestone", "is_manual")
TASK_COLUMNS = (
    "schedule_id", "parent_id", "sort", "state", *_FLAGS, *_WALLS, *_MINUTES, "constraint_type",
    "percent_complete", "calendar_id", "assignment_count",
)  # fmt: skip
LINK_COLUMNS = (
    "predecessor_id", "successor_id", "type", "lag_minutes", "lag_percent", "lag_elapsed_minutes",
)  # fmt: skip


class PlanHeader(NamedTuple):
    """What a network needs to know of its plan."""

    name: str
    calendar_id: str | None
    start_at: str | None
    is_from_finish: bool | None


@dataclass(frozen=True, slots=True)
class PlanNetwork:
    """A plan ready to be scheduled.

    Attributes:
        plan: its schedule id.
        stretch: which of the tasks of all plans are its own, in the same order.
        tasks, links, time, project_start: see `schedule.critical_path`.
    """

    plan: str
    stretch: slice
    tasks: PlanTasks
    links: PlanLinks
    time: WorkingTime
    project_start: int

    def dates(self) -> PlanDates:
        """What the critical path method says of it."""
        return critical_path(self.tasks, self.links, self.time, project_start=self.project_start)


@dataclass(frozen=True, slots=True)
class PlanColumns:
    """The tasks and links of several plans, plan by plan, tasks in the order of their outline.

    Attributes:
        said: what the store says of the tasks, with whatever else was asked for.
        rows: the positions of the tasks among the items that are loaded.
        plan: the code of each task's plan in `said`.
        parent: the position of each task's parent among these tasks, -1 where its plan has none.
        links: positions among these tasks as `predecessor` and `successor`, and the columns of `PlanLinks`.
    """

    said: Frame
    rows: IntArray
    plan: IntArray
    parent: IntArray
    links: Table


def plan_headers(store: Store) -> dict[str, PlanHeader]:
    """What is stored of all plans, by schedule id."""
    rows = store.read("tracker_schedule", ("schedule_id", "kind", *PlanHeader._fields))
    return {
        plan: PlanHeader(*header)
        for plan, kind, *header in zip(*rows.values(), strict=True)
        if kind == "plan"
    }


def work_patterns(store: Store) -> dict[str, WorkPattern]:
    """The hours of all calendars that sources have, by calendar id."""
    rows = store.read("tracker_calendar", ("calendar_id", "weekdays", "exceptions", "hours"))
    return {
        calendar: _work_pattern(weekdays, exceptions, hours)
        for calendar, weekdays, exceptions, hours in zip(*rows.values(), strict=True)
    }


def read_plans(work: Workspace, store: Store, plans: Collection[str], more: Sequence[str]) -> PlanColumns:
    """Tasks and links of these plans; links that lead out of a plan are no part of its network.

    Args:
        work: all items of the plans are among those that are loaded.
        store: what is stored.
        plans: their schedule ids.
        more: further columns of the tasks that are wanted.
    """
    ids, position = work.items.keys("item_id"), work.position
    said = store.frame(
        "tracker_item",
        (*TASK_COLUMNS, "item_id", *more),
        places={"item_id": position, "parent_id": position},
        among=("schedule_id", plans),
    )
    # Rows come in the order of their ids, and so they stay where the outline does not order them.
    said = said.take(np.lexsort((said.integers("sort").values, said.codes("schedule_id").codes)))
    rows, plan = said.places("item_id"), said.codes("schedule_id").codes.astype(np.int64)
    at = np.full(len(ids) + 1, -1, dtype=np.int64)  # what is not loaded, -1, is last
    at[rows] = np.arange(len(rows))
    parent = at[said.places("parent_id")]
    links = store.frame(
        "tracker_dependency",
        LINK_COLUMNS,
        places={"predecessor_id": position, "successor_id": position},
        among=("predecessor_id", [ids[row] for row in rows.tolist()]),
    )
    before, after = at[links.places("predecessor_id")], at[links.places("successor_id")]
    inside = np.flatnonzero((before >= 0) & (after >= 0) & (plan[before] == plan[after]))
    inside = inside[np.argsort(plan[before[inside]], kind="stable")]
    return PlanColumns(
        said=said,
        rows=rows,
        plan=plan,
        parent=np.where((parent >= 0) & (plan[parent] == plan), parent, -1),
        links=_link_table(links.take(inside), before[inside], after[inside]),
    )


def plan_networks(
    columns: PlanColumns, headers: Mapping[str, PlanHeader], calendars: Mapping[str, WorkPattern]
) -> Iterator[PlanNetwork]:
    """The network of each plan that can be scheduled from a start.

    Args:
        columns: of their tasks and links.
        headers: by schedule id.
        calendars: the patterns of the plans' and their tasks' calendars.
    """
    table, links = _task_table(columns.said), columns.links
    names, plans = (columns.said.codes(name).words for name in ("calendar_id", "schedule_id"))
    working_time = lru_cache(maxsize=_CALENDARS_KEPT)(WorkingTime)
    begins = np.flatnonzero(np.diff(columns.plan, prepend=-1))
    ends = np.flatnonzero(np.diff(columns.plan, append=-1)) + 1
    plan_of_link = columns.plan[links["predecessor"]]
    firsts = np.searchsorted(plan_of_link, columns.plan[begins], side="left")
    lasts = np.searchsorted(plan_of_link, columns.plan[begins], side="right")
    for begin, end, first, last in np.stack((begins, ends, firsts, lasts), axis=1).tolist():
        plan = plans[columns.plan[begin]]
        mine = {name: values[begin:end] for name, values in table.items()}
        start = _project_start(headers[plan], mine["start_at"])
        if headers[plan].is_from_finish or start == UNKNOWN:
            continue
        # The plan's own calendar, -1, is the first one.
        own, calendar = np.unique(np.append(mine["calendar"], -1), return_inverse=True)
        used = [headers[plan].calendar_id, *(names[code] for code in own[1:].tolist())]
        time = working_time(tuple(calendars.get(one or "", WorkPattern()) for one in used))
        parent = columns.parent[begin:end]
        linked = {name: values[first:last] for name, values in links.items()}
        linked |= {name: linked[name] - begin for name in ("predecessor", "successor")}
        yield PlanNetwork(
            plan=plan,
            stretch=slice(begin, end),
            tasks=_tasks(mine, np.where(parent >= 0, parent - begin, -1), calendar[:-1], time),
            links=PlanLinks(**linked),
            time=time,
            project_start=start,
        )


def _work_pattern(
    weekdays: Sequence[int], exceptions: Sequence[Sequence[Any]], hours: Mapping[str, Any] | None
) -> WorkPattern:
    """The hours of a stored calendar; of one that only knows days, the hours that Project calls Standard."""
    if hours is None:
        week = tuple(STANDARD_HOURS if day in weekdays else () for day in range(1, 8))
        dated = [(first, last, STANDARD_HOURS if works else ()) for first, last, works in exceptions]
    else:
        week = tuple(_hours(day) for day in hours["week"])
        dated = [(first, last, _hours(day)) for first, last, day in hours["exceptions"]]
    return WorkPattern(
        week, tuple((date.fromisoformat(first), date.fromisoformat(last), day) for first, last, day in dated)
    )


def _project_start(header: PlanHeader, starts: IntArray) -> int:
    """The start of the plan, else the first of its tasks'; `UNKNOWN` where there is neither."""
    if header.start_at is not None:
        return int(instants([header.start_at])[0])
    known = starts[starts != UNKNOWN]
    return int(known.min()) if len(known) else UNKNOWN


def _task_table(said: Frame) -> Table:
    """The columns of tasks as arrays of one kind each: instants and minutes with `UNKNOWN`, flags."""
    table: dict[str, npt.NDArray[Any]] = {name: _instants(said.codes(name)) for name in _WALLS}
    table |= {name: _minutes(said.integers(name)) for name in _MINUTES}
    table |= {name: said.flags(name) for name in _FLAGS}
    kinds = said.codes("constraint_type")
    table["constraint"] = kinds.of([*(int(Constraint[word]) for word in kinds.words), int(Constraint.ASAP)])
    table["calendar"] = said.codes("calendar_id").codes
    table["is_active"] = ~said.codes("state").is_one_of(("removed",))
    table["is_assigned"] = said.integers("assignment_count").values != 0
    table["percent"] = said.numbers("percent_complete")
    return table


def _instants(walls: Coded) -> IntArray:
    """A column of wall times as instants; `UNKNOWN` where there is none."""
    return walls.of([*instants(walls.words).tolist(), UNKNOWN])


def _minutes(column: Ints) -> IntArray:
    return np.where(column.known, column.values, UNKNOWN)


def _tasks(table: Table, parent: IntArray, calendar: IntArray, time: WorkingTime) -> PlanTasks:
    is_summary = np.zeros(len(parent), dtype=bool)
    is_summary[parent[parent >= 0]] = True
    start, finish = table["start_at"], table["finish_at"]
    has_dates = (start != UNKNOWN) & (finish != UNKNOWN)
    # A summary's actual dates are those of its tasks. What is finished and not begun is neither: an export of
    # others writes such dates for every task.
    is_actual = ~is_summary & ((table["percent"] != 0) | (table["actual_finish_at"] == UNKNOWN))
    is_elapsed = table["elapsed_minutes"] != UNKNOWN
    durations = np.where(is_elapsed, table["elapsed_minutes"], table["duration_minutes"])
    # What another plan schedules, or a person, stands where it stands.
    is_manual = table["is_manual"] | ~(table["is_detail"] | table["is_summary"])
    minutes = _spans(table, np.maximum(durations, 0), calendar, time)
    can_be_placed = (durations != UNKNOWN) | (is_manual & has_dates)
    return plan_tasks(
        minutes,
        remaining=_remaining(table, minutes),
        parent=parent,
        calendar=calendar,
        constraint=table["constraint"],
        constraint_at=table["constraint_at"],
        deadline_at=table["deadline_at"],
        actual_start=np.where(is_actual, table["actual_start_at"], UNKNOWN),
        actual_finish=np.where(is_actual, table["actual_finish_at"], UNKNOWN),
        start=start,
        finish=finish,
        is_elapsed=is_elapsed,
        is_milestone=table["is_milestone"],
        is_active=table["is_active"] & (can_be_placed | is_summary),
        is_manual=is_manual,
    )


def _spans(table: Table, durations: IntArray, calendar: IntArray, time: WorkingTime) -> IntArray:
    """The durations, where people are assigned as their own calendars have stretched them.

    Such a task lasts as long as its people need, who may work other hours, or with interruptions. The file
    says when that is, so the task keeps the working time between its saved start and finish.
    """
    start, finish = table["start_at"], table["finish_at"]
    is_elapsed = table["elapsed_minutes"] != UNKNOWN
    saved = table["is_assigned"] & ~is_elapsed & (start != UNKNOWN) & (finish > start) & (durations > 0)
    span = time.between(calendar, np.where(saved, start, 0), np.where(saved, finish, 0))
    return np.where(saved & (span > 0), span, durations)


def _remaining(table: Table, durations: IntArray) -> IntArray:
    left = table["remaining_minutes"]
    share = 1 - np.nan_to_num(table["percent"]) / 100
    by_percent = np.rint(durations * share).astype(np.int64)
    is_said = (left != UNKNOWN) & (table["elapsed_minutes"] == UNKNOWN)
    return np.where(is_said, np.minimum(np.maximum(left, 0), durations), by_percent)


def _link_table(links: Frame, before: IntArray, after: IntArray) -> Table:
    kinds, elapsed, lag = (
        links.codes("type"),
        links.integers("lag_elapsed_minutes"),
        links.integers("lag_minutes"),
    )
    return {
        "predecessor": before,
        "successor": after,
        "type": kinds.of([*(int(LinkType[word]) for word in kinds.words), int(LinkType.FS)]),
        "lag": np.where(elapsed.known, elapsed.values, lag.values),  # 0 where neither is known
        "percent": links.numbers("lag_percent"),
        "is_elapsed": elapsed.known,
    }


def _hours(day: Sequence[Sequence[int]]) -> Hours:
    return tuple((begin, end) for begin, end in day)
