"""The network of one plan as arrays, from the columns that the store holds.

What the file does not say is not guessed: a task without a duration and without dates is left out of the
network, and its dates stay unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from portfolio.records import ItemId
from schedule.critical_path import critical_path
from schedule.plan_network import (
    Constraint,
    IntArray,
    LinkType,
    PlanDates,
    PlanLinks,
    PlanTasks,
    plan_links,
    plan_tasks,
)
from schedule.working_time import STANDARD_HOURS, UNKNOWN, Hours, WorkingTime, WorkPattern, instants
from sync.workspace import Columns

TASK_COLUMNS = (
    "item_id", "schedule_id", "parent_id", "sort", "state", "is_summary", "is_detail", "is_milestone",
    "is_manual", "start_at", "finish_at", "actual_start_at", "actual_finish_at", "deadline_at",
    "constraint_type", "constraint_at", "duration_minutes", "elapsed_minutes", "remaining_minutes",
    "percent_complete", "calendar_id", "assignment_count",
)  # fmt: skip
LINK_COLUMNS = (
    "predecessor_id", "successor_id", "type", "lag_minutes", "lag_percent", "lag_elapsed_minutes",
)  # fmt: skip


class PlanHeader(NamedTuple):
    """What a network needs to know of its plan."""

    calendar_id: str | None
    start_at: str | None
    is_from_finish: bool | None


@dataclass(frozen=True, slots=True)
class PlanNetwork:
    """A plan ready to be scheduled. `ids` are the items at the positions of the tasks."""

    ids: Sequence[ItemId]
    tasks: PlanTasks
    links: PlanLinks
    predecessors: Sequence[ItemId]
    time: WorkingTime
    project_start: int

    def dates(self) -> PlanDates:
        """What the critical path method says of it."""
        return critical_path(self.tasks, self.links, self.time, project_start=self.project_start)


def work_pattern(
    weekdays: Sequence[int], exceptions: Sequence[Sequence[Any]], hours: Mapping[str, Any] | None
) -> WorkPattern:
    """The hours of a stored calendar; of one that only knows days, the hours that Project calls Standard."""
    if hours is None:
        week: list[Hours] = [STANDARD_HOURS if day in weekdays else () for day in range(1, 8)]
        dated = [(first, last, STANDARD_HOURS if works else ()) for first, last, works in exceptions]
    else:
        week = [_hours(day) for day in hours["week"]]
        dated = [(first, last, _hours(day)) for first, last, day in hours["exceptions"]]
    return WorkPattern(
        week, [(date.fromisoformat(first), date.fromisoformat(last), day) for first, last, day in dated]
    )


def plan_network(
    header: PlanHeader, columns: Columns, links: Columns, calendars: Mapping[str, WorkPattern]
) -> PlanNetwork | None:
    """The network of one plan; None where it cannot be scheduled from a start.

    Args:
        header: of the plan.
        columns: `TASK_COLUMNS` of its tasks.
        links: `LINK_COLUMNS` of links; those that lead out of the plan are left out.
        calendars: the patterns of the plan's and its tasks' calendars.
    """
    if header.is_from_finish or not columns["item_id"]:
        return None
    order = sorted(
        range(len(columns["item_id"])),
        key=lambda index: (columns["sort"][index] or 0, columns["item_id"][index]),
    )
    table = {name: [columns[name][index] for index in order] for name in TASK_COLUMNS}
    start = header.start_at or min(filter(None, table["start_at"]), default=None)
    if start is None:
        return None
    position = {item: index for index, item in enumerate(table["item_id"])}
    names: list[str | None] = [header.calendar_id, *sorted(set(filter(None, table["calendar_id"])))]
    time = WorkingTime([calendars.get(name or "", WorkPattern()) for name in names])
    network, predecessors = _links(links, position)
    return PlanNetwork(
        ids=table["item_id"],
        tasks=_tasks(table, position, {name: index for index, name in enumerate(names)}, time),
        links=network,
        predecessors=predecessors,
        time=time,
        project_start=int(instants([start])[0]),
    )


def _tasks(
    table: Columns, position: Mapping[ItemId, int], calendar_at: Mapping[str | None, int], time: WorkingTime
) -> PlanTasks:
    parents = [position.get(above, -1) if above else -1 for above in table["parent_id"]]
    holds = set(parents)
    start, finish = instants(table["start_at"]), instants(table["finish_at"])
    has_dates = (start != UNKNOWN) & (finish != UNKNOWN)
    is_summary = np.array([index in holds for index in range(len(parents))], dtype=bool)
    # A summary's actual dates are those of its tasks. What is finished and not begun is neither: an export of
    # others writes such dates for every task.
    is_actual = ~is_summary & np.array(
        [
            percent != 0 or finished is None
            for percent, finished in zip(table["percent_complete"], table["actual_finish_at"], strict=True)
        ],
        dtype=bool,
    )
    elapsed = table["elapsed_minutes"]
    durations = [
        plain if around is None else around
        for plain, around in zip(table["duration_minutes"], elapsed, strict=True)
    ]
    # What another plan schedules, or a person, stands where it stands.
    is_manual = np.array(
        [
            bool(manual) or not (detail or summary)
            for manual, detail, summary in zip(
                table["is_manual"], table["is_detail"], table["is_summary"], strict=True
            )
        ],
        dtype=bool,
    )
    calendar = np.array([calendar_at.get(name, 0) for name in table["calendar_id"]], dtype=np.int64)
    minutes = _spans(table, np.array([max(one or 0, 0) for one in durations], dtype=np.int64), calendar, time)
    is_active = np.array([state != "removed" for state in table["state"]], dtype=bool)
    can_be_placed = np.array([one is not None for one in durations], dtype=bool) | (is_manual & has_dates)
    return plan_tasks(
        minutes,
        remaining=_remaining(table, minutes.tolist()),
        parent=parents,
        calendar=calendar,
        constraint=[Constraint[name or "ASAP"] for name in table["constraint_type"]],
        constraint_at=instants(table["constraint_at"]),
        deadline_at=instants(table["deadline_at"]),
        actual_start=np.where(is_actual, instants(table["actual_start_at"]), UNKNOWN),
        actual_finish=np.where(is_actual, instants(table["actual_finish_at"]), UNKNOWN),
        start=start,
        finish=finish,
        is_elapsed=[one is not None for one in elapsed],
        is_milestone=[bool(one) for one in table["is_milestone"]],
        is_active=is_active & (can_be_placed | is_summary),
        is_manual=is_manual,
    )


def _spans(table: Columns, durations: IntArray, calendar: IntArray, time: WorkingTime) -> IntArray:
    """The durations, where people are assigned as their own calendars have stretched them.

    Such a task lasts as long as its people need, who may work other hours, or with interruptions. The file
    says when that is, so the task keeps the working time between its saved start and finish.
    """
    start, finish = instants(table["start_at"]), instants(table["finish_at"])
    is_assigned = np.array([bool(one) for one in table["assignment_count"]], dtype=bool)
    is_elapsed = np.array([one is not None for one in table["elapsed_minutes"]], dtype=bool)
    saved = is_assigned & ~is_elapsed & (start != UNKNOWN) & (finish > start) & (durations > 0)
    span = time.between(calendar, np.where(saved, start, 0), np.where(saved, finish, 0))
    return np.where(saved & (span > 0), span, durations)


def _remaining(table: Columns, durations: Sequence[int]) -> list[int]:
    rows = zip(
        durations,
        table["elapsed_minutes"],
        table["remaining_minutes"],
        table["percent_complete"],
        strict=True,
    )
    return [
        round(duration * (1 - (percent or 0) / 100))
        if left is None or around is not None
        else min(max(left, 0), duration)
        for duration, around, left, percent in rows
    ]


def _links(links: Columns, position: Mapping[ItemId, int]) -> tuple[PlanLinks, list[ItemId]]:
    kept: list[tuple[int, int, LinkType, int]] = []
    shares: list[float | None] = []
    around: list[bool] = []
    predecessors: list[ItemId] = []
    rows = zip(*(links[name] for name in LINK_COLUMNS), strict=True)
    for before, after, kind, lag, percent, elapsed in rows:
        if before not in position or after not in position:
            continue
        minutes = lag if elapsed is None else elapsed
        kept.append((position[before], position[after], LinkType[kind], minutes or 0))
        shares.append(percent)
        around.append(elapsed is not None)
        predecessors.append(before)
    return plan_links(kept, percent=shares, is_elapsed=around), predecessors


def _hours(day: Sequence[Sequence[int]]) -> Hours:
    return tuple((begin, end) for begin, end in day)
